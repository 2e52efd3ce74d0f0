"""The loss of L2-penalised logistic regression and its gradient, on coordinates of the samples."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.vectorization import UNORDERED

HUGE = 1e200
"""A product of numbers up to 2 is written off here, far from the largest that there is."""
AT_ONCE = 64
"""So many voxels' parts of a gradient are made before the largest is looked at."""


class Samples(NamedTuple):
    """Samples in an orthonormal basis of what they span.

    Parameters
    ----------
    rows : ndarray, shape (n_samples, n_coordinates)
    ends : ndarray of int, shape (n_samples,)
        So many coordinates of each may differ from zero.
    leading : ndarray, shape (n_coordinates, n_coordinates)
        A lower triangle: the samples that made the basis, in its coordinates; empty where the
        coordinates are the voxels.
    voxels : ndarray, shape (n_coordinates, n_voxels)
        The same samples in voxels.
    """

    rows: np.ndarray
    ends: np.ndarray
    leading: np.ndarray
    voxels: np.ndarray


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def dot(first: np.ndarray, second: np.ndarray) -> float:
    """Return the inner product of two vectors."""
    total = 0.0
    for t in range(first.size):
        total += first[t] * second[t]
    return total


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def add(total: np.ndarray, factor: float, other: np.ndarray) -> None:
    """Add a multiple of another vector to a vector."""
    for t in range(other.size):
        total[t] += factor * other[t]


@njit(cache=True, nogil=True)
def loss_gradient(
    samples: Samples,
    train: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    gradient: np.ndarray,
) -> float:
    """Return the loss and write its gradient, (n_coordinates + 1,), the intercept last.

    Notes
    -----
    With C = 1 scikit-learn minimises mean_i [log(1 + exp(r_i)) - y_i r_i] + |w|^2 / 2n, where
    r_i = x_i'w + b. The derivative by r_i is 1 / (1 + exp(-r_i)) - y_i.
    """
    rows, ends, _, _ = samples  # taken apart: in the loop, each look would count references
    width, strength = rows.shape[1], 1.0 / train.size
    loss, product, total = 0.0, 1.0, 0.0
    for t in range(width):
        gradient[t] = strength * weights[t]
    for i in train:
        row = rows[i, : ends[i]]
        raw = dot(row, weights) + weights[width]
        small = math.exp(-abs(raw))
        loss += max(raw, 0.0) - codes[i] * raw
        product *= 1.0 + small
        if product > HUGE:  # many factors have one logarithm
            loss += math.log(product)
            product = 1.0
        share = strength * ((1.0 if raw >= 0 else small) / (1.0 + small) - codes[i])
        add(gradient, share, row)
        total += share
    gradient[width] = total
    penalty = 0.5 * dot(weights[:width], weights)
    return float(strength * (loss + math.log(product) + penalty))


@njit(cache=True, nogil=True)
def largest_part(samples: Samples, gradient: np.ndarray, wanted: float) -> float:
    """Return the largest part of a gradient in voxels, or a part above `wanted`.

    A gradient of k parts, each within `wanted`, is no longer than `wanted` times the root of k, in
    any orthonormal basis.
    """
    leading, voxels = samples.leading, samples.voxels
    width, n_voxels = samples.rows.shape[1], voxels.shape[1]
    n_parts = max(n_voxels, width) + 1
    if dot(gradient, gradient) > 1.001 * n_parts * wanted**2:
        return np.inf
    if n_voxels == 0:
        return float(np.abs(gradient).max())
    shares, found = gradient[:width].copy(), abs(gradient[width])
    for t in range(width - 1, -1, -1):
        shares[t] /= leading[t, t]
        add(shares, -shares[t], leading[t, :t])
    for start in range(0, n_voxels, AT_ONCE):
        parts = np.zeros(min(AT_ONCE, n_voxels - start))
        for t in range(width):
            add(parts, shares[t], voxels[t, start : start + parts.size])
        found = max(found, np.abs(parts).max())
        if found > wanted:
            break
    return float(found)
