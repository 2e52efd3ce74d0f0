"""Linear support vector machines in every sphere."""

from functools import partial
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.permutation.smo import (
    decide,
    empty_state,
    make_kernel,
    solve,
)
from decoding.kernels.searchlight.active_set import settle
from decoding.kernels.searchlight.folds import Design, FlatFolds
from decoding.kernels.searchlight.interior_point import descend, start
from decoding.kernels.searchlight.linalg import combine, in_sample_span, project, with_ones
from decoding.kernels.searchlight.per_sphere import PREDICTORS, score_by_sphere

# Folds share most samples: each starts from a rough fit of all. From a closer one, which has
# settled which samples are support vectors, it would take longer.
ROUGH = 0.3
# Here decisions are within 0.01 of the optimum's (the widest of 240 fits on a simulated brain), so
# that those further from 0 than CLEAR are taken over while some alpha is inside its bounds: the
# others are settled there or, where that fails, nearer by NEARER.
NEAR = 5e-6
CLEAR = 0.03
INSIDE = 0.02
NEARER = 0.03
ATTEMPTS = 3
# A sphere without signal decides 0 but for rounding; there libsvm answers the second category.
NOTHING = 1e-12
# A decision this near to 0 is decided by the rounding of libsvm's kernel, in single precision.
TIE = 1e-5
LIBSVM_TOLERANCE = 1e-10


class Svm(NamedTuple):
    """The support vector machine; `c` is the weight of its hinge loss."""

    c: float = 1.0


class Sphere(NamedTuple):
    """One sphere's samples.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
    centred : ndarray of shape (n_features, n_samples)
        The same less each voxel's mean, with as few features as have the same inner products.
    labels : ndarray of int, shape (n_samples,)
    """

    x: np.ndarray
    centred: np.ndarray
    labels: np.ndarray


score_svm = partial(score_by_sphere, Svm(), centre=False)
"""Score ``SVC(kernel="linear")``, C = 1, in every sphere.

More than two categories vote pair by pair, ties go to the first category. The predictions are
those of the optimum; libsvm's default tolerance of 1e-3 leaves one in a thousand elsewhere.
"""


def _predict_svm(model: Svm, x: np.ndarray, design: Design, predicted: np.ndarray) -> None:
    """Fill the predictions of one sphere by the votes of all pairs of categories."""
    labels, n_classes, folds = design
    votes = np.zeros((len(folds.test), n_classes), dtype=np.int32)
    centred = x.copy()
    for voxel in range(len(x)):
        centred[voxel] -= x[voxel].mean()
    sphere = Sphere(x, in_sample_span(centred), labels)
    for first in range(n_classes):
        for second in range(first + 1, n_classes):
            _vote(model, sphere, folds, first, second, votes)
    for place in range(len(predicted)):
        predicted[place] = votes[place].argmax()


PREDICTORS[Svm] = _predict_svm


@njit(cache=True, nogil=True)
def _vote(
    model: Svm, sphere: Sphere, folds: FlatFolds, first: int, second: int, votes: np.ndarray
) -> None:
    """Let the machines of one pair of categories vote on the samples that each fold holds out."""
    labels, x = sphere.labels, sphere.centred
    pair = np.flatnonzero((labels == first) | (labels == second))
    rows = with_ones(_columns(x, pair))
    signs = np.where(labels[pair] == first, 1.0, -1.0)
    rough = start(rows, signs, model.c)
    rough_bias = descend(rows, signs, model.c, rough, 0.0, ROUGH)
    for fold in range(len(folds.train)):
        kept = np.flatnonzero(folds.train[fold][pair])
        state = _columns(rough, kept)
        x_kept, signs_kept = _columns(rows, kept), signs[kept]
        bias = descend(x_kept, signs_kept, model.c, state, rough_bias, NEAR)
        test = folds.test[folds.starts[fold] : folds.starts[fold + 1]]
        x_test = _columns(x, test)
        decisions = combine(x_test, project(x_kept[:-1], signs_kept * state[0])) + bias
        if not _is_clear(decisions, state[0], model.c):
            weights, least, largest, found = settle_near(x_kept, signs_kept, model.c, state, bias)
            decisions = combine(x_test, weights)
            ties = (decisions + largest > -TIE) & (decisions + least < TIE)
            if found and not ties.any():
                decisions += 0.5 * (least + largest)
            else:
                decisions = _libsvm_decisions(model, sphere, pair[kept], first, test)
        for place in range(len(test)):
            chosen = first if decisions[place] > NOTHING else second
            votes[folds.starts[fold] + place, chosen] += 1


@njit(cache=True, nogil=True)
def _is_clear(decisions: np.ndarray, alpha: np.ndarray, c: float) -> bool:
    """Say whether the optimum, which is near, would decide the same."""
    inside: bool = np.minimum(alpha, c - alpha).max() > INSIDE * c
    return inside and np.abs(decisions).min() > CLEAR


@njit(cache=True, nogil=True)
def settle_near(
    extended: np.ndarray, signs: np.ndarray, c: float, state: np.ndarray, bias: float
) -> tuple[np.ndarray, float, float, bool]:
    """Settle the support vectors, and go nearer to the optimum where that fails.

    `extended` is what `with_ones` gives, (n_features + 1, n_train), `signs` (n_train,) and `state`
    that of `start`. Return the weights, (n_features,), the least and the largest bias, and whether
    they were found.
    """
    x, near = extended[:-1], NEAR
    weights, least, largest, found = settle(x, signs, c, state[0].copy(), bias)
    for _ in range(1, ATTEMPTS):
        if found:
            break
        near *= NEARER
        bias = descend(extended, signs, c, state, bias, near)
        weights, least, largest, found = settle(x, signs, c, state[0].copy(), bias)
    return weights, least, largest, found


@njit(cache=True, nogil=True)
def _libsvm_decisions(
    model: Svm, sphere: Sphere, train: np.ndarray, first: int, test: np.ndarray
) -> np.ndarray:
    """Return the decisions that libsvm's own steps come to, in its arithmetic."""
    is_first = sphere.labels[train] == first
    train = np.concatenate((train[is_first], train[~is_first]))
    x = _columns(sphere.x, train)
    kernel = make_kernel(x.T @ x, np.arange(len(train)))
    state = empty_state(kernel)
    state.signs[: len(train)] = np.where(sphere.labels[train] == first, 1.0, -1.0)
    bias = solve(kernel, model.c, LIBSVM_TOLERANCE, state)
    decisions = np.empty(len(test))
    decide(x.T @ _columns(sphere.x, test), state, bias, decisions)
    return decisions


@njit(cache=True, nogil=True)
def _columns(table: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    out = np.empty((len(table), len(chosen)))
    for row in range(len(table)):
        for place in range(len(chosen)):
            out[row, place] = table[row, chosen[place]]
    return out
