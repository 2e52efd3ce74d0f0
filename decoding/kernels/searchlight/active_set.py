"""The exact optimum of a support vector machine, from a point near it.

Which samples are support vectors, and which of these are at the bound, is guessed from the point;
the optimum with these sets is a small linear system, and tells which samples are in the wrong set
(Hintermueller, Ito & Kunisch 2002, SIAM J. Optim. 13:865-888).
"""

import numpy as np
from numba import njit

from decoding.kernels.searchlight.linalg import combine, factor, project, solve

MAX_ROUNDS = 5
ROUNDING = 1e-9
SMALLEST_PIVOT = 1e-12

OUTSIDE, FREE, BOUND = 0, 1, 2


@njit(cache=True, nogil=True)
def settle(
    x: np.ndarray, signs: np.ndarray, c: float, alpha: np.ndarray, bias: float
) -> tuple[np.ndarray, float, float, bool]:
    r"""Return the weights of the optimum, the least and the largest bias, and whether it was found.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
    signs : ndarray of shape (n_samples,)
        1.0 or -1.0.
    c : float
        Weight of the hinge loss.
    alpha, bias : ndarray of shape (n_samples,), float
        Near the optimum; alpha is overwritten.

    Notes
    -----
    With f = w . x + b the optimum is the fixed point of

    .. math:: \alpha_i = \min(\max(z_i, 0), C), \quad z_i = \alpha_i - C (y_i f_i - 1)

    A sample is outside where z <= 0, at the bound where z >= C, else free: it lies on its margin,

    .. math:: y_i f_i = 1, \quad w = \sum_i y_i \alpha_i x_i, \quad \sum_i y_i \alpha_i = 0

    which is linear in the alphas of the free samples and b. Where none is between 0 and C, b may be
    anything between two bounds.
    """
    n = len(signs)
    weights = project(x, signs * alpha)
    least, largest = bias, bias
    sets = np.full(n, -1)
    for _ in range(MAX_ROUNDS):
        decisions = combine(x, weights)
        bias = 0.5 * (least + largest)
        changed, n_free = False, 0
        for place in range(n):
            z = alpha[place] - c * (signs[place] * (decisions[place] + bias) - 1.0)
            low = -ROUNDING if sets[place] == FREE else ROUNDING
            chosen = OUTSIDE if z < low else (BOUND if z > c - low else FREE)
            changed |= chosen != sets[place]
            sets[place] = chosen
            n_free += chosen == FREE
        if not changed:
            return weights, least, largest, True
        if n_free > 2 * len(x) + 2:
            break
        weights, least, largest = _optimum_of_sets(x, signs, c, sets, n_free, alpha)
    return weights, least, largest, False


@njit(cache=True, nogil=True, error_model="numpy")
def _optimum_of_sets(
    x: np.ndarray, signs: np.ndarray, c: float, sets: np.ndarray, n_free: int, alpha: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Fill alpha and return the weights, the least and the largest bias for given sets."""
    free = np.empty(n_free, dtype=np.int64)
    at, imbalance = 0, 0.0
    for place in range(len(signs)):
        alpha[place] = c if sets[place] == BOUND else 0.0
        imbalance += signs[place] * alpha[place]
        if sets[place] == FREE:
            free[at] = place
            at += 1
    weights = project(x, signs * alpha)
    bias, inside = 0.0, False
    if n_free:
        x_free = np.empty((n_free, len(x)))
        for row in range(n_free):
            for voxel in range(len(x)):
                x_free[row, voxel] = x[voxel, free[row]]
        signed, bias = _solve_free(x_free, signs[free] - x_free @ weights, imbalance)
        for row in range(n_free):
            alpha[free[row]] = signs[free[row]] * signed[row]
            inside |= ROUNDING < alpha[free[row]] < c - ROUNDING
        weights += signed @ x_free
    if inside:
        return weights, bias, bias
    least, largest = _bounds_of_bias(combine(x, weights), signs)
    return weights, least, largest


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_free(x: np.ndarray, target: np.ndarray, imbalance: float) -> tuple[np.ndarray, float]:
    """Solve x x' v + b = target, sum(v) = -imbalance for the signed alphas v and b.

    A constant added to x x' changes b alone, and makes the matrix regular.
    """
    n = len(x)
    gram = x @ x.T
    constant = max(np.trace(gram) / n, SMALLEST_PIVOT)
    gram += constant
    for row in range(n):
        gram[row, row] += SMALLEST_PIVOT * constant
    factor(gram)
    signed, ones = target.copy(), np.ones(n)
    solve(gram, signed)
    solve(gram, ones)
    bias = (signed.sum() + imbalance) / ones.sum()
    return signed - bias * ones, bias - constant * imbalance


@njit(cache=True, nogil=True)
def _bounds_of_bias(decisions: np.ndarray, signs: np.ndarray) -> tuple[float, float]:
    """Return the least and the largest b with the least hinge loss.

    Notes
    -----
    The loss sum of max(0, 1 - y (f + b)) has a corner at each y - f, where its slope rises by 1; it
    begins with minus the number of positive samples.
    """
    corners = np.sort(signs - decisions)
    n_positive = np.count_nonzero(signs > 0)
    return corners[n_positive - 1], corners[n_positive]
