"""Held-out predictions of Gaussian naive Bayes under many relabellings of its samples.

A category's log-likelihood of a sample x is a sum over voxels of a quadratic in x,
-1/2 sum_v [log(s2_v) + (x_v - m_v)^2 / s2_v], so that a fold's test samples under all relabellings
are a few matrix products. Mean m and variance s2 follow from sums and sums of squares, taken on
centred data. Predictions are those of scikit-learn's refitted ``GaussianNB``.
"""

from functools import partial

import numpy as np

from decoding.folds import Fold, Folds
from decoding.kernels.permutation.class_sums import predict_by_sums
from decoding.progress import Progress

SMOOTHING = 1e-9
"""scikit-learn's share of the largest variance of a voxel that is added to every variance."""


def predict_held_out(
    X: np.ndarray,
    folds: Folds,
    labels: np.ndarray,
    *,
    n_jobs: int = 1,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Takes, returns and raises what `decoding.kernels.permutation.svm.predict_held_out` does. A
    category without a training sample is never predicted; ties go to the first.
    """
    X = np.asarray(X, dtype=np.float64)
    X = X - X.mean(axis=0)
    squares = X * X
    predict = partial(_predict, X, squares)
    return predict_by_sums([X, squares], folds, labels, predict, n_jobs, on_progress)


def _predict(
    X: np.ndarray, squares: np.ndarray, sums: list[np.ndarray], sizes: np.ndarray, fold: Fold
) -> np.ndarray:
    train, test = fold
    mean = sums[0][:, 0].sum(axis=0) / len(train)  # the same under every relabelling
    spread = sums[1][:, 0].sum(axis=0) / len(train) - mean * mean
    smoothing = SMOOTHING * max(spread.max(), 0.0)
    best, found = None, np.zeros((sizes.shape[1], len(test)), dtype=np.int8)
    with np.errstate(divide="ignore", invalid="ignore"):  # a category without a sample
        for category, size in enumerate(sizes):
            mean = sums[0][category] / size[:, None]
            variance = np.maximum(sums[1][category] / size[:, None] - mean * mean, 0.0) + smoothing
            precision = 1.0 / variance
            weight = mean * precision
            constant = np.log(variance).sum(axis=1) + (mean * weight).sum(axis=1)
            score = 2.0 * (weight @ X[test].T) - precision @ squares[test].T
            score += (2.0 * np.log(size / len(train)) - constant)[:, None]
            score[size == 0] = -np.inf
            if best is None:
                best = score
                continue
            higher = score > best
            found[higher] = category
            best = np.where(higher, score, best)
    return found
