"""Naive Bayes of many labellings at once: right predictions of every sphere in one fold.

Labellings lie side by side in the last axis of every table, so each step is one loop over
neighbours in memory. Inner loops touch few arrays and divide without a check: only then does the
compiler turn them into vector instructions.
"""

import numpy as np
from numba import njit

from decoding.kernels.searchlight.folds import NO_VARIANCE, UnitSums
from decoding.kernels.searchlight.linalg import sum_rows
from decoding.kernels.searchlight.relabellings import Task
from decoding.kernels.searchlight.spheres import Members
from decoding.kernels.vectorization import add_half_log

SAMPLES_AT_ONCE = 3


@njit(cache=True, nogil=True)
def score_fold(
    X: np.ndarray,
    sums: UnitSums,
    task: Task,
    members: Members,
    extremes: np.ndarray,
    scratch: np.ndarray,
) -> np.ndarray:
    r"""Count right predictions of each sphere under each labelling in one fold.

    Parameters
    ----------
    X : ndarray of float32, shape (n_voxels, n_samples)
        Voxels, centred, of unit variance.
    sums : UnitSums
    task : Task
    members : Members
    extremes : ndarray of shape (2, n_voxels), written
        What `decoding.kernels.searchlight.smoothing.find_small` takes of each voxel.
    scratch : ndarray of float32, at least (3 + SAMPLES_AT_ONCE) * n_voxels * n_others * width
        Memory to work in, flat: fresh memory costs as much as some of the steps.

    Returns
    -------
    ndarray of int32, shape (n_spheres, width)

    Notes
    -----
    A voxel's log-likelihood ratio of category k against category 0 is a parabola in x,

    .. math:: \log \frac{N(x; m_k, v_k)}{N(x; m_0, v_0)} = c + b x + a x^2

    .. math:: a = \tfrac{1}{2} (v_0^{-1} - v_k^{-1}), \quad b = m_k v_k^{-1} - m_0 v_0^{-1}, \quad
       c = \tfrac{1}{2} (m_0^2 v_0^{-1} - m_k^2 v_k^{-1} + \log (v_0 / v_k))

    and a sphere's is the sum of its voxels' and of log(n_k / n_0).
    """
    n_others, _, width = task.member.shape
    cells = len(X) * n_others * width
    terms = scratch[: 3 * cells].reshape(3, len(X), n_others * width)
    ratios = scratch[3 * cells : (3 + SAMPLES_AT_ONCE) * cells].reshape(
        SAMPLES_AT_ONCE, len(X), n_others * width
    )
    _fit_terms(sums, task, extremes, terms)
    priors = np.log(task.sizes[1:] / task.sizes[0]).astype(np.float32).ravel()
    correct = np.zeros((len(members.indptr) - 1, width), dtype=np.int32)
    for start in range(0, len(task.held_out), SAMPLES_AT_ONCE):
        samples = task.held_out[start : start + SAMPLES_AT_ONCE]
        _evaluate(X, samples, terms, ratios)
        for place in range(len(samples)):
            _vote(ratios[place], priors, task.truth[start + place], members, correct)
    return correct


@njit(cache=True, nogil=True)
def _fit_terms(sums: UnitSums, task: Task, extremes: np.ndarray, terms: np.ndarray) -> None:
    """Fill the log-likelihood ratio of each voxel as c + b x + a x^2, in the order c, b, a."""
    train, member, shares = task.train, task.member, 1.0 / task.sizes
    n_others, width = len(member), member.shape[2]
    n_train = task.sizes[:, 0].sum()
    mean = np.empty((n_others + 1, width))
    var = np.empty((n_others + 1, width))
    kept = np.empty(width)
    quotient = np.empty(width, dtype=np.float32)
    mantissa = np.empty(width, dtype=np.float32)
    exponent = np.empty(width, dtype=np.float32)
    for voxel in range(len(sums.values)):
        _moments(sums.values[voxel], sums.squares[voxel], train, member, shares, mean, var)
        everything = (train * sums.values[voxel]).sum() / n_train
        whole = (train * sums.squares[voxel]).sum() / n_train - everything * everything
        extremes[0, voxel] = var.min() if whole > NO_VARIANCE else np.inf
        extremes[1, voxel] = max(whole, 0.0)
        _invert(var, kept, NO_VARIANCE)
        for k in range(1, n_others + 1):
            cells = slice((k - 1) * width, k * width)
            constant, linear, square = terms[0, voxel], terms[1, voxel], terms[2, voxel]
            _ratio_terms(
                mean[0], var[0], mean[k], var[k], constant[cells], linear[cells], square[cells]
            )
            for w in range(width):
                # Inverted variances; where the voxel is left out both are 0.
                quotient[w] = var[k, w] / var[0, w] if kept[w] > 0.0 else 1.0
            add_half_log(quotient, mantissa, exponent, constant[cells])


