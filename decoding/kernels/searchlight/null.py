"""The null of a searchlight: the best sphere of each relabelling, for family-wise p-values.

A fold's model depends only on the labels of its training runs, and labels with the two categories
exchanged give the same model with its predictions exchanged. So relabellings share models: all
4096 of two categories in twelve runs need 12 x 1024. Each is fitted once and its right predictions
are added to every relabelling that it serves, as whole numbers, so that equal scores are equal.
"""

from dataclasses import dataclass

import numpy as np

from decoding.errors import SpecError
from decoding.folds import Folds
from decoding.kernels.searchlight.batches import (
    OnProgress,
    Slab,
    Voxels,
    cut_slabs,
    no_progress,
    read_voxels,
    run_in_threads,
    spheres_per_slab,
)
from decoding.kernels.searchlight.counts import add_points, reach_points
from decoding.kernels.searchlight.folds import FlatFolds, check_training, flatten_folds
from decoding.kernels.searchlight.naive_bayes import sum_units
from decoding.kernels.searchlight.relabellings import Piece, RelabellingPlan, make_plan
from decoding.kernels.searchlight.score_fold import SAMPLES_AT_ONCE, tally_fold
from decoding.kernels.searchlight.spheres import Spheres

WORKING_BYTES = 60_000_000
MAX_RELABELLINGS = 4096
TOLERANCE = 1e-9


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


def familywise_p(scores: np.ndarray, maxima: np.ndarray, *, exact: bool) -> np.ndarray:
    """Return the family-wise p of each score under the null of the maximum.

    Parameters
    ----------
    scores : ndarray of shape (n_spheres,)
        Observed scores.
    maxima : ndarray of shape (n_relabellings,)
        From `NullMaxima`.
    exact : bool
        Whether `maxima` holds all relabellings, the identity among them: p is then their share.
        Otherwise they were drawn at random and the identity is added: (b + 1) / (m + 1).
    """
    ordered = np.sort(maxima)
    reached = len(ordered) - np.searchsorted(ordered, np.asarray(scores) - TOLERANCE)
    extra = 0 if exact else 1
    return np.asarray((reached + extra) / (len(ordered) + extra))


def null_naive_bayes(
    voxels: Voxels,
    relabellings: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    scores: np.ndarray,
    *,
    n_threads: int = 2,
    on_progress: OnProgress = no_progress,
) -> NullMaxima:
    """Score Gaussian naive Bayes in every sphere under relabellings, and keep the maxima.

    The scores are those of `score_naive_bayes` on the relabelled samples, except that ratios are
    summed in single precision: about one held-out prediction in a million differs.

    Parameters
    ----------
    voxels : ndarray of shape (n_voxels, n_samples), or callable
        See `decoding.kernels.searchlight.batches.Voxels`. A callable is read once, in slabs.
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
    on_progress : callable
        Called as (pieces done, all); may raise `decoding.errors.Cancelled`.

    Raises
    ------
    SpecError
        If a training set lacks a category under some relabelling.
    """
    classes, codes = np.unique(relabellings, return_inverse=True)
    if len(classes) < 2:
        raise SpecError(f"Only the category {str(classes[0])!r}: a classifier needs two.")
    labels = codes.reshape(len(relabellings), -1).astype(np.int16)
    flat = flatten_folds(folds, len(labels[0]))
    check_training(flat, labels, len(classes))
    parts = range(0, len(labels), MAX_RELABELLINGS)
    plans = [
        make_plan(labels[part : part + MAX_RELABELLINGS], flat, len(classes)) for part in parts
    ]
    bytes_per_voxel = max(_bytes_per_voxel(plan, flat, n_threads) for plan in plans)
    slabs = list(cut_slabs(spheres, spheres_per_slab(bytes_per_voxel, WORKING_BYTES)))
    n_pieces = len(slabs) * sum(len(plan.pieces(fold)) for plan in plans for fold in plan.folds)
    progress = _Progress(on_progress=on_progress, total=n_pieces)
    maxima = np.zeros(len(labels))
    n_reached = np.zeros(spheres.n_spheres, dtype=np.int64)
    for slab in slabs:
        X = _scale(read_voxels(voxels, slab.first, slab.last))
        for part, plan in zip(parts, plans, strict=True):
            points = _add_up(X, slab, plan, flat, n_threads, progress)
            needed = np.ceil((scores[slab.start : slab.stop] - TOLERANCE) * plan.full_points)
            best, reached = reach_points(points, plan.repeats, needed.astype(np.int64))
            cells = maxima[part : part + MAX_RELABELLINGS]
            np.maximum(cells, best[plan.inverse] / plan.full_points, out=cells)
            n_reached[slab.start : slab.stop] += reached
    return NullMaxima(maxima=maxima, n_reached=n_reached)


@dataclass(kw_only=True)
class _Progress:
    """Counts pieces over slabs and folds."""

    on_progress: OnProgress
    total: int
    done: int = 0

    def step(self, piece: object, result: object) -> None:
        self.done += 1
        self.on_progress(self.done, self.total)


def _bytes_per_voxel(plan: RelabellingPlan, flat: FlatFolds, n_threads: int) -> float:
    """Return what a voxel takes in a slab: its samples, its sums, tables in threads, points."""
    tables = 4 * n_threads * (3 + SAMPLES_AT_ONCE) * (plan.n_classes - 1) * plan.width
    samples = (8 + 4) * flat.n_samples + 16 * len(plan.units.first)
    return samples + tables + plan.points_type.itemsize * len(plan.repeats)


def _scale(X: np.ndarray) -> np.ndarray:
    """Give each voxel unit variance, which changes no score and suits single precision."""
    sizes = np.sqrt(np.einsum("ij,ij->i", X, X) / X.shape[1])
    X /= np.where(sizes == 0, 1.0, sizes)[:, None]
    return X


def _add_up(
    X: np.ndarray,
    slab: Slab,
    plan: RelabellingPlan,
    flat: FlatFolds,
    n_threads: int,
    progress: _Progress,
) -> np.ndarray:
    """Return the points of each relabelling in each sphere of a slab."""
    units = plan.units
    sums, squares = sum_units(X, units.of_sample, len(units.first))
    single = X.astype(np.float32)
    points = np.zeros((len(plan.repeats), slab.n_spheres), dtype=plan.points_type)
    n_cells = (3 + SAMPLES_AT_ONCE) * slab.n_voxels * (plan.n_classes - 1) * plan.width
    scratches = [np.empty(n_cells, dtype=np.float32) for _ in range(n_threads)]

    def work(piece: Piece) -> None:
        scratch = scratches.pop()
        held_out = flat.test[flat.starts[piece.fold] : flat.starts[piece.fold + 1]]
        truth = np.ascontiguousarray(piece.test_labels[:, units.of_sample[held_out]].T, np.int32)
        correct = tally_fold(
            single,
            sums,
            squares,
            units.train[piece.fold],
            piece.member,
            piece.sizes,
            held_out,
            truth,
            slab.indptr,
            slab.indices,
            scratch,
        )
        add_points(
            correct, len(held_out), piece.weight, piece.starts, piece.rows, piece.mirrored, points
        )
        scratches.append(scratch)

    for fold in plan.folds:
        # One fold after the other: two folds may add to the same relabelling, two pieces of one
        # fold never do.
        run_in_threads(work, plan.pieces(fold), n_threads, progress.step)
    return points
