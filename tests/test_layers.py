"""What importing the package costs: nothing that a command does not use."""

import subprocess
import sys

from makers import ROOT, python_environment

from decoding.files import kernels_digest

HEAVY = ("streamlit", "numba", "matplotlib", "nilearn.plotting", "plotly", "distributed")
CORE = (
    "decoding.__main__",
    "decoding.analyses.decode",
    "decoding.analyses.weights",
    "decoding.choices",
    "decoding.output.script.program",
)


def modules_after(statement, cache):
    """Return the names of the modules loaded in a fresh process by a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=python_environment(cache),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_the_package_itself_loads_nothing(tmp_path):
    """`import decoding` brings neither the dashboard nor any scientific library."""
    loaded = modules_after("import decoding", tmp_path)
    assert "decoding" in loaded
    assert not loaded & {*HEAVY, "numpy", "pandas", "sklearn", "nilearn", "nibabel"}


def test_the_core_loads_no_dashboard_and_no_plotting(tmp_path):
    """Decoding, its command and its script need no streamlit, numba, matplotlib or plotly."""
    loaded = modules_after(f"import {', '.join(CORE)}", tmp_path)
    assert loaded >= set(CORE)
    assert not loaded & set(HEAVY)


def test_a_decoding_loads_no_dashboard_and_no_plotting(tmp_path):
    """Nor does running one, from files to weights."""
    statement = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from makers import write_study
from decoding.cli.main import main
write_study(Path({folder!r}) / "data")
assert main(["decode", "--data-dir", {folder!r} + "/data", "--subject", "1",
             "--weights", {folder!r} + "/w.nii.gz"]) == 0
""".format(tests=str(ROOT / "tests"), folder=str(tmp_path))
    loaded = modules_after(statement, tmp_path / "cache")
    assert "sklearn.svm" in loaded
    assert not loaded & set(HEAVY)


def test_libraries_cache_below_ours(tmp_path):
    """Numba's and matplotlib's caches lie in ours, set before either is imported."""
    code = "import decoding, os; print(os.environ['NUMBA_CACHE_DIR'], os.environ['MPLCONFIGDIR'])"
    env = python_environment(tmp_path)
    env.pop("NUMBA_CACHE_DIR", None)
    env.pop("MPLCONFIGDIR", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    compiled = f"{tmp_path}/numba/{kernels_digest()}"
    assert done.stdout.split() == [compiled, f"{tmp_path}/matplotlib"]
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=env | {"NUMBA_CACHE_DIR": compiled},
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout.split()[0] == compiled
