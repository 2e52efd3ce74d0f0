"""Gaussian naive Bayes in every sphere, with scikit-learn's scores.

Naive Bayes adds voxels up: the log-likelihood ratio of a sphere is the sum of its voxels' ratios.
So each voxel is fitted once, from sums over blocks that serve every fold, and a sphere only sums.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit

from decoding.folds import Folds
from decoding.kernels.searchlight.batches import (
    Batch,
    Voxels,
    cut_batches,
    find_constant,
    read_voxels,
    run_in_threads,
    spheres_per_batch,
)
from decoding.kernels.searchlight.folds import (
    FlatFolds,
    SphereScores,
    check_training,
    encode_labels,
    find_units,
    flatten_folds,
)
from decoding.kernels.searchlight.smoothing import count_smoothed, find_small
from decoding.kernels.searchlight.spheres import Members, Spheres
from decoding.progress import Progress, report

# Below this share of a voxel's variance, what is left in a category is rounding.
NO_VARIANCE = 1e-12
MAX_RATIOS = 256

BatchScores: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]


class UnitSums(NamedTuple):
    """What is summed over the samples of each unit, two arrays of shape (n_voxels, n_units).

    Parameters
    ----------
    values, squares : ndarray
        Sums of a voxel's values and of their squares.
    """

    values: np.ndarray
    squares: np.ndarray


class Training(NamedTuple):
    """What some folds learn from.

    Parameters
    ----------
    labels : ndarray of int, shape (n_units,)
        Category of each unit.
    units : ndarray, shape (n_units, n_folds)
        1 where the fold learns from the unit, else 0.
    sizes : ndarray, shape (n_classes, n_folds)
        Number of training samples.
    """

    labels: np.ndarray
    units: np.ndarray
    sizes: np.ndarray


class Test(NamedTuple):
    """What some folds hold out, fold after fold.

    Parameters
    ----------
    samples, labels : ndarray of int, shape (n_held_out,)
    starts : ndarray of int, shape (n_folds + 1,)
        Where each fold begins and ends in these.
    """

    samples: np.ndarray
    labels: np.ndarray
    starts: np.ndarray


def score_naive_bayes(
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    n_threads: int = 2,
    on_progress: Progress | None = None,
) -> SphereScores:
    """Score Gaussian naive Bayes in every sphere by cross-validation.

    Scores are those of ``cross_val_score(GaussianNB(), X[:, sphere], y, cv=folds)``. Voxels without
    variance in a training category, as with a single training sample, are counted; there
    GaussianNB's smoothing decides (`decoding.kernels.searchlight.smoothing`).

    Parameters
    ----------
    voxels : ndarray of shape (n_voxels, n_samples), or callable
        See `decoding.kernels.searchlight.batches.Voxels`.
    y : ndarray of shape (n_samples,)
        Categories.
    folds : list of (train, test)
        Sample indices of any scheme.
    spheres : Spheres
        From `decoding.kernels.searchlight.spheres.make_spheres`.
    n_threads : int
        Number of threads; the scores do not depend on it.
    on_progress : callable, optional
        Called as (spheres done, all); may raise `decoding.errors.Cancelled`.

    Returns
    -------
    SphereScores

    Raises
    ------
    SpecError
        If a training set lacks a category.
    """
    labels, n_classes = encode_labels(y)
    flat = flatten_folds(folds, len(labels))
    check_training(flat, labels[None], n_classes)
    score_batch, bytes_per_voxel = _batch_scorer(voxels, labels, n_classes, flat)
    correct = np.zeros((spheres.n_spheres, flat.n_folds), dtype=np.int32)
    constant = np.zeros(spheres.n_spheres, dtype=bool)
    without_variance = np.zeros(spheres.n_voxels, dtype=bool)
    done = 0

    def collect(batch: Batch, result: BatchScores) -> None:
        nonlocal done
        cells = slice(batch.start, batch.stop)
        correct[cells], constant[cells], lacking = result
        without_variance[batch.first : batch.last] |= lacking
        done += batch.n_spheres
        report(on_progress, done, spheres.n_spheres)

    batches = cut_batches(spheres, spheres_per_batch(bytes_per_voxel))
    run_in_threads(score_batch, batches, n_threads, collect)
    return SphereScores(
        correct=correct,
        n_test=flat.n_test,
        constant=constant,
        n_without_variance=int(without_variance.sum()),
    )


def _batch_scorer(
    voxels: Voxels, labels: np.ndarray, n_classes: int, flat: FlatFolds
) -> tuple[Callable[[Batch], BatchScores], float]:
    """Return the function that scores one batch, and the bytes that it takes for each voxel."""
    units = find_units(flat, labels[None])
    groups = _fold_groups(flat, n_classes)
    widest = max(int(flat.starts[stop] - flat.starts[start]) for start, stop in groups)
    unit_labels = labels[units.first]

    def score(batch: Batch) -> BatchScores:
        X = read_voxels(voxels, batch.first, batch.last)
        sums = sum_units(X, units.of_sample, len(units.first))
        correct = np.zeros((batch.n_spheres, flat.n_folds), dtype=np.int32)
        lacking = np.zeros(batch.n_voxels, dtype=np.bool_)
        ratios = np.empty((batch.n_voxels, (n_classes - 1) * widest))
        for start, stop in groups:
            train = np.ascontiguousarray(units.train[start:stop].T)
            sizes = _class_sizes(train * units.counts[:, None], unit_labels, n_classes)
            training = Training(unit_labels, train, sizes)
            held_out = flat.test[flat.starts[start] : flat.starts[stop]]
            starts = flat.starts[start : stop + 1] - flat.starts[start]
            test = Test(held_out, labels[held_out], starts)
            least, largest = _held_out_ratios(X, sums, training, test, ratios, lacking)
            priors = np.ascontiguousarray(np.log(sizes[1:] / sizes[0]).T)
            # Arrays of their own: of another layout, a kernel would be compiled once more.
            counts = np.zeros((batch.n_spheres, stop - start), dtype=np.int32)
            _vote(ratios, priors, batch.members, test, counts)
            small = find_small(least, largest, batch.members)
            if small.any():
                folds = (flat.train[start:stop], test)
                _smooth(X, labels, n_classes, folds, batch.members, small, counts)
            correct[:, start:stop] = counts
        return correct, find_constant(X, batch.members), lacking

    return score, 8.0 * (flat.n_samples + 2 * len(units.first) + (n_classes - 1) * widest)


def _fold_groups(flat: FlatFolds, n_classes: int) -> list[tuple[int, int]]:
    """Group consecutive folds so that a voxel's held-out ratios are few but enough for a loop."""
    groups: list[tuple[int, int]] = []
    start = 0
    for stop in range(1, flat.n_folds + 1):
        last = stop == flat.n_folds
        wider = 0 if last else (n_classes - 1) * (flat.starts[stop + 1] - flat.starts[start])
        if last or wider > MAX_RATIOS:
            groups.append((start, stop))
            start = stop
    return groups


