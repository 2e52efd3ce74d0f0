"""Simulated subjects: no download, and the truth is known."""

import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.base import Subject
from decoding.datasets.layout import (
    PARAMETERS,
    PATTERNS,
    STUDY,
    TRUTH,
    find_study,
    not_on_disk,
    read_subject,
)
from decoding.datasets.simulated.parameters import KNOBS, LEAST, SimulationParameters
from decoding.datasets.text import read_json
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.files import cache_dir
from decoding.limits import SIMULATED
from decoding.nifti.headers import read_header
from decoding.nifti.streams import read_image
from decoding.room import Hold, hold
from decoding.spec import AS_RECORDED, Reading

SUBJECTS = ("1", "2", "3", "4", "5", "6")
FOLDER = "simulated-v1"


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Simulated subjects in the layout of Haxby's, made when first asked for."""

    name: str = "simulated"
    label: str = "Simulated recording"
    help: str = "Made by a program in the shape of Haxby's: what is to be found is known."
    absent: str = ""
    citation: str = "Simulated by Voxelscope; no person was recorded."
    licence: str = "CC0 1.0"

    @property
    def published(self) -> tuple[str, ...]:
        """Those that the operator allows."""
        return SUBJECTS[: SIMULATED.value]

    def credits_of(self, subject: Subject) -> "Simulated":
        """Return this: all subjects have the same credits."""
        return self

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the subjects that can be had: those published, or those in a folder."""
        return self.published if data_dir is None else find_study(data_dir).subjects()

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject, made first where it is not on disk; see `Dataset.load`.

        Those of `KNOBS` can be had by their names, and are no part of the study.

        Raises
        ------
        UnknownChoiceError
            If no such subject is simulated.
        DataMissingError
            If `data_dir` holds no such subject.
        """
        if data_dir is None and subject not in (*self.published, *KNOBS):
            raise UnknownChoiceError("subject", subject, self.published)
        held = None if data_dir is not None else _hold_own(subject)
        study = find_study(data_dir or cache_dir() / FOLDER)
        if subject not in study.subjects():
            raise DataMissingError(
                not_on_disk(f"Simulated subject {subject}", study.subjects(), data_dir),
                remedy="Make subjects with 'python -m decoding simulate --out DIR --subjects N', "
                "or leave --data-dir out: subjects 1 to 6 are made when first asked for.",
            )
        read = read_subject(study, subject, dataset=self.name, simulated=True)
        truth = study.subject_dir(subject) / TRUTH
        found = replace(read, truth=truth if truth.is_dir() else None)
        weakref.finalize(found, bool, held)  # its files stay as long as it does
        return found


def _hold_own(subject: str) -> Hold:
    """Return a hold on this subject in our data folder, made first where it is not there."""
    root = cache_dir() / FOLDER

    def make() -> None:
        # Templates and filters are loaded only when a subject is made.
        from decoding.datasets.simulated.write import simulate_subject

        made, _ = KNOBS.get(subject, (SimulationParameters(subject=int(subject)), ""))
        simulate_subject(root, made, sealed=True)

    return hold(root / STUDY / f"subj{subject}", make)


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """What was planted in a simulated subject.

    Parameters
    ----------
    categories : tuple of str
        In the order of the patterns.
    patterns : ndarray of float32, shape (x, y, z, n_categories)
        Each voxel's response to each category in standard deviations of its noise; 0 where
        nothing was planted.
    parameters : dict
        What it was made from: ``seed``, ``signal``, ``delay`` (s), ``size``, ``format``.
    """

    categories: tuple[str, ...]
    patterns: NDArray[np.float32]
    parameters: dict[str, Any]

    def difference(self, first: str, second: str) -> NDArray[np.float32]:
        """Return how much more each voxel responds to `second` than to `first`: (x, y, z)."""
        a, b = (self._column(category) for category in (first, second))
        return self.patterns[..., b] - self.patterns[..., a]

    def informative(self, conditions: tuple[str, ...]) -> NDArray[np.bool_]:
        """Tell which voxels respond unlike to any two of these categories: shape (x, y, z)."""
        among = self.patterns[..., [self._column(category) for category in conditions]]
        return np.asarray(np.ptp(among, axis=-1) > LEAST)

    def _column(self, category: str) -> int:
        if category not in self.categories:
            raise UnknownChoiceError("category", category, self.categories)
        return self.categories.index(category)


def load_truth(subject: Subject) -> Truth:
    """Return what was planted in a subject; a `DataMissingError` if it was recorded, not made."""
    if subject.truth is None:
        raise DataMissingError(
            f"Nothing is planted in subject {subject.name} of {subject.dataset}; "
            "choose a simulated subject to compare with the truth."
        )
    facts, path = read_json(subject.truth / PARAMETERS), subject.truth / PATTERNS
    header, categories = read_header(path), facts.get("categories")
    if not isinstance(categories, list) or header.shape[3:] != (len(categories),):
        raise DataError(
            f"{PARAMETERS} and {path.name} of subject {subject.name} do not name the same "
            "categories; make the subject again."
        )
    patterns = read_image(path, header).astype(np.float32)
    return Truth(categories=tuple(map(str, categories)), patterns=patterns, parameters=facts)
