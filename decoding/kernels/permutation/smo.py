"""libsvm's solver of the two-class support vector machine, compiled, on a kernel matrix.

Sequential minimal optimisation with second-order selection of the pair (Fan, Chen and Lin 2005),
libsvm's shrinking and its stopping rule. The pair chosen in each of the roughly thousand steps
decides where within the tolerance the solver stops, and so on which side a sample near the boundary
falls. To predict what scikit-learn predicts, each step is therefore done in the same arithmetic: a
float32 kernel, a float64 gradient, no fused multiply-add, the last of equals.

The speed comes from the layout. Gradient times sign is kept instead of the gradient (`error`, sign
minus decision): it takes the labels out of the kernel, so that all relabellings share one padded
copy of it, and one table of each pair's inverse curvature.
"""

import numpy as np
from numba import njit

from decoding.kernels.permutation.loops import NEVER, extremes, select_pair, step_pair

LANES = 16
"""Rows are padded to a multiple of this many samples: whole vector registers."""

STATE_ROWS = 5
"""What `solve` keeps of each sample: error, not_up, not_down, alpha, gain."""

ALPHA = 3
"""The row of the state that holds the solution."""

TINY = 1e-12
MAX_STEPS = 10_000_000


@njit(cache=True, nogil=True)
def padded(n_samples: int) -> int:
    """Round a number of samples up to whole vector registers."""
    return -(-n_samples // LANES) * LANES


@njit(cache=True, nogil=True)
def solve(
    kernel: np.ndarray,
    inverse: np.ndarray,
    diagonal: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    tolerance: float,
    state: np.ndarray,
) -> float:
    """Solve one machine; leave its state in `state` and return the offset of its decision.

    Parameters
    ----------
    kernel : (n, padded) float32
    inverse : (n, padded) float64
    diagonal : (n,) float64
    signs : (padded,) float64
        +1 for the first class, -1 for the second, 0 for padding.
    penalty, tolerance : float
        libsvm's C and eps.
    state : (5, padded) float64
        Overwritten; row `ALPHA` holds the solution at the end.

    Returns
    -------
    offset : float
        The decision of a sample x is sum(signs * alpha * K(x, .)) + offset.
    """
    error, not_up, not_down, alpha, gain = state[0], state[1], state[2], state[3], state[4]
    n = diagonal.size
    alpha[:] = 0.0
    error[:] = signs
    not_up[n:] = NEVER
    not_down[n:] = NEVER
    _open_all(alpha, signs, penalty, n, not_up, not_down)
    highest, lowest = extremes(error, not_up, not_down)
    period = min(n, 1000)
    countdown = period + 1
    unshrunk = False
    for _ in range(MAX_STEPS):
        countdown -= 1
        if countdown == 0:
            countdown = period
            if not unshrunk and highest + lowest <= 10.0 * tolerance:
                unshrunk = True
                _open_all(alpha, signs, penalty, n, not_up, not_down)
            _shrink(error, highest, lowest, n, not_up, not_down)
            highest, lowest = extremes(error, not_up, not_down)
        i, j = select_pair(error, not_up, not_down, inverse, highest, lowest, tolerance, gain)
        if j < 0:
            _open_all(alpha, signs, penalty, n, not_up, not_down)
            highest, lowest = extremes(error, not_up, not_down)
            i, j = select_pair(error, not_up, not_down, inverse, highest, lowest, tolerance, gain)
            if j < 0:
                break
            countdown = 1
        before_i, before_j = alpha[i], alpha[j]
        _move_pair(i, j, kernel, diagonal, signs, penalty, error, alpha)
        _open(i, alpha, signs, penalty, not_up, not_down)
        _open(j, alpha, signs, penalty, not_up, not_down)
        highest, lowest = step_pair(
            error,
            not_up,
            not_down,
            kernel,
            i,
            j,
            signs[i] * (alpha[i] - before_i),
            signs[j] * (alpha[j] - before_j),
        )
    offset: float = _offset(error, alpha, penalty, n, not_up, not_down)
    return offset


@njit(cache=True, nogil=True)
def decide(
    cross: np.ndarray, signs: np.ndarray, alpha: np.ndarray, offset: float, decisions: np.ndarray
) -> None:
    """Write the decisions of the held-out samples.

    Parameters
    ----------
    cross : (n, n_test) float64
        Kernel between training and held-out samples.
    signs, alpha : (>= n,) float64
    offset : float
    decisions : (n_test,) float64, written
    """
    decisions[:] = 0.0
    for t in range(cross.shape[0]):
        if alpha[t] > 0:
            weight = signs[t] * alpha[t]
            row = cross[t]
            for s in range(row.size):
                decisions[s] += weight * row[s]
    for s in range(decisions.size):
        decisions[s] += offset


@njit(cache=True, nogil=True)
def fill_kernel(
    gram: np.ndarray,
    rows: np.ndarray,
    kernel: np.ndarray,
    inverse: np.ndarray,
    diagonal: np.ndarray,
) -> None:
    """Write the padded kernel of some samples and the inverse curvature of each pair.

    Parameters
    ----------
    gram : (n_samples, n_samples) float64
    rows : (n,) int, the samples to take
    kernel : (n, padded) float32, written
    inverse : (n, padded) float64, written
        1 / (K_ii + K_jj - 2 K_ij), libsvm's tiny constant where that is not positive.
    diagonal : (n,) float64, written
    """
    n = rows.size
    for i in range(n):
        diagonal[i] = gram[rows[i], rows[i]]
    for i in range(n):
        source = gram[rows[i]]
        for t in range(n):
            kernel[i, t] = source[rows[t]]
            curvature = diagonal[i] + diagonal[t] - 2.0 * np.float64(kernel[i, t])
            inverse[i, t] = 1.0 / (curvature if curvature > 0 else TINY)
        for t in range(n, kernel.shape[1]):
            kernel[i, t] = 0.0
            inverse[i, t] = 0.0


@njit(cache=True, nogil=True)
def _open_all(
    alpha: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    n: int,
    not_up: np.ndarray,
    not_down: np.ndarray,
) -> None:
    for t in range(n):
        _open(t, alpha, signs, penalty, not_up, not_down)


@njit(cache=True, nogil=True)
def _open(
    t: int,
    alpha: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    not_up: np.ndarray,
    not_down: np.ndarray,
) -> None:
    # A sample's signed coefficient may still grow (up) or fall (down) within its bounds.
    below, above = alpha[t] < penalty, alpha[t] > 0
    if signs[t] < 0:
        below, above = above, below
    not_up[t] = 0.0 if below else NEVER
    not_down[t] = 0.0 if above else NEVER


@njit(cache=True, nogil=True)
def _shrink(
    error: np.ndarray,
    highest: float,
    lowest: float,
    n: int,
    not_up: np.ndarray,
    not_down: np.ndarray,
) -> None:
    # Samples at a bound that want to stay there are set aside; on free ones nothing can be true.
    for t in range(n):
        stays_up = not_up[t] < 0 and error[t] > highest
        stays_down = not_down[t] < 0 and -error[t] > lowest
        if stays_up or stays_down:
            not_up[t] = NEVER
            not_down[t] = NEVER


@njit(cache=True, nogil=True)
def _move_pair(
    i: int,
    j: int,
    kernel: np.ndarray,
    diagonal: np.ndarray,
    signs: np.ndarray,
    penalty: float,
    error: np.ndarray,
    alpha: np.ndarray,
) -> None:
    # The exact minimum along the pair's line, cut at the box, with libsvm's order of the cuts.
    curvature = diagonal[i] + diagonal[j] - 2.0 * np.float64(kernel[i, j])
    if curvature <= 0:
        curvature = TINY
    if signs[i] != signs[j]:
        delta = (signs[i] * error[i] + signs[j] * error[j]) / curvature
        alpha[i], alpha[j] = _cut_difference(alpha[i], alpha[j], delta, penalty)
    else:
        delta = (signs[j] * error[j] - signs[i] * error[i]) / curvature
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
def _offset(
    error: np.ndarray,
    alpha: np.ndarray,
    penalty: float,
    n: int,
    not_up: np.ndarray,
    not_down: np.ndarray,
) -> float:
    # The mean error of the free samples or, without any, the middle of what the bounds allow.
    total, n_free = 0.0, 0
    upper, lower = np.inf, -np.inf
    for t in range(n):
        if 0 < alpha[t] < penalty:
            total += error[t]
            n_free += 1
        elif not_up[t] < 0:
            upper = min(upper, error[t])
        else:
            lower = max(lower, error[t])
    return total / n_free if n_free > 0 else (upper + lower) / 2
