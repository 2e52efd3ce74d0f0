"""One recording prepared in many ways: what several of them share is read and cleaned once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from decoding.datasets.base import Subject
from decoding.recording.voxels import open_voxels
from decoding.samples.confounds import NONE
from decoding.samples.extract import (
    Samples,
    check_order,
    extract_samples,
    samples_of_volumes,
    select_samples,
)
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE, UNSCALED
from decoding.samples.volumes import Averaging, Selection
from decoding.spec import DecodingSpec

WHOLE_BYTES = 24 << 20
"""Up to so many bytes all volumes of a mask are held at once, cleaned in each way."""


def preparation(spec: DecodingSpec) -> DecodingSpec:
    """Return the spec of all that have its samples: what is not read for them is at its default."""
    usual = DecodingSpec()
    return replace(spec, select=usual.select, estimator=usual.estimator, cv=usual.cv)


def extract_shared(
    subject: Subject, specs: Sequence[DecodingSpec]
) -> Iterator[tuple[tuple[DecodingSpec, ...], Samples]]:
    """Yield each matrix of samples once, with the specs that have it, masks in turn.

    The samples are those of `decoding.samples.extract.extract_samples`, and so are the errors.
    Specs differ in mask, samples, standardization, trend, lag and what comes after, no more.
    """
    own: dict[DecodingSpec, list[DecodingSpec]] = {}
    for spec in specs:
        own.setdefault(preparation(spec), []).append(spec)
    cleaned = Cleaned(subject)
    for spec in sorted(own, key=lambda spec: spec.mask):
        yield tuple(own[spec]), cleaned.samples(spec)


class Cleaned:
    """A subject's volumes, unscaled and as they were scaled last."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._store = open_voxels(subject)
        self._runs = subject.volumes["run"].to_numpy()
        self._mask, self._rows = "", np.empty(0, dtype=np.int64)
        self._unscaled: dict[bool, np.ndarray] = {}
        self._scaled, self._way = np.empty((0, 0)), ("", False)
        self._selected: dict[tuple[str, float], tuple[Selection, Averaging]] = {}

    def samples(self, spec: DecodingSpec) -> Samples:
        """Return what `extract_samples` does."""
        average = SAMPLES[spec.samples].average
        if average is None or spec.confounds != NONE or not self._take(spec.mask):
            return extract_samples(self._subject, spec)
        check_order(self._subject, spec)
        key = spec.samples, spec.lag
        if key not in self._selected:
            selection = select_samples(self._subject, spec)
            self._selected[key] = selection, average(selection)
        selection, averaging = self._selected[key]
        X = averaging.apply(self._cleaned(spec.standardize, spec.detrend)[selection.volumes])
        return samples_of_volumes(X, averaging, selection, self._store, self._rows)

    def _take(self, mask: str) -> bool:
        """Turn to a mask; tell whether all its volumes can be held."""
        if mask != self._mask:
            self._mask, self._rows = mask, self._store.mask_rows(mask)
            self._unscaled.clear()
            self._scaled, self._way = np.empty((0, 0)), ("", False)
        return 8 * len(self._rows) * self._store.n_volumes <= WHOLE_BYTES

    def _cleaned(self, standardize: str, detrend: bool) -> np.ndarray:
        if standardize == UNSCALED:
            return self._untrended(detrend)
        if self._way != (standardize, detrend):  # a trend is taken out of unscaled voxels
            self._scaled = np.empty((0, 0))  # the last ones go before the next come
            before = self._untrended(detrend)
            self._scaled = STANDARDIZE[standardize].make(before, self._runs, False, None)
            self._way = standardize, detrend
        return self._scaled

    def _untrended(self, detrend: bool) -> np.ndarray:
        if detrend not in self._unscaled:
            if detrend:
                series = STANDARDIZE[UNSCALED].make(self._untrended(False), self._runs, True, None)
            else:
                series = self._store.read(self._rows).T
            self._unscaled[detrend] = series
        return self._unscaled[detrend]
