"""How voxels, or betas, are brought to one scale before categories are selected."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from decoding.registry import Choice


@dataclass(frozen=True, kw_only=True)
class Standardization(Choice):
    """A way to bring voxels to one scale.

    Parameters
    ----------
    make : callable
        Takes the series (n_volumes, n_voxels), the run of each volume, and whether a linear trend
        is removed within each run; returns the series standardized.
    code : callable
        Takes whether a trend is removed; returns the lines of the exported program that do the
        same to ``X``, with the run of its rows in ``run``.
    short : str
        How a list of departures from the tutorial's way names it.
    unit : str
        What a value is in, afterwards.
    within_runs : bool
        Whether each run is scaled by itself, which takes two samples of it or more.
    """

    make: Callable[[np.ndarray, np.ndarray, bool], np.ndarray]
    code: Callable[[bool], list[str]]
    short: str
    unit: str = "standard deviations"
    within_runs: bool = False


def _over_recording(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    return zscore(_unstandardized(series, runs, detrend))


def _within_runs(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    series = _unstandardized(series, runs, detrend)
    return np.concatenate([zscore(series[runs == run]) for run in np.unique(runs)])


def _unstandardized(series: np.ndarray, runs: np.ndarray, detrend: bool) -> np.ndarray:
    if not detrend:
        return series
    from nilearn.signal import clean  # brings scipy.signal, which a page's first number can spare

    with np.errstate(invalid="ignore", divide="ignore"):  # voxels that are 0 throughout
        return np.asarray(clean(series, runs=runs, detrend=True, standardize=None))


def zscore(series: np.ndarray) -> np.ndarray:
    """Scale each voxel to mean 0 and sample deviation 1.

    Bit for bit what ``nilearn.signal.clean(series, detrend=False, standardize="zscore_sample")``
    gives, in half its time: a whole brain passes through here at every choice.

    The series is of shape (n_volumes, n_voxels). Voxels that do not vary are 0; a single volume,
    which has no deviation, stays as it is.
    """
    if len(series) == 1:
        return series
    series = np.ascontiguousarray(series)  # the order of the sums, and so their last bit
    centred = series - series.mean(axis=0)
    deviation = centred.std(axis=0, ddof=1)
    deviation[deviation < np.finfo(np.float64).eps] = 1.0
    centred /= deviation
    return np.asarray(centred)


def _untrended_code(detrend: bool) -> list[str]:
    return ["X = clean(X, runs=run, detrend=True, standardize=None)"] if detrend else []


STANDARDIZE: dict[str, Standardization] = {
    "all": Standardization(
        label="over all volumes",
        help="Each voxel gets mean 0 and deviation 1 over the whole recording, as in the tutorial.",
        methods="standardized to mean 0 and sample standard deviation 1 over the whole recording",
        make=_over_recording,
        code=lambda detrend: [
            *_untrended_code(detrend),
            'X = clean(X, detrend=False, standardize="zscore_sample")',
        ],
        short="scaled over all volumes",
    ),
    "run": Standardization(
        label="within each run",
        help="Each voxel gets mean 0 and deviation 1 within each run. Recommended.",
        methods="standardized to mean 0 and sample standard deviation 1 within each run",
        make=_within_runs,
        code=lambda detrend: [
            f'X = clean(X, runs=run, detrend={detrend}, standardize="zscore_sample")'
        ],
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
