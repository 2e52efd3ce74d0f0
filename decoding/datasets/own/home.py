"""Where uploads lie: a folder of this process', gone with it or removed by the next one."""

import atexit
import secrets
import shutil
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from decoding.files import cache_dir, one_at_a_time

FOLDER = "own"


def server_folder() -> Path:
    """Return this process' folder of uploads; what ended processes have left is removed first."""
    return _folder_below(cache_dir() / FOLDER)


@lru_cache(maxsize=1)
def _folder_below(root: Path) -> Path:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with one_at_a_time(root / "servers"):
        for left in root.glob("*.lock"):
            _remove_unless_held(left)
        folder = root / secrets.token_hex(8)
        _HELD.append(FileLock(f"{folder}.lock"))
        _HELD[-1].acquire()
        folder.mkdir(mode=0o700)
    atexit.register(_remove, folder)
    return folder


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
