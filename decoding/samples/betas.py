"""GLM betas: the response to each block, or to each category in a run, as samples to decode.

Every beta, and every t value of one, equals that of nilearn's ``FirstLevelModel`` fitted to one
run. A beta is linear in the recording, so each model is solved once for its weights over volumes,
and all betas of a run are one product of weights and volumes. LSS: Mumford et al. 2012, NeuroImage
59, 2636-2643; by category: Abdulrahman and Henson 2016, NeuroImage 125, 756-766; t values: Misaki
et al. 2010, NeuroImage 53, 103-118.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from decoding.errors import DataError
from decoding.kernels.least_squares import percent_effects, t_values
from decoding.progress import Progress, report
from decoding.recording.voxels import chunks_of
from decoding.samples.confounds import Confounds, regressors_of
from decoding.samples.glm import GlmModel, solve_run
from decoding.samples.kinds import SAMPLES, beta_models

CHUNK_BYTES = 4 << 20


def beta_samples(trials: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the ``run, block, condition`` of each beta, in the order of `fit_betas`.

    Where several blocks share a beta, ``block`` is the first of them. See `fit_betas` for `trials`
    and `kind`.
    """
    make = beta_models(kind)
    firsts = [
        of_run.iloc[[group[0] for model in make(of_run) for group in model.effects]]
        for _, of_run in trials.groupby("run", sort=False)
    ]
    return pd.concat([trials.iloc[:0], *firsts], ignore_index=True)[["run", "block", "condition"]]


def fit_betas(
    read_voxels: Callable[[slice], np.ndarray],
    n_voxels: int,
    *,
    runs: np.ndarray,
    trials: pd.DataFrame,
    t_r: float,
    kind: str,
    model: GlmModel | None = None,
    confounds: Confounds | None = None,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Fit the betas of all voxels, in percent of the voxel's mean over the run, or their t values.

    Parameters
    ----------
    read_voxels : callable
        Gives some voxels as recorded, never standardized: slice -> (n_volumes, n_voxels of the
        slice). Called on consecutive slices, so that a whole brain never lies in memory at once.
    runs : ndarray of int, shape (n_volumes,)
        The run of each volume; runs may differ in length.
    trials : pandas.DataFrame
        From `decoding.samples.trials`: ``run, block, condition, onset, duration``.
    t_r : float
        Repetition time in seconds.
    kind : str
        A kind of betas in ``SAMPLES``.
    confounds : Confounds, optional
        What is regressed out of each run, in its models.
    on_progress : callable, optional
        Called with (voxels fitted, voxels in all).

    Returns
    -------
    ndarray of float64, shape (n_samples, n_voxels)

    Raises
    ------
    DataError
        If the trials do not fit the recording, or leave no degree of freedom for the noise.
    """
    solved = [
        solve_run(
            of_run,
            volumes,
            t_r,
            kind,
            model or GlmModel(),
            regressors_of(confounds, int(of_run["run"].iloc[0]), volumes),
        )
        for volumes, of_run in _by_run(trials, runs)
    ]
    estimate = t_values if SAMPLES[kind].is_t else percent_effects
    betas = np.empty((sum(len(run.weights) for run in solved), n_voxels))
    if not solved:
        return betas
    for voxels in chunks_of(n_voxels, voxels_at_once(len(runs))):
        series = np.asarray(read_voxels(voxels), dtype=np.float64)
        betas[:, voxels] = estimate(series, solved)
        report(on_progress, voxels.stop, n_voxels)
    return betas


def voxels_at_once(n_volumes: int) -> int:
    """Return how many voxels `fit_betas` reads and fits at once."""
    return max(2, CHUNK_BYTES // (8 * n_volumes))


def _by_run(trials: pd.DataFrame, runs: np.ndarray) -> Iterator[tuple[slice, pd.DataFrame]]:
    for run, of_run in trials.groupby("run", sort=False):
        found = np.flatnonzero(runs == run)
        if len(found) == 0:
            known = ", ".join(map(str, dict.fromkeys(runs.tolist())))
            raise DataError(f"There are blocks of run {run}; the recording has the runs {known}.")
        volumes = slice(int(found[0]), int(found[-1]) + 1)
        if volumes.stop - volumes.start != len(found):
            raise DataError(f"Run {run} is not one stretch of the recording; it has to be.")
        yield volumes, of_run
