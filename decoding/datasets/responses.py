"""Whether a trial's response lies in its run: else no beta can be estimated."""

import numpy as np
import pandas as pd

from decoding.kernels.regressor import MIN_ONSET, regressor

LEAST_ENERGY = 0.05


def lacks_response(onset: float, duration: float, n_volumes: int, t_r: float) -> bool:
    """Tell whether a trial's regressor holds too little to estimate a beta.

    That is less than 5 % of the energy that the same trial has in mid-run (sums of squares of
    nilearn's Glover regressor). `onset` and `duration` are in seconds, from the run's first volume.
    """
    seconds = n_volumes * t_r
    if onset < MIN_ONSET or onset >= seconds:
        return True
    if n_volumes < 2:
        return False  # nilearn makes no regressor of one volume
    if onset >= 0 and onset + 12 + duration / 4 <= seconds:
        return False  # that far from the run's end, far more than a twentieth lies in it
    times = np.arange(n_volumes) * t_r
    middle = times[n_volumes // 2] + onset % t_r
    here, there = (
        float(np.square(regressor(start, duration, "glover_hrf", times)).sum())
        for start in (onset, middle)
    )
    return here < LEAST_ENERGY * there


def lacking(trials: pd.DataFrame, volumes: pd.DataFrame, t_r: float) -> np.ndarray:
    """Tell of each trial whether it lacks a response; see `lacks_response`. Bool (n_trials,)."""
    lengths = volumes.groupby("run").size()
    times = zip(trials["run"], trials["onset"], trials["duration"], strict=True)
    found = [lacks_response(onset, length, int(lengths[run]), t_r) for run, onset, length in times]
    return np.array(found, dtype=bool)
