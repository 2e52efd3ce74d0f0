"""The cache within the operator's limit: the least recently used goes first, never what is in use.

Who opens a sealed folder has a hold on it: a lock that many share, which the system gives up when
their process ends, however it ends. A folder is removed by who has the lock alone.
"""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from decoding.files import (
    SEAL,
    cache_dir,
    clear_left,
    is_whole,
    make_once,
    one_at_a_time,
    sealed_bytes,
)
from decoding.limits import CACHE

if sys.platform != "win32":  # which removes no folder with an open file in it anyway
    from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock

GONE = ".gone"
"""How the name ends of a folder that is being removed."""


class Hold:
    """A hold on a folder, which stays as it is as long as this lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY)

    def __del__(self) -> None:
        if folder := getattr(self, "_folder", None):
            os.close(folder)

    def is_of(self, folder: Path) -> bool:
        """Tell whether the folder of this name is still the one that is held."""
        return not self._folder or os.path.samestat(os.fstat(self._folder), folder.stat())

    def share(self) -> None:
        """Hold it as others may; waits while it is being removed."""
        if self._folder:
            with suppress(OSError):  # a file system without locks
                flock(self._folder, LOCK_SH)

    def take(self) -> None:
        """Hold it alone; an OSError where somebody else has a hold on it."""
        if self._folder:
            flock(self._folder, LOCK_EX | LOCK_NB)


def hold(folder: Path, make: Callable[[], object]) -> Hold:
    """Return a hold on a sealed folder; where it is not whole, `make` makes it, and others go."""
    if held := _hold(folder):
        return held
    while not held:  # what was just made may go before it is held
        make()
        held = _hold(folder)
    make_room()
    return held


def hold_made(folder: Path, make: Callable[[Path], object], problem: str) -> Hold:
    """Return a hold on a sealed folder that `make` fills where it is not whole; see `make_once`."""
    return hold(folder, lambda: make_once(folder, make, problem=problem, sealed=True))


def make_room() -> None:
    """Remove folders of the cache, the least recently used first, until the rest is within bounds.

    One that lies in another goes before it, or with it. What cannot be removed is left.
    """
    root = cache_dir()
    with one_at_a_time(root / "room"):
        used = {folder: _last_used(folder) for folder in _sealed_folders(root)}
        sizes = {folder: sealed_bytes(folder) for folder in used}
        excess = sum(sizes.values()) - CACHE.value
        for folder in sorted(used, key=lambda one: (used[one], -len(one.parts))):
            if excess <= 0:
                return
            if folder in sizes and _remove_unused(folder):
                inside = [one for one in sizes if one.is_relative_to(folder)]
                excess -= sum(sizes.pop(one) for one in inside)


def _sealed_folders(root: Path) -> list[Path]:
    """Return the sealed folders below a folder; what a killed process did not remove is cleared."""
    found = []
    for parent, inner, files in os.walk(root):
        for name in inner:
            if name.startswith(".") and name.endswith(GONE):
                shutil.rmtree(Path(parent) / name, ignore_errors=True)
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in files:
            if name.startswith(".") and name.endswith(".lock"):
                clear_left(Path(parent) / name)
        if SEAL in files:
            found.append(Path(parent))
    return found


def _hold(folder: Path) -> Hold | None:
    """Return a hold on a folder that is whole, used now; None where there is none."""
    with suppress(OSError):
        held = Hold(folder)
        held.share()
        if is_whole(folder) and held.is_of(folder):
            with suppress(OSError):  # a cache that can only be read
                os.utime(folder)
            return held
    return None


def _last_used(folder: Path) -> float:
    """Return when a folder was last opened; 0 where it is gone."""
    with suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _remove_unused(folder: Path) -> bool:
    """Remove a folder unless somebody has a hold on it; tell whether it is gone."""
    gone, around = folder.with_name(f".{folder.name}{GONE}"), folder.parent
    try:
        held, before = Hold(folder), around.stat()
        held.take()
        folder.rename(gone)
        os.utime(around, ns=(before.st_atime_ns, before.st_mtime_ns))  # it was not used by this
    except OSError:
        return False
    del held
    shutil.rmtree(gone, ignore_errors=True)
    return True
