"""Preparing a server compiles all that its pages need."""

import subprocess
import sys

import pytest
from makers import ROOT, python_environment

PAGES_NEED = """
from dataclasses import replace
from pathlib import Path
import os

from decoding import prepare
from decoding.analyses import permute
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.engines import searchable
from decoding.datasets import load_subject
from decoding.service.compiling import is_compiled
from decoding.spec import DecodingSpec

def compiled():
    return {path.name for path in Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc")}

prepare.main()
assert is_compiled()
before = compiled()
subject = load_subject("simulated", "1")
spec = DecodingSpec(dataset="simulated", subject="1", mask="face_little")
few = permute.Options(permutations=3)
for changes in (
    {}, {"samples": "block", "cv": "split_half"}, {"conditions": (), "samples": "block"},
    {"samples": "run_beta"}, {"standardize": "run", "cv": "kfold"},
):
    for name in searchable():
        searchlight.run(
            subject, replace(spec, estimator=name, **changes), searchlight.Options()
        )
    for name in ("svc", "ridge"):
        permute.run(subject, replace(spec, estimator=name, **changes), few)
print(len(before), compiled() - before)
"""


@pytest.mark.slow
def test_prepared_server_compiles_nothing(tmp_path):
    """Every engine, on other samples, schemes and numbers of categories, finds its kernels."""
    environment = {**python_environment(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    done = subprocess.run(
        [sys.executable, "-c", PAGES_NEED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    n_before, new = done.stdout.split(maxsplit=1)
    assert int(n_before) > 50
    assert new.strip() == "set()"
