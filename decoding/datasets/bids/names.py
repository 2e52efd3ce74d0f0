"""Finding files of a BIDS folder by the entities in their names, sidecars inherited."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from decoding.datasets.text import read_json

IMAGE_ENDS = (".nii", ".nii.gz")
POINTERS = (b"/annex/", b"version https://git-lfs")
"""What stands in a file of DataLad or Git LFS whose content is elsewhere."""
_NAME = re.compile(r"((?:[A-Za-z]+-[A-Za-z0-9+]+_)*)([A-Za-z0-9]+)(\..+)")
INDICES = ("run", "echo")
"""Entities whose value is a number: run-1 is run-01."""
PREPROCESSED = ("space", "cohort", "res", "den", "desc")
"""Entities that a pipeline adds to the names of scans."""


@dataclass(frozen=True, kw_only=True)
class BidsFile:
    """A file whose name is BIDS: entities, a suffix and an ending.

    Of ``sub-1_task-objectviewing_run-01_bold.nii.gz`` these are ``{"sub": "1", "task":
    "objectviewing", "run": "1"}``, ``"bold"`` and ``".nii.gz"``.
    """

    path: Path
    entities: Mapping[str, str]
    suffix: str
    end: str

    @property
    def stem(self) -> str:
        """The name before its ending."""
        return self.path.name.removesuffix(self.end)

    @property
    def order(self) -> tuple[str, int, str]:
        """What recordings are sorted by: session, number of the run, name."""
        run = self.entities.get("run", "")
        return self.entities.get("ses", ""), int(run) if run.isdecimal() else 0, self.path.name


def below(root: Path, path: Path) -> str:
    """Return a path as it is written from a folder."""
    return Path(os.path.relpath(path, root)).as_posix()


def parse_name(path: Path) -> BidsFile | None:
    """Return what a file's name says, None where it is not a BIDS name.

    `nilearn.interfaces.bids.parse_bids_filename` reads names that are BIDS alike, but takes any
    other: "my scan (1).nii.gz" has a suffix, "sub-a-b" a label "a", and a name without a dot
    raises ValueError. Visitors upload such files, so a name is checked and read in one step.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    entities, suffix, end = match.groups()
    pairs = dict(part.split("-", 1) for part in entities.split("_") if part)
    for name in INDICES:
        if pairs.get(name, "").isdecimal():
            pairs[name] = str(int(pairs[name]))
    return BidsFile(path=path, entities=pairs, suffix=suffix, end=end)


def has_content(path: Path) -> bool:
    """Tell whether a file's content is on disk: links may lead nowhere, others only name it."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        return not file.read(64).startswith(POINTERS)


def find_images(folder: Path, pattern: str, suffix: str) -> list[BidsFile]:
    """Return the images below a folder with this suffix, sorted by session, run and name."""
    parsed = (parse_name(path) for path in folder.glob(pattern))
    images = (file for file in parsed if file and file.suffix == suffix and file.end in IMAGE_ENDS)
    return sorted((file for file in images if has_content(file.path)), key=lambda file: file.order)


def inherited(root: Path, file: BidsFile, suffix: str, end: str) -> Iterator[BidsFile]:
    """Yield the files of another kind that apply to `file`, the nearest first.

    By BIDS' inheritance principle these lie beside it or in a folder above, and name no entity
    that it does not share.
    """
    folder = file.path.parent
    while True:
        found = [
            other
            for path in folder.glob(f"*{suffix}{end}")
            if (other := parse_name(path)) is not None
            and (other.suffix, other.end) == (suffix, end)
            and other.entities.items() <= file.entities.items()
        ]
        yield from sorted(found, key=lambda other: (-len(other.entities), other.path.name))
        if folder == root or root not in folder.parents:
            return
        folder = folder.parent


def as_recorded(root: Path, file: BidsFile) -> BidsFile:
    """Return the name that a preprocessed scan had when it was recorded, below the root."""
    parts = file.path.parts
    if file.path.is_relative_to(root) and file.path.relative_to(root).parts[0].startswith("sub-"):
        return file
    below = next(i for i, part in enumerate(parts) if part.startswith("sub-"))
    entities = {name: value for name, value in file.entities.items() if name not in PREPROCESSED}
    name = "_".join([*(f"{key}-{value}" for key, value in entities.items()), file.suffix])
    path = root.joinpath(*parts[below:-1], name + file.end)
    return BidsFile(path=path, entities=entities, suffix=file.suffix, end=file.end)


def sidecar_value(root: Path, file: BidsFile, key: str) -> object | None:
    """Return a value of the nearest JSON sidecar that has it, None where none does.

    Of a preprocessed scan its own sidecars come first, then those of what was recorded.
    """
    sidecars = (
        inherited(root, one, file.suffix, ".json") for one in (file, as_recorded(root, file))
    )
    for sidecar in chain.from_iterable(sidecars):
        values = read_json(sidecar.path)
        if key in values:
            return values[key]
    return None