@njit(cache=True, nogil=True, error_model="numpy")
def _moments(
    sums: np.ndarray,
    squares: np.ndarray,
    train: np.ndarray,
    member: np.ndarray,
    shares: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
) -> None:
    """Fill one voxel's mean and variance in each category, both (n_classes, width)."""
    n_others, n_units, width = member.shape
    mean[:] = 0.0
    var[:] = 0.0
    total, total_square = 0.0, 0.0
    for unit in range(n_units):
        total += train[unit] * sums[unit]
        total_square += train[unit] * squares[unit]
    mean_0, var_0 = mean[0], var[0]
    mean_0 += total
    var_0 += total_square
    for k in range(n_others):
        mean_k, var_k = mean[k + 1], var[k + 1]
        for unit in range(n_units):
            if train[unit] > 0.0:
                value, square, weights = sums[unit], squares[unit], member[k, unit]
                for w in range(width):
                    mean_k[w] += value * weights[w]
                    var_k[w] += square * weights[w]
        for w in range(width):
            mean_0[w] -= mean_k[w]
        for w in range(width):
            var_0[w] -= var_k[w]
    for k in range(n_others + 1):
        mean_k, var_k, share = mean[k], var[k], shares[k]
        for w in range(width):
            mean_k[w] *= share[w]
            var_k[w] = var_k[w] * share[w] - mean_k[w] * mean_k[w]


@njit(cache=True, nogil=True, error_model="numpy")
def _invert(var: np.ndarray, kept: np.ndarray, least: float) -> None:
    """Turn variances into their inverses, or into 0 where one category has none."""
    kept[:] = 1.0
    for k in range(len(var)):
        var_k = var[k]
        for w in range(len(kept)):
            kept[w] = kept[w] if var_k[w] > least else 0.0
    for k in range(len(var)):
        var_k = var[k]
        for w in range(len(kept)):
            var_k[w] = kept[w] / max(var_k[w], least)


@njit(cache=True, nogil=True, error_model="numpy")
def _ratio_terms(
    mean_0: np.ndarray,
    inverse_0: np.ndarray,
    mean_k: np.ndarray,
    inverse_k: np.ndarray,
    constant: np.ndarray,
    linear: np.ndarray,
    square: np.ndarray,
) -> None:
    """Fill the terms of log N(x; k) - log N(x; 0), but for the logarithm of the variances."""
    for w in range(len(mean_0)):
        square[w] = 0.5 * (inverse_0[w] - inverse_k[w])
    for w in range(len(mean_0)):
        linear[w] = mean_k[w] * inverse_k[w] - mean_0[w] * inverse_0[w]
    for w in range(len(mean_0)):
        constant[w] = 0.5 * (
            mean_0[w] * mean_0[w] * inverse_0[w] - mean_k[w] * mean_k[w] * inverse_k[w]
        )


@njit(cache=True, nogil=True)
def _evaluate(X: np.ndarray, samples: np.ndarray, terms: np.ndarray, ratios: np.ndarray) -> None:
    """Fill each voxel's ratios for some samples, (n_samples, n_voxels, width)."""
    for voxel in range(len(X)):
        constant, linear, square = terms[0, voxel], terms[1, voxel], terms[2, voxel]
        for place in range(len(samples)):
            x, row = X[voxel, samples[place]], ratios[place, voxel]
            for w in range(len(row)):
                row[w] = constant[w] + x * (linear[w] + x * square[w])


@njit(cache=True, nogil=True)
def _vote(
    ratios: np.ndarray,
    priors: np.ndarray,
    truth: np.ndarray,
    members: Members,
    correct: np.ndarray,
) -> None:
    """Sum the ratios of each sphere's voxels for one sample and count right predictions."""
    total = np.empty(len(priors), dtype=np.float32)
    best = np.empty(len(truth), dtype=np.float32)
    chosen = np.empty(len(truth), dtype=np.int32)
    indptr, indices = members.indptr, members.indices
    for sphere in range(len(correct)):
        sum_rows(ratios, indices[indptr[sphere] : indptr[sphere + 1]], total)
        for w in range(len(total)):
            total[w] += priors[w]
        if len(total) == len(truth):
            for w in range(len(truth)):
                chosen[w] = total[w] > 0
        else:
            _choose(total, best, chosen)
        right = correct[sphere]
        for w in range(len(truth)):
            right[w] += chosen[w] == truth[w]


@njit(cache=True, nogil=True)
def _choose(total: np.ndarray, best: np.ndarray, chosen: np.ndarray) -> None:
    """Fill the category of the highest ratio; category 0 has 0, and ties go to the first."""
    width = len(chosen)
    best[:] = 0.0
    chosen[:] = 0
    for k in range(len(total) // width):
        ratio = total[k * width : (k + 1) * width]
        for w in range(width):
            chosen[w] = k + 1 if ratio[w] > best[w] else chosen[w]
        for w in range(width):
            best[w] = max(best[w], ratio[w])
