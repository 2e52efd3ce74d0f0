"""A child process compiles, once for a version and a processor; whoever needs kernels waits."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from decoding import files
from decoding.errors import Cancelled
from decoding.service import compiling


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """Keep kernels and their cache in a folder of the test's own; the child is one that sleeps."""
    shutil.copytree(files.KERNELS, tmp_path / "kernels")
    monkeypatch.setattr(files, "KERNELS", tmp_path / "kernels")
    files.kernels_digest.cache_clear()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    sleep = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(compiling, "COMMAND", sleep)
    monkeypatch.setattr(compiling, "STEP_S", 0.01)
    yield tmp_path
    compiling.stop_compiling()
    files.kernels_digest.cache_clear()


def test_other_sources_are_not_compiled_yet(no_cache, monkeypatch):
    """What was compiled counts until any file of the kernels changes, and is kept apart then."""
    assert not compiling.is_compiled()
    compiling.note_compiled()
    assert compiling.is_compiled()
    before = files.kernels_digest()
    with (no_cache / "kernels" / "least_squares.py").open("a") as source:
        source.write("# other\n")
    files.kernels_digest.cache_clear()
    assert not compiling.is_compiled()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(no_cache / "numba" / before))
    files.configure_libraries()
    assert Path(os.environ["NUMBA_CACHE_DIR"]).name == files.kernels_digest() != before


def test_nothing_is_compiled_twice(no_cache):
    """Where all is compiled no process starts, and nobody waits."""
    compiling.note_compiled()
    compiling.compile_kernels()
    assert compiling._children == []
    compiling.wait_for_kernels("svc")


def test_who_waits_can_be_stopped_and_a_stopped_child_frees_all(no_cache):
    """Waiting reports, so that a cancelled job ends; a child that ended is not waited for."""
    reports = []

    def stop_at_the_third(done, total):
        reports.append(done)
        if len(reports) == 3:
            raise Cancelled

    compiling.compile_kernels()
    (child,) = compiling._children
    with pytest.raises(Cancelled):
        compiling.wait_for_kernels("svc", stop_at_the_third)
    assert child.poll() is None
    compiling.note_compiled("gnb")
    compiling.wait_for_kernels("gnb")  # while another estimator's are compiled
    assert child.poll() is None
    child.kill()
    compiling.wait_for_kernels("svc")
    compiling.stop_compiling()
    assert child.poll() is not None
