"""Held-out predictions under many relabellings: fast where there is a way, else by refits."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from sklearn import config_context

from decoding.analyses.decode import check_size, fit, fold_inputs, prepare_fit
from decoding.estimators import ESTIMATORS, Estimator
from decoding.folds import Folds, check_two, distinct_rows, held_out_columns
from decoding.progress import Progress, report
from decoding.samples.extract import Samples
from decoding.service.compiling import wait_for_kernels
from decoding.service.threads import n_threads

FastPredictor: TypeAlias = Callable[
    [np.ndarray, Folds, np.ndarray, int, Progress | None], np.ndarray
]
"""Takes samples, folds, relabellings, the number of threads and what hears of progress."""


def predict_relabelled(
    estimator: Estimator,
    samples: Samples,
    folds: Folds,
    labels: np.ndarray,
    on_progress: Progress | None = None,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Parameters
    ----------
    labels : ndarray of int, shape (n_relabellings, n_samples)
        Codes 0, 1, ... in the order of the categories.
    n_jobs : int, optional
        Threads of a fast way; as many as `n_threads` says where it is not given.

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
    name = next((name for name, known in ESTIMATORS.items() if known is estimator), "")
    predict = fast_way(name, int(labels.max()) + 1)
    if predict is not None:
        return predict(samples.X, folds, labels, n_jobs or n_threads(), on_progress)
    return _refit(estimator, samples.X, samples.runs, folds, labels, on_progress)


def fast_way(estimator: str, n_classes: int) -> FastPredictor | None:
    """Return an estimator's way to predict many relabellings of so many categories, if any."""
    return FAST.get(estimator) or (FAST_OF_TWO.get(estimator) if n_classes == 2 else None)


def _svm(
    X: np.ndarray, folds: Folds, labels: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    wait_for_kernels("svc", on_progress)
    from decoding.kernels.permutation.svm import predict_held_out  # imports numba

    return predict_held_out(X, folds, labels, n_jobs=n_jobs, on_progress=on_progress)


def _ridge(
    X: np.ndarray, folds: Folds, labels: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.ridge import predict_held_out

    return predict_held_out(X, folds, labels, on_progress=on_progress)


def _naive_bayes(
    X: np.ndarray, folds: Folds, labels: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.naive_bayes import predict_held_out

    return predict_held_out(X, folds, labels, n_jobs=n_jobs, on_progress=on_progress)


def _correlation(
    X: np.ndarray, folds: Folds, labels: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    from decoding.kernels.permutation.correlation import predict_held_out

    return predict_held_out(X, folds, labels, n_jobs=n_jobs, on_progress=on_progress)


def _logistic(
    X: np.ndarray, folds: Folds, labels: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    wait_for_kernels("logistic", on_progress)
    from decoding.kernels.logistic.held_out import predict_held_out  # imports numba

    def refit(number: int, rows: np.ndarray) -> np.ndarray:
        no_runs = np.zeros(len(X))  # it makes no folds of its own
        return _refit(ESTIMATORS["logistic"], X, no_runs, [folds[number]], rows, None)

    return predict_held_out(X, folds, labels, refit, n_jobs=n_jobs, on_progress=on_progress)


FAST: dict[str, FastPredictor] = {
    "svc": _svm,
    "ridge": _ridge,
    "gnb": _naive_bayes,
    "correlation": _correlation,
}
"""Estimators with a way that gives the predictions of refits without refitting."""

FAST_OF_TWO: dict[str, FastPredictor] = {"logistic": _logistic}
"""Those whose way knows two categories only."""


def _refit(
    estimator: Estimator,
    X: np.ndarray,
    runs: np.ndarray,
    folds: Folds,
    labels: np.ndarray,
    on_progress: Progress | None,
) -> np.ndarray:
    """Fit once for each distinct labelling of each training fold."""
    template, X = prepare_fit(estimator, X)
    predictions = np.empty((len(labels), sum(len(test) for _, test in folds)), dtype=np.int64)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for number, columns in enumerate(held_out_columns(folds)):
            train, test = folds[number]
            train_X, test_X = fold_inputs(estimator, X, train, test)
            first, kind = distinct_rows(labels[:, train])
            check_two(labels[np.ix_(first, train)], number)
            answers = []
            for done, row in enumerate(labels[np.ix_(first, train)]):
                model = fit(template, estimator, train_X, row, runs[train])
                answers.append(model.predict(test_X))
                report(on_progress, number * len(first) + done + 1, len(folds) * len(first))
            predictions[:, columns] = np.stack(answers)[kind]
    return predictions
