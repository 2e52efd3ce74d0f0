"""Where files that can be made anew are kept, and how they appear there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Return the folder of what can be made anew: ``DECODING_CACHE``, or the user's own."""
    configured = os.environ.get("DECODING_CACHE")
    return Path(configured) if configured else platformdirs.user_cache_path("voxelscope")


def configure_libraries() -> None:
    """Set what libraries read when they are imported; call before NumPy, numba and matplotlib.

    Numba and matplotlib raise where neither the source folder nor the home can be written (a
    container), so their caches go into ours. The threads of NumPy's products spin while they wait,
    which starves a small machine that several visitors share; our own work uses threads elsewhere.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for variable, folder in (("NUMBA_CACHE_DIR", "numba"), ("MPLCONFIGDIR", "matplotlib")):
        os.environ.setdefault(variable, str(cache_dir() / folder))


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a scratch folder that becomes `target` in one step when the block ends well.

    A killed process leaves at most a scratch folder beside the target, never half a target. A
    target that another process finished meanwhile is kept.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        try:
            scratch.rename(target)
        except OSError:
            if not target.exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
