"""Searchlights that fit every sphere for itself: batches are read once, threads share spheres."""

from collections.abc import Callable, Iterator
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
from decoding.kernels.searchlight.folds import (
    FlatFolds,
    SphereScores,
    check_training,
    encode_labels,
    flatten_folds,
)
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
    labels, n_classes = encode_labels(y)
    flat = flatten_folds(folds, len(labels))
    check_training(flat, labels[None], n_classes)
    correct = np.zeros((spheres.n_spheres, flat.n_folds), dtype=np.int32)
    constant = np.zeros(spheres.n_spheres, dtype=bool)
    done = 0

    def collect(task: Batch, result: np.ndarray) -> None:
        nonlocal done
        correct[task.start : task.stop] = result
        done += task.n_spheres
        report(on_progress, done, spheres.n_spheres)

    for batch in cut_batches(spheres, spheres_per_batch(8.0 * flat.n_samples, BATCH_BYTES)):
        X = read_voxels(voxels, batch.first, batch.last, centre=centre)
        constant[batch.start : batch.stop] = find_constant(X, batch.members)
        work = _worker(model, X, labels, n_classes, flat)
        run_in_threads(work, _tasks(batch), n_threads, collect)
    return SphereScores(correct=correct, n_test=flat.n_test, constant=constant)


def _worker(
    model: Model, X: np.ndarray, labels: np.ndarray, n_classes: int, folds: FlatFolds
) -> Callable[[Batch], np.ndarray]:
    def work(task: Batch) -> np.ndarray:
        correct: np.ndarray = _count_right(model, X, labels, n_classes, folds, task.members)
        return correct

    return work


def _tasks(batch: Batch) -> Iterator[Batch]:
    """Cut a batch's spheres into tasks that keep its voxels."""
    indptr, indices = batch.members
    for low in range(0, batch.n_spheres, SPHERES_AT_ONCE):
        high = min(low + SPHERES_AT_ONCE, batch.n_spheres)
        begin, end = indptr[low], indptr[high]
        yield Batch(
            start=batch.start + low,
            stop=batch.start + high,
            first=batch.first,
            last=batch.last,
            members=Members(indptr[low : high + 1] - begin, indices[begin:end]),
        )


def predict(
    model: Model,
    x: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    folds: FlatFolds,
    predicted: np.ndarray,
) -> None:
    """Fill the category that each held-out sample of each fold is given in one sphere.

    Parameters
    ----------
    x : ndarray of shape (n_voxels, n_samples)
        The sphere's voxels.
    labels : ndarray of int, shape (n_samples,)
        From 0.
    predicted : ndarray of int, shape (n_held_out,)
        In the order of ``folds.test``.
    """
    PREDICTORS[type(model)](model, x, labels, n_classes, folds, predicted)


@overload(predict, strict=False)
def _compiled_predict(
    model: types.NamedTuple,
    x: types.Array,
    labels: types.Array,
    n_classes: types.Integer,
    folds: types.NamedTuple,
    predicted: types.Array,
) -> Callable[..., None]:
    # The loop over spheres is compiled once for each type of model. Compiled code that is handed
    # over as an argument would do as well, but numba does not find that in its cache again.
    return PREDICTORS[model.instance_class]


@njit(cache=True, nogil=True)
def _count_right(
    model: Model,
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    folds: FlatFolds,
    members: Members,
) -> np.ndarray:
    """Count the right predictions of each sphere in each fold, (n_spheres, n_folds)."""
    correct = np.zeros((len(members.indptr) - 1, len(folds.train)), dtype=np.int32)
    predicted = np.empty(len(folds.test), dtype=np.int64)
    for sphere in range(len(correct)):
        x = X[members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]]
        predict(model, x, labels, n_classes, folds, predicted)
        for fold in range(len(folds.train)):
            for place in range(folds.starts[fold], folds.starts[fold + 1]):
                correct[sphere, fold] += predicted[place] == labels[folds.test[place]]
    return correct
