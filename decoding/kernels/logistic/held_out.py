"""Held-out predictions of logistic regression of two categories under many relabellings.

They are those of ``LogisticRegression(C=1)``, refitted for each relabelling and fold. It stops on
its way, so we go the same way (`decoding.kernels.logistic.lbfgs`), compiled, and in coordinates of
what the samples span: as many as there are samples, where there are more voxels.

Rounding grows along the way. Over 6000 fits of recordings, scaled or not, decisions differed from
scikit-learn's by 0.0005 at most within 40 steps, as a rule by 1e-12, and by 0.1 after 100. Where
the way is longer, or a held-out decision is near zero, it is gone twice, the second time from
samples that are nudged by far more than rounding: what differed was at most 4 times what the nudge
changed. Where that might change a sign, the fold is refitted.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numba import njit
from scipy.linalg.lapack import dpstrf

from decoding.errors import SpecError
from decoding.folds import Folds, check_two, distinct_rows, held_out_columns
from decoding.kernels.logistic.lbfgs import minimize
from decoding.kernels.logistic.loss import Samples, dot
from decoding.progress import Progress, report
from decoding.service.threads import spread

SHORT, FAR = 40, 0.01
"""After so many steps or fewer, a decision so far from zero is clear."""
NUDGE = 1e-11
"""The second samples' coordinates differ by up to this share of the largest."""
MARGIN = 100.0
"""Else it is if it is so many times larger than what the nudge changed of it."""
FITS_AT_ONCE = 32
"""Between two looks at the progress callback: about 50 ms of one thread."""

UNUSED, TESTED = 2, 4
"""In place of the category of a sample that is not learnt from; added to that of one tested."""
UNCLEAR = 8
"""In place of what is predicted, where the fold is to be refitted."""

Refit = Callable[[int, np.ndarray], np.ndarray]
"""Gives a fold's predictions, (n_rows, n_test), from rows of labels, (n_rows, n_samples)."""


def predict_held_out(
    X: np.ndarray,
    folds: Folds,
    labels: np.ndarray,
    refit: Refit,
    *,
    n_jobs: int = 1,
    on_progress: Progress | None = None,
) -> np.ndarray:
    """Predict the held-out samples of each fold under each relabelling.

    Takes, returns and raises what `decoding.kernels.permutation.svm.predict_held_out` does, of two
    categories. `refit` is asked where rounding may decide.
    """
    X = np.asarray(X, dtype=np.float64)
    if not np.isfinite(X).all():
        raise SpecError("The samples hold values that are not finite; weights cannot be fitted.")
    labels = np.ascontiguousarray(labels, dtype=np.int8)
    predictions = np.empty((len(labels), sum(len(test) for _, test in folds)), dtype=np.int8)
    table, kinds, ends = [], [], [0]
    for number, (train, test) in enumerate(folds):
        rows = labels[:, train]
        check_two(rows, number)
        rows ^= rows[:, :1]  # exchanged categories take the same way, mirrored
        first, kind = distinct_rows(rows)
        whole = np.full((len(first), len(X)), UNUSED, dtype=np.int8)
        whole[:, train] = rows[first]
        whole[:, test] += TESTED
        table.append(whole)
        kinds.append(kind)
        ends.append(ends[-1] + len(first))
    found = _fit_all(span(X), np.concatenate(table), n_jobs, on_progress)
    for number, columns in enumerate(held_out_columns(folds)):
        train, test = folds[number]
        predicted = found[ends[number] : ends[number + 1], test][kinds[number]]
        predictions[:, columns] = predicted ^ labels[:, train[:1]]
        unclear = (predicted == UNCLEAR).any(axis=1)
        if unclear.any():
            predictions[unclear, columns] = refit(number, labels[unclear])
    return predictions


def _fit_all(
    samples: Samples, rows: np.ndarray, n_jobs: int, on_progress: Progress | None
) -> np.ndarray:
    """Return what `_fit` does of many rows, on threads."""
    nudge = np.random.default_rng(0).uniform(-NUDGE, NUDGE, samples.rows.shape)
    nudged = samples._replace(rows=samples.rows + nudge * np.abs(samples.rows).max(initial=0.0))
    step = min(FITS_AT_ONCE, -(-len(rows) // n_jobs))
    parts = []
    with spread(n_jobs, "logistic") as over:
        starts = range(0, len(rows), step)
        chunks = [rows[start : start + step] for start in starts]
        for part in over(partial(_fit, samples, nudged), chunks):
            parts.append(part)
            report(on_progress, len(parts), len(chunks))
    return np.concatenate(parts)


def span(X: np.ndarray) -> Samples:
    """Return samples, (n_samples, n_voxels), in a basis of what they span.

    Notes
    -----
    Of more voxels than samples it is the pivoted Cholesky factor of X X' (LAPACK's ``pstrf``).
    """
    n_samples, n_voxels = X.shape
    if n_voxels <= n_samples:
        rows = np.ascontiguousarray(X)
        return Samples(rows, np.full(n_samples, n_voxels), np.empty((0, 0)), np.empty((0, 0)))
    factor, pivots, rank, _ = dpstrf(X @ X.T, lower=1)
    pivots, factor = pivots - 1, np.tril(factor)[:, :rank]
    rows, ends = np.empty((n_samples, rank)), np.empty(n_samples, dtype=np.int64)
    rows[pivots], ends[pivots] = factor, np.minimum(np.arange(n_samples) + 1, rank)
    return Samples(rows, ends, factor[:rank].copy(), X[pivots[:rank]])


@njit(cache=True, nogil=True)
def _fit(samples: Samples, nudged: Samples, rows: np.ndarray) -> np.ndarray:
    """Return what is predicted of the tested samples, or `UNCLEAR`, a row a fit.

    Rows, (n_fits, n_samples), hold the categories that are learnt, `UNUSED` and `TESTED`.
    """
    width = samples.rows.shape[1]
    weights, again = np.empty(width + 1), np.empty(width + 1)
    predictions = np.full(rows.shape, UNCLEAR, dtype=np.int8)
    for r in range(len(rows)):
        tested = np.flatnonzero(rows[r] >= TESTED)
        codes = rows[r] % TESTED
        train = np.flatnonzero(codes != UNUSED)
        n_steps = minimize(samples, train, codes, weights)
        if n_steps < 0:
            continue
        decisions = _decide(samples, tested, weights)
        far = FAR * np.ones(tested.size)
        if n_steps > SHORT or np.abs(decisions).min() <= FAR:
            if minimize(nudged, train, codes, again) != n_steps:
                continue
            far = MARGIN * np.abs(_decide(samples, tested, again) - decisions)
        for s in range(tested.size):
            if abs(decisions[s]) > far[s]:
                predictions[r, tested[s]] = decisions[s] > 0
    return predictions


@njit(cache=True, nogil=True)
def _decide(samples: Samples, tested: np.ndarray, weights: np.ndarray) -> np.ndarray:
    decisions = np.empty(tested.size)
    for s in range(tested.size):
        decisions[s] = dot(samples.rows[tested[s]], weights) + weights[-1]
    return decisions
