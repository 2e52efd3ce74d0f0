"""Held-out predictions of the correlation classifier under many relabellings of its samples.

Pearson's r of a sample x with a category's mean m is <x - mean(x), m - mean(m)> over the product of
their norms, means over voxels; under all relabellings that is one matrix product a category.
Predictions are those of `decoding.estimators.CorrelationClassifier`, refitted.
"""

from functools import partial

import numpy as np

from decoding.folds import Fold, Folds
from decoding.kernels.permutation.class_sums import predict_by_sums
from decoding.progress import Progress

TIE = 1e-12
"""Correlations this close to each other are equal."""


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
    predict = partial(_predict, unit_rows(X))
    return predict_by_sums([X], folds, labels, predict, n_jobs, on_progress)


def _predict(
    units: np.ndarray, sums: list[np.ndarray], sizes: np.ndarray, fold: Fold
) -> np.ndarray:
    tested = units[fold[1]].T
    r = np.stack(
        [
            np.where(
                size[:, None] > 0, unit_rows(one / np.maximum(size, 1)[:, None]) @ tested, -2.0
            )
            for one, size in zip(sums[0], sizes, strict=True)
        ]
    )
    return np.asarray(np.argmax(r >= r.max(axis=0) - TIE, axis=0), dtype=np.int8)


def unit_rows(X: np.ndarray) -> np.ndarray:
    """Return rows, (n, n_voxels), less their mean and of length 1; 0 where a row is flat."""
    centred = X - X.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = norms <= TIE * np.linalg.norm(X, axis=1, keepdims=True)
    centred /= np.where(flat, 1.0, norms)
    centred[flat[:, 0]] = 0.0
    return np.asarray(centred)
