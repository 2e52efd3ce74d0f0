"""What visitors have uploaded, each for the session that it belongs to and for nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from decoding.datasets.base import Subject
from decoding.errors import DataMissingError, quoted
from decoding.spec import AS_RECORDED, Reading


class Scans(Protocol):
    """The uploads of whoever asks."""

    def names(self) -> Sequence[str]:
        """Return what they are called, in the order in which they came."""

    def open(self, name: str, reading: Reading) -> Subject:
        """Return one of them, read so."""


class _None:
    def names(self) -> Sequence[str]:
        return ()

    def open(self, name: str, reading: Reading) -> Subject:
        raise KeyError(name)


@dataclass(kw_only=True)
class Own:
    """Scans that were uploaded, as long as the visit lasts.

    Parameters
    ----------
    scans : Scans
        Those of whoever asks. The app puts the session's own there; elsewhere there are none.
    """

    name: str = "own"
    label: str = "own scans"
    help: str = "What you have uploaded in this visit. Nobody else sees it."
    absent: str = "Upload it on the page Your data."
    published: tuple[str, ...] = ()
    citation: str = "Scans of your own."
    licence: str = "not stated"
    scans: Scans = field(default_factory=_None)

    def credits_of(self, subject: Subject) -> "Own":
        """Return this: an upload says nothing of its origin."""
        return self

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return what the uploads of whoever asks are called."""
        return tuple(self.scans.names())

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return an upload of whoever asks; see `Dataset.load`.

        Raises
        ------
        DataMissingError
            If nothing of that name was uploaded in this visit, or it was deleted.
        """
        if subject not in self.scans.names():
            raise DataMissingError(
                f"{quoted(subject)} was uploaded in a visit that has ended, or was deleted.",
                remedy="On the command line name your folder with --data-dir, and --dataset bids "
                "or images.",
            )
        return self.scans.open(subject, reading)


OWN = Own()
