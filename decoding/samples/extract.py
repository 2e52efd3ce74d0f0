"""From a recording and a spec to a matrix of samples with their categories, runs and blocks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.grid import Grid
from decoding.progress import Progress, report
from decoding.recording.voxels import VoxelStore, chunks_of, cleaning_chunks, open_voxels
from decoding.regions import mask_of
from decoding.registry import offer
from decoding.samples.confounds import confounds_of
from decoding.samples.kinds import SAMPLES, pick_kind
from decoding.samples.standardize import STANDARDIZE, pick_standardization
from decoding.samples.volumes import (
    Averaging,
    Selection,
    check_held,
    chosen_conditions,
    select_volumes,
)
from decoding.spec import DecodingSpec

BETA_VOXELS = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """What a classifier is given.

    Parameters
    ----------
    X : ndarray of float64, shape (n_samples, n_voxels)
    y : ndarray of str, shape (n_samples,)
        Category of each sample.
    runs, blocks : ndarray of int, shape (n_samples,)
    grid : Grid or None
        Of the voxels; None where the columns are none, e.g. the mean of a mask.
    n_dropped : int
        Volumes that a lag moved past the end of their run, or that go with the confounds.
    n_constant : int
        Voxels that are the same in every sample, e.g. 0 because they never vary.
    n_not_finite : int
        Voxels with a value that is not finite in some volume, where it counts as 0.
    """

    X: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    grid: Grid | None = None
    n_dropped: int = 0
    n_constant: int = 0
    n_not_finite: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories, sorted."""
        return tuple(np.unique(self.y).tolist())

    @property
    def n_blocks(self) -> int:
        """How many blocks the samples come from."""
        return len(np.unique(self.blocks))

    def of(self, conditions: tuple[str, ...]) -> "Samples":
        """Return the samples of some of the categories."""
        keep = np.isin(self.y, conditions)
        return replace(
            self, X=self.X[keep], y=self.y[keep], runs=self.runs[keep], blocks=self.blocks[keep]
        )


def extract_samples(
    subject: Subject, spec: DecodingSpec, on_progress: Progress | None = None
) -> Samples:
    """Standardize all volumes or betas of the mask, then select the categories' samples.

    Parameters
    ----------
    on_progress : callable, optional
        Called with (volumes read, all volumes) while the table is made, then with (voxels
        done, voxels in all).

    Raises
    ------
    DecodingError
        If a name is unknown or the combination cannot be computed.
    """
    kind = pick_kind(spec.samples)
    mask_of(subject, spec.mask)  # an unknown mask is refused before the recording is read
    if kind.average is None:
        return _beta_samples(subject, spec, on_progress)
    return _average(subject, spec, kind.average, np.empty(0, dtype=np.int64), on_progress)[0]


def extract_with_volumes(
    subject: Subject, spec: DecodingSpec, volumes: np.ndarray, on_progress: Progress | None = None
) -> tuple[Samples, np.ndarray]:
    """Return what `extract_samples` does, and volumes standardized with them.

    Parameters
    ----------
    volumes : ndarray of int, shape (n_chosen,)
        Rows of ``subject.volumes``, whatever was shown then.

    Returns
    -------
    Samples
    ndarray of float64, shape (n_chosen, n_voxels)

    Raises
    ------
    DecodingError
        As `extract_samples`, and if the samples are betas, which no volume is like.
    """
    average = pick_kind(spec.samples).average
    mask_of(subject, spec.mask)
    if average is None:
        able, remedy = _offer_volumes()
        raise SpecError(
            f"A model of {SAMPLES[spec.samples].label} cannot name single volumes: a beta sums up "
            f"a whole response. Choose {able}.",
            remedy=remedy,
        )
    return _average(subject, spec, average, volumes, on_progress)


def _average(
    subject: Subject,
    spec: DecodingSpec,
    average: Callable[[Selection], Averaging],
    volumes: np.ndarray,
    on_progress: Progress | None,
) -> tuple[Samples, np.ndarray]:
    selection = select_samples(subject, spec)
    store = open_voxels(subject, on_progress)
    rows = store.mask_rows(spec.mask)
    averaging = average(selection)
    X = np.empty((len(averaging.y), len(rows)), dtype=np.float64)
    others = np.empty((len(volumes), len(rows)), dtype=np.float64)
    cut = cleaning_chunks if spec.detrend else chunks_of
    for chunk in cut(len(rows)):
        series = standardized_series(store, subject, spec, rows[chunk])
        X[:, chunk] = averaging.apply(series[selection.volumes])
        others[:, chunk] = series[volumes]
        report(on_progress, chunk.stop, len(rows))
    return samples_of_volumes(X, averaging, selection, store, rows), others


