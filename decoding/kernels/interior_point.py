"""Linear support vector machines of few features, by an interior-point method.

With few voxels and noisy data a decomposition method such as libsvm's takes many small steps. The
dual is a quadratic program whose matrix has the rank of the voxels, so each Newton step costs one
small Cholesky factor (Fine & Scheinberg 2001, J. Mach. Learn. Res. 2:243-264), and Mehrotra's
predictor-corrector needs about ten steps whatever the data.
"""

import numpy as np
from numba import njit

from decoding.kernels.searchlight_folds import Folds, SphereScores
from decoding.kernels.searchlight_slabs import OnProgress, Voxels, no_progress
from decoding.kernels.searchlight_spherewise import score_by_sphere
from decoding.kernels.spheres import Spheres

MAX_STEPS = 60
CLOSEST = 0.999
TOLERANCE = 2e-5
# Folds share most samples: each starts from a rough fit of all. From a closer one, which has
# settled which samples are support vectors, it would take longer.
NEAR = 0.3
# A sphere without signal decides 0 but for rounding; there libsvm answers the second category.
NOTHING = 1e-12
# Sums and maxima may be taken in any order, which vector instructions need.
UNORDERED = {"reassoc", "contract", "nsz", "nnan"}


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
        See `decoding.kernels.searchlight_spherewise.score_by_sphere`.
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
        x = X[indices[indptr[sphere] : indptr[sphere + 1]]]
        if len(x) > x.shape[1]:
            # The machine sees inner products only: these are the same in the span of the samples.
            x = np.ascontiguousarray(np.linalg.qr(x)[1])
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
    rows = _columns(x, pair)
    signs = np.where(labels[pair] == first, 1.0, -1.0)
    near = _start(rows, signs, 1.0)
    near_bias = _descend(rows, signs, 1.0, near, 0.0, NEAR)
    for fold in range(len(train)):
        kept = np.flatnonzero(train[fold][pair])
        if len(kept) == 0:
            continue
        state = _columns(near, kept)
        x_kept, signs_kept = _columns(rows, kept), signs[kept]
        bias = _descend(x_kept, signs_kept, 1.0, state, near_bias, TOLERANCE)
        weights = _project(x_kept, signs_kept * state[0])
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
    state = _start(x, signs, c)
    bias = _descend(x, signs, c, state, 0.0, tolerance)
    return _project(x, signs * state[0]), bias


@njit(cache=True, nogil=True)
def _start(x: np.ndarray, signs: np.ndarray, c: float) -> np.ndarray:
    """Return alpha, and the multipliers of alpha >= 0 and of alpha <= c, (3, n_samples).

    All alphas are equal, where the objective is least so, but well inside.
    """
    n = len(signs)
    state = np.empty((3, n))
    state[0] = c * min(0.5, max(0.02, n / (1.0 + np.square(_project(x, signs)).sum())))
    product = signs * _combine(x, _project(x, signs * state[0]))
    state[1] = np.maximum(product, 1.0)
    state[2] = np.maximum(2.0 - product, 1.0)
    return state


@njit(cache=True, nogil=True, error_model="numpy")
def _descend(
    x: np.ndarray, signs: np.ndarray, c: float, state: np.ndarray, bias: float, tolerance: float
) -> float:
    """Take steps until the gap is small; return the bias.

    `state` is changed in place. It need not be feasible: what is amiss shrinks with each step.
    `tolerance` is relative to the objective, which is of the size of the alphas.
    """
    n = len(signs)
    alpha, lower, upper = state[0], state[1], state[2]
    product = signs * _combine(x, _project(x, signs * alpha))
    amiss = lower - upper - product + 1.0 - bias * signs
    extended = np.ones((len(x) + 1, n))
    extended[:-1] = x
    gram = np.empty((len(extended), len(extended)))
    worst, left = np.abs(amiss).max(), 1.0
    for _ in range(MAX_STEPS):
        room = c - alpha
        gap = (_dot(lower, alpha) + _dot(upper, room)) / (2 * n)
        unbalance = _dot(signs, alpha)
        if max(gap, abs(unbalance) / n, c * worst * left) < tolerance * alpha.mean():
            break
        by_alpha, by_room = 1.0 / alpha, 1.0 / room
        scale = 1.0 / (lower * by_alpha + upper * by_room)
        _factor_gram(extended, scale, gram)
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


