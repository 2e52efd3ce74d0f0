"""Held-out predictions of the ridge classifier under many relabellings of its samples.

A ridge decision is linear in the labels, A y + mean(y), and no label enters A. The tests of all
folds are stacked into one A, so that all relabellings are one matrix product. Where each fold
learns from all that it does not test, A follows from one hat matrix of all samples (Treder 2018,
"Cross-validation in high-dimensional spaces: a lifeline for least-squares models and multi-class
LDA"); where it does not, or a decision is zero but for rounding, each fold is solved by itself.
Predictions are those of scikit-learn's refitted ``RidgeClassifier``.
"""

import numpy as np
from scipy.linalg.lapack import dposv, dpotrf, dpotri

from decoding.errors import SpecError
from decoding.folds import Fold, Folds, held_out_columns
from decoding.progress import Progress, report

ALPHA = 1.0
"""Strength of the penalty, as scikit-learn's default."""

ROUNDING = float(np.finfo(np.float64).eps)
"""Times the variance of all samples, ten times what `left_out_operator` was seen to err at most."""

WORKING_BYTES = 16_000_000
"""Decisions of this many bytes are held at once."""


def predict_held_out(
    X: np.ndarray,
    folds: Folds,
    labels: np.ndarray,
    *,
    n_jobs: int = 1,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Takes and returns what `decoding.kernels.permutation.svm.predict_held_out` does; `n_jobs` is for
    the others, as products of matrices have threads of their own.

    Raises
    ------
    SpecError
        If a value is not finite.
    """
    X = np.asarray(X, dtype=np.float64)
    if not np.isfinite(X).all():
        raise SpecError("The samples hold values that are not finite; ridge cannot be fitted.")
    operator, doubt = left_out_operator(X, folds)
    labels = np.asarray(labels)
    n_classes = int(labels.max()) + 1
    predictions = np.empty((len(labels), operator.shape[1]), dtype=np.int8)
    step = max(1, WORKING_BYTES // (8 * max(n_classes, 2) * max(operator.shape)))
    for start in range(0, len(labels), step):
        chunk = slice(start, start + step)
        codes = _coded(labels[chunk], n_classes)
        means = training_means(codes, folds)
        decisions = codes @ operator + means
        if doubt and _margin(decisions) <= doubt:
            operator, doubt = held_out_operator(X, folds), 0.0
            decisions = codes @ operator + means
        predictions[chunk] = decisions[0] > 0 if n_classes <= 2 else decisions.argmax(axis=0)
        report(on_progress, min(start + step, len(labels)), len(labels))
    return predictions


def training_means(codes: np.ndarray, folds: Folds) -> np.ndarray:
    """Return the mean code of what each held-out sample's fold learns from, (..., n_held_out)."""
    # 1 where a sample trains a fold: sums of whole numbers give means without rounding.
    membership = np.zeros((codes.shape[-1], len(folds)))
    for fold, (train, _) in enumerate(folds):
        membership[train, fold] = 1.0
    fold_of = np.repeat(np.arange(len(folds)), [len(test) for _, test in folds])
    means: np.ndarray = (codes @ membership / membership.sum(axis=0))[..., fold_of]
    return means


def left_out_operator(X: np.ndarray, folds: Folds) -> tuple[np.ndarray, float]:
    """Return what `held_out_operator` does, and how far decisions by it may be off; 0: as there.

    Samples are (n_samples, n_voxels).

    Notes
    -----
    With I - H = alpha C, where C = M^-1 - M^-1 1 1' M^-1 / 1' M^-1 1 and M = K + alpha I, the
    decisions y_t - (I - H_tt)^-1 (y - H y)_t are -C_tt^-1 C_tr y_r.
    """
    centred = X - X.mean(axis=0)
    inverse = centred @ centred.T
    doubt = ROUNDING * float(np.trace(inverse)) / ALPHA
    inverse.flat[:: len(X) + 1] += ALPHA
    factor, failed = dpotrf(inverse.T, overwrite_a=True)
    if failed or not all(_complete(fold, len(X)) for fold in folds):
        return held_out_operator(X, folds), 0.0
    inverse, _ = dpotri(factor, overwrite_c=True)
    inverse = np.triu(inverse) + np.triu(inverse, 1).T
    sums = inverse.sum(axis=1)
    inverse -= np.outer(sums, sums / sums.sum())
    operator = np.zeros((len(X), sum(len(test) for _, test in folds)))
    for (train, test), columns in zip(folds, held_out_columns(folds), strict=True):
        rows = inverse[test]
        solved = np.linalg.solve(rows[:, test], rows[:, train])
        operator[train, columns] = -1.0 / len(train) - solved.T
    return operator, doubt


def _complete(fold: Fold, n_samples: int) -> bool:
    """Tell whether each sample is learnt from or tested, once."""
    return bool((np.bincount(np.concatenate(fold), minlength=n_samples) == 1).all())


def _margin(decisions: np.ndarray) -> float:
    """Return how near to another the nearest decision is, of (n_codes, n_rows, n_held_out)."""
    if len(decisions) == 1:
        return float(np.abs(decisions).min())
    best = np.partition(decisions, -2, axis=0)
    return float((best[-1] - best[-2]).min())


def held_out_operator(X: np.ndarray, folds: Folds) -> np.ndarray:
    """Return what turns labels coded -1 and 1 into held-out decisions, but for their mean.

    Of samples (n_samples, n_voxels) it is (n_samples, n_held_out), 0 where the fold does not learn
    from the sample.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a kernel is not positive definite, which rounding alone may cause.
    """
    centred = X - X.mean(axis=0)
    gram = centred @ centred.T
    operator = np.zeros((len(X), sum(len(test) for _, test in folds)))
    for (train, test), columns in zip(folds, held_out_columns(folds), strict=True):
        rows = gram[train]
        kernel, cross = rows.take(train, axis=1), rows.take(test, axis=1)
        means = kernel.mean(axis=1, keepdims=True)
        cross += means.mean() - means - cross.mean(axis=0)
        kernel -= means
        kernel -= means.T - means.mean()
        kernel.flat[:: len(train) + 1] += ALPHA
        _, solved, failed = dposv(kernel.T, cross, overwrite_a=True)
        if failed:
            raise np.linalg.LinAlgError("The kernel of ridge is not positive definite.")
        operator[train, columns] = solved
    return operator


def _coded(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return 1 for the samples of a category and -1 for the others; of two, for the second only."""
    wanted = np.arange(n_classes) if n_classes > 2 else np.array([1])
    return np.where(labels == wanted[:, None, None], 1.0, -1.0)
