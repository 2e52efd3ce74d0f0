"""From a recording and a spec to a matrix of samples with their categories, runs and blocks."""

from dataclasses import dataclass

import numpy as np
from nilearn.signal import clean

from decoding.datasets.base import Subject, mask_path
from decoding.errors import SpecError, UnknownChoiceError
from decoding.progress import Progress, report
from decoding.registry import Choice, pick
from decoding.spec import DecodingSpec
from decoding.voxels import VoxelStore, cleaning_chunks, open_voxels


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """What a classifier is given.

    Parameters
    ----------
    X : ndarray of float64, shape (n_samples, n_voxels)
    y : ndarray of str, shape (n_samples,)
        Category of each sample.
    runs, blocks : ndarray of int, shape (n_samples,)
    voxels : ndarray of int, shape (n_voxels,)
        C-order index of each voxel in the scan's grid.
    n_dropped : int
        Volumes that a lag moved past the end of their run.
    n_constant : int
        Voxels that are the same in every sample, e.g. 0 because they never vary.
    """

    X: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    voxels: np.ndarray
    n_dropped: int = 0
    n_constant: int = 0

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
        return Samples(
            X=self.X[keep],
            y=self.y[keep],
            runs=self.runs[keep],
            blocks=self.blocks[keep],
            voxels=self.voxels,
            n_dropped=self.n_dropped,
            n_constant=self.n_constant,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """Which volumes are decoded, as what: arrays of shape (n_selected,)."""

    volumes: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    n_dropped: int


def extract_samples(
    subject: Subject, spec: DecodingSpec, on_progress: Progress | None = None
) -> Samples:
    """Standardize all volumes of the mask, then select the categories' samples.

    Parameters
    ----------
    subject : Subject
    spec : DecodingSpec
    on_progress : callable, optional
        Called with (volumes read, all volumes) while the table is made, then with (voxels
        standardized, voxels of the mask).

    Raises
    ------
    DecodingError
        If a name is unknown or the combination cannot be computed.
    """
    kind = pick(SAMPLES, spec.samples, "kind of sample")
    mask_path(subject, spec.mask)  # an unknown mask is said before the recording is read
    selection = select_volumes(subject, spec)
    store = open_voxels(subject, on_progress)
    rows = store.mask_rows(spec.mask)
    averaging = kind.make(selection)
    X = np.empty((len(averaging.y), len(rows)), dtype=np.float64)
    for chunk in cleaning_chunks(len(rows)):
        series = standardized_series(store, subject, spec, rows[chunk])
        X[:, chunk] = averaging.apply(series[selection.volumes])
        report(on_progress, chunk.stop, len(rows))
    if len(rows) > store.n_rows // 2:
        store.release()
    return Samples(
        X=X,
        y=averaging.y,
        runs=averaging.runs,
        blocks=averaging.blocks,
        voxels=store.voxels[rows],
        n_dropped=selection.n_dropped,
        n_constant=int((np.ptp(X, axis=0) == 0).sum()),
    )


def standardized_series(
    store: VoxelStore, subject: Subject, spec: DecodingSpec, rows: np.ndarray
) -> np.ndarray:
    """Return all volumes of some voxels, standardized as the spec says.

    Returns
    -------
    ndarray of float64, shape (n_volumes, n_rows)
    """
    standardize = pick(STANDARDIZE, spec.standardize, "standardization").make
    return standardize(store.read(rows).T, subject.volumes["run"].to_numpy(), spec.detrend)


def chosen_conditions(subject: Subject, spec: DecodingSpec) -> tuple[str, ...]:
    """Return the categories that the spec decodes, sorted.

    Raises
    ------
    UnknownChoiceError
        If the subject was not shown one of them.
    SpecError
        If there are fewer than two.
    """
    conditions = spec.conditions or subject.conditions
    for name in conditions:
        if name not in subject.conditions:
            where = f" for subject {subject.name}"
            raise UnknownChoiceError("category", name, subject.conditions, where)
    if len(conditions) < 2:
        raise SpecError(
            f"A decoding needs two categories; {', '.join(conditions) or 'none'} is given. "
            f"Choose from: {', '.join(subject.conditions)}."
        )
    return conditions


def lag_in_volumes(subject: Subject, lag: float) -> int:
    """Return a lag in seconds as a number of volumes.

    Raises
    ------
    SpecError
        If it is not a whole number of volumes, or the time between blocks was not recorded.
    """
    volumes = round(lag / subject.t_r)
    if abs(volumes * subject.t_r - lag) > 1e-6:
        low = int(lag // subject.t_r) * subject.t_r
        raise SpecError(
            f"A lag of {lag:g} s is not a whole number of volumes of {subject.t_r:g} s. "
            f"Choose {low:g} or {low + subject.t_r:g}."
        )
    if volumes and not subject.has_rest:
        raise SpecError(
            f"A lag of {lag:g} s needs the volumes between blocks, and the recording of subject "
            f"{subject.name} holds labelled volumes only: the next one belongs to another block. "
            "Choose lag 0."
        )
    return volumes


def select_volumes(subject: Subject, spec: DecodingSpec) -> Selection:
    """Find the volumes of the chosen categories, each `lag` later than its label.

    Raises
    ------
    DecodingError
        If a category is unknown, or the lag is impossible.
    """
    conditions = chosen_conditions(subject, spec)
    lag = lag_in_volumes(subject, spec.lag)
    y = subject.volumes["condition"].to_numpy(dtype=object).astype(str)
    runs = subject.volumes["run"].to_numpy()
    blocks = subject.volumes["block"].to_numpy()
    labelled = np.flatnonzero(np.isin(y, conditions))
    moved = labelled + lag
    inside = (moved >= 0) & (moved < len(y))
    inside[inside] = runs[moved[inside]] == runs[labelled[inside]]
    kept = labelled[inside]
    if len(np.unique(y[kept])) < len(conditions):
        raise SpecError(
            f"With a lag of {spec.lag:g} s no volume is left of "
            f"{', '.join(sorted(set(conditions) - set(y[kept])))}. Choose a shorter lag."
        )
    return Selection(
        volumes=moved[inside],
        y=y[kept],
        runs=runs[kept],
        blocks=blocks[kept],
        n_dropped=int((~inside).sum()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaging:
    """How selected volumes become samples.

    Parameters
    ----------
    y, runs, blocks : ndarray, shape (n_samples,)
    groups : ndarray of int, shape (n_selected,), or None
        The sample that each volume is averaged into; None where each is its own.
    """

    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    groups: np.ndarray | None = None

    def apply(self, selected: np.ndarray) -> np.ndarray:
        """Turn (n_selected, n_voxels) into (n_samples, n_voxels)."""
        if self.groups is None:
            return selected
        return np.stack([selected[self.groups == g].mean(axis=0) for g in range(len(self.y))])


def _each_volume(selection: Selection) -> Averaging:
    return Averaging(y=selection.y, runs=selection.runs, blocks=selection.blocks)


def _block_means(selection: Selection) -> Averaging:
    _, first, groups = np.unique(selection.blocks, return_index=True, return_inverse=True)
    return Averaging(
        y=selection.y[first],
        runs=selection.runs[first],
        blocks=selection.blocks[first],
        groups=groups,
    )


SAMPLES: dict[str, Choice[Averaging]] = {
    "volume": Choice(
        label="volumes",
        make=_each_volume,
        help="Every scan of a block is a sample, as in the tutorial.",
    ),
    "block": Choice(
        label="block means",
        make=_block_means,
        help="The mean of a block's standardized volumes is one sample.",
    ),
}


def _over_recording(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    if detrend:
        series = _unstandardized(series, runs, detrend)
    return zscore(series)


def _within_runs(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    if detrend:
        series = _unstandardized(series, runs, detrend)
    return np.concatenate([zscore(series[runs == run]) for run in np.unique(runs)])


def _unstandardized(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    if not detrend:
        return series
    with np.errstate(invalid="ignore", divide="ignore"):  # voxels that are 0 throughout
        return np.asarray(clean(series, runs=runs, detrend=True, standardize=None))


def zscore(series: np.ndarray) -> np.ndarray:
    """Scale each voxel to mean 0 and sample deviation 1.

    Bit for bit what ``nilearn.signal.clean(series, detrend=False, standardize="zscore_sample")``
    gives, in half its time: a whole brain passes through here at every choice.

    Parameters
    ----------
    series : ndarray of float64, shape (n_volumes, n_voxels)

    Returns
    -------
    ndarray of float64, shape (n_volumes, n_voxels)
        Voxels that do not vary are 0.
    """
    series = np.ascontiguousarray(series)  # the order of the sums, and so their last bit
    centred = series - series.mean(axis=0)
    deviation = centred.std(axis=0, ddof=1)
    deviation[deviation < np.finfo(np.float64).eps] = 1.0
    centred /= deviation
    return np.asarray(centred)


STANDARDIZE: dict[str, Choice[np.ndarray]] = {
    "all": Choice(
        label="over all volumes",
        make=_over_recording,
        help="Each voxel to mean 0 and deviation 1 over the whole recording: the tutorial's way.",
    ),
    "run": Choice(
        label="within each run",
        make=_within_runs,
        help="Each voxel to mean 0 and deviation 1 within each run: recommended.",
    ),
    "none": Choice(
        label="not at all",
        make=_unstandardized,
        help="The scanner's own units.",
    ),
}
