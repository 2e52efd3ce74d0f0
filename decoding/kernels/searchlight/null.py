"""The null of a searchlight: the best sphere of each relabelling, for family-wise p-values.

A fold's model depends only on the labels of its training runs, and labels with the two categories
exchanged give the same model with its predictions exchanged. So relabellings share models: all
4096 of two categories in twelve runs need 12 x 1024. Each is fitted once and its right predictions
are added to every relabelling that it serves, as whole numbers, so that equal scores are equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit

from decoding.folds import Folds
from decoding.kernels.searchlight.batches import (
    Voxels,
    cut_batches,
    read_voxels,
    run_in_threads,
    spheres_per_batch,
)
from decoding.kernels.searchlight.folds import FlatFolds, lay_out, sum_units
from decoding.kernels.searchlight.relabellings import RelabellingPlan, Task, make_plan
from decoding.kernels.searchlight.score_fold import SAMPLES_AT_ONCE, score_fold
from decoding.kernels.searchlight.smoothing import count_smoothed, find_small
from decoding.kernels.searchlight.spheres import Members, Spheres
from decoding.null import SCORE_TOLERANCE
from decoding.progress import Progress, report

WORKING_BYTES = 60_000_000
MAX_RELABELLINGS = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class NullMaxima:
    """What relabelling leaves of a searchlight.

    Parameters
    ----------
    maxima : ndarray of shape (n_relabellings,)
        The highest score over spheres under each relabelling.
    n_reached : ndarray of int, shape (n_spheres,)
        Under how many relabellings each sphere reached its own observed score: for uncorrected p
        and FDR.
    """

    maxima: np.ndarray
    n_reached: np.ndarray


def null_naive_bayes(
    voxels: Voxels,
    relabellings: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    scores: np.ndarray,
    *,
    n_threads: int = 2,
    on_progress: Progress | None = None,
) -> NullMaxima:
    """Score Gaussian naive Bayes in every sphere under relabellings, and keep the maxima.

    The scores are those of `score_naive_bayes` on the relabelled samples, except that ratios are
    summed in single precision: about one held-out prediction in a million differs.

    Parameters
    ----------
    relabellings : ndarray of shape (n_relabellings, n_samples)
        Labels of the samples, whole blocks relabelled within each run. The fewer units stay
        together under them, the longer it takes.
    scores : ndarray of shape (n_spheres,)
        The observed scores.
    on_progress : callable, optional
        Called as (tasks done, all); may raise `decoding.errors.Cancelled`.
    voxels, folds, spheres, n_threads
        As for `decoding.kernels.searchlight.per_sphere.score_by_sphere`. A callable is read once,
        in batches.

    Raises
    ------
    SpecError
        If a training set lacks a category under some relabelling.
    """
    labels, n_classes, flat = lay_out(relabellings, folds)
    labels = labels.astype(np.int16)
    parts = range(0, len(labels), MAX_RELABELLINGS)
    plans = [make_plan(labels[part : part + MAX_RELABELLINGS], flat, n_classes) for part in parts]
    bytes_per_voxel = max(_bytes_per_voxel(plan, flat, n_threads) for plan in plans)
    batches = list(cut_batches(spheres, spheres_per_batch(bytes_per_voxel, WORKING_BYTES)))
    n_tasks = len(batches) * sum(
        len(plan.tasks(fold)) for plan in plans for fold in range(flat.n_folds)
    )
    done = 0
    maxima = np.zeros(len(labels))
    n_reached = np.zeros(spheres.n_spheres, dtype=np.int64)
    for batch in batches:
        X, scales = _scale(read_voxels(voxels, batch.first, batch.last))
        for part, plan in zip(parts, plans, strict=True):
            counts = np.zeros((len(plan.repeats), batch.n_spheres), dtype=plan.counts_type)
            for _ in _add_up(X, scales, batch.members, plan, flat, n_threads, counts):
                done += 1
                report(on_progress, done, n_tasks)
            needed = np.ceil((scores[batch.start : batch.stop] - SCORE_TOLERANCE) * plan.full_count)
            best, reached = _reach_counts(counts, plan.repeats, needed.astype(np.int64))
            cells = maxima[part : part + MAX_RELABELLINGS]
            np.maximum(cells, best[plan.inverse] / plan.full_count, out=cells)
            n_reached[batch.start : batch.stop] += reached
    return NullMaxima(maxima=maxima, n_reached=n_reached)


def _bytes_per_voxel(plan: RelabellingPlan, flat: FlatFolds, n_threads: int) -> float:
    """Return what a voxel takes in a batch: its samples, its sums, tables in threads, counts."""
    tables = 4 * n_threads * (3 + SAMPLES_AT_ONCE) * (plan.n_classes - 1) * plan.width
    samples = (8 + 4) * flat.n_samples + 16 * len(plan.units.first)
    return samples + tables + plan.counts_type.itemsize * len(plan.repeats)


def _scale(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each voxel unit variance, which suits single precision; return its scale as well."""
    scales = np.sqrt(np.einsum("ij,ij->i", X, X) / X.shape[1])
    scales[scales == 0] = 1.0
    X /= scales[:, None]
    return X, scales


