"""How well the ranks of one matrix of dissimilarities follow those of another.

Kriegeskorte, Mur and Bandettini (2008); Nili et al. (2014).
"""

from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from scipy.stats import rankdata

from decoding.kernels.similarity import mean_of_runs
from decoding.null import SCORE_TOLERANCE

RESAMPLED = 1000
"""So many times the runs are drawn for an interval."""
MOST_ORDERS, DRAWN_ORDERS = 40_320, 5000
"""All orders of eight categories; of more, so many are drawn."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a model's ranks follow the measured ones.

    Parameters
    ----------
    rho : float
        Spearman's rank correlation over the pairs of categories.
    partial : float or None
        The same with the time between blocks held fixed; None for time itself, or without it.
    low, high : float
        The middle 95 % of rho when runs are drawn with replacement.
    p_value, smallest_p : float
        The share of orders of the model's categories that reach rho, and the least that it can be.
    """

    name: str
    label: str
    matrix: np.ndarray
    rho: float
    partial: float | None
    low: float
    high: float
    p_value: float
    smallest_p: float


def above(matrix: np.ndarray) -> np.ndarray:
    """Return what stands above the diagonal of (..., n, n), row by row."""
    rows, columns = np.triu_indices(matrix.shape[-1], k=1)
    return np.asarray(matrix[..., rows, columns])


def _ranked(values: np.ndarray) -> np.ndarray:
    """Return ranks along the last axis, centred and of length one; NaN where all are equal."""
    ranks = rankdata(values, axis=-1)
    ranks -= ranks.mean(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(ranks / np.sqrt((ranks**2).sum(axis=-1, keepdims=True)))


def fit_model(
    name: str,
    label: str,
    matrix: np.ndarray,
    measured: np.ndarray,
    time: np.ndarray | None,
    draws: np.ndarray,
) -> Fit:
    """Compare a model's matrix with the measured one; see `Fit`.

    All matrices are (n_classes, n_classes); `time` is that of the time between blocks, and `draws`
    (n_drawn, n_classes, n_classes) what `draw_runs` gives.
    """
    target, guess = _ranked(above(measured)), _ranked(above(matrix))
    rho = float(target @ guess)
    partial = None
    if time is not None:
        at = _ranked(above(time))
        both = (1 - (target @ at) ** 2) * (1 - (guess @ at) ** 2)
        partial = float((rho - (target @ at) * (guess @ at)) / np.sqrt(both)) if both > 0 else None
    low, high = np.nanquantile(_ranked(above(draws)) @ guess, (0.025, 0.975)).tolist()
    orders, exact = _orders(len(matrix))
    shuffled = above(matrix[orders[:, :, None], orders[:, None, :]])
    reached = int((_ranked(shuffled) @ target >= rho - SCORE_TOLERANCE).sum())
    n = len(orders)
    alike = int((np.abs(shuffled - above(matrix)) < SCORE_TOLERANCE).all(axis=1).sum())
    return Fit(
        name=name, label=label, matrix=matrix, rho=rho, partial=partial, low=low, high=high,
        p_value=reached / n if exact else (reached + 1) / (n + 1),
        smallest_p=alike / n if exact else max(alike, 1) / (n + 1),
    )  # fmt: skip


def _orders(n: int) -> tuple[np.ndarray, bool]:
    """Return orders of n categories, (n_orders, n): all where they are few enough, else drawn."""
    if factorial(n) <= MOST_ORDERS:
        return np.array(list(permutations(range(n)))), True
    rng = np.random.default_rng(0)
    return np.stack([rng.permutation(n) for _ in range(DRAWN_ORDERS)]), False


def draw_runs(matrices: np.ndarray) -> np.ndarray:
    """Return means over runs drawn with replacement, (n_drawn, n, n)."""
    rng, n_runs = np.random.default_rng(0), len(matrices)
    drawn = rng.integers(n_runs, size=(RESAMPLED, n_runs))
    means = np.stack([mean_of_runs(matrices[rows]) for rows in drawn])
    return np.asarray(means[~np.isnan(above(means)).any(axis=1)])


def ceiling(matrices: np.ndarray) -> tuple[float, float] | None:
    """Return how well any model could do, given how runs differ; see `ModelsResult`.

    Parameters
    ----------
    matrices : ndarray, shape (n_runs, n_categories, n_categories)
        Dissimilarities of each run; one with a pair that is not known (NaN) is left out.

    Returns
    -------
    tuple of float or None
        The lower and the upper end of the noise ceiling (Nili et al. 2014): the mean rank
        correlation of each run with the mean of the others, and of all. None below three runs.
    """
    values = above(matrices)
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) < 3:
        return None
    ranks, own = rankdata(values, axis=1), _ranked(values)
    others = (ranks.sum(axis=0) - ranks) / (len(ranks) - 1)
    low = (own * _ranked(others)).sum(axis=1).mean()
    high = (own @ _ranked(ranks.mean(axis=0))).mean()
    return float(low), float(high)
