"""Haxby et al. 2001: six people looking at eight categories."""

import os
from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.base import Subject
from decoding.datasets.layout import find_study, read_subject
from decoding.errors import DataMissingError, UnknownChoiceError

SUBJECTS = ("1", "2", "3", "4", "5", "6")


@dataclass(frozen=True, kw_only=True)
class Haxby:
    """The recordings of Haxby et al. (2001), wherever nilearn keeps them."""

    name: str = "haxby"
    label: str = "Haxby et al. 2001"
    citation: str = (
        "Haxby, J. V., Gobbini, M. I., Furey, M. L., Ishai, A., Schouten, J. L., & Pietrini, P. "
        "(2001). Distributed and overlapping representations of faces and objects in ventral "
        "temporal cortex. Science, 293, 2425-2430."
    )
    licence: str = "CC BY-SA 3.0"

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the subjects on disk."""
        names = {name for root in data_dirs(data_dir) for name in find_study(root).subjects()}
        return tuple(sorted(names, key=int))

    def load(self, subject: str, data_dir: Path | None = None) -> Subject:
        """Return a subject from disk; see `Dataset.load`."""
        for root in data_dirs(data_dir):
            study = find_study(root)
            if subject in study.subjects():
                return read_subject(study, subject, dataset=self.name)
        if subject not in SUBJECTS:
            raise UnknownChoiceError("subject", subject, SUBJECTS)
        raise DataMissingError(
            f"Subject {subject} of {self.label} is not on disk. Fetch it with "
            f"'python -m decoding fetch haxby --subject {subject}' or choose one of: "
            f"{', '.join(self.subjects(data_dir)) or 'none is here yet'}."
        )


def data_dirs(data_dir: Path | None = None) -> tuple[Path, ...]:
    """Return the folders to look in: the one given, or those nilearn looks in, in its order."""
    if data_dir is not None:
        return (data_dir,)
    shared = os.environ.get("NILEARN_SHARED_DATA", "")
    own = os.environ.get("NILEARN_DATA", "")
    listed = [path for value in (shared, own) for path in value.split(os.pathsep) if path]
    return tuple(Path(path) for path in [*listed, str(Path.home() / "nilearn_data")])
