"""Searchlights that fit every sphere for itself: batches are read once, threads share spheres."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import numpy as np
from numba import njit, types
from numba.extending import overload

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
from decoding.kernels.searchlight.folds import Design, SphereScores, lay_out
from decoding.kernels.searchlight.spheres import Members, Spheres
from decoding.progress import Progress, report

Model: TypeAlias = tuple[float, ...]
"""The parameters of an estimator, a NamedTuple whose type tells `predict` which estimator it is."""

PREDICTORS: dict[type, Callable[..., None]] = {}
"""What `predict` runs, by the type of the model; the module of each estimator adds its own."""

BATCH_BYTES = 30_000_000
SPHERES_AT_ONCE = 64


def score_by_sphere(
    model: Model,
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    centre: bool = True,
    n_threads: int = 2,
    on_progress: Progress | None = None,
) -> SphereScores:
    """Cross-validate an estimator in every sphere.

    Parameters
    ----------
    model : NamedTuple
        Of a type that `predict` knows.
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
    on_progress : callable, optional
        Called as (spheres done, all); may raise `decoding.errors.Cancelled`.

    Raises
    ------
    SpecError
        If a training set lacks a category.
    """
    design = lay_out(y, folds)
    flat = design.folds
    correct = np.zeros((spheres.n_spheres, flat.n_folds), dtype=np.int32)
    constant = np.zeros(spheres.n_spheres, dtype=bool)
    done = 0
    for batch in cut_batches(spheres, spheres_per_batch(8.0 * flat.n_samples, BATCH_BYTES)):
        read = partial(read_voxels, voxels, batch.first, batch.last, centre=centre)
        still = constant[batch.start : batch.stop]
        for (start, stop), counts in _count_batch(model, read, design, batch, still, n_threads):
            correct[batch.start + start : batch.start + stop] = counts
            done += stop - start
            report(on_progress, done, spheres.n_spheres)
    return SphereScores(correct=correct, n_test=flat.n_test, constant=constant)


def _count_batch(
    model: Model,
    read: Callable[[], np.ndarray],
    design: Design,
    batch: Batch,
    constant: np.ndarray,
    n_threads: int,
) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Yield what `_count_right` does, and let the batch's samples go before the next are read."""
    X = read()
    constant[:] = find_constant(X, batch.members)
    work = partial(_count_right, model, X, design, batch.members)
    starts = range(0, batch.n_spheres, SPHERES_AT_ONCE)
    tasks = ((start, min(start + SPHERES_AT_ONCE, batch.n_spheres)) for start in starts)
    yield from run_in_threads(work, tasks, n_threads)


def predict(model: Model, x: np.ndarray, design: Design, predicted: np.ndarray) -> None:
    """Fill the category that each held-out sample of each fold is given in one sphere.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
        The sphere's voxels.
    predicted : ndarray of int, shape (n_held_out,)
        In the order of ``design.folds.test``.
    """


@overload(predict, strict=False)
def _compiled_predict(
    model: types.NamedTuple, x: types.Array, design: types.NamedTuple, predicted: types.Array
) -> Callable[..., None]:
    # The loop over spheres is compiled once for each type of model. Compiled code that is handed
    # over as an argument would do as well, but numba does not find that in its cache again.
    return PREDICTORS[model.instance_class]


@njit(cache=True, nogil=True)
def _count_right(
    model: Model, X: np.ndarray, design: Design, members: Members, task: tuple[int, int]
) -> np.ndarray:
    """Count the right predictions of some spheres in each fold, (n_spheres, n_folds)."""
    labels, _, folds = design
    start, stop = task
    correct = np.zeros((stop - start, len(folds.train)), dtype=np.int32)
    predicted = np.empty(len(folds.test), dtype=np.int64)
    for sphere in range(start, stop):
        x = X[members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]]
        predict(model, x, design, predicted)
        for fold in range(len(folds.train)):
            for place in range(folds.starts[fold], folds.starts[fold + 1]):
                correct[sphere - start, fold] += predicted[place] == labels[folds.test[place]]
    return correct
