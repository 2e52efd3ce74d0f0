"""Searchlights that fit every sphere for itself: slabs are read once, threads share spheres."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

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
from decoding.kernels.searchlight.folds import (
    FlatFolds,
    SphereScores,
    check_training,
    encode_labels,
    flatten_folds,
)
from decoding.kernels.searchlight.spheres import Spheres

CountRight: TypeAlias = Callable[..., np.ndarray]
"""Compiled: takes X (n_voxels, n_samples), the labels from 0, the number of categories,
the `train`, `test` and `starts` of `FlatFolds`, and spheres as `indptr` and `indices`. Returns the
right predictions, (n_spheres, n_folds)."""

SLAB_BYTES = 30_000_000
SPHERES_AT_ONCE = 64


def score_by_sphere(
    count_right: CountRight,
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    centre: bool = True,
    n_threads: int = 2,
    on_progress: OnProgress = no_progress,
) -> SphereScores:
    """Cross-validate every sphere with a compiled function that takes some of them.

    Parameters
    ----------
    count_right : callable
        See `CountRight`.
    voxels : ndarray of shape (n_voxels, n_samples), or callable
        See `decoding.kernels.searchlight.batches.Voxels`.
    y : ndarray of shape (n_samples,)
        Categories.
    folds : list of (train, test)
        Sample indices of any scheme.
    spheres : Spheres
        From `decoding.kernels.searchlight.spheres.make_spheres`.
    centre : bool
        Whether each voxel may be centred on its mean first.
    n_threads : int
        Number of threads; the scores do not depend on it.
    on_progress : callable
        Called as (spheres done, all); may raise `decoding.errors.Cancelled`.

    Raises
    ------
    SpecError
        If a training set lacks a category.
    """
    labels, n_classes = encode_labels(y)
    flat = flatten_folds(folds, len(labels))
    check_training(flat, labels[None], n_classes)
    correct = np.zeros((spheres.n_spheres, flat.n_folds), dtype=np.int32)
    done = 0

    def collect(piece: Slab, result: np.ndarray) -> None:
        nonlocal done
        correct[piece.start : piece.stop] = result
        done += piece.n_spheres
        on_progress(done, spheres.n_spheres)

    for slab in cut_slabs(spheres, spheres_per_slab(8.0 * flat.n_samples, SLAB_BYTES)):
        X = read_voxels(voxels, slab.first, slab.last, centre=centre)
        work = _piece_worker(count_right, X, labels, n_classes, flat)
        run_in_threads(work, _pieces(slab), n_threads, collect)
    return SphereScores(correct=correct, n_test=flat.n_test)


def _piece_worker(
    count_right: CountRight, X: np.ndarray, labels: np.ndarray, n_classes: int, flat: FlatFolds
) -> Callable[[Slab], np.ndarray]:
    def work(piece: Slab) -> np.ndarray:
        layout = (flat.train, flat.test, flat.starts, piece.indptr, piece.indices)
        return count_right(X, labels, n_classes, *layout)

    return work


def _pieces(slab: Slab) -> Iterator[Slab]:
    """Cut a slab's spheres into pieces that keep its voxels."""
    for low in range(0, slab.n_spheres, SPHERES_AT_ONCE):
        high = min(low + SPHERES_AT_ONCE, slab.n_spheres)
        begin, end = slab.indptr[low], slab.indptr[high]
        yield Slab(
            start=slab.start + low,
            stop=slab.start + high,
            first=slab.first,
            last=slab.last,
            indptr=slab.indptr[low : high + 1] - begin,
            indices=slab.indices[begin:end],
        )
