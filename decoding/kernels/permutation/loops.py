"""The loops of the solver over all samples, one vector instruction at a time.

Each is a loop over padded arrays without a branch. Whether a sample belongs to a set is a penalty
that is added (0 or `NEVER`), so leaving samples out costs nothing. More than this stops the
compiler: a loop that is merged into its caller, or that reads rows of one array, is no longer made
of vector instructions.

`gradient` is minus the sign times libsvm's gradient G, so sign minus decision without bias. The
largest violation is libsvm's m(alpha) - M(alpha): m is the largest `gradient` in I_up, the samples
whose signed coefficient may still grow, and M the smallest in I_low, where it may still fall.
"""

import numpy as np
from numba import njit

from decoding.kernels.vectorization import larger

NEVER = -1e300


@njit(cache=True, nogil=True)
def extremes(
    gradient: np.ndarray, outside_I_up: np.ndarray, outside_I_low: np.ndarray
) -> tuple[float, float]:
    """Return m(alpha) and -M(alpha); arrays are (padded,).

    Notes
    -----
    m = max over I_up of -y_t G_t, M = min over I_low of -y_t G_t (Fan, Chen and Lin 2005).
    """
    highest, lowest = NEVER, NEVER
    for t in range(gradient.size):
        highest = larger(gradient[t] + outside_I_up[t], highest)
        lowest = larger(outside_I_low[t] - gradient[t], lowest)
    return highest, lowest


@njit(cache=True, nogil=True)
def step_pair(
    gradient: np.ndarray,
    outside_I_up: np.ndarray,
    outside_I_low: np.ndarray,
    kernel: np.ndarray,
    i: int,
    j: int,
    move_i: float,
    move_j: float,
) -> tuple[float, float]:
    """Move the signed coefficients of `i` and `j`; update `gradient` and return the new `extremes`.

    Arrays are (padded,) but the kernel, (n_samples, padded).

    Notes
    -----
    -y_t G_t falls by K_it d(y_i alpha_i) + K_jt d(y_j alpha_j).
    """
    highest, lowest = NEVER, NEVER
    for t in range(gradient.size):
        value = gradient[t] - (kernel[i, t] * move_i + kernel[j, t] * move_j)
        gradient[t] = value
        highest = larger(value + outside_I_up[t], highest)
        lowest = larger(outside_I_low[t] - value, lowest)
    return highest, lowest


@njit(cache=True, nogil=True)
def select_pair(
    gradient: np.ndarray,
    outside_I_up: np.ndarray,
    outside_I_low: np.ndarray,
    inverse: np.ndarray,
    highest: float,
    lowest: float,
    tolerance: float,
    gain: np.ndarray,
) -> tuple[int, int]:
    """Return the most violating sample and the partner with which the objective falls most.

    `gain` (padded,) is overwritten. The partner is -1 where the violation is within `tolerance`.

    Notes
    -----
    i = argmax over I_up of -y_t G_t, j = argmax over I_low of b_ij^2 / a_ij, with
    b_ij = -y_i G_i + y_j G_j > 0 and a_ij = K_ii + K_jj - 2 K_ij; of equals the last.
    """
    if highest + lowest < tolerance:
        return -1, -1
    i = _last_sum(gradient, outside_I_up, highest)
    best = _gains(gradient, outside_I_low, inverse, i, highest, gain)
    if best <= 0:
        return i, -1
    return i, _last(gain, best)


@njit(cache=True, nogil=True)
def _last_sum(first: np.ndarray, second: np.ndarray, target: float) -> int:
    found = -1
    for t in range(first.size):
        if first[t] + second[t] == target:
            found = t
    return found


@njit(cache=True, nogil=True)
def _gains(
    gradient: np.ndarray,
    outside_I_low: np.ndarray,
    inverse: np.ndarray,
    i: int,
    highest: float,
    gain: np.ndarray,
) -> float:
    best = NEVER
    for t in range(gradient.size):
        violation = highest - gradient[t]
        violation = violation if violation > 0 else 0.0
        value = violation * violation * inverse[i, t] + outside_I_low[t]
        gain[t] = value
        best = larger(value, best)
    return best


@njit(cache=True, nogil=True)
def _last(values: np.ndarray, target: float) -> int:
    found = -1
    for t in range(values.size):
        if values[t] == target:
            found = t
    return found
