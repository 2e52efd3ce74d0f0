"""Held-out predictions under many relabellings: fast where there is a way, else by refits."""

import numpy as np
from sklearn import config_context

from decoding.analyses.decode import check_size, fit, fold_inputs, prepare_fit
from decoding.estimators import Estimator
from decoding.folds import Folds, check_two, distinct_rows, held_out_columns
from decoding.progress import Progress, report
from decoding.samples.extract import Samples
from decoding.service.compiling import wait_for_kernels
from decoding.service.threads import n_threads


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
    way = estimator.fast_null_of(int(labels.max()) + 1)
    if way is None:
        return _refit(estimator, samples.X, samples.runs, folds, labels, on_progress)
    if way.compiled_for:
        wait_for_kernels(way.compiled_for, on_progress)

    def refit(number: int, rows: np.ndarray) -> np.ndarray:
        return _refit(estimator, samples.X, samples.runs, [folds[number]], rows, None)

    own = {"refit": refit} if way.refits else {}
    threads = n_jobs or n_threads()
    return way.load()(samples.X, folds, labels, **own, n_jobs=threads, on_progress=on_progress)


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