def select_samples(subject: Subject, spec: DecodingSpec) -> Selection:
    """Find the volumes that are decoded, as `select_volumes` does.

    Raises
    ------
    SpecError
        If some trials hold no volume, a trend should be taken out of maps, or as there.
    """
    check_held(subject, spec)
    check_order(subject, spec)
    return select_volumes(subject, spec)


def samples_of_volumes(
    X: np.ndarray, averaging: Averaging, selection: Selection, store: VoxelStore, rows: np.ndarray
) -> Samples:
    """Return the samples, (n_samples, n_rows) of a store's rows, that selected volumes became."""
    return Samples(
        X=X,
        y=averaging.y,
        runs=averaging.runs,
        blocks=averaging.blocks,
        grid=store.grid.rows(rows),
        n_dropped=selection.n_dropped,
        n_constant=count_constant(X),
        n_not_finite=store.count_not_finite(rows),
    )


def count_constant(X: np.ndarray) -> int:
    """Return how many columns of samples, (n_samples, n_voxels), are the same in all of them."""
    return int((np.ptp(X, axis=0) == 0).sum())


def _beta_samples(subject: Subject, spec: DecodingSpec, on_progress: Progress | None) -> Samples:
    from decoding.samples.beta_table import open_betas  # brings nilearn.glm, which few need

    conditions = chosen_conditions(subject, spec)
    check_betas(spec)
    betas = open_betas(subject, spec.samples, confounds=spec.confounds, on_progress=on_progress)
    rows = betas.voxels.mask_rows(spec.mask)
    y = betas.samples["condition"].to_numpy(dtype=object).astype(str)
    runs = betas.samples["run"].to_numpy(dtype=np.int64)
    standardization = pick_standardization(spec.standardize)
    if standardization.within_runs:
        _check_several_a_run(runs, spec)
    chosen = np.isin(y, conditions)
    X = np.empty((int(chosen.sum()), len(rows)))
    for chunk in chunks_of(len(rows), BETA_VOXELS):
        X[:, chunk] = standardization.make(betas.read(rows[chunk]), runs, False, None)[chosen]
    return Samples(
        X=X,
        y=y[chosen],
        runs=runs[chosen],
        blocks=betas.samples["block"].to_numpy(dtype=np.int64)[chosen],
        grid=betas.voxels.grid.rows(rows),
        n_constant=count_constant(X),
        n_not_finite=betas.voxels.count_not_finite(rows),
    )


def check_order(subject: Subject, spec: DecodingSpec) -> None:
    """Refuse to take a trend out of maps: their order is no time."""
    if subject.maps and spec.detrend:
        raise SpecError(
            f"The images of subject {subject.name} are no series in time, so there is no trend to "
            "remove. Choose no detrending.",
            remedy="Leave --detrend out.",
        )


def check_betas(spec: DecodingSpec) -> None:
    """Refuse what has no meaning for betas; for volumes and blocks there is nothing to refuse."""
    kind = pick_kind(spec.samples)
    if not kind.is_beta:
        return
    able, remedy = _offer_volumes()
    if spec.lag:
        raise SpecError(
            f"A lag of {spec.lag:g} s cannot be combined with {kind.label}: the model of a beta "
            f"holds the delayed response. Choose lag 0, or decode {able}.",
            remedy=remedy,
        )
    if spec.detrend:
        raise SpecError(
            f"Detrending cannot be combined with {kind.label}: the model of a beta holds the "
            f"drift. Choose no detrending, or decode {able}.",
            remedy=remedy,
        )


def _offer_volumes() -> tuple[str, str]:
    """Return what an error offers in place of betas; see `offer`."""
    return offer("samples", SAMPLES, (name for name, kind in SAMPLES.items() if not kind.is_beta))


def _check_several_a_run(runs: np.ndarray, spec: DecodingSpec) -> None:
    numbers, counts = np.unique(runs, return_counts=True)
    if (counts < 2).any():
        others = (name for name, other in STANDARDIZE.items() if not other.within_runs)
        able, remedy = offer("standardize", STANDARDIZE, others)
        raise SpecError(
            f"Run {numbers[counts < 2][0]} gives one sample only ({SAMPLES[spec.samples].label}), "
            f"which cannot be standardized within it. Standardize {able}.",
            remedy=remedy,
        )


def standardized_series(
    store: VoxelStore, subject: Subject, spec: DecodingSpec, rows: np.ndarray
) -> np.ndarray:
    """Return all volumes of some voxels, (n_volumes, n_rows), standardized as the spec says."""
    standardize = pick_standardization(spec.standardize).make
    confounds = confounds_of(subject, spec.confounds)
    runs = subject.volumes["run"].to_numpy()
    return standardize(store.read(rows).T, runs, spec.detrend, confounds)
