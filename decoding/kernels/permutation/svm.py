"""Held-out predictions of a linear support vector machine under many relabellings of its samples.

They are those of ``SVC(kernel="linear")``, refitted for each relabelling and fold. Three things
make them cheap: no label enters a fold's kernel matrix, so it is computed once; the solver is
compiled (`decoding.kernels.permutation.smo`); relabellings that agree on a fold's training samples
share a fit. So under leave-one-run-out the 4096 relabellings of two categories in twelve runs need
12 x 2048 fits. Exchanging the categories exchanges the sides of the machine, which leaves
12 x 1024. But the solver stops within a tolerance, and on exchanged labels it stops elsewhere:
where a decision comes near zero, both fits are made.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numba import njit

from decoding.errors import SpecError
from decoding.folds import Folds, check_two, distinct_rows, held_out_columns
from decoding.kernels.permutation.smo import (
    Kernel,
    decide,
    empty_state,
    make_kernel,
    solve,
)
from decoding.progress import Progress, report
from decoding.service.threads import spread

PENALTY = 1.0
"""libsvm's C, as scikit-learn's default."""

TOLERANCE = 1e-3
"""libsvm's and scikit-learn's default stopping tolerance."""

NEAR_ZERO = 0.02
"""Decisions below this times the root of the sum of alpha may change sign on exchanged labels.

Within the solver's tolerance a decision wanders in proportion to that root (the objective by the
sum, the weights by its root). On recordings of 100 to 577 voxels the widest wander was 0.0024 of it
while no alpha reached C; where one did, 0.0064, and there nothing is taken over.
"""

FITS_AT_ONCE = 32
"""Between two looks at the progress callback: about 10 ms of one thread."""

Function = Callable[..., np.ndarray]


def predict_held_out(
    X: np.ndarray,
    folds: Folds,
    labels: np.ndarray,
    *,
    n_jobs: int = 1,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    More than two categories are told apart by one-against-one votes, a tie going to the first.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_voxels)
    folds : sequence of (train, test)
        Indices of samples; any scheme whose folds do not depend on the labels.
    labels : ndarray of int, shape (n_relabellings, n_samples)
        Codes 0, 1, ... in the order of the categories.
    n_jobs : int
        Number of threads. The result does not depend on it.
    on_progress : callable, optional
        Called with (done, total); may raise `Cancelled`.

    Returns
    -------
    ndarray of int8, shape (n_relabellings, n_held_out)
        Fold after fold, as `held_out_columns` describes.

    Raises
    ------
    SpecError
        If a fold trains on a single category under some relabelling, or a value is not finite.
    """
    X = np.asarray(X, dtype=np.float64)
    if not np.isfinite(X).all():
        raise SpecError("The samples hold values that are not finite; a machine cannot be fitted.")
    gram = X @ X.T
    labels = np.ascontiguousarray(labels, dtype=np.int8)
    n_classes = int(labels.max()) + 1
    predictions = np.empty((len(labels), sum(len(test) for _, test in folds)), dtype=np.int8)
    total = len(folds) * len(labels)
    with spread(n_jobs, "svm") as over:
        for number, columns in enumerate(held_out_columns(folds)):
            train, test = (np.asarray(part, dtype=np.intp) for part in folds[number])
            first, kind = distinct_rows(labels[:, train])
            rows = labels[np.ix_(first, train)]
            check_two(rows, number)
            tell = partial(_tell, on_progress, number, len(labels), total)
            run = partial(_in_chunks, over, tell)
            if n_classes <= 2:
                distinct = _predict_two(gram, train, test, rows, run)
            else:
                distinct = run(partial(_fit_pairs, gram, train, test, n_classes), rows)
            predictions[:, columns] = distinct[kind]
    return predictions


def _tell(on_progress: Progress | None, fold: int, size: int, total: int, share: float) -> None:
    report(on_progress, fold * size + round(share * size), total)


