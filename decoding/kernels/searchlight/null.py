"""The null of a searchlight: the best sphere of each relabelling, for family-wise p-values.

A fold's model depends only on the labels of its training runs, and labels with the two categories
exchanged give the same model with its predictions exchanged. So relabellings share models: all
4096 of two categories in twelve runs need 12 x 1024. Each is fitted once and its right predictions
are added to every relabelling that it serves, as whole numbers, so that equal scores are equal.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from decoding.folds import Folds
from decoding.kernels.searchlight.batches import (
    Batch,
    Voxels,
    cut_batches,
    read_voxels,
    run_in_threads,
    spheres_per_batch,
)
from decoding.kernels.searchlight.counts import add_counts, reach_counts
from decoding.kernels.searchlight.folds import (
    FlatFolds,
    check_training,
    encode_labels,
    flatten_folds,
)
from decoding.kernels.searchlight.naive_bayes import sum_units
from decoding.kernels.searchlight.relabellings import RelabellingPlan, Task, make_plan
from decoding.kernels.searchlight.score_fold import SAMPLES_AT_ONCE, score_fold
from decoding.kernels.searchlight.smoothing import find_small, smooth_labellings
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
    voxels : ndarray of shape (n_voxels, n_samples), or callable
        See `decoding.kernels.searchlight.batches.Voxels`. A callable is read once, in batches.
    relabellings : ndarray of shape (n_relabellings, n_samples)
        Labels of the samples, whole blocks relabelled within each run. The fewer units stay
        together under them, the longer it takes.
    folds : list of (train, test)
        Sample indices of any scheme.
    spheres : Spheres
        From `decoding.kernels.searchlight.spheres.make_spheres`.
    scores : ndarray of shape (n_spheres,)
        The observed scores.
    n_threads : int
        Number of threads; the result does not depend on it.
    on_progress : callable, optional
        Called as (tasks done, all); may raise `decoding.errors.Cancelled`.

    Raises
    ------
    SpecError
        If a training set lacks a category under some relabelling.
    """
    labels, n_classes = _encode(relabellings)
    flat = flatten_folds(folds, len(labels[0]))
    check_training(flat, labels, n_classes)
    parts = range(0, len(labels), MAX_RELABELLINGS)
    plans = [make_plan(labels[part : part + MAX_RELABELLINGS], flat, n_classes) for part in parts]
    bytes_per_voxel = max(_bytes_per_voxel(plan, flat, n_threads) for plan in plans)
    batches = list(cut_batches(spheres, spheres_per_batch(bytes_per_voxel, WORKING_BYTES)))
    n_tasks = len(batches) * sum(len(plan.tasks(fold)) for plan in plans for fold in plan.folds)
    done = itertools.count(1)

    def on_done(task: Task, result: None) -> None:
        report(on_progress, next(done), n_tasks)

    maxima = np.zeros(len(labels))
    n_reached = np.zeros(spheres.n_spheres, dtype=np.int64)
    for batch in batches:
        X, scales = _scale(read_voxels(voxels, batch.first, batch.last))
        for part, plan in zip(parts, plans, strict=True):
            counts = _add_up(X, scales, batch, plan, flat, n_threads, on_done)
            needed = np.ceil((scores[batch.start : batch.stop] - SCORE_TOLERANCE) * plan.full_count)
            best, reached = reach_counts(counts, plan.repeats, needed.astype(np.int64))
            cells = maxima[part : part + MAX_RELABELLINGS]
            np.maximum(cells, best[plan.inverse] / plan.full_count, out=cells)
            n_reached[batch.start : batch.stop] += reached
    return NullMaxima(maxima=maxima, n_reached=n_reached)


def _encode(relabellings: np.ndarray) -> tuple[np.ndarray, int]:
    """Turn categories into their place in sorted order; return these and how many there are."""
    codes, n_classes = encode_labels(relabellings.ravel())
    return codes.reshape(relabellings.shape).astype(np.int16), n_classes


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
    batch: Batch,
    plan: RelabellingPlan,
    flat: FlatFolds,
    n_threads: int,
    on_done: Callable[[Task, None], None],
) -> np.ndarray:
    """Return the counts of each relabelling in each sphere of a batch."""
    units = plan.units
    sums = sum_units(X, units.of_sample, len(units.first))
    single = X.astype(np.float32)
    counts = np.zeros((len(plan.repeats), batch.n_spheres), dtype=plan.counts_type)
    n_cells = (3 + SAMPLES_AT_ONCE) * batch.n_voxels * (plan.n_classes - 1) * plan.width
    scratches = [np.empty(n_cells, dtype=np.float32) for _ in range(n_threads)]

    def work(task: Task) -> None:
        scratch = scratches.pop()
        held_out = flat.test[flat.starts[task.fold] : flat.starts[task.fold + 1]]
        truth = np.ascontiguousarray(task.test_labels[:, units.of_sample[held_out]].T, np.int32)
        extremes = np.empty((2, len(X)))
        correct = score_fold(single, sums, task, held_out, truth, batch.members, extremes, scratch)
        small = find_small(*(extremes * scales**2), batch.members)
        if small.any():
            _smooth(X, scales, task, plan, flat, truth, batch.members, small, correct)
        add_counts(correct, len(held_out), task, counts)
        scratches.append(scratch)

    for fold in plan.folds:
        # One fold after the other: two folds may add to the same relabelling, two tasks of one
        # fold never do.
        run_in_threads(work, plan.tasks(fold), n_threads, on_done)
    return counts


def _smooth(
    X: np.ndarray,
    scales: np.ndarray,
    task: Task,
    plan: RelabellingPlan,
    flat: FlatFolds,
    truth: np.ndarray,
    members: Members,
    small: np.ndarray,
    correct: np.ndarray,
) -> None:
    """Count anew in the spheres whose smoothing matters, under each labelling."""
    held_out = flat.test[flat.starts[task.fold] : flat.starts[task.fold + 1]]
    carried = np.arange(1, plan.n_classes) @ task.member.swapaxes(0, 1)
    labels = np.ascontiguousarray(carried.T[:, plan.units.of_sample], dtype=np.int64)
    smooth_labellings(
        X,
        scales,
        flat.train[task.fold],
        labels,
        plan.n_classes,
        held_out,
        truth,
        members,
        small,
        correct,
    )
