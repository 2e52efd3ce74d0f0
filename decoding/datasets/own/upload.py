"""An upload before it is written: what each file is, told by what it holds, and whether it fits."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, Protocol, TypeAlias

from decoding.datasets.image_table import FILE, LABEL, RUN
from decoding.errors import DataError, LimitError
from decoding.nifti.headers import GZIP, START_BYTES, NiftiHeader, header_of
from decoding.numbers import list_text, size_text

Role: TypeAlias = Literal[
    "scan", "images", "labels", "events", "table", "sidecar", "confounds", "mask", "regions",
    "names", "anatomy", "unused",
]  # fmt: skip
"""What a file of an upload is: `names` are those of the regions of a label image."""
ROLES: Mapping[Role, str] = {
    "scan": "recording of a run",
    "images": "image of one sample",
    "labels": "labels of the volumes",
    "events": "events of a run",
    "table": "table of the images",
    "sidecar": "sidecar of a recording",
    "confounds": "confounds of a run",
    "mask": "mask",
    "regions": "label image of regions",
    "names": "names of regions",
    "anatomy": "anatomy",
    "unused": "not used",
}
"""How a page names each."""
MEGABYTE = 1 << 20
UNPACKED = 4
"""A file may hold so many times the bytes that may be uploaded of it."""
IMAGE_BYTES = 80 * MEGABYTE
"""No mask, label image or anatomy holds more: such images are read whole."""


class Readable(Protocol):
    """A file of an upload, in memory or on disk."""

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes more."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place; return it."""


File: TypeAlias = tuple[str, Readable]
"""A file under the name that its owner gave it. A folder's name may stand before it."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many bytes one file may have, and all of an upload together."""

    a_file: int = 60 * MEGABYTE
    in_all: int = 100 * MEGABYTE

    @property
    def unpacked(self) -> int:
        """How many bytes a recording, or an image that is a sample, may hold."""
        return self.a_file * UNPACKED


@dataclass(frozen=True, kw_only=True, eq=False)
class Upload:
    """Files by what they are, in the order in which they came."""

    files: Mapping[Role, Sequence[File]]

    @property
    def is_of_images(self) -> bool:
        """Whether its samples are images made elsewhere, and no volumes in time."""
        return "table" in self.files

    @property
    def n_bytes(self) -> int:
        """The size of all files that are used."""
        used = (files for role, files in self.files.items() if role != "unused")
        return sum(size_of(file) for files in used for _, file in files)


def sort_files(files: Iterable[File]) -> Upload:
    """Tell what each file is, by what it holds and, between images, by the words in its name.

    Raises
    ------
    DataError
        If an image's header claims what cannot be, or more than may be: the file is named.
    """
    sorted_files: dict[Role, list[File]] = {}
    for name, file in files:
        start = _start(file)
        if base_name(name).lower() in _ABOUT:
            continue
        if _is_image(start):
            role = _role_of_image(name, header_of(base_name(name), start, size_of(file)))
        else:
            role = _role_of_text(name, start)
        sorted_files.setdefault(role, []).append((name, file))
    tables = unused_tables(Upload(files=sorted_files))
    if tables and "images" in sorted_files and not {*sorted_files} & _READ_WITHOUT:
        # Its columns are refused by name then; else it would only be said that no scan is there.
        table = max(tables, key=lambda file: len({*map(str.lower, columns_of(file))} & _OF_IMAGES))
        sorted_files["table"] = [table]
        sorted_files["unused"].remove(table)
    if "table" not in sorted_files and "images" in sorted_files:
        sorted_files.setdefault("anatomy", []).extend(sorted_files.pop("images"))
    return with_samples(sorted_files)


def with_samples(files: Mapping[Role, Sequence[File]]) -> Upload:
    """Return an upload in which the images beside a table of images are its samples."""
    found = {role: [*of_role] for role, of_role in files.items()}
    if "table" in found:
        images = [*found.pop("images", ()), *found.pop("scan", ())] or found.pop("anatomy", [])
        found |= {"images": images} if images else {}
    return Upload(files=found)


def unused_tables(upload: Upload) -> list[File]:
    """Return the tables that fit no role by their columns."""
    unused = (f for f in upload.files.get("unused", ()) if f[0].lower().endswith(_TABLE_ENDS))
    return [file for file in unused if any(sign in _head(_start(file[1])) for sign in "\t,;")]


def columns_of(table: File) -> list[str]:
    """Return the columns of a table, in their order."""
    return _columns(_head(_start(table[1])))


def columns_text(table: File) -> str:
    """Say in words which columns a table has."""
    columns = columns_of(table)
    more = [f"{len(columns) - MOST_TOLD} more"] if len(columns) > MOST_TOLD else []
    told = list_text([*columns[:MOST_TOLD], *more] or ["no name"])
    return f"{base_name(table[0])} has the column{'s' * (len(columns) != 1)} {told}"


MOST_TOLD = 8


