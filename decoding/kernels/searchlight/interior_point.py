"""Linear support vector machines of few features, by an interior-point method.

With few voxels and noisy data a decomposition method such as libsvm's takes many small steps. The
dual is a quadratic program whose matrix has the rank of the voxels, so each Newton step costs one
small Cholesky factor (Fine & Scheinberg 2001, J. Mach. Learn. Res. 2:243-264), and Mehrotra's
predictor-corrector needs about ten steps whatever the data.
"""

import numpy as np
from numba import njit

from decoding.folds import Folds
from decoding.kernels.searchlight.batches import OnProgress, Voxels, no_progress
from decoding.kernels.searchlight.folds import SphereScores
from decoding.kernels.searchlight.linalg import (
    UNORDERED,
    combine,
    dot,
    factor,
    fill_gram,
    in_sample_span,
    project,
    solve,
    with_ones,
)
from decoding.kernels.searchlight.per_sphere import score_by_sphere
from decoding.kernels.searchlight.spheres import Spheres

MAX_STEPS = 60
CLOSEST = 0.999
TOLERANCE = 2e-5
# Folds share most samples: each starts from a rough fit of all. From a closer one, which has
# settled which samples are support vectors, it would take longer.
NEAR = 0.3
# A sphere without signal decides 0 but for rounding; there libsvm answers the second category.
NOTHING = 1e-12


def score_svm(
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    n_threads: int = 2,
    on_progress: OnProgress = no_progress,
) -> SphereScores:
    """Score ``SVC(kernel="linear")``, C = 1, in every sphere by cross-validation.

    More than two categories vote pair by pair, ties go to the first category. libsvm stops at a
    tolerance of 1e-3, this solver at the optimum: about one prediction in a thousand differs.

    Parameters
    ----------
    voxels, y, folds, spheres, n_threads, on_progress
        See `decoding.kernels.searchlight.per_sphere.score_by_sphere`.
    """
    return score_by_sphere(
        _count_right, voxels, y, folds, spheres, n_threads=n_threads, on_progress=on_progress
    )


@njit(cache=True, nogil=True)
def _count_right(
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    train: np.ndarray,
    test: np.ndarray,
    starts: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
) -> np.ndarray:
    """Count the right predictions of each sphere in each fold, (n_spheres, n_folds)."""
    correct = np.zeros((len(indptr) - 1, len(train)), dtype=np.int32)
    for sphere in range(len(correct)):
        x = in_sample_span(X[indices[indptr[sphere] : indptr[sphere + 1]]])
        votes = np.zeros((len(test), n_classes), dtype=np.int32)
        for first in range(n_classes):
            for second in range(first + 1, n_classes):
                _vote(x, labels, train, test, starts, first, second, votes)
        for fold in range(len(train)):
            for place in range(starts[fold], starts[fold + 1]):
                correct[sphere, fold] += votes[place].argmax() == labels[test[place]]
    return correct


@njit(cache=True, nogil=True)
def _vote(
    x: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    starts: np.ndarray,
    first: int,
    second: int,
    votes: np.ndarray,
) -> None:
    """Let the machines of one pair of categories vote on the samples that each fold holds out."""
    pair = np.flatnonzero((labels == first) | (labels == second))
    rows = with_ones(_columns(x, pair))
    signs = np.where(labels[pair] == first, 1.0, -1.0)
    near = _start(rows, signs, 1.0)
    near_bias = _descend(rows, signs, 1.0, near, 0.0, NEAR)
    for fold in range(len(train)):
        kept = np.flatnonzero(train[fold][pair])
        state = _columns(near, kept)
        x_kept, signs_kept = _columns(rows, kept), signs[kept]
        bias = _descend(x_kept, signs_kept, 1.0, state, near_bias, TOLERANCE)
        weights = project(x_kept[:-1], signs_kept * state[0])
        for place in range(starts[fold], starts[fold + 1]):
            decision = bias
            for voxel in range(len(x)):
                decision += weights[voxel] * x[voxel, test[place]]
            votes[place, first if decision > NOTHING else second] += 1


