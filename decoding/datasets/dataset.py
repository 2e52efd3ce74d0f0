"""What every dataset offers: subjects by name, and whom to credit for them."""

from pathlib import Path
from typing import Protocol

from decoding.datasets.base import Subject
from decoding.spec import AS_RECORDED, Reading


class Dataset(Protocol):
    """A source of subjects. A new one is a file here and a line in ``DATASETS``."""

    @property
    def name(self) -> str:
        """The name in ``DATASETS``."""

    @property
    def label(self) -> str:
        """How a page names it."""

    @property
    def help(self) -> str:
        """One sentence for somebody who meets it for the first time."""

    @property
    def absent(self) -> str:
        """What to do where it has no subject, as a page says it."""

    @property
    def published(self) -> tuple[str, ...]:
        """The names of all subjects that can be had, by a download too; empty: nobody knows."""

    @property
    def citation(self) -> str:
        """The sentence that credits it."""

    @property
    def licence(self) -> str:
        """The licence of the recordings."""

    def credits_of(self, subject: Subject) -> "Dataset":
        """Return the dataset whose label, citation and licence are those of this subject."""

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the names of the subjects that `load` gives without a download."""

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject from disk; `decoding.datasets.load_subject` lists what it raises."""
