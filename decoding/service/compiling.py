"""Kernels are compiled by a child process: what a compiler takes of memory never comes back.

A server that compiles for itself holds 200 MB more for as long as it lives.
"""

import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from decoding.files import kernels_digest
from decoding.progress import Progress, report

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "decoding.prepare")
STEP_S = 0.5
_children: list[subprocess.Popen[bytes]] = []


def compile_kernels() -> None:
    """Start a process that compiles what this version has not compiled on this processor."""
    if not is_compiled():
        _children.append(subprocess.Popen(COMMAND, cwd=ROOT))


def stop_compiling() -> None:
    """Stop that process; what it has compiled is kept."""
    for child in _children:
        child.terminate()
        child.wait()
    _children.clear()


def wait_for_kernels(estimator: str, on_progress: Progress | None = None) -> None:
    """Wait while the process compiles an estimator's; where it fails, who needs them compiles."""
    for child in _children:
        while child.poll() is None and not is_compiled(estimator):
            report(on_progress, 0, 0)
            try:
                child.wait(STEP_S)
            except subprocess.TimeoutExpired:
                continue


def is_compiled(estimator: str = "") -> bool:
    """Tell whether this version's kernels, of one estimator or all, were compiled here."""
    return _mark(estimator).exists()


def note_compiled(estimator: str = "") -> None:
    """Note that they were."""
    _mark(estimator).parent.mkdir(parents=True, exist_ok=True)
    _mark(estimator).touch()


def _mark(estimator: str) -> Path:
    """Return the file that says so, named by what numba's cache goes by."""
    parts = [str(ROOT), kernels_digest(), sys.version, version("numba"), _processor()]
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"compiled-{name}{estimator and f'-{estimator}'}"


def _processor() -> str:
    """Return what tells this processor from others, as far as the system says."""
    try:
        first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
    except OSError:
        return ""
    told = ("model name", "flags", "Features")
    return "\n".join(line for line in first.splitlines() if line.startswith(told))
