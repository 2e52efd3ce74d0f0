"""libsvm's solver of the two-class support vector machine, compiled, on a kernel matrix.

Sequential minimal optimisation with second-order selection of the pair (Fan, Chen and Lin 2005),
libsvm's shrinking and its stopping rule. The pair chosen in each of the roughly thousand steps
decides where within the tolerance the solver stops, and so on which side a sample near the boundary
falls. To predict what scikit-learn predicts, each step is therefore done in the same arithmetic: a
float32 kernel, a float64 gradient, no fused multiply-add, the last of equals.

The speed comes from the layout. `gradient` is minus the sign times libsvm's gradient, so sign minus
decision: it takes the labels out of the kernel, so that all relabellings share one padded copy of
it, and one table of each pair's inverse curvature.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.permutation.loops import NEVER, extremes, select_pair, step_pair

LANES = 16
"""Rows are padded to a multiple of this many samples: whole vector registers."""

TINY = 1e-12
MAX_STEPS = 10_000_000


class Kernel(NamedTuple):
    """The kernel of some samples, padded, and what follows from it.

    Parameters
    ----------
    values, inverse : ndarray of float32 and of float64, shape (n, padded)
        K_ij, and 1 / (K_ii + K_jj - 2 K_ij), libsvm's tiny constant where that is not positive.
    diagonal : ndarray, shape (n,)
    """

    values: np.ndarray
    inverse: np.ndarray
    diagonal: np.ndarray


class State(NamedTuple):
    """What the solver keeps of each sample, all of shape (padded,).

    Parameters
    ----------
    signs
        +1 for the first class, -1 for the second, 0 for padding.
    alpha
        The dual coefficients: at the end the solution.
    gradient
        Minus the sign times libsvm's gradient.
    outside_I_up, outside_I_low
        0 where the signed coefficient may still grow or fall, otherwise `NEVER`.
    gain
        Memory to work in.
    """

    signs: np.ndarray
    alpha: np.ndarray
    gradient: np.ndarray
    outside_I_up: np.ndarray  # noqa: N815
    outside_I_low: np.ndarray  # noqa: N815
    gain: np.ndarray


@njit(cache=True, nogil=True)
def make_kernel(gram: np.ndarray, rows: np.ndarray) -> Kernel:
    """Return the kernel of the samples `rows`, (n,), from `gram`, that of all of them.

    Notes
    -----
    a_ij = K_ii + K_jj - 2 K_ij, the squared distance of two samples; its inverse is kept.
    """
    n = rows.size
    width = -(-n // LANES) * LANES
    values, inverse = np.empty((n, width), np.float32), np.empty((n, width))
    diagonal = np.empty(n)
    for i in range(n):
        diagonal[i] = gram[rows[i], rows[i]]
    for i in range(n):
        source = gram[rows[i]]
        for t in range(n):
            values[i, t] = source[rows[t]]
            curvature = diagonal[i] + diagonal[t] - 2.0 * np.float64(values[i, t])
            inverse[i, t] = 1.0 / (curvature if curvature > 0 else TINY)
        for t in range(n, width):
            values[i, t] = 0.0
            inverse[i, t] = 0.0
    return Kernel(values, inverse, diagonal)


@njit(cache=True, nogil=True)
def empty_state(kernel: Kernel) -> State:
    """Return memory for the state of a machine; the signs are 0."""
    n = kernel.values.shape[1]
    return State(np.zeros(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n))


@njit(cache=True, nogil=True)
def solve(kernel: Kernel, penalty: float, tolerance: float, state: State) -> float:
    r"""Solve one machine; leave its solution in `state` and return the bias of its decision.

    `penalty` and `tolerance` are libsvm's C and eps. Of `state` only the signs are read.

    Notes
    -----
    .. math:: \min_\alpha \tfrac{1}{2} \sum_{ij} y_i y_j \alpha_i \alpha_j K_{ij} - \sum_i \alpha_i,
       \quad 0 \le \alpha_i \le C, \quad \sum_i y_i \alpha_i = 0

    until m(alpha) - M(alpha) < eps.
    """
    # Taken apart here: in the loop, each look into a tuple of arrays would count references.
    signs, alpha, gradient, up, low, gain = state
    values, inverse, diagonal = kernel
    n = diagonal.size
    alpha[:] = 0.0
    gradient[:] = signs
    _open_all(state, penalty, n)
    highest, lowest = extremes(gradient, up, low)
    period = min(n, 1000)
    countdown = period + 1
    unshrunk = False
    for _ in range(MAX_STEPS):
        countdown -= 1
        if countdown == 0:
            countdown = period
            if not unshrunk and highest + lowest <= 10.0 * tolerance:
                unshrunk = True
                _open_all(state, penalty, n)
            _shrink(state, highest, lowest, n)
            highest, lowest = extremes(gradient, up, low)
        i, j = select_pair(gradient, up, low, inverse, highest, lowest, tolerance, gain)
        if j < 0:
            _open_all(state, penalty, n)
            highest, lowest = extremes(gradient, up, low)
            i, j = select_pair(gradient, up, low, inverse, highest, lowest, tolerance, gain)
            if j < 0:
                break
            countdown = 1
        before_i, before_j = alpha[i], alpha[j]
        _move_pair(i, j, values, diagonal, signs, penalty, gradient, alpha)
        _open(i, alpha, signs, penalty, up, low)
        _open(j, alpha, signs, penalty, up, low)
        move_i, move_j = signs[i] * (alpha[i] - before_i), signs[j] * (alpha[j] - before_j)
        highest, lowest = step_pair(gradient, up, low, values, i, j, move_i, move_j)
    bias: float = _bias(state, penalty, n)
    return bias


@njit(cache=True, nogil=True)
def decide(cross: np.ndarray, state: State, bias: float, decisions: np.ndarray) -> None:
    """Write the decisions of the held-out samples, (n_test,).

    `cross` is the kernel between training and held-out samples, (n, n_test).

    Notes
    -----
    f(x) = sum over i of y_i alpha_i K(x_i, x) + b
    """
    decisions[:] = 0.0
    for t in range(cross.shape[0]):
        if state.alpha[t] > 0:
            weight = state.signs[t] * state.alpha[t]
            row = cross[t]
            for s in range(row.size):
                decisions[s] += weight * row[s]
    for s in range(decisions.size):
        decisions[s] += bias


@njit(cache=True, nogil=True)
def _open_all(state: State, penalty: float, n: int) -> None:
    signs, alpha, _, up, low, _ = state
    up[n:] = NEVER
    low[n:] = NEVER
    for t in range(n):
        _open(t, alpha, signs, penalty, up, low)


@njit(cache=True, nogil=True)
def _open(
    t: int,
    alpha: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    outside_I_up: np.ndarray,
    outside_I_low: np.ndarray,
) -> None:
    # A sample's signed coefficient may still grow (I_up) or fall (I_low) within its bounds.
    below, above = alpha[t] < penalty, alpha[t] > 0
    if signs[t] < 0:
        below, above = above, below
    outside_I_up[t] = 0.0 if below else NEVER
    outside_I_low[t] = 0.0 if above else NEVER


@njit(cache=True, nogil=True)
def _shrink(state: State, highest: float, lowest: float, n: int) -> None:
    # Samples at a bound that want to stay there are set aside; on free ones nothing can be true.
    gradient, up, low = state.gradient, state.outside_I_up, state.outside_I_low
    for t in range(n):
        stays_up = up[t] < 0 and gradient[t] > highest
        stays_down = low[t] < 0 and -gradient[t] > lowest
        if stays_up or stays_down:
            up[t] = NEVER
            low[t] = NEVER


@njit(cache=True, nogil=True)
def _move_pair(
    i: int,
    j: int,
    values: np.ndarray,
    diagonal: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    gradient: np.ndarray,
    alpha: np.ndarray,
) -> None:
    # The exact minimum along the pair's line, cut at the box, with libsvm's order of the cuts.
    curvature = diagonal[i] + diagonal[j] - 2.0 * np.float64(values[i, j])
    if curvature <= 0:
        curvature = TINY
    if signs[i] != signs[j]:
        delta = (signs[i] * gradient[i] + signs[j] * gradient[j]) / curvature
        alpha[i], alpha[j] = _cut_difference(alpha[i], alpha[j], delta, penalty)
    else:
        delta = (signs[j] * gradient[j] - signs[i] * gradient[i]) / curvature
        alpha[i], alpha[j] = _cut_sum(alpha[i], alpha[j], delta, penalty)


@njit(cache=True, nogil=True)
def _cut_difference(
    old_i: float, old_j: float, delta: float, penalty: float
) -> tuple[float, float]:
    difference = old_i - old_j
    new_i, new_j = old_i + delta, old_j + delta
    if difference > 0:
        if new_j < 0:
            new_i, new_j = difference, 0.0
        if new_i > penalty:
            new_i, new_j = penalty, penalty - difference
    else:
        if new_i < 0:
            new_i, new_j = 0.0, -difference
        if new_j > penalty:
            new_i, new_j = penalty + difference, penalty
    return new_i, new_j


@njit(cache=True, nogil=True)
def _cut_sum(old_i: float, old_j: float, delta: float, penalty: float) -> tuple[float, float]:
    total = old_i + old_j
    new_i, new_j = old_i - delta, old_j + delta
    if total > penalty:
        if new_i > penalty:
            new_i, new_j = penalty, total - penalty
        if new_j > penalty:
            new_i, new_j = total - penalty, penalty
    else:
        if new_j < 0:
            new_i, new_j = total, 0.0
        if new_i < 0:
            new_i, new_j = 0.0, total
    return new_i, new_j


@njit(cache=True, nogil=True)
def _bias(state: State, penalty: float, n: int) -> float:
    # The mean gradient of the free samples or, without any, the middle of what the bounds allow.
    gradient, alpha, outside_I_up = state.gradient, state.alpha, state.outside_I_up
    total, n_free = 0.0, 0
    upper, lower = np.inf, -np.inf
    for t in range(n):
        if 0 < alpha[t] < penalty:
            total += gradient[t]
            n_free += 1
        elif outside_I_up[t] < 0:
            upper = min(upper, gradient[t])
        else:
            lower = max(lower, gradient[t])
    return total / n_free if n_free > 0 else (upper + lower) / 2
