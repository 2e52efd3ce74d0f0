"""Simulated subjects: no download, and the truth is known."""

import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from decoding.cache import cache_dir
from decoding.datasets.base import Subject
from decoding.datasets.layout import BRAIN_MASK, STUDY, find_study, read_subject
from decoding.errors import DataMissingError, UnknownChoiceError

SUBJECTS = ("1", "2", "3", "4", "5", "6")
FOLDER = "simulated-v1"
TRUTH = "truth"


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Six simulated subjects in the layout of Haxby's, made when first asked for."""

    name: str = "simulated"
    label: str = "Simulated recording"
    citation: str = "Simulated by Voxelscope; no person was recorded."
    licence: str = "CC0 1.0"

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the subjects that can be had: all six, or those in a folder."""
        return SUBJECTS if data_dir is None else find_study(data_dir).subjects()

    def load(self, subject: str, data_dir: Path | None = None) -> Subject:
        """Return a subject, made first where it is not on disk; see `Dataset.load`."""
        if data_dir is None and subject not in SUBJECTS:
            raise UnknownChoiceError("subject", subject, SUBJECTS, f" of {self.label.lower()}s")
        root = _own_folder(subject) if data_dir is None else data_dir
        study = find_study(root)
        if subject not in study.subjects():
            raise DataMissingError(
                f"Simulated subject {subject} is not in {root}. Make it with "
                f"'python -m decoding simulate --out DIR --subjects N' or choose one of: "
                f"{', '.join(study.subjects()) or 'none is there'}."
            )
        read = read_subject(study, subject, dataset=self.name, simulated=True)
        truth = study.subject_dir(subject) / TRUTH
        return replace(read, truth=truth if truth.is_dir() else None)


def _own_folder(subject: str) -> Path:
    """Return our data folder with this subject in it; one process makes it, others wait."""
    root = cache_dir() / FOLDER
    if not (root / STUDY / f"subj{subject}").is_dir():
        from decoding.datasets.simulation.files import simulate_subject

        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f"subj{subject}.lock"):
            simulate_subject(root, int(subject))
    return root


def zip_subject(subject: Subject) -> bytes:
    """Return a subject's files as a .zip in nilearn's layout: the same bytes each time.

    Unpacked into a folder, that folder serves as nilearn's data folder or as ``--data-dir``.
    """
    folder = subject.bold[0].parent
    files = {
        f"{STUDY}/{folder.name}/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob("*")
        if path.is_file()
    }
    brain = folder.parent / BRAIN_MASK
    if brain.is_file():
        files[f"{STUDY}/{BRAIN_MASK}"] = brain
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            # A fixed date: zip stores one, and the same subject should be the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2001, 1, 1, 0, 0, 0)), files[name].read_bytes())
    return packed.getvalue()
