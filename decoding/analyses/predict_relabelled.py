"""Held-out predictions under many relabellings: fast where there is a way, else by refits."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from sklearn import config_context

from decoding.analyses.decode import check_size, fit, fold_inputs, prepare_fit
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS, Estimator
from decoding.folds import Folds, distinct_rows, held_out_columns
from decoding.progress import Progress, report
from decoding.samples.extract import Samples
from decoding.service.compiling import wait_for_kernels
from decoding.service.threads import n_threads

FastPredictor: TypeAlias = Callable[[np.ndarray, Folds, np.ndarray, Progress | None], np.ndarray]


def predict_relabelled(
    estimator: Estimator,
    samples: Samples,
    folds: Folds,
    labels: np.ndarray,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Parameters
    ----------
    labels : ndarray of int, shape (n_relabellings, n_samples)
        Codes 0, 1, ... in the order of the categories.

    Returns
    -------
    ndarray of int, shape (n_relabellings, n_held_out)
        Fold after fold; see `decoding.folds.held_out_columns`.

    Raises
    ------
    SpecError
        If a training fold holds one category under some relabelling.
    """
    check_size(estimator, samples)
    for name, predict in FAST.items():
        if estimator is ESTIMATORS[name]:
            return predict(samples.X, folds, labels, on_progress)
    return _refit(estimator, samples, folds, labels, on_progress)


def _svm(
    X: np.ndarray, folds: Folds, labels: np.ndarray, on_progress: Progress | None
) -> np.ndarray:
    wait_for_kernels("svc", on_progress)
    from decoding.kernels.permutation.svm import predict_held_out  # imports numba

    return predict_held_out(X, folds, labels, n_jobs=n_threads(), on_progress=on_progress)


def _ridge(
    X: np.ndarray, folds: Folds, labels: np.ndarray, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.ridge import predict_held_out

    return predict_held_out(X, folds, labels, on_progress=on_progress)


def _naive_bayes(
    X: np.ndarray, folds: Folds, labels: np.ndarray, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.naive_bayes import predict_held_out

    return predict_held_out(X, folds, labels, n_jobs=n_threads(), on_progress=on_progress)


def _correlation(
    X: np.ndarray, folds: Folds, labels: np.ndarray, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.correlation import predict_held_out

    return predict_held_out(X, folds, labels, n_jobs=n_threads(), on_progress=on_progress)


FAST: dict[str, FastPredictor] = {
    "svc": _svm,
    "ridge": _ridge,
    "gnb": _naive_bayes,
    "correlation": _correlation,
}
"""Estimators with a way that gives the predictions of refits without refitting."""


def _refit(
    estimator: Estimator,
    samples: Samples,
    folds: Folds,
    labels: np.ndarray,
    on_progress: Progress | None,
) -> np.ndarray:
    """Fit once for each distinct labelling of each training fold."""
    template, X = prepare_fit(estimator, samples.X)
    predictions = np.empty((len(labels), sum(len(test) for _, test in folds)), dtype=np.int64)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for number, columns in enumerate(held_out_columns(folds)):
            train, test = folds[number]
            train_X, test_X = fold_inputs(estimator, X, train, test)
            first, kind = distinct_rows(labels[:, train])
            answers = []
            for done, row in enumerate(labels[np.ix_(first, train)]):
                _check_two(row, number)
                model = fit(template, estimator, train_X, row, samples.runs[train])
                answers.append(model.predict(test_X))
                report(on_progress, number * len(first) + done + 1, len(folds) * len(first))
            predictions[:, columns] = np.stack(answers)[kind]
    return predictions


def _check_two(row: np.ndarray, number: int) -> None:
    if (row == row[0]).all():
        raise SpecError(
            f"Under some relabelling the training samples of fold {number + 1} are all of one "
            "category; a classifier needs two. Choose another scheme."
        )