def check_columns(table: File) -> None:
    """Refuse a table of images without what each one shows and its run.

    Raises
    ------
    DataError
        It names the table, its columns and what they have to be called.
    """
    columns = {*map(str.lower, columns_of(table))}
    if columns & {*LABEL} and columns & {*RUN}:
        return
    if len(columns) == 1 and ";" in columns.pop():
        raise DataError(
            f"{columns_text(table)}. Save it with commas or tabs between its columns, not "
            "semicolons, and call them file, label and run."
        )
    raise DataError(
        f"{columns_text(table)}. A table of images needs file, label (what was shown; or "
        "condition, category, trial_type) and run (or session, chunk): rename its columns to "
        "these. Without file, the rows are the images of one 4D file."
    )


def check_room(upload: Upload, room: Room) -> None:
    """Refuse what is too large before any of it is written, by sizes and by headers.

    Raises
    ------
    LimitError
        It names the file, its size and what to do.
    DataError
        If a header claims what its file cannot hold.
    """
    for role, files in upload.files.items():
        if role == "unused":
            continue
        for name, file in files:
            size, start = size_of(file), _start(file)
            if size > room.a_file:
                raise _too_large(name, size, room.a_file)
            if not _is_image(start):
                continue
            n_bytes = header_of(base_name(name), start, size).n_bytes
            most = room.unpacked if role in ("scan", "images") else IMAGE_BYTES
            if n_bytes > most:
                raise _too_large(name, n_bytes, most, unpacked=True)
    if upload.n_bytes > room.in_all:
        raise LimitError(
            f"These files hold {size_text(upload.n_bytes)}, and {size_text(room.in_all)} are "
            f"free for uploads at the moment. {REMEDY}"
        )


AT_HOME = "or run Voxelscope on your own computer, where nothing is uploaded."
REMEDY = (
    "Set all outside a mask to 0 in the scans and pack them, upload one file a run, or fewer runs; "
    f"{AT_HOME}"
)
UNPACKED_REMEDY = f"Upload one file a run, with fewer volumes or larger voxels; {AT_HOME}"


def _too_large(name: str, size: int, most: int, *, unpacked: bool = False) -> LimitError:
    holds = "holds, unpacked," if unpacked else "has"
    return LimitError(
        f"{base_name(name)} {holds} {size_text(size)}, and a file may have {size_text(most)} "
        f"at most. {UNPACKED_REMEDY if unpacked else REMEDY}"
    )


def base_name(name: str) -> str:
    """Return a file's own name, without the folders before it and without endless letters."""
    own = PurePosixPath(name.replace("\\", "/")).name or "file"
    return own if len(own) <= MOST_LETTERS else f"{own[:20]}...{own[-20:]}"


MOST_LETTERS = 255
"""No file system of today has a longer name."""


def size_of(file: Readable) -> int:
    """Return how many bytes a file has; it stands at its beginning then."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _start(file: Readable) -> bytes:
    file.seek(0)
    start = file.read(START_BYTES)
    file.seek(0)
    return start


def _is_image(start: bytes) -> bool:
    """Tell a NIfTI file, or anything packed: no text of an upload is."""
    sizes = {int.from_bytes(start[:4], order) for order in ("little", "big")}
    return start.startswith(GZIP) or bool(sizes & {348, 540})


def _role_of_image(name: str, header: NiftiHeader) -> Role:
    words = base_name(name).lower()
    if math.prod(header.shape[3:]) > 1:
        return "scan"
    if any(word in words for word in ("dseg", "atlas", "parc")):
        return "regions"
    if "mask" in words or "roi" in words:
        return "mask"
    if any(word in words for word in ("t1", "anat", "mprage", "brain")):
        return "anatomy"
    return "images"


def _role_of_text(name: str, start: bytes) -> Role:
    own = base_name(name).lower()
    if own.endswith(".json"):
        return "confounds" if "confounds" in own or "regressors" in own else "sidecar"
    head = _head(start).lower()
    columns = {*_columns(head)}
    if {"onset", "duration"} <= columns:
        return "events"
    if head.split() == ["labels", "chunks"]:
        return "labels"
    if columns & {*LABEL} and columns & {*RUN}:
        return "table"
    if {"index", "name"} <= columns:
        return "names"
    if "confounds" in own or columns & {"trans_x", "framewise_displacement"}:
        return "confounds"
    return "unused"


def _head(start: bytes) -> str:
    return next(iter(start.decode("utf-8-sig", errors="replace").splitlines()), "")


def _columns(head: str) -> list[str]:
    read = csv.reader([head], delimiter="\t" if "\t" in head else ",")
    return [cell.strip() for cell in next(read, [])]


_TABLE_ENDS = (".csv", ".tsv", ".txt")
_OF_IMAGES = {*FILE, *LABEL, *RUN}


_ABOUT = ("dataset_description.json", "participants.json", "participants.tsv", "readme", "changes")
"""Files of a BIDS folder that say nothing of a recording: they are passed over."""
_READ_WITHOUT: set[Role] = {"scan", "table", "events", "labels"}
"""With one of these, single images and a table that fits no role are no samples."""
