"""Ridge and correlation classifiers in every sphere."""

from functools import partial
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.searchlight.folds import Design, FlatFolds
from decoding.kernels.searchlight.linalg import (
    combine,
    factor,
    fill_gram,
    in_sample_span,
    project,
    solve,
    with_ones,
)
from decoding.kernels.searchlight.per_sphere import PREDICTORS, score_by_sphere


class Ridge(NamedTuple):
    """The ridge classifier; `alpha` is the weight of its penalty."""

    alpha: float = 1.0


class Correlation(NamedTuple):
    """The correlation classifier; two r within `tie` of each other are equal."""

    tie: float = 1e-12


score_ridge = partial(score_by_sphere, Ridge())
"""Score ``RidgeClassifier(alpha=1)`` in every sphere."""

score_correlation = partial(score_by_sphere, Correlation(), centre=False)
"""Score the correlation classifier (Haxby 2001) in every sphere."""


def _predict_ridge(model: Ridge, x: np.ndarray, design: Design, predicted: np.ndarray) -> None:
    r"""Fill the predictions of one sphere.

    Notes
    -----
    .. math:: (w_k, b_k) = \arg\min \sum_i (w \cdot x_i + b - t_{ik})^2 + \alpha |w|^2

    with t 1 in category k and -1 elsewhere; the category of the highest decision is chosen. With
    a voxel of ones for b it takes one Cholesky factor of (X X' + alpha I).
    """
    labels, n_classes, folds = design
    x = with_ones(in_sample_span(x))
    gram = np.empty((len(x), len(x)))
    decisions = np.empty((n_classes, len(labels)))
    for fold in range(len(folds.train)):
        kept = folds.train[fold].astype(np.float64)
        fill_gram(x, kept, gram)
        for voxel in range(len(x) - 1):
            gram[voxel, voxel] += model.alpha
        factor(gram)
        # Two categories have opposite decisions; the second wins only above 0.
        for k in range(n_classes):
            weights = project(x, kept * np.where(labels == k, 1.0, -1.0))
            solve(gram, weights)
            decisions[k] = combine(x, weights)
        if n_classes == 2:
            decisions[0] = 0.0
        _choose_highest(decisions, folds, fold, 0.0, predicted)


def _predict_correlation(
    model: Correlation, x: np.ndarray, design: Design, predicted: np.ndarray
) -> None:
    r"""Fill the predictions of one sphere.

    Notes
    -----
    .. math:: r_k = \frac{(x - \bar x) \cdot (m_k - \bar m_k)}{|x - \bar x| |m_k - \bar m_k|}

    over the sphere's voxels, with m_k the training mean of category k; the highest is chosen, and
    what is flat but for rounding has r = 0.
    """
    labels, n_classes, folds = design
    samples = _unit_columns(x, model.tie)
    means = np.empty((len(x), n_classes))
    decisions = np.empty((n_classes, len(labels)))
    for fold in range(len(folds.train)):
        for k in range(n_classes):
            members = np.where(folds.train[fold] & (labels == k), 1.0, 0.0)
            means[:, k] = project(x, members / members.sum())
        categories = _unit_columns(means, model.tie)
        for k in range(n_classes):
            decisions[k] = combine(samples, categories[:, k].copy())
        _choose_highest(decisions, folds, fold, model.tie, predicted)


@njit(cache=True, nogil=True)
def _unit_columns(x: np.ndarray, tie: float) -> np.ndarray:
    """Return columns less their mean and of length 1; 0 where they are flat but for rounding."""
    unit = np.empty(x.shape)
    for column in range(x.shape[1]):
        mean = x[:, column].mean()
        size, square = 0.0, 0.0
        for row in range(len(x)):
            unit[row, column] = x[row, column] - mean
            size += x[row, column] ** 2
            square += unit[row, column] ** 2
        flat = np.sqrt(square) <= tie * np.sqrt(size)
        for row in range(len(x)):
            unit[row, column] = 0.0 if flat else unit[row, column] / np.sqrt(square)
    return unit


@njit(cache=True, nogil=True)
def _choose_highest(
    decisions: np.ndarray, folds: FlatFolds, fold: int, tie: float, predicted: np.ndarray
) -> None:
    """Fill the category that decides highest for each held-out sample, ties to the first."""
    for place in range(folds.starts[fold], folds.starts[fold + 1]):
        decided = decisions[:, folds.test[place]]
        predicted[place] = (decided >= decided.max() - tie).argmax()


PREDICTORS[Ridge] = _predict_ridge
PREDICTORS[Correlation] = _predict_correlation