@njit(cache=True, nogil=True, error_model="numpy")
def _newton(
    system: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float], right: np.ndarray
) -> tuple[np.ndarray, float]:
    """Solve (Q + D) step + signs turn = right with signs' step = -unbalance, D = 1 / scale.

    By Sherman, Morrison and Woodbury this takes a system of the size of the voxels; with a voxel
    of ones, whose weight is free, it gives the change of the bias as well.
    """
    extended, gram, scale, signs, unbalance = system
    change = _project(extended, scale * signs * right)
    change[-1] += unbalance
    _solve(gram, change)
    return scale * (right - signs * _combine(extended, change)), change[-1]


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


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for place in range(len(a)):
        total += a[place] * b[place]
    return total


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _four_dots(x: np.ndarray, first: int, samples: np.ndarray, out: np.ndarray) -> None:
    """Fill four products at once, which loads the common factor once."""
    a, b, c, d = x[first], x[first + 1], x[first + 2], x[first + 3]
    sum_a, sum_b, sum_c, sum_d = 0.0, 0.0, 0.0, 0.0
    for place in range(len(samples)):
        sample = samples[place]
        sum_a += sample * a[place]
        sum_b += sample * b[place]
        sum_c += sample * c[place]
        sum_d += sample * d[place]
    out[first], out[first + 1], out[first + 2], out[first + 3] = sum_a, sum_b, sum_c, sum_d


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _eight_dots(
    x: np.ndarray, first: int, one: np.ndarray, two: np.ndarray, gram: np.ndarray, row: int
) -> None:
    """Fill the products of two rows with four voxels."""
    a, b, c, d = x[first], x[first + 1], x[first + 2], x[first + 3]
    one_a, one_b, one_c, one_d = 0.0, 0.0, 0.0, 0.0
    two_a, two_b, two_c, two_d = 0.0, 0.0, 0.0, 0.0
    for place in range(len(one)):
        p, q = one[place], two[place]
        one_a += p * a[place]
        one_b += p * b[place]
        one_c += p * c[place]
        one_d += p * d[place]
        two_a += q * a[place]
        two_b += q * b[place]
        two_c += q * c[place]
        two_d += q * d[place]
    out = gram[row]
    out[first], out[first + 1], out[first + 2], out[first + 3] = one_a, one_b, one_c, one_d
    out = gram[row + 1]
    out[first], out[first + 1], out[first + 2], out[first + 3] = two_a, two_b, two_c, two_d


@njit(cache=True, nogil=True)
def _fill_gram(x: np.ndarray, scale: np.ndarray, gram: np.ndarray) -> None:
    """Fill the upper triangle of x diag(scale) x'."""
    n = len(x)
    one, two = np.empty(len(scale)), np.empty(len(scale))
    for row in range(0, n - 1, 2):
        for place in range(len(scale)):
            one[place] = scale[place] * x[row, place]
        for place in range(len(scale)):
            two[place] = scale[place] * x[row + 1, place]
        whole = row + (n - row) // 4 * 4
        for column in range(row, whole, 4):
            _eight_dots(x, column, one, two, gram, row)
        for column in range(whole, n):
            gram[row, column] = _dot(one, x[column])
            gram[row + 1, column] = _dot(two, x[column])
    if n % 2:
        gram[n - 1, n - 1] = _dot(scale * x[n - 1], x[n - 1])


@njit(cache=True, nogil=True)
def _project(x: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return ``x @ samples``, a value a voxel."""
    out = np.empty(len(x))
    whole = len(x) // 4 * 4
    for voxel in range(0, whole, 4):
        _four_dots(x, voxel, samples, out)
    for voxel in range(whole, len(x)):
        out[voxel] = _dot(x[voxel], samples)
    return out


@njit(cache=True, nogil=True)
def _combine(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``weights @ x``, a value a sample."""
    out = np.zeros(x.shape[1])
    whole = len(x) // 4 * 4
    for voxel in range(0, whole, 4):
        a, b, c, d = x[voxel], x[voxel + 1], x[voxel + 2], x[voxel + 3]
        p, q = weights[voxel], weights[voxel + 1]
        r, s = weights[voxel + 2], weights[voxel + 3]
        for place in range(len(out)):
            out[place] += (p * a[place] + q * b[place]) + (r * c[place] + s * d[place])
    for voxel in range(whole, len(x)):
        a, p = x[voxel], weights[voxel]
        for place in range(len(out)):
            out[place] += p * a[place]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _factor_gram(extended: np.ndarray, scale: np.ndarray, gram: np.ndarray) -> None:
    """Fill the upper Cholesky factor of x diag(scale) x', with 1 added for all voxels but the last.

    Its diagonal holds inverse roots.
    """
    n = len(extended)
    _fill_gram(extended, scale, gram)
    for i in range(n - 1):
        gram[i, i] += 1.0
    for i in range(n):
        row = gram[i]
        root = 1.0 / np.sqrt(row[i])
        for j in range(i, n):
            row[j] *= root
        for k in range(i + 1, n):
            below, factor = gram[k], row[k]
            for j in range(k, n):
                below[j] -= factor * row[j]
        row[i] = root


@njit(cache=True, nogil=True)
def _solve(factor: np.ndarray, right: np.ndarray) -> None:
    """Solve with the factor of `_factor_gram`, in place."""
    for i in range(len(right)):
        right[i] *= factor[i, i]
        for j in range(i + 1, len(right)):
            right[j] -= factor[i, j] * right[i]
    for i in range(len(right) - 1, -1, -1):
        for j in range(i + 1, len(right)):
            right[i] -= factor[i, j] * right[j]
        right[i] *= factor[i, i]
