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
    """Find the spheres whose smoothing matters, bool (n_spheres,).

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
    return small


@njit(cache=True, nogil=True, error_model="numpy")
def count_smoothed(
    x: np.ndarray,
    train: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    test: np.ndarray,
    truth: np.ndarray,
) -> int:
    r"""Count the right predictions of one sphere in one fold.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
        On their own scale.
    train : ndarray of bool, shape (n_samples,)
    labels : ndarray of int, shape (n_samples,)
        Of the training samples.
    n_classes : int
    test : ndarray of int, shape (n_test,)
        The held-out samples.
    truth : ndarray of int, shape (n_test,)
        Their labels.

    Notes
    -----
    The category k of the highest

    .. math:: \log n_k - \tfrac{1}{2} \sum_v \left(\log s_{kv} + \frac{(x_v - m_{kv})^2}{s_{kv}}
       \right), \quad s_{kv} = \mathrm{var}_{kv} + 10^{-9} \max_u \mathrm{var}_u

    is chosen, ties to the first; var_u is the variance over all training samples.
    """
    mean, var, sizes = (
        np.zeros((n_classes, len(x))),
        np.zeros((n_classes, len(x))),
        np.zeros(n_classes),
    )
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


@njit(cache=True, nogil=True)
def smooth_labellings(
    X: np.ndarray,
    scales: np.ndarray,
    train: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    test: np.ndarray,
    truth: np.ndarray,
    members: Members,
    small: np.ndarray,
    correct: np.ndarray,
) -> None:
    """Count anew in the spheres whose smoothing matters, under each labelling.

    Parameters
    ----------
    X : ndarray of shape (n_voxels, n_samples)
    scales : ndarray of shape (n_voxels,)
        What each voxel was divided by.
    train, n_classes, test
        See `count_smoothed`.
    labels : ndarray of int, shape (width, n_samples)
    truth : ndarray of int, shape (n_test, width)
    members : Members
    small : ndarray of bool, shape (n_spheres,)
    correct : ndarray of int32, shape (n_spheres, width)
    """
    for sphere in np.flatnonzero(small):
        voxels = members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]
        x = X[voxels]
        for row in range(len(voxels)):
            x[row] *= scales[voxels[row]]
        for w in range(len(labels)):
            correct[sphere, w] = count_smoothed(
                x, train, labels[w], n_classes, test, truth[:, w].copy()
            )
