"""Unpack a subject's tarball: known files only, within a byte limit, whole or not at all."""

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from decoding.errors import DataError
from decoding.files import make_once

# Haxby's largest subject unpacks to about 0.3 GB; more than this is not one of them.
MAX_BYTES = 2 << 30
MAX_MEMBERS = 200
# Images in it are compressed already: what unpacks to far more than it holds is no recording.
MAX_GROWTH, FREE_BYTES = 100, 10 << 20
PIECE = 1 << 20

_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, RecursionError)


def unpack(
    tarball: Path, target: Path, *, wanted: Collection[str], needed: Collection[str]
) -> None:
    """Unpack known files of a tarball's folder ``target.name`` to `target`, unless that is there.

    Parameters
    ----------
    wanted, needed : collection of str
        The names of the files to unpack, whatever else there is, and of those without which it
        is of no use.

    Raises
    ------
    DataError
        If the tarball is damaged, lacks a needed file, leads out of its own folder (an absolute
        path, ``..``, a link, a device) or holds more than the limit.
    CannotWriteError
        If the target cannot be written.
    """

    def make(scratch: Path) -> None:
        try:
            found = _unpack_members(scratch, tarball, target.name, wanted)
        except _DAMAGED as error:
            problem = f"is damaged or not a .tar.gz file ({error})"
            if is_web_page(tarball):
                problem = "is a web page, not a .tar.gz file (a server sent it in its place)"
            raise DataError(f"{tarball.name} {problem}. Delete it and get it again.") from error
        if missing := sorted(set(needed) - found):
            raise DataError(
                f"{tarball.name} holds no {target.name}/{missing[0]}; it is no subject of this "
                "study. Get it again."
            )

    make_once(
        target,
        make,
        problem=f"{tarball.name} cannot be unpacked",
        remedy="Check its permissions and the free disk space, or point DECODING_CACHE to a "
        "folder that can be written.",
    )


def is_web_page(path: Path) -> bool:
    """Tell whether a file that should be a tarball is a page that a server sent in its place."""
    with path.open("rb") as file:
        start = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<?xml"))


def _unpack_members(folder: Path, tarball: Path, top: str, wanted: Collection[str]) -> set[str]:
    n_bytes, written = 0, set()
    most = min(MAX_BYTES, FREE_BYTES + MAX_GROWTH * tarball.stat().st_size)
    with (
        tarball.open("rb") as file,
        _PiecewiseGzip(fileobj=file) as unzipped,
        tarfile.open(fileobj=unzipped, mode="r:") as archive,
    ):
        for n_members, member in enumerate(archive, start=1):
            n_bytes += member.size
            _check_member(tarball.name, member, folder)
            if n_bytes > most or n_members > MAX_MEMBERS:
                raise DataError(
                    f"{tarball.name} is refused: it holds more than {most / 1e6:,.4g} MB or "
                    f"{MAX_MEMBERS} files. Get it again from a source you trust."
                )
            path = PurePosixPath(member.name)
            if member.isreg() and path.parent.parts == (top,) and path.name in wanted:
                source = archive.extractfile(member)
                assert source is not None  # a regular file
                with (folder / path.name).open("wb") as out:
                    shutil.copyfileobj(source, out, PIECE)
                written.add(path.name)
    return written


def _check_member(tarball: str, member: tarfile.TarInfo, folder: Path) -> None:
    if not member.isdir() and (not member.isreg() or member.issparse()):
        what = "is a link or a device"
    elif not _stays_inside(member, folder):
        what = "leads out of its folder"
    else:
        return
    raise DataError(
        f"{tarball} is refused: its member {member.name[:80]!r} {what}. Get it again from a "
        "source you trust."
    )


def _stays_inside(member: tarfile.TarInfo, folder: Path) -> bool:
    """Apply the rules of Python's own filter, and refuse what it repairs or cannot see.

    It strips a leading slash, and knows a backslash as a separator on Windows only.
    """
    try:
        safe = tarfile.data_filter(member, str(folder))
    except tarfile.FilterError:
        return False
    return safe.name == member.name and "\\" not in member.name


class _PiecewiseGzip(gzip.GzipFile):
    """Gzip that gives at most a piece at a time: tar reads a long-name record in one go."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= PIECE:
            raise tarfile.ReadError("a record that claims to be huge")
        return super().read(size)
