"""The same bytes whatever the number of threads: of what commands print, and of what they write."""

import json
import os
import subprocess
import sys

import pytest
from makers import QUICK_REPORTS, folder_digest, python_environment

from decoding.analyses import ANALYSES

MEASURED = {"searchlight": {"seconds"}}
"""What a command measures and prints, by contract: it differs from run to run."""

DRAWN = ["--permutations", "24", "--seed", "3"]
BLOCKS = ["--samples", "block", "--conditions", "bottle", "shoe"]
MORE = ["--conditions", "bottle", "shoe", "chair"]
COMMANDS = {
    "decode": ["decode", "--json", "--weights", "w.nii.gz", "--predictions", "p.csv"],
    "decode betas": ["decode", "--json", "--samples", "lss", "--estimator", "logistic"],
    "permute exact": ["permute", "--json", *BLOCKS],
    "permute svc": ["permute", "--json", *DRAWN],
    "permute shuffled folds": ["permute", "--json", *BLOCKS, *DRAWN, "--cv", "shuffled_kfold"],
    "permute many": ["permute", "--json", *MORE, *DRAWN, "--estimator", "ridge"],
    "permute refits": ["permute", "--json", *BLOCKS, *DRAWN, "--estimator", "lda"],
    "permute logistic": ["permute", "--json", *BLOCKS, *DRAWN, "--estimator", "logistic"],
    "check": ["check", "--json"],
    **{
        f"searchlight {estimator}": [
            *("searchlight", "--json", "--mask", "brain", "--out", "s.nii.gz"),
            *("--samples", "block", "--estimator", estimator, *DRAWN),
        ]
        for estimator in ("gnb", "ridge", "correlation")
    },
    "searchlight svc": ["searchlight", "--json", "--out", "s.nii.gz", "--samples", "block"],
    "pairs": [
        "pairs",
        "--json",
        *MORE,
        "cat",
        *DRAWN,
        "--train",
        "cat",
        "shoe",
        "--test",
        "chair",
        "shoe",
    ],
    "choices": ["choices", "--json", "--samples", "block", "--permutations", "19", "--seed", "3"],
    "controls": ["controls", "--json", *BLOCKS, *DRAWN],
    "timecourse": ["timecourse", "--json", *DRAWN],
    "report": ["report", "--out", "r.html", *BLOCKS, *DRAWN],
    "script": ["script", *DRAWN],
}
ALL_CORES = None
THREADS = {
    "OMP_NUM_THREADS=1": ({"OMP_NUM_THREADS": "1"}, ALL_CORES),
    "OMP_NUM_THREADS=2": ({"OMP_NUM_THREADS": "2"}, ALL_CORES),
    "one job": ({}, 1),
    "two jobs": ({}, 2),
}
"""What `decoding.service.threads` reads: an environment variable, or how many cores."""


def run(folder, cache, arguments, environment, n_cores, before=""):
    """Run a command in a folder of its own, after some lines; return what it prints."""
    folder.mkdir()
    base = python_environment(cache)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        base.pop(name, None)
    cores = sorted(os.sched_getaffinity(0))[:n_cores]
    pin = f"{before}\nimport os, runpy; os.sched_setaffinity(0, {cores}); "
    module = "runpy.run_module('decoding', run_name='__main__', alter_sys=True)"
    done = subprocess.run(
        [sys.executable, "-c", f"{pin}{module}", *arguments],
        cwd=folder,
        env={**base, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return done.stdout


def without(printed, keys):
    """Return what was printed without the keys that are measured."""
    if not keys:
        return printed
    values = json.loads(printed)
    assert keys <= set(values)
    return json.dumps({key: value for key, value in values.items() if key not in keys})


def test_every_command_with_a_seed_is_held():
    """An analysis that draws at random is run below, and so are report and script."""
    seeded = {
        name
        for name, analysis in ANALYSES.items()
        if analysis.command and "seed" in {field.name for field in analysis.option_fields}
    }
    held = {arguments[0] for arguments in COMMANDS.values() if "--seed" in arguments}
    assert held >= {*seeded, "report", "script"}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=list(COMMANDS))
def test_threads_change_no_byte(arguments, own_cache, tmp_path):
    """Printed and written bytes are the same for one thread and two, set or found."""
    arguments = [arguments[0], "--dataset", "simulated", "--subject", "1", *arguments[1:]]
    found = {}
    for number, (name, (environment, n_cores)) in enumerate(THREADS.items()):
        folder = tmp_path / str(number)
        printed = run(folder, own_cache, arguments, environment, n_cores)
        kept = without(printed, MEASURED.get(arguments[0], set()))
        found[name] = (kept, folder_digest(folder))
    first = next(iter(found.values()))
    assert [name for name, bytes_ in found.items() if bytes_ != first] == []


def test_a_report_is_the_same_bytes_each_time(own_cache, tmp_path):
    """Two processes write the same report, to the ids in its charts."""
    arguments = ["report", "--dataset", "simulated", "--subject", "1", "--out", "r.html"]
    arguments += [*BLOCKS, "--permutations", "5"]
    written = []
    for name in ("one", "two"):
        run(tmp_path / name, own_cache, arguments, {}, ALL_CORES, QUICK_REPORTS)
        written.append((tmp_path / name / "r.html").read_bytes())
    assert written[0] == written[1]


@pytest.mark.slow
def test_threads_change_no_simulated_byte(own_cache, tmp_path):
    """A simulated subject of a seed is the same files for one thread and two."""
    arguments = ["simulate", "--out", "made", "--seed", "5", "--signal", "0.7"]
    digests = set()
    for number, (environment, n_cores) in enumerate(THREADS.values()):
        folder = tmp_path / str(number)
        assert run(folder, own_cache, arguments, environment, n_cores) == "made\n"
        assert (folder / "made" / "haxby2001" / "subj1" / "bold.nii.gz").is_file()
        digests.add(folder_digest(folder))
    assert len(digests) == 1
