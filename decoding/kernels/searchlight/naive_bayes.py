"""Gaussian naive Bayes in every sphere, with scikit-learn's scores.

Naive Bayes adds voxels up: the log-likelihood ratio of a sphere is the sum of its voxels' ratios.
So each voxel is fitted once, from sums over blocks that serve every fold, and a sphere only sums.
"""

import math
from functools import partial
from typing import NamedTuple

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
    NO_VARIANCE,
    Design,
    FlatFolds,
    SphereScores,
    Units,
    UnitSums,
    find_units,
    lay_out,
    sum_units,
)
from decoding.kernels.searchlight.linalg import sum_rows
from decoding.kernels.searchlight.smoothing import count_smoothed, find_small
from decoding.kernels.searchlight.spheres import Members, Spheres
from decoding.progress import Progress, report

MAX_RATIOS = 256


class Group(NamedTuple):
    """Some folds that are scored together.

    Parameters
    ----------
    folds : FlatFolds
    truth : ndarray of int, shape (n_held_out,)
        Labels of the held-out samples.
    unit_labels : ndarray of int, shape (n_units,)
    unit_train : ndarray, shape (n_units, n_folds)
        1 where the fold learns from the unit, else 0.
    sizes : ndarray, shape (n_classes, n_folds)
        Number of training samples.
    priors : ndarray, shape (n_folds, n_classes - 1)
        Logarithms of the categories' sizes, relative to that of category 0.
    """

    folds: FlatFolds
    truth: np.ndarray
    unit_labels: np.ndarray
    unit_train: np.ndarray
    sizes: np.ndarray
    priors: np.ndarray


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
    GaussianNB's smoothing decides (`decoding.kernels.searchlight.smoothing`). Parameters and errors
    are those of `decoding.kernels.searchlight.per_sphere.score_by_sphere`.
    """
    design = lay_out(y, folds)
    flat = design.folds
    units = find_units(flat, design.labels[None])
    groups = _group_folds(design, units)
    n_ratios = (design.n_classes - 1) * max(len(group.truth) for group in groups)
    bytes_per_voxel = 8.0 * (flat.n_samples + 2 * len(units.first) + n_ratios)
    correct = np.zeros((spheres.n_spheres, flat.n_folds), dtype=np.int32)
    constant = np.zeros(spheres.n_spheres, dtype=bool)
    without_variance = np.zeros(spheres.n_voxels, dtype=bool)
    done = 0
    work = partial(_score_batch, voxels, design, units, groups, n_ratios)
    batches = cut_batches(spheres, spheres_per_batch(bytes_per_voxel))
    for batch, result in run_in_threads(work, batches, n_threads):
        cells = slice(batch.start, batch.stop)
        correct[cells], constant[cells], lacking = result
        without_variance[batch.first : batch.last] |= lacking
        done += batch.n_spheres
        report(on_progress, done, spheres.n_spheres)
    return SphereScores(
        correct=correct,
        n_test=flat.n_test,
        constant=constant,
        n_without_variance=int(without_variance.sum()),
    )


def _score_batch(
    voxels: Voxels, design: Design, units: Units, groups: list[Group], n_ratios: int, batch: Batch
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return right predictions, which spheres are constant, and which voxels lack variance."""
    X = read_voxels(voxels, batch.first, batch.last)
    sums = sum_units(X, units.of_sample, len(units.first))
    lacking = np.zeros(batch.n_voxels, dtype=np.bool_)
    ratios = np.empty((batch.n_voxels, n_ratios))
    correct = []
    for group in groups:
        least, largest = _held_out_ratios(X, sums, group, ratios, lacking)
        counts = _vote(ratios, group, batch.members)
        small = find_small(least, largest, batch.members)
        if len(small):
            counts[small] = _smooth(X, design, group.folds, batch.members, small)
        correct.append(counts)
    return np.hstack(correct), find_constant(X, batch.members), lacking


def _smooth(
    X: np.ndarray, design: Design, folds: FlatFolds, members: Members, small: np.ndarray
) -> np.ndarray:
    """Count anew in the spheres whose smoothing matters, (n_small, n_folds)."""
    labels, n_classes, _ = design
    scales = np.ones(len(X))
    columns = []
    for fold, train in enumerate(folds.train):
        test = folds.held_out(fold)
        truth = labels[test, None].astype(np.int32)
        fitted = (X, scales, train, labels[None], n_classes)
        columns.append(count_smoothed(*fitted, test, truth, members, small))
    return np.hstack(columns)