def _predict_two(
    gram: np.ndarray, train: np.ndarray, test: np.ndarray, rows: np.ndarray, run: Function
) -> np.ndarray:
    """Predict one fold from distinct rows of training labels, exchanged rows together."""
    kernel = make_kernel(gram, train)
    cross = gram[train].take(test, axis=1)
    lead, group = distinct_rows(rows ^ rows[:, :1])
    exchanged = (rows[:, 0] != rows[lead, 0][group]).astype(np.intp)
    both = np.bincount(group, minlength=lead.size) > 1
    fit = partial(_fit_two, kernel, cross)
    predictions = run(fit, rows[lead], both)
    return np.asarray(predictions[group, exchanged])


def _in_chunks(
    over: Callable[..., Iterator[np.ndarray]],
    tell: Callable[[float], None],
    fit: Function,
    *tables: np.ndarray,
) -> np.ndarray:
    """Fit the rows of some tables in chunks, in order."""
    starts = range(0, len(tables[0]), FITS_AT_ONCE)
    chunks = [[table[start : start + FITS_AT_ONCE] for start in starts] for table in tables]
    parts = []
    for part in over(fit, *chunks):
        parts.append(part)
        tell(len(parts) / len(starts))
    return np.concatenate(parts)


@njit(cache=True, nogil=True)
def _fit_two(kernel: Kernel, cross: np.ndarray, rows: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Return what is predicted from each row and, where `both`, from the exchanged row."""
    state = empty_state(kernel)
    decisions = np.empty(cross.shape[1])
    predictions = np.zeros((len(rows), 2, len(decisions)), dtype=np.int8)
    for r in range(len(rows)):
        for t in range(rows.shape[1]):
            state.signs[t] = 1.0 - 2.0 * rows[r, t]
        decide(cross, state, solve(kernel, PENALTY, TOLERANCE, state), decisions)
        predictions[r, 0] = decisions <= 0
        if both[r] and not _is_clear(decisions, state.alpha):
            for t in range(rows.shape[1]):
                state.signs[t] *= -1.0
            decide(cross, state, solve(kernel, PENALTY, TOLERANCE, state), decisions)
            predictions[r, 1] = decisions <= 0
        elif both[r]:
            predictions[r, 1] = 1 - predictions[r, 0]
    return predictions


@njit(cache=True, nogil=True)
def _is_clear(decisions: np.ndarray, alpha: np.ndarray) -> bool:
    """Say whether the solver, stopping elsewhere within its tolerance, would decide the same."""
    return bool(
        alpha.max() < PENALTY and np.abs(decisions).min() > NEAR_ZERO * np.sqrt(alpha.sum())
    )


@njit(cache=True, nogil=True)
def _fit_pairs(
    gram: np.ndarray, train: np.ndarray, test: np.ndarray, n_classes: int, rows: np.ndarray
) -> np.ndarray:
    """Return what is predicted from each row by the votes of all pairs of categories."""
    predictions = np.zeros((len(rows), test.size), dtype=np.int8)
    votes = np.empty((n_classes, test.size), dtype=np.int64)
    for r in range(len(rows)):
        votes[:] = 0
        for first in range(n_classes):
            for second in range(first + 1, n_classes):
                _add_vote(gram, train, test, rows[r], first, second, votes)
        for s in range(test.size):
            predictions[r, s] = np.argmax(votes[:, s])
    return predictions


@njit(cache=True, nogil=True)
def _add_vote(
    gram: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    row: np.ndarray,
    first: int,
    second: int,
    votes: np.ndarray,
) -> None:
    is_first, is_second = row == first, row == second
    if not (is_first.any() and is_second.any()):
        return
    members = train[is_first | is_second]
    kernel = make_kernel(gram, members)
    state, decisions = empty_state(kernel), np.empty(test.size)
    state.signs[: members.size] = np.where(is_first[is_first | is_second], 1.0, -1.0)
    bias = solve(kernel, PENALTY, TOLERANCE, state)
    cross = np.empty((members.size, test.size))
    for t in range(members.size):
        cross[t] = gram[members[t]][test]
    decide(cross, state, bias, decisions)
    for s in range(test.size):
        votes[first if decisions[s] > 0 else second, s] += 1
