"""Opening a recording: ours streams it once to a table; the peer is NiftiMasker.

Each side runs in a process of its own, so that its peak memory is its own; times leave imports
out. ``python -m benchmarks.open`` prints rows `open` (time and memory) and `next_mask`.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.rows import print_row
from decoding.datasets.base import Subject
from decoding.spec import DecodingSpec

REPEATS = 3
FIRST, NEXT = "vt", "face"


def open_ours(subject: Subject) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Open one mask on a machine that never saw the recording, then another one."""
    from decoding.recording.voxels import open_voxels, table_folder
    from decoding.samples.extract import standardized_series

    shutil.rmtree(table_folder(subject), ignore_errors=True)
    seconds, matrices = {}, {}
    for mask in (FIRST, NEXT):
        start = perf_counter()
        store = open_voxels(subject)
        spec = DecodingSpec(subject=subject.name, dataset=subject.dataset, mask=mask)
        matrices[mask] = standardized_series(store, subject, spec, store.mask_rows(mask))
        seconds[mask] = perf_counter() - start
    return seconds, matrices


def open_peer(subject: Subject) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Do the same as a nilearn user would: the recording is read again for each mask."""
    from nilearn.maskers import NiftiMasker

    seconds, matrices = {}, {}
    for mask in (FIRST, NEXT):
        start = perf_counter()
        masker = NiftiMasker(str(subject.masks[mask].files[0]), standardize="zscore_sample")
        matrices[mask] = masker.fit_transform(str(subject.bold[0]))
        seconds[mask] = perf_counter() - start
    return seconds, matrices


SIDES = {"ours": open_ours, "peer": open_peer}
IMPORTS = {"ours": "decoding.samples.extract", "peer": "nilearn.maskers"}


def run_side(side: str) -> None:
    """Print one side's seconds and peak memory, and save its matrices beside the recording."""
    subject = full_size_subject()
    __import__(IMPORTS[side])  # not what is timed, for either side

    seconds, matrices = SIDES[side](subject)
    np.savez(subject.bold[0].parents[2] / f"{side}.npz", allow_pickle=False, **matrices)
    print(json.dumps({**seconds, "memory": peak_megabytes()}))


def peak_megabytes() -> float:
    """Return this process' peak memory; `resource` starts a child's at its parent's peak."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) / 1024


def measure(side: str) -> dict[str, float]:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.open", side]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {key: float(value) for key, value in json.loads(done.stdout.splitlines()[-1]).items()}


def check_equal(subject: Subject) -> float:
    """Return the largest difference between the two sides' matrices, at most 1e-4."""
    folder = subject.bold[0].parents[2]
    ours, peer = np.load(folder / "ours.npz"), np.load(folder / "peer.npz")
    largest = max(float(np.abs(ours[mask] - peer[mask]).max()) for mask in (FIRST, NEXT))
    assert largest <= 1e-4, largest
    return largest


def main() -> None:
    """Print the rows."""
    subject = full_size_subject()
    size = subject.bold[0].stat().st_size / 1e6
    runs = [{side: measure(side) for side in SIDES} for _ in range(REPEATS)]
    middle = {
        side: {key: median(run[side][key] for run in runs) for key in runs[0][side]}
        for side in SIDES
    }
    ours, peer = middle["ours"], middle["peer"]
    note = f"{size:.0f} MB .nii.gz, largest difference {check_equal(subject):.1e}"
    print_row("open", "first open", ours[FIRST], peer[FIRST], "s", 8, note)
    print_row("open", "first open, peak memory", ours["memory"], peer["memory"], "MB", 5.5, note)
    print_row("next_mask", "another mask", ours[NEXT], peer[NEXT], "s", 500, note)


if __name__ == "__main__":
    run_side(sys.argv[1]) if len(sys.argv) > 1 else main()
