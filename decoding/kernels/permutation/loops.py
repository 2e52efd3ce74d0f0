"""Straight passes over the samples of a support vector machine, one vector instruction at a time.

A pass is a loop over padded arrays without a branch. Membership of a set is a penalty that is added
(`NEVER`), so leaving samples out costs nothing. More than this stops the compiler: a pass that is
merged into its caller, or that reads rows of one array, is no longer made of vector instructions.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

NEVER = -1e300


@njit(cache=True, nogil=True)
def extremes(error: np.ndarray, not_up: np.ndarray, not_down: np.ndarray) -> tuple[float, float]:
    """Return the largest error that may pull up, and the largest minus error that may pull down.

    Parameters
    ----------
    error : ndarray, shape (padded,)
        Sign minus decision without offset, of each sample.
    not_up, not_down : ndarray, shape (padded,)
        0 where the sample's signed coefficient may still grow or fall, otherwise `NEVER`.
    """
    highest, lowest = NEVER, NEVER
    for t in range(error.size):
        highest = _larger(error[t] + not_up[t], highest)
        lowest = _larger(not_down[t] - error[t], lowest)
    return highest, lowest


@njit(cache=True, nogil=True)
def step_pair(
    error: np.ndarray,
    not_up: np.ndarray,
    not_down: np.ndarray,
    kernel: np.ndarray,
    i: int,
    j: int,
    move_i: float,
    move_j: float,
) -> tuple[float, float]:
    """Move the signed coefficients of `i` and `j`; update `error` and return the new `extremes`."""
    highest, lowest = NEVER, NEVER
    for t in range(error.size):
        value = error[t] - (kernel[i, t] * move_i + kernel[j, t] * move_j)
        error[t] = value
        highest = _larger(value + not_up[t], highest)
        lowest = _larger(not_down[t] - value, lowest)
    return highest, lowest


@njit(cache=True, nogil=True)
def select_pair(
    error: np.ndarray,
    not_up: np.ndarray,
    not_down: np.ndarray,
    inverse: np.ndarray,
    highest: float,
    lowest: float,
    tolerance: float,
    gain: np.ndarray,
) -> tuple[int, int]:
    """Return the most violating sample and the partner with which the objective falls most.

    `gain` (padded,) is overwritten. The partner is -1 where the violation is within `tolerance`.
    """
    if highest + lowest < tolerance:
        return -1, -1
    i = _last_sum(error, not_up, highest)
    best = _gains(error, not_down, inverse, i, highest, gain)
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
    error: np.ndarray,
    not_down: np.ndarray,
    inverse: np.ndarray,
    i: int,
    highest: float,
    gain: np.ndarray,
) -> float:
    best = NEVER
    for t in range(error.size):
        violation = highest - error[t]
        violation = violation if violation > 0 else 0.0
        value = violation * violation * inverse[i, t] + not_down[t]
        gain[t] = value
        best = _larger(value, best)
    return best


@njit(cache=True, nogil=True)
def _last(values: np.ndarray, target: float) -> int:
    found = -1
    for t in range(values.size):
        if values[t] == target:
            found = t
    return found


@intrinsic
def _larger(typing_context: object, first: types.Type, second: types.Type) -> tuple[Any, Any]:
    # LLVM makes a vector reduction of a running maximum only where the select itself may ignore NaN
    # and signed zeros, and numba's fastmath does not reach the select.
    signature = types.float64(types.float64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        flags = ("nnan", "nsz")
        above = builder.fcmp_ordered(">", args[0], args[1], flags=flags)
        return builder.select(above, args[0], args[1], flags=flags)

    return signature, generate
