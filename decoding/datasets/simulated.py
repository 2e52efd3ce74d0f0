"""Simulated subjects: no download, and the truth is known."""

from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.base import Subject
from decoding.errors import UnknownChoiceError

SUBJECTS = ("1", "2", "3", "4", "5", "6")


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Six simulated subjects in the layout of Haxby's, made when first asked for."""

    name: str = "simulated"
    label: str = "Simulated recording"
    citation: str = "Simulated by Voxelscope; no person was recorded."
    licence: str = "CC0 1.0"

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the subjects that can be had: all six, or those in a folder."""
        return SUBJECTS

    def load(self, subject: str, data_dir: Path | None = None) -> Subject:
        """Return a subject, made first where it is not on disk; see `Dataset.load`."""
        raise UnknownChoiceError("subject", subject, ())