def _group_folds(design: Design, units: Units) -> list[Group]:
    """Group consecutive folds so that a voxel's held-out ratios are few but enough for a loop."""
    labels, n_classes, flat = design
    of_class = np.equal.outer(np.arange(n_classes), labels[units.first])
    groups = []
    start = 0
    for stop in range(1, flat.n_folds + 1):
        last = stop == flat.n_folds
        if last or (n_classes - 1) * (flat.starts[stop + 1] - flat.starts[start]) > MAX_RATIOS:
            test = flat.test[flat.starts[start] : flat.starts[stop]]
            starts = flat.starts[start : stop + 1] - flat.starts[start]
            train = np.ascontiguousarray(units.train[start:stop].T)
            sizes = (of_class * units.counts) @ train
            groups.append(
                Group(
                    folds=FlatFolds(flat.train[start:stop], test, starts),
                    truth=labels[test],
                    unit_labels=labels[units.first],
                    unit_train=train,
                    sizes=sizes,
                    priors=np.ascontiguousarray(np.log(sizes[1:] / sizes[0]).T),
                )
            )
            start = stop
    return groups


@njit(cache=True, nogil=True)
def _class_moments(
    sums: np.ndarray, squares: np.ndarray, group: Group, mean: np.ndarray, var: np.ndarray
) -> None:
    """Fill one voxel's mean and variance in the training units, both (n_classes, n_folds).

    Notes
    -----
    mean = sum(x) / n and var = sum(x^2) / n - mean^2, over the samples of a category.
    """
    mean[:] = 0.0
    var[:] = 0.0
    for unit in range(len(group.unit_labels)):
        label, weights = group.unit_labels[unit], group.unit_train[unit]
        mean_k, var_k = mean[label], var[label]
        for fold in range(len(weights)):
            mean_k[fold] += weights[fold] * sums[unit]
            var_k[fold] += weights[fold] * squares[unit]
    mean /= group.sizes
    var /= group.sizes
    var -= mean * mean


@njit(cache=True, nogil=True)
def _held_out_ratios(
    X: np.ndarray, sums: UnitSums, group: Group, ratios: np.ndarray, lacking: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill each voxel's log-likelihood ratios against category 0, category by category.

    Return what `find_small` takes of each voxel: its least and its largest variance.
    """
    sizes, test, starts = group.sizes, group.folds.test, group.folds.starts
    n_classes, n_folds = sizes.shape
    n_train = sizes.sum(axis=0)
    least, largest = np.full(len(X), np.inf), np.zeros(len(X))
    mean = np.empty(sizes.shape)
    var = np.empty(sizes.shape)
    n_held_out = len(test)
    x = np.empty(n_held_out)
    for voxel in range(len(X)):
        squares = sums.squares[voxel]
        _class_moments(sums.values[voxel], squares, group, mean, var)
        rounding = NO_VARIANCE * squares.sum() / X.shape[1]
        for place in range(n_held_out):
            x[place] = X[voxel, test[place]]
        for fold in range(n_folds):
            start, stop = starts[fold], starts[fold + 1]
            total, square, smallest = 0.0, 0.0, np.inf
            for k in range(n_classes):
                share = sizes[k, fold] / n_train[fold]
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
def _vote(ratios: np.ndarray, group: Group, members: Members) -> np.ndarray:
    """Count each sphere's right predictions in each fold, from the sums of its voxels' ratios.

    Notes
    -----
    The category k of the highest log(n_k / n_0) + sum over voxels of the log-likelihood ratio is
    chosen; category 0 has 0, and ties go to the first.
    """
    truth, starts, priors = group.truth, group.folds.starts, group.priors
    n_folds, n_others = priors.shape
    n_held_out = len(truth)
    correct = np.empty((len(members.indptr) - 1, n_folds), dtype=np.int32)
    total = np.empty(n_others * n_held_out)
    for sphere in range(len(correct)):
        voxels = members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]
        sum_rows(ratios, voxels, total)
        for fold in range(n_folds):
            right = 0
            for place in range(starts[fold], starts[fold + 1]):
                best, chosen = 0.0, 0
                for k in range(n_others):
                    ratio = total[k * n_held_out + place] + priors[fold, k]
                    if ratio > best:
                        best, chosen = ratio, k + 1
                right += chosen == truth[place]
            correct[sphere, fold] = right
    return correct
