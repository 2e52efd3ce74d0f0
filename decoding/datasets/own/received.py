"""An upload on disk: where it lies, how it is read, and what its owner calls each file."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from decoding.datasets.base import Subject
from decoding.datasets.bids.dataset import bids_root
from decoding.errors import DecodingError

Layout: TypeAlias = Literal["events", "labels", "images"]
ROOT = "upload"
"""The folder that notes name where a reader names the folder it was given."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """An upload on disk.

    Parameters
    ----------
    folder : Path
        All of it; nothing in it has a name that its owner gave.
    layout : {"events", "labels", "images"}
        How it is read.
    names : mapping of str to str
        By the names of our files those that their owner gave them.
    paths : mapping of str to str
        By where ours lie below the folder, where theirs lie below the one that they came from.
    unused : tuple of str
        The names of files that were not taken.
    subject : str
        Which subject of a BIDS folder it is, as that is asked for.
    """

    folder: Path
    layout: Layout
    names: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    subject: str = "1"

    def told(self, text: str) -> str:
        """Return a reader's sentence with the files called as their owner calls them."""
        return _told(text, self.names)


def link_subject(subject: Subject, folder: Path) -> Received:
    """Return a subject of a BIDS folder as if it were received, to be read in another way.

    Nothing is copied: `folder`, which is not there yet, leads to the files.
    """
    folder.mkdir(parents=True)
    (folder / ROOT).symlink_to(bids_root(subject), target_is_directory=True)
    return Received(folder=folder / ROOT, layout="events", subject=subject.name)


def told_of(subject: Subject, text: str) -> str:
    """Return a sentence on a subject with the files of an upload called as their owner does."""
    return _told(text, _names_of(subject))


def _names_of(subject: Subject) -> dict[str, str]:
    return {ours.name: PurePosixPath(theirs).name for ours, theirs in subject.names.items()}


def told_as_of(subject: Subject) -> AbstractContextManager[None]:
    """Have errors call the files of an upload as its owner calls them; see `told_of`."""
    return told_as_theirs(_names_of(subject))


def _told(text: str, names: Mapping[str, str]) -> str:
    if not names:
        return text
    ours = sorted(map(re.escape, names), key=len, reverse=True)
    return re.sub("|".join(ours), lambda found: names[found[0]], text)


@contextmanager
def told_as_theirs(names: Mapping[str, str]) -> Iterator[None]:
    """Have errors call files as their owner calls them, by the names of ours."""
    try:
        yield
    except DecodingError as error:
        error.args = (_told(str(error), names),)
        raise
