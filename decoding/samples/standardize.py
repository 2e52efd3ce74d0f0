"""How voxels, or betas, are brought to one scale before categories are selected."""

import numpy as np

from decoding.registry import Choice


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
    from nilearn.signal import clean  # brings scipy.signal, which a page's first number can spare

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
        Voxels that do not vary are 0; a single volume, which has no deviation, stays as it is.
    """
    if len(series) == 1:
        return series
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
