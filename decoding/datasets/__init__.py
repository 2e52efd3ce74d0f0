"""Recordings behind one protocol: a dataset is one file here and one line in ``DATASETS``."""

from pathlib import Path

from decoding.datasets.base import Subject
from decoding.datasets.bids.dataset import Bids
from decoding.datasets.dataset import Dataset
from decoding.datasets.haxby import Haxby
from decoding.datasets.images import Images
from decoding.datasets.own.dataset import OWN
from decoding.datasets.simulated.dataset import Simulated
from decoding.errors import UnknownChoiceError
from decoding.registry import pick
from decoding.spec import AS_RECORDED, RECORDED, DecodingSpec, Reading

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Haxby(),
        Simulated(),
        Bids(),
        Images(),
        OWN,
    )
}


def credits_of(subject: Subject) -> Dataset:
    """Return whose label, citation and licence a subject is shown with.

    A simulated subject is ours whichever dataset read its folder.
    """
    name = "simulated" if subject.simulated else subject.dataset
    return DATASETS[name].credits_of(subject)


def load_subject(
    dataset: str, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
) -> Subject:
    """Return a subject of a registered dataset from disk.

    Parameters
    ----------
    data_dir : Path or None
        Where the recordings lie; None for the dataset's own default.
    reading : Reading
        How a folder is read where it can be read in several ways.

    Raises
    ------
    UnknownChoiceError
        If there is no such dataset or subject, or nothing of it in the space.
    DataMissingError
        If it exists but is not on disk; the remedy says how to get it.
    DataError
        If its files are not what they should be; the message names the file and the remedy.
    """
    loaded = pick(DATASETS, dataset, "dataset").load(subject, data_dir, reading)
    if reading.space not in (RECORDED, *loaded.spaces) and loaded.space == RECORDED:
        raise UnknownChoiceError("space", reading.space, loaded.spaces, f" for subject {subject}")
    return loaded


def subject_of(spec: DecodingSpec, data_dir: Path | None = None) -> Subject:
    """Return the subject that a spec names, read as it says; see `load_subject`."""
    return load_subject(spec.dataset, spec.subject, data_dir, spec.reading)
