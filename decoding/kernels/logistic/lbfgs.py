"""L-BFGS as scipy's L-BFGS-B takes it without bounds, from zero weights.

Its path depends on inner products alone, so in any orthonormal basis it is the same but for
rounding. Where rounding may decide on which way the path goes on, or what is done has no part in a
smooth convex problem (a step is skipped, a search fails), we say so and give up.

Byrd, Lu, Nocedal and Zhu (1995), SIAM Journal on Scientific Computing 16:1190-1208; Nocedal
(1980), Mathematics of Computation 35:773-782 for the two loops.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.logistic.loss import Samples, add, dot, largest_part, loss_gradient
from decoding.kernels.logistic.search import CLOSE, Point, search

TOLERANCE = 1e-4
"""scikit-learn's: the largest part of the gradient at which it stops."""
MEMORY = 10
MOST_STEPS = 150
"""Longer paths add up so much rounding that they end elsewhere."""
FLAT = 128 * 2.220446049250313e-16
"""Twice the fall of the loss that ends scikit-learn's path too."""


class Memory(NamedTuple):
    """The last steps, (n_kept, n), the gradient's changes, and the inverse of their products."""

    steps: np.ndarray
    changes: np.ndarray
    inverse: np.ndarray


@njit(cache=True, nogil=True, error_model="numpy")
def minimize(samples: Samples, train: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> int:
    """Write the weights at which scikit-learn stops, and return the steps; -1 where we give up.

    Parameters
    ----------
    train : ndarray of int, shape (n_train,)
        Which samples are learnt from.
    codes : ndarray of int, shape (n_samples,)
        Their categories, 0 and 1; of the others it is not read.
    weights : ndarray, shape (n_coordinates + 1,)
        Of each coordinate, and the intercept.
    """
    n = weights.size
    gradient, before, direction, start = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    memory = Memory(np.empty((MEMORY, n)), np.empty((MEMORY, n)), np.empty(MEMORY))
    weights[:] = 0.0
    loss, scale = loss_gradient(samples, train, codes, weights, gradient), 1.0
    for number in range(MOST_STEPS):
        part = largest_part(samples, gradient, TOLERANCE * (1 + CLOSE))
        if part <= TOLERANCE * (1 + CLOSE):
            return number if part < TOLERANCE * (1 - CLOSE) else -1
        before[:], start[:] = gradient, weights
        _descend(memory, number, scale, gradient, direction)
        first = 1.0 if number else 1.0 / math.sqrt(dot(direction, direction))
        origin = Point(0.0, loss, dot(gradient, direction))
        found = search(samples, train, codes, weights, gradient, start, direction, origin, first)
        product = (found.slope - origin.slope) * found.step
        if not (loss - found.value > FLAT and product > -CLOSE * origin.slope * found.step):
            return -1
        loss, slot = found.value, number % MEMORY
        memory.steps[slot] = found.step * direction
        memory.changes[slot] = gradient - before
        memory.inverse[slot] = 1.0 / product
        scale = product / dot(memory.changes[slot], memory.changes[slot])
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _descend(
    memory: Memory, n_kept: int, scale: float, gradient: np.ndarray, direction: np.ndarray
) -> None:
    """Write minus the approximate inverse Hessian times the gradient."""
    shares = np.empty(MEMORY)
    oldest = max(0, n_kept - MEMORY)
    direction[:] = -gradient
    for k in range(n_kept - 1, oldest - 1, -1):
        slot = k % MEMORY
        shares[slot] = memory.inverse[slot] * dot(memory.steps[slot], direction)
        add(direction, -shares[slot], memory.changes[slot])
    direction *= scale
    for k in range(oldest, n_kept):
        slot = k % MEMORY
        back = memory.inverse[slot] * dot(memory.changes[slot], direction)
        add(direction, shares[slot] - back, memory.steps[slot])
