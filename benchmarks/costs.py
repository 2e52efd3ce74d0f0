"""What each analysis costs: seconds of CPU, peak memory, and the size of its result.

``python -m benchmarks.costs --write docs/scaling.json`` measures every analysis once, or those
named; each in a process of its own, on a recording of Haxby's size whose voxel table is made and
whose kernels are compiled, as on a server that has run for a day. Options and spec are the usual
ones, unless the row says otherwise. Seconds of CPU hardly depend on what else the machine does.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.store import keep
from decoding.analyses import ANALYSES
from decoding.service.memory import size_in_bytes
from decoding.spec import DecodingSpec

ALL = {"conditions": ()}
Case = tuple[dict[str, Any], dict[str, Any]]
"""Changes of the usual spec, and of the analysis' usual options."""
NOT_MEASURED = {
    "peaks": "reads a searchlight's result, and takes less than a second",
    "sphere": "decodes one sphere of a searchlight, as decode does a mask",
    "group": "takes what decode and permute take, for each mask and pair of each subject",
    "across": "needs subjects in one space, which this recording is not",
    "guess": "decodes once, as decode does",
}
CASES: dict[str, tuple[str, Case]] = {
    name: (name, ({}, {})) for name in ANALYSES if name not in (*NOT_MEASURED, "cross")
}
CASES |= {
    "pairs": ("pairs", (ALL, {})),
    "pair_scores": ("pair_scores", (ALL, {})),
    "pair_models": ("pair_models", (ALL, {})),
    "pair_masks": ("pair_masks", (ALL, {})),
    "cross": ("cross", ({}, {"train": ("cat", "face"), "test": ("house", "shoe")})),
    "searchlight": ("searchlight", ({"mask": "brain", "estimator": "gnb"}, {})),
    "searchlight, 1000 relabellings": (
        "searchlight", ({"mask": "brain", "estimator": "gnb"}, {"permutations": 1000}),
    ),
    "searchlight, SVM": ("searchlight", ({"mask": "brain"}, {})),
    "permute, logistic": ("permute", ({"estimator": "logistic"}, {"permutations": 99})),
}  # fmt: skip


def measure(label: str) -> dict[str, float]:
    """Run one case in this process, and return what it took."""
    name, (changes, options) = CASES[label]
    analysis, subject = ANALYSES[name], full_size_subject()
    spec = replace(DecodingSpec(dataset="simulated", subject=subject.name), **changes)
    request = analysis.request(spec, analysis.Options(**options))
    wall, cpu = time.perf_counter(), time.process_time()
    result = analysis.run(subject, request.spec, request.options, None)
    return {
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mb": round(peak_mb()),
        "result_mb": round(size_in_bytes(result) / 1e6, 3),
        "expected_s": round(analysis.seconds(subject, request.spec, request.options), 1),
    }


def peak_mb() -> float:
    """Return the peak of this process' memory, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def main() -> None:
    """Measure what is asked for, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], help="default: all")
    parser.add_argument("--write", type=Path, metavar="F.json", help="keep what is measured")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.cases[0])))
        return
    for label in options.cases or CASES:
        command = [sys.executable, "-m", "benchmarks.costs", label, "--here"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        print(f"{label:32} {row}", flush=True)
        if options.write:
            keep(options.write, "costs", label, row)


if __name__ == "__main__":
    main()
