"""The space that a subject's scans lie in, in words and as a template's."""

from decoding.datasets.base import Subject
from decoding.nifti.headers import MNI, read_header

NATIVE = "func"
"""The space of scans that were preprocessed and not moved, as fMRIPrep's options call it."""


def space_words(space: str) -> str:
    """Say a space as the end of a sentence: "preprocessed in ..."."""
    native, _, of_pipeline = space.partition("_")
    if native != NATIVE:
        return f"{space} space"
    return "the space of the recording" + (f" ({of_pipeline})" if of_pipeline else "")


def in_mni_space(subject: Subject) -> bool:
    """Tell whether scans lie in MNI space: their headers say so, or their names, as BIDS has it."""
    return subject.space.startswith("MNI") or all(
        "space-MNI" in path.name or read_header(path).code == MNI for path in subject.bold
    )