def _class_sizes(counts: np.ndarray, unit_labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the number of training samples by category and fold, (n_classes, n_folds)."""
    return np.stack([counts[unit_labels == k].sum(axis=0) for k in range(n_classes)])


@njit(cache=True, nogil=True)
def sum_units(X: np.ndarray, of_sample: np.ndarray, n_units: int) -> UnitSums:
    """Sum the values and the squares of each row of `X` over the samples of each unit."""
    sums = np.zeros((len(X), n_units))
    squares = np.zeros((len(X), n_units))
    for voxel in range(len(X)):
        for sample in range(X.shape[1]):
            x = X[voxel, sample]
            sums[voxel, of_sample[sample]] += x
            squares[voxel, of_sample[sample]] += x * x
    return UnitSums(sums, squares)


@njit(cache=True, nogil=True)
def _class_moments(
    sums: np.ndarray, squares: np.ndarray, training: Training, mean: np.ndarray, var: np.ndarray
) -> None:
    """Fill one voxel's mean and variance in the training units, both (n_classes, n_folds).

    Notes
    -----
    mean = sum(x) / n and var = sum(x^2) / n - mean^2, over the samples of a category.
    """
    mean[:] = 0.0
    var[:] = 0.0
    for unit in range(len(training.labels)):
        label, weights = training.labels[unit], training.units[unit]
        mean_k, var_k = mean[label], var[label]
        for fold in range(len(weights)):
            mean_k[fold] += weights[fold] * sums[unit]
            var_k[fold] += weights[fold] * squares[unit]
    mean /= training.sizes
    var /= training.sizes
    var -= mean * mean


@njit(cache=True, nogil=True)
def _held_out_ratios(
    X: np.ndarray,
    sums: UnitSums,
    training: Training,
    test: Test,
    ratios: np.ndarray,
    lacking: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Fill each voxel's log-likelihood ratios against category 0, category by category.

    Return what `find_small` takes of each voxel: its least and its largest variance.
    """
    n_classes, n_folds = training.sizes.shape
    n_train = training.sizes.sum(axis=0)
    least, largest = np.full(len(X), np.inf), np.zeros(len(X))
    mean = np.empty(training.sizes.shape)
    var = np.empty(training.sizes.shape)
    n_held_out = len(test.samples)
    x = np.empty(n_held_out)
    for voxel in range(len(X)):
        squares = sums.squares[voxel]
        _class_moments(sums.values[voxel], squares, training, mean, var)
        rounding = NO_VARIANCE * squares.sum() / X.shape[1]
        for place in range(n_held_out):
            x[place] = X[voxel, test.samples[place]]
        for fold in range(n_folds):
            start, stop = test.starts[fold], test.starts[fold + 1]
            total, square, smallest = 0.0, 0.0, np.inf
            for k in range(n_classes):
                share = training.sizes[k, fold] / n_train[fold]
                total += share * mean[k, fold]
                square += share * (var[k, fold] + mean[k, fold] ** 2)
                smallest = min(smallest, var[k, fold])
            whole = square - total * total
            varies = smallest > rounding
            lacking[voxel] |= not varies
            if whole > rounding:
                least[voxel] = min(least[voxel], smallest)
                largest[voxel] = max(largest[voxel], whole)
            for k in range(1, n_classes):
                row = ratios[voxel, (k - 1) * n_held_out : k * n_held_out]
                if varies:
                    moments = mean[0, fold], var[0, fold], mean[k, fold], var[k, fold]
                    _log_ratios(x[start:stop], *moments, row[start:stop])
                else:
                    row[start:stop] = 0.0
    return least, largest


@njit(cache=True, nogil=True)
def _log_ratios(
    x: np.ndarray, mean_0: float, var_0: float, mean_k: float, var_k: float, ratios: np.ndarray
) -> None:
    r"""Fill the log-likelihood ratio of one voxel for some samples.

    Notes
    -----
    .. math:: \log \frac{N(x; m_k, v_k)}{N(x; m_0, v_0)} = \tfrac{1}{2} \log \frac{v_0}{v_k}
       + \frac{(x - m_0)^2}{2 v_0} - \frac{(x - m_k)^2}{2 v_k}
    """
    half_log = 0.5 * math.log(var_0 / var_k)
    half_0, half_k = 0.5 / var_0, 0.5 / var_k
    for place in range(len(x)):
        off_0, off_k = x[place] - mean_0, x[place] - mean_k
        ratios[place] = half_log + (off_0 * off_0 * half_0 - off_k * off_k * half_k)


@njit(cache=True, nogil=True)
def _vote(
    ratios: np.ndarray, priors: np.ndarray, members: Members, test: Test, correct: np.ndarray
) -> None:
    """Sum the ratios of each sphere's voxels and count the right predictions of each fold.

    Notes
    -----
    The category k of the highest log(n_k / n_0) + sum over voxels of the log-likelihood ratio is
    chosen; category 0 has 0, and ties go to the first.
    """
    n_others = priors.shape[1]
    n_held_out = len(test.labels)
    total = np.empty(n_others * n_held_out)
    for sphere in range(len(members.indptr) - 1):
        voxels = members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]
        sum_rows(ratios, voxels, total)
        for fold in range(len(test.starts) - 1):
            right = 0
            for place in range(test.starts[fold], test.starts[fold + 1]):
                best, chosen = 0.0, 0
                for k in range(n_others):
                    ratio = total[k * n_held_out + place] + priors[fold, k]
                    if ratio > best:
                        best, chosen = ratio, k + 1
                right += chosen == test.labels[place]
            correct[sphere, fold] = right


@njit(cache=True, nogil=True)
def _smooth(
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    folds: tuple[np.ndarray, Test],
    members: Members,
    small: np.ndarray,
    correct: np.ndarray,
) -> None:
    """Count anew in the spheres whose smoothing matters."""
    train, test = folds
    for sphere in np.flatnonzero(small):
        x = X[members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]]
        for fold in range(len(train)):
            held_out = slice(test.starts[fold], test.starts[fold + 1])
            correct[sphere, fold] = count_smoothed(
                x, train[fold], labels, n_classes, test.samples[held_out], test.labels[held_out]
            )


@njit(cache=True, nogil=True)
def sum_rows(table: np.ndarray, rows: np.ndarray, total: np.ndarray) -> None:
    """Sum some rows of a table, four at a time so that the running total is loaded less often."""
    width = len(total)
    total[:] = 0.0
    whole = len(rows) // 4 * 4
    for j in range(0, whole, 4):
        a, b, c, d = table[rows[j]], table[rows[j + 1]], table[rows[j + 2]], table[rows[j + 3]]
        for place in range(width):
            total[place] += (a[place] + b[place]) + (c[place] + d[place])
    for j in range(whole, len(rows)):
        a = table[rows[j]]
        for place in range(width):
            total[place] += a[place]