def _add_up(
    X: np.ndarray,
    scales: np.ndarray,
    members: Members,
    plan: RelabellingPlan,
    flat: FlatFolds,
    n_threads: int,
    counts: np.ndarray,
) -> Iterator[tuple[Task, None]]:
    """Add to the counts of each relabelling in each sphere of a batch; yield each task done."""
    units = plan.units
    sums = sum_units(X, units.of_sample, len(units.first))
    single = X.astype(np.float32)
    n_cells = (3 + SAMPLES_AT_ONCE) * len(X) * (plan.n_classes - 1) * plan.width
    scratches = [np.empty(n_cells, dtype=np.float32) for _ in range(n_threads)]

    def work(task: Task) -> None:
        scratch = scratches.pop()
        extremes = np.empty((2, len(X)))
        correct = score_fold(single, sums, task, members, extremes, scratch)
        small = find_small(*(extremes * scales**2), members)
        if len(small):
            train, labels = flat.train[task.fold], task.train_labels[:, units.of_sample]
            correct[small] = count_smoothed(
                X,
                scales,
                train,
                labels.astype(np.int64, order="C"),
                plan.n_classes,
                task.held_out,
                task.truth,
                members,
                small,
            )
        _add_counts(correct, task, counts)
        scratches.append(scratch)

    for fold in range(flat.n_folds):
        # One fold after the other: two folds may add to the same relabelling, two tasks of one
        # fold never do.
        yield from run_in_threads(work, plan.tasks(fold), n_threads)


@njit(cache=True, nogil=True)
def _add_counts(correct: np.ndarray, task: Task, counts: np.ndarray) -> None:
    """Add the right predictions of each labelling to all relabellings that it serves.

    `correct` is (n_spheres, width), from `score_fold`, and `counts` (n_relabellings, n_spheres).

    Notes
    -----
    A right prediction counts ``task.weight``, so that folds of all sizes count the same; where the
    categories of a relabelling are exchanged, n_test - correct predictions are right.
    """
    n_spheres, width = correct.shape
    n_test = len(task.held_out)
    right = np.empty(n_spheres, dtype=counts.dtype)
    wrong = np.empty(n_spheres, dtype=counts.dtype)
    for w in range(width):
        for sphere in range(n_spheres):
            right[sphere] = task.weight * correct[sphere, w]
            wrong[sphere] = task.weight * (n_test - correct[sphere, w])
        for place in range(task.starts[w], task.starts[w + 1]):
            row = counts[task.rows[place]]
            row += wrong if task.mirrored[place] else right


@njit(cache=True, nogil=True)
def _reach_counts(
    counts: np.ndarray, repeats: np.ndarray, needed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find each relabelling's best sphere, and how often each sphere reaches the count needed.

    Notes
    -----
    best_r is the maximum over spheres s of counts_rs; reached_s the sum of repeats_r over the
    relabellings r with counts_rs >= needed_s.
    """
    best = np.zeros(len(counts), dtype=np.int64)
    reached = np.zeros(len(needed), dtype=np.int64)
    for row in range(len(counts)):
        best[row] = counts[row].max()
        for sphere in range(len(needed)):
            reached[sphere] += repeats[row] * (counts[row, sphere] >= needed[sphere])
    return best, reached
