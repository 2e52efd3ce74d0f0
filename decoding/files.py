"""Where files that can be made anew are kept, and how they appear there whole or not at all.

What cannot be written raises `CannotWriteError`, which says why and what to do.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout
from isal.isal_zlib import crc32

from decoding.errors import CannotWriteError

KERNELS = Path(__file__).parent / "kernels"
FREE_THE_CACHE = "Free some disk space, or point DECODING_CACHE to a folder that can be written."
CHOOSE_A_FOLDER = "Free some disk space, or choose a folder that is there and yours."


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
    os.environ.setdefault("MPLCONFIGDIR", str(cache_dir() / "matplotlib"))
    compiled = Path(os.environ.get("NUMBA_CACHE_DIR", cache_dir() / "numba"))
    if compiled.name != kernels_digest():  # else a parent process has set it
        os.environ["NUMBA_CACHE_DIR"] = str(compiled / kernels_digest())


@cache
def kernels_digest() -> str:
    """Return what tells the sources of our kernels from those of another version.

    A compiled function holds what it calls. Numba compiles it anew where its own file changed, but
    not where a file of what it calls did: in one folder, an update would leave old code at work.
    """
    sources = (path.read_bytes() for path in sorted(KERNELS.rglob("*.py")))
    return hashlib.sha256(b"\n".join(sources)).hexdigest()[:16]


def make_once(
    target: Path,
    make: Callable[[Path], object],
    *,
    problem: str,
    remedy: str = FREE_THE_CACHE,
    sealed: bool = False,
) -> None:
    """Have `make` fill a scratch folder that becomes `target` in one step, unless it is there.

    A `sealed` target is ours alone: where it was changed since, it is made anew; see `is_whole`.

    Of two makers the second waits for the first. A maker that is killed leaves its scratch folder
    and its lock; the next one removes both.

    Where it cannot be written, `problem` and `remedy` are said, the system's reason between them.
    """
    with write_errors_as(problem, remedy):
        is_there = is_whole if sealed else Path.exists
        if is_there(target):
            return
        with _scratch_for(target) as scratch:
            if not is_there(target):  # made while we waited
                scratch.mkdir()
                make(scratch)
                if sealed:
                    _seal(scratch)
                    _remove(target)
                scratch.rename(target)


SEAL = "seal.json"
"""Size and checksum of each file that was in a folder when it was made."""
_CHECKED: set[tuple[Path, int]] = set()
"""Folders whose contents this process has compared with their seal, by the time of that."""


def is_whole(folder: Path) -> bool:
    """Tell whether a sealed folder is as it was made: sizes always, contents once a process."""
    try:
        seal, changed = json.loads((folder / SEAL).read_text()), (folder / SEAL).stat().st_mtime_ns
        paths = {folder / name: (size, checksum) for name, (size, checksum) in seal.items()}
        if any(path.stat().st_size != size for path, (size, _) in paths.items()):
            return False
        if (folder, changed) not in _CHECKED:
            if any(_checksum(path) != checksum for path, (_, checksum) in paths.items()):
                return False
            _CHECKED.add((folder, changed))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return False
    return True


def sealed_bytes(folder: Path) -> int:
    """Return how many bytes were sealed in a folder, 0 where its seal cannot be read."""
    try:
        return sum(size for size, _ in json.loads((folder / SEAL).read_text()).values())
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return 0


def _seal(folder: Path) -> None:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    seal = {
        path.relative_to(folder).as_posix(): (path.stat().st_size, _checksum(path))
        for path in files
    }
    (folder / SEAL).write_text(json.dumps(seal))


def _checksum(path: Path) -> int:
    checksum, piece = 0, bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(piece):
            checksum = crc32(memoryview(piece)[:n], checksum)
    return checksum


@contextmanager
def whole_file(path: Path, remedy: str = CHOOSE_A_FOLDER) -> Iterator[Path]:
    """Give a scratch file that becomes `path` in one step when the block ends well."""
    with write_errors_as(f"{path} cannot be written", remedy), _scratch_for(path) as scratch:
        yield scratch
        scratch.replace(path)


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written before anything is computed for it."""
    if path.is_dir():
        raise CannotWriteError(f"{path} cannot be written (it is a folder). Name a file in it.")
    if not path.parent.exists():
        raise CannotWriteError(
            f"{path} cannot be written: the folder {path.parent} does not exist. Make it, or "
            "choose another."
        )
    # A right to write is only known by writing: a mount or a quota may forbid it too.
    with write_errors_as(f"{path} cannot be written", CHOOSE_A_FOLDER):
        tempfile.TemporaryFile(dir=path.parent).close()


@contextmanager
def one_at_a_time(target: Path, while_waiting: Callable[[], object] = int) -> Iterator[None]:
    """Let one process or thread at a time work on `target`; the others wait.

    The lock is a file beside the target. It is removed before it is given up: whoever waits for it
    sees that it is gone and makes another. `while_waiting` is called twice a second meanwhile.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            while_waiting()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            Path(lock.lock_file).unlink()
        lock.release()


@contextmanager
def _scratch_for(target: Path) -> Iterator[Path]:
    """Give a path beside `target` that is ours alone, cleared of what a killed maker left there."""
    scratch = target.with_name(f".{target.name}.new")
    with one_at_a_time(target):
        _remove(scratch)
        try:
            yield scratch
        finally:
            _remove(scratch)


def clear_left(lock: Path, *more: Path) -> None:
    """Remove a lock and the scratch of its maker, who was killed; nothing while somebody has it.

    With them goes `more` that the maker has left.
    """
    held = FileLock(lock)
    with suppress(Timeout):
        held.acquire(timeout=0)
        for path in (lock.with_suffix(".new"), *more):
            _remove(path)
        with suppress(OSError):
            lock.unlink()
        held.release()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def write_errors_as(problem: str, remedy: str) -> Iterator[None]:
    """Raise what the system says of writing as a `CannotWriteError`, its reason in brackets."""
    try:
        yield
    except OSError as error:
        raise CannotWriteError(f"{problem} ({error.strerror or error}). {remedy}") from error
