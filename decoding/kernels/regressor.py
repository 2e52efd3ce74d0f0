"""nilearn's regressor of one event: the stimulus convolved with a haemodynamic response."""

import numpy as np

OVERSAMPLING, MIN_ONSET = 50, -24


def regressor(onset: float, duration: float, kernel: str | None, times: np.ndarray) -> np.ndarray:
    """Return nilearn's regressor of one event at some `times`, (n_times,), all in seconds.

    `kernel` is nilearn's name of a convolution kernel, e.g. ``"glover_hrf"``; None for no
    convolution. An event of no duration is an impulse.
    """
    from nilearn.glm import first_level  # takes half a second

    column, _ = first_level.compute_regressor(
        ([onset], [duration], [1.0]),
        None if kernel is None else getattr(first_level, kernel),
        times,
        oversampling=OVERSAMPLING,
        min_onset=MIN_ONSET,
    )
    return np.asarray(column)[:, 0]
