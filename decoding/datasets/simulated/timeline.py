"""When what was shown, and the response that follows: Haxby's timeline, order redrawn."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from decoding.datasets.base import REST
from decoding.datasets.labels import make_volumes
from decoding.datasets.simulated.parameters import (
    BLOCK_STARTS,
    BLOCK_VOLUMES,
    CATEGORIES,
    N_RUNS,
    RUN_VOLUMES,
    T_R,
    SimulationParameters,
    stream,
)

BLOCK_SECONDS = 24.0
LABEL_SHIFTS = (1.0, 4.5)  # seconds from a block's first stimulus to its first label
_STEP = 0.05


def draw_order(parameters: SimulationParameters) -> NDArray[np.int64]:
    """Return the category shown in each block, drawn anew in each run or once: (n_runs, 8)."""
    rng = stream(parameters, "order")
    order = np.stack([rng.permutation(len(CATEGORIES)) for _ in range(N_RUNS)])
    return np.tile(order[0], (N_RUNS, 1)) if parameters.order == "same" else order


def make_timeline(order: NDArray[np.int64]) -> pd.DataFrame:
    """Return the volumes table of a recording: see `decoding.datasets.base.make_volumes`."""
    conditions = np.full((N_RUNS, RUN_VOLUMES), REST, dtype=object)
    for run, categories in enumerate(order):
        for start, category in zip(BLOCK_STARTS, categories, strict=True):
            conditions[run, start : start + BLOCK_VOLUMES] = CATEGORIES[category]
    runs = np.repeat(np.arange(N_RUNS), RUN_VOLUMES)
    return make_volumes(conditions.ravel().astype(str), runs, "the simulated timeline")


def block_responses(parameters: SimulationParameters) -> NDArray[np.float32]:
    """Return the response to each block, its plateau at 1: (n_runs, n_volumes of a run, 8)."""
    rng = stream(parameters, "onsets")
    shifts = rng.uniform(*LABEL_SHIFTS, size=(N_RUNS, len(BLOCK_STARTS)))
    onsets = np.array(BLOCK_STARTS) * T_R - shifts + np.mean(LABEL_SHIFTS)
    onsets += parameters.delay - hrf_delay()
    seconds = np.arange(RUN_VOLUMES) * T_R
    since = seconds[None, :, None] - onsets[:, None, :]
    times, grown = _step_response()
    rise = np.interp(since, times, grown)
    fall = np.interp(since - BLOCK_SECONDS, times, grown)
    return np.asarray((rise - fall) / grown.max(), dtype=np.float32)


def _glover_hrf(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Glover's (1999) haemodynamic response at times after an instant stimulus."""
    return _gamma(seconds, 6 / 0.9, 0.9) - 0.35 * _gamma(seconds, 12 / 0.9, 0.9)


def _gamma(seconds: NDArray[np.float64], shape: float, scale: float) -> NDArray[np.float64]:
    ratio = np.clip(seconds, 0, None) / scale
    return np.asarray(ratio ** (shape - 1) * np.exp(-ratio) / (math.gamma(shape) * scale))


def _step_response() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the response to a stimulus that begins at 0 and stays, over 40 s."""
    times = np.arange(0, 40, _STEP)
    return times, np.cumsum(_glover_hrf(times)) * _STEP


def hrf_delay() -> float:
    """Return how many seconds after a block's first stimulus its labels would best begin.

    Best is where the response, sampled at the block's labelled volumes, is strongest.
    """
    times, grown = _step_response()
    late = np.arange(0, 15, _STEP)
    sampled = late[:, None] + np.arange(BLOCK_VOLUMES) * T_R
    response = np.interp(sampled, times, grown) - np.interp(sampled - BLOCK_SECONDS, times, grown)
    return float(late[np.argmax(response.sum(axis=1))])
