"""Gaussian naive Bayes where a voxel hardly varies in a category: with scikit-learn's smoothing."""

import math

import numpy as np
from numba import njit

from decoding.kernels.searchlight.spheres import Members

SMOOTHING = 1e-9
"""GaussianNB adds this share of a sphere's largest variance to all variances of the sphere."""

SMALL = 1e-5
"""Where no variance is below this share of the largest, smoothing changes a log-likelihood ratio by
1e-4 of itself at most. It is left out then, so that one voxel's ratios serve all its spheres."""


@njit(cache=True, nogil=True)
def find_small(least: np.ndarray, largest: np.ndarray, members: Members) -> np.ndarray:
    """Find the spheres whose smoothing matters, int (n_small,).

    Parameters
    ----------
    least, largest : ndarray of shape (n_voxels,)
        The least variance within a category and the largest over all training samples. A voxel
        that does not vary at all tells nothing: its `least` is infinite.
    members : Members
    """
    small = np.empty(len(members.indptr) - 1, dtype=np.bool_)
    for sphere in range(len(small)):
        low, high = np.inf, 0.0
        for place in range(members.indptr[sphere], members.indptr[sphere + 1]):
            low = min(low, least[members.indices[place]])
            high = max(high, largest[members.indices[place]])
        small[sphere] = low <= SMALL * high
    return np.flatnonzero(small)


@njit(cache=True, nogil=True)
def count_smoothed(
    X: np.ndarray,
    scales: np.ndarray,
    train: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    test: np.ndarray,
    truth: np.ndarray,
    members: Members,
    small: np.ndarray,
) -> np.ndarray:
    """Count right predictions in one fold by sphere and labelling, int32 (n_small, width).

    Parameters
    ----------
    X : ndarray of shape (n_voxels, n_samples)
    scales : ndarray of shape (n_voxels,)
        What each voxel was divided by.
    train : ndarray of bool, shape (n_samples,)
    labels : ndarray of int, shape (width, n_samples)
        Of the training samples.
    n_classes : int
    test : ndarray of int, shape (n_test,)
        The held-out samples.
    truth : ndarray of int, shape (n_test, width)
        Their labels.
    members : Members
    small : ndarray of int, shape (n_small,)
        From `find_small`.
    """
    correct = np.empty((len(small), len(labels)), dtype=np.int32)
    for row in range(len(small)):
        first, last = members.indptr[small[row]], members.indptr[small[row] + 1]
        voxels = members.indices[first:last]
        x = X[voxels]
        for place in range(len(voxels)):
            x[place] *= scales[voxels[place]]
        for w in range(len(labels)):
            correct[row, w] = _count_right(x, train, labels[w], n_classes, test, truth[:, w].copy())
    return correct


@njit(cache=True, nogil=True, error_model="numpy")
def _count_right(
    x: np.ndarray,
    train: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    test: np.ndarray,
    truth: np.ndarray,
) -> int:
    r"""Count the right predictions of one sphere, `x` (n_voxels, n_samples), in one fold.

    Notes
    -----
    The category k of the highest

    .. math:: \log n_k - \tfrac{1}{2} \sum_v \left(\log s_{kv} + \frac{(x_v - m_{kv})^2}{s_{kv}}
       \right), \quad s_{kv} = \mathrm{var}_{kv} + 10^{-9} \max_u \mathrm{var}_u

    is chosen, ties to the first; var_u is the variance over all training samples.
    """
    mean, var = np.zeros((n_classes, len(x))), np.zeros((n_classes, len(x)))
    sizes = np.zeros(n_classes)
    rows = np.flatnonzero(train)
    for row in rows:
        sizes[labels[row]] += 1.0
        mean[labels[row]] += x[:, row]
    everything = mean.sum(axis=0) / len(rows)
    for k in range(n_classes):
        mean[k] /= sizes[k]
    whole = np.zeros(len(x))
    for row in rows:
        k = labels[row]
        for voxel in range(len(x)):
            var[k, voxel] += (x[voxel, row] - mean[k, voxel]) ** 2
            whole[voxel] += (x[voxel, row] - everything[voxel]) ** 2
    smoothing = SMOOTHING * whole.max() / len(rows)
    for k in range(n_classes):
        for voxel in range(len(x)):
            var[k, voxel] = var[k, voxel] / sizes[k] + smoothing
    right = 0
    for place in range(len(test)):
        highest, chosen = -np.inf, 0
        for k in range(n_classes):
            total = math.log(sizes[k])
            for voxel in range(len(x)):
                off = x[voxel, test[place]] - mean[k, voxel]
                total -= 0.5 * (math.log(var[k, voxel]) + off * off / var[k, voxel])
            if total > highest:
                highest, chosen = total, k
        right += chosen == truth[place]
    return right