@njit(cache=True, nogil=True)
def _columns(table: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    out = np.empty((len(table), len(chosen)))
    for row in range(len(table)):
        for place in range(len(chosen)):
            out[row, place] = table[row, chosen[place]]
    return out


@njit(cache=True, nogil=True)
def fit_svm(
    x: np.ndarray, signs: np.ndarray, c: float, tolerance: float
) -> tuple[np.ndarray, float]:
    """Fit a linear support vector machine with hinge loss and a free bias.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
        Training samples, voxel by voxel.
    signs : ndarray of shape (n_samples,)
        1.0 or -1.0.
    c : float
        Weight of the hinge loss.
    tolerance : float
        Gap, relative to the objective, at which to stop.

    Returns
    -------
    weights : ndarray of shape (n_voxels,)
    bias : float
        A sample is decided by the sign of ``weights @ sample + bias``.
    """
    extended = with_ones(x)
    state = _start(extended, signs, c)
    bias = _descend(extended, signs, c, state, 0.0, tolerance)
    return project(x, signs * state[0]), bias


@njit(cache=True, nogil=True)
def _start(extended: np.ndarray, signs: np.ndarray, c: float) -> np.ndarray:
    """Return alpha, and the multipliers of alpha >= 0 and of alpha <= c, (3, n_samples).

    All alphas are equal, where the objective is least so, but well inside.
    """
    x, n = extended[:-1], len(signs)
    state = np.empty((3, n))
    state[0] = c * min(0.5, max(0.02, n / (1.0 + np.square(project(x, signs)).sum())))
    product = signs * combine(x, project(x, signs * state[0]))
    state[1] = np.maximum(product, 1.0)
    state[2] = np.maximum(2.0 - product, 1.0)
    return state


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _descend(
    extended: np.ndarray,
    signs: np.ndarray,
    c: float,
    state: np.ndarray,
    bias: float,
    tolerance: float,
) -> float:
    """Take steps until the gap is small; return the bias.

    The last row of `extended` is of ones: its weight is the bias, which costs nothing.
    `state` is changed in place. It need not be feasible: what is amiss shrinks with each step.
    `tolerance` is relative to the objective, which is of the size of the alphas.
    """
    x, n = extended[:-1], len(signs)
    alpha, lower, upper = state[0], state[1], state[2]
    product = signs * combine(x, project(x, signs * alpha))
    amiss = lower - upper - product + 1.0 - bias * signs
    gram = np.empty((len(extended), len(extended)))
    worst, left = np.abs(amiss).max(), 1.0
    for _ in range(MAX_STEPS):
        room = c - alpha
        gap = (dot(lower, alpha) + dot(upper, room)) / (2 * n)
        unbalance = dot(signs, alpha)
        if max(gap, abs(unbalance) / n, c * worst * left) < tolerance * alpha.mean():
            break
        by_alpha, by_room = 1.0 / alpha, 1.0 / room
        scale = 1.0 / (lower * by_alpha + upper * by_room)
        fill_gram(extended, scale, gram)
        for voxel in range(len(x)):
            gram[voxel, voxel] += 1.0
        factor(gram)
        system = (extended, gram, scale, signs, unbalance)
        step, _turn = _newton(system, left * amiss - lower + upper)
        aim = _aim(state, room, step * by_alpha, step * by_room, gap)
        # Corrector: towards `aim`, with the second-order terms that the predictor left out.
        to_lower = (aim + lower * step * (1.0 + step * by_alpha)) * by_alpha - lower
        to_upper = (aim - upper * step * (1.0 - step * by_room)) * by_room - upper
        step, turn = _newton(system, left * amiss + to_lower - to_upper)
        to_lower -= lower * by_alpha * step
        to_upper += upper * by_room * step
        reach = CLOSEST / max(
            CLOSEST,
            _steepest(step, by_alpha, -1.0),
            _steepest(step, by_room, 1.0),
            _steepest(to_lower, 1.0 / lower, -1.0),
            _steepest(to_upper, 1.0 / upper, -1.0),
        )
        for place in range(n):
            alpha[place] += reach * step[place]
        for place in range(n):
            lower[place] += reach * to_lower[place]
        for place in range(n):
            upper[place] += reach * to_upper[place]
        bias += reach * turn
        left *= 1.0 - reach
    return bias


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _newton(
    system: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float], right: np.ndarray
) -> tuple[np.ndarray, float]:
    """Solve (Q + D) step + signs turn = right with signs' step = -unbalance, D = 1 / scale.

    By Sherman, Morrison and Woodbury this takes a system of the size of the voxels; with a voxel
    of ones, whose weight is free, it gives the change of the bias as well.
    """
    extended, gram, scale, signs, unbalance = system
    change = project(extended, scale * signs * right)
    change[-1] += unbalance
    solve(gram, change)
    return scale * (right - signs * combine(extended, change)), change[-1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _aim(
    state: np.ndarray, room: np.ndarray, rise: np.ndarray, fall: np.ndarray, gap: float
) -> float:
    """Return the gap to aim at, by how far the predictor's step would get (Mehrotra).

    `rise` and `fall` are the step relative to alpha and to the room above it; the multipliers
    change by -lower (1 + rise) and -upper (1 - fall).
    """
    alpha, lower, upper = state[0], state[1], state[2]
    highest, lowest = 0.0, 0.0
    for place in range(len(rise)):
        highest = max(highest, fall[place], 1.0 + rise[place])
    for place in range(len(rise)):
        lowest = min(lowest, rise[place], fall[place] - 1.0)
    reach = 1.0 / max(1.0, highest, -lowest)
    after = 0.0
    for place in range(len(rise)):
        up, down = reach * rise[place], reach * fall[place]
        after += lower[place] * alpha[place] * (1.0 + up) * (1.0 - reach - up)
        after += upper[place] * room[place] * (1.0 - down) * (1.0 - reach + down)
    share = after / (2 * len(rise) * gap)
    return gap * share * share


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _steepest(step: np.ndarray, inverse: np.ndarray, sign: float) -> float:
    """Return the largest product of a step and the inverse of what it changes."""
    steepest = 0.0
    for place in range(len(step)):
        steepest = max(steepest, sign * step[place] * inverse[place])
    return steepest
