"""How voxels, or betas, are brought to one scale before categories are selected."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from decoding.recording.voxels import chunks_of
from decoding.registry import Choice, pick
from decoding.samples.confounds import Confounds

UNSCALED = "none"
"""The entry of `STANDARDIZE` that leaves voxels as they are."""


@dataclass(frozen=True, kw_only=True)
class Standardization(Choice):
    """A way to bring voxels to one scale.

    Parameters
    ----------
    make : callable
        Takes the series (n_volumes, n_voxels), the run of each volume, whether a linear trend is
        removed within each run, and the confounds that are, if any; returns the series
        standardized, 0 in volumes that are left out.
    code : callable
        Takes whether a trend is removed, and which rows are kept, e.g. ``"[kept]"``; returns the
        lines of the exported program that do the same to ``X``, with the run of its rows in
        ``run``.
    short : str
        How a list of departures from the tutorial's way names it.
    unit : str
        What a value is in, afterwards.
    within_runs : bool
        Whether each run is scaled by itself, which takes two samples of it or more.
    """

    make: Callable[[np.ndarray, np.ndarray, bool, Confounds | None], np.ndarray]
    code: Callable[[bool, str], list[str]]
    short: str
    unit: str = "standard deviations"
    within_runs: bool = False


def pick_standardization(name: str) -> Standardization:
    """Return the registered standardization of that name."""
    return pick(STANDARDIZE, name, "standardization")


def _over_recording(
    series: np.ndarray, runs: np.ndarray, detrend: bool, confounds: Confounds | None = None
) -> np.ndarray:
    cleaned = _unstandardized(series, runs, detrend, confounds)
    if confounds is None:
        return zscore(cleaned)
    cleaned[confounds.kept] = zscore(cleaned[confounds.kept])
    return cleaned


def _within_runs(
    series: np.ndarray, runs: np.ndarray, detrend: bool, confounds: Confounds | None = None
) -> np.ndarray:
    cleaned = _unstandardized(series, runs, detrend, confounds)
    scaled = np.zeros(series.shape)
    for run in np.unique(runs):
        rows = runs == run if confounds is None else confounds.kept & (runs == run)
        scaled[rows] = zscore(cleaned[rows])
    return scaled


def _unstandardized(
    series: np.ndarray, runs: np.ndarray, detrend: bool, confounds: Confounds | None = None
) -> np.ndarray:
    if not detrend and confounds is None:
        return series
    from nilearn.signal import clean  # brings scipy.signal, which a page's first number can spare

    cleaned = np.zeros(series.shape)
    with np.errstate(invalid="ignore", divide="ignore"):  # voxels that are 0 throughout
        if confounds is None:  # with `runs=` its rows would come back in the order of runs
            for run in np.unique(runs):
                rows = runs == run
                cleaned[rows] = clean(series[rows], detrend=True, standardize=None)
            return cleaned
        for run, table in confounds.tables.items():
            rows = np.flatnonzero(runs == run)
            kept = confounds.kept[rows]
            cleaned[rows[kept]] = clean(
                series[rows],
                detrend=detrend,
                standardize=None,
                confounds=table.to_numpy(),
                sample_mask=None if kept.all() else np.flatnonzero(kept),
            )
    return cleaned


def zscore(series: np.ndarray) -> np.ndarray:
    """Scale each voxel to mean 0 and sample deviation 1.

    Bit for bit what ``nilearn.signal.clean(series, detrend=False, standardize="zscore_sample")``
    gives, in half its time: a whole brain passes through here at every choice.

    The series is of shape (n_volumes, n_voxels). Voxels that do not vary are 0; a single volume,
    which has no deviation, stays as it is.
    """
    if len(series) == 1:
        return series
    scaled = np.empty(series.shape)
    for chunk in chunks_of(series.shape[1]):  # the arrays between stay in a core's own cache
        # In C order: of the sums, and so of their last bit.
        part = np.ascontiguousarray(series[:, chunk])
        centred = part - part.mean(axis=0)
        deviation = centred.std(axis=0, ddof=1)
        deviation[deviation < np.finfo(np.float64).eps] = 1.0
        np.divide(centred, deviation, out=scaled[:, chunk])
    return scaled


def _by_run_code(how: str, rows: str = "run == number") -> list[str]:
    """Write a loop, as ``clean(X, runs=run)`` gives rows back in the order of runs, not theirs."""
    return ["for number in np.unique(run):", f"    X[{rows}] = clean(X[{rows}], {how})"]


def _untrended_code(detrend: bool, rows: str = "") -> list[str]:
    return _by_run_code("detrend=True, standardize=None") if detrend else []


STANDARDIZE: dict[str, Standardization] = {
    "all": Standardization(
        label="over all runs",
        help="Each voxel gets mean 0 and deviation 1 over the whole recording, as in the tutorial.",
        methods="standardized to mean 0 and sample standard deviation 1 over the whole recording",
        make=_over_recording,
        code=lambda detrend, rows: [
            *_untrended_code(detrend),
            f'X{rows} = clean(X{rows}, detrend=False, standardize="zscore_sample")',
        ],
        short="scaled over all runs",
    ),
    "run": Standardization(
        label="within each run",
        help="Each voxel gets mean 0 and deviation 1 within each run. Recommended.",
        methods="standardized to mean 0 and sample standard deviation 1 within each run",
        make=_within_runs,
        code=lambda detrend, rows: _by_run_code(
            f'detrend={detrend}, standardize="zscore_sample"',
            "kept & (run == number)" if rows else "run == number",
        ),
        short="scaled within runs",
        within_runs=True,
    ),
    "none": Standardization(
        label="not at all",
        help="Voxels keep the scanner's own units.",
        methods="left in the scanner's units",
        make=_unstandardized,
        code=_untrended_code,
        short="not scaled",
        unit="scanner units",
    ),
}
