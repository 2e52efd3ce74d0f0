"""Sums of each fold's training samples by category, under many relabellings at once.

No label enters the samples, so the sums of all relabellings are one matrix product with their
indicators; where a fold learns from all but what it tests, its sums are those of all samples less
those of the few that it tests.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from decoding.folds import Fold, Folds, held_out_columns, one_category
from decoding.progress import Progress, report
from decoding.service.threads import spread

WORKING_BYTES = 8_000_000
"""One array of sums takes about so many bytes."""

Predict: TypeAlias = Callable[[list[np.ndarray], np.ndarray, Fold], np.ndarray]
"""Gives the predictions (n_relabellings, n_test) of a fold; see `predict_by_sums`."""


def predict_by_sums(
    powers: list[np.ndarray],
    folds: Folds,
    labels: np.ndarray,
    predict: Predict,
    n_jobs: int = 1,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Parameters
    ----------
    powers : list of ndarray, shape (n_samples, n_voxels)
        What is summed, e.g. the samples and their squares.
    folds, labels
        As `decoding.kernels.permutation.svm.predict_held_out` takes them.
    predict : callable
        ``predict(sums, sizes, fold)``: of the sums of each of `powers`, each (n_classes,
        n_relabellings, n_voxels), and the categories' numbers of training samples, (n_classes,
        n_relabellings).

    Returns
    -------
    ndarray of int8, shape (n_relabellings, n_held_out)

    Raises
    ------
    SpecError
        If a fold trains on a single category under some relabelling.
    """
    labels = np.asarray(labels)
    predictions = np.empty((len(labels), held_out_columns(folds)[-1].stop), dtype=np.int8)
    n_classes = int(labels.max()) + 1
    step = max(1, WORKING_BYTES // (8 * n_classes * powers[0].shape[1]))
    with spread(n_jobs, "sums") as over:
        for start in range(0, len(labels), step):
            rows = labels[start : start + step]
            marks = (rows == np.arange(n_classes)[:, None, None]).astype(np.float64)
            totals = [marks @ power for power in powers]
            work = partial(_predict_fold, powers, totals, marks, predict)
            parts = over(work, range(len(folds)), folds)
            predictions[start : start + step] = np.concatenate(list(parts), axis=1)
            report(on_progress, start + len(rows), len(labels))
    return predictions


def _predict_fold(
    powers: list[np.ndarray],
    totals: list[np.ndarray],
    marks: np.ndarray,
    predict: Predict,
    number: int,
    fold: Fold,
) -> np.ndarray:
    train, test = fold
    sizes = marks[:, :, train].sum(axis=2)
    if (sizes.max(axis=0) == len(train)).any():
        raise one_category(number)
    if len(train) + len(test) == marks.shape[2]:
        tested = marks[:, :, test]
        sums = [total - tested @ power[test] for total, power in zip(totals, powers, strict=True)]
    else:
        sums = [marks[:, :, train] @ power[train] for power in powers]
    return predict(sums, sizes, fold)
