"""Where uploads lie: a folder of this process', gone with it or removed by the next one."""

import atexit
import secrets
import shutil
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from decoding.files import cache_dir, one_at_a_time, write_errors_as

FOLDER = "own"
REMEDY = (
    "Ask whoever runs it to point DECODING_CACHE to a folder with room that can be written, or run "
    "Voxelscope on your own computer."
)


def server_folder() -> Path:
    """Return this process' folder of uploads, which need not be there yet."""
    return _folder_below(cache_dir() / FOLDER)


@lru_cache(maxsize=1)
def _folder_below(root: Path) -> Path:
    return root / secrets.token_hex(8)


def begin_server_folder() -> None:
    """Make this process' folder of uploads; what ended processes have left is removed first.

    Raises
    ------
    CannotWriteError
        If the cache cannot be written.
    """
    _begin(server_folder())


@lru_cache(maxsize=1)
def _begin(folder: Path) -> None:
    problem = "This server can keep no uploads at the moment: its cache cannot be written"
    with write_errors_as(problem, REMEDY):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with one_at_a_time(folder.parent / "servers"):
            for left in folder.parent.glob("*.lock"):
                _remove_unless_held(left)
            _HELD.append(FileLock(f"{folder}.lock"))
            _HELD[-1].acquire()
            folder.mkdir(mode=0o700)
    atexit.register(_remove, folder)


_HELD: list[FileLock] = []
"""Locks that last as long as this process: they tell others that its folder is in use."""


def _remove_unless_held(path: Path) -> None:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    _remove(path.with_suffix(""))
    lock.release()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    Path(f"{folder}.lock").unlink(missing_ok=True)
