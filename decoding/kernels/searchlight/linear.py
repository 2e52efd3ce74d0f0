"""Ridge and correlation classifiers in every sphere."""

import numpy as np
from numba import njit

from decoding.folds import Folds
from decoding.kernels.searchlight.batches import OnProgress, Voxels, no_progress
from decoding.kernels.searchlight.folds import SphereScores
from decoding.kernels.searchlight.linalg import (
    combine,
    dot,
    factor,
    fill_gram,
    in_sample_span,
    project,
    solve,
    with_ones,
)
from decoding.kernels.searchlight.per_sphere import score_by_sphere
from decoding.kernels.searchlight.spheres import Spheres

ALPHA = 1.0


def score_ridge(
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    n_threads: int = 2,
    on_progress: OnProgress = no_progress,
) -> SphereScores:
    """Score ``RidgeClassifier(alpha=1)`` in every sphere by cross-validation.

    Parameters
    ----------
    voxels, y, folds, spheres, n_threads, on_progress
        See `decoding.kernels.searchlight.per_sphere.score_by_sphere`.
    """
    return score_by_sphere(
        _count_ridge, voxels, y, folds, spheres, n_threads=n_threads, on_progress=on_progress
    )


def score_correlation(
    voxels: Voxels,
    y: np.ndarray,
    folds: Folds,
    spheres: Spheres,
    *,
    n_threads: int = 2,
    on_progress: OnProgress = no_progress,
) -> SphereScores:
    """Score the correlation classifier (Haxby 2001) in every sphere by cross-validation.

    A sample belongs to the category whose training mean correlates best with it over the sphere's
    voxels; ties go to the first category.

    Parameters
    ----------
    voxels, y, folds, spheres, n_threads, on_progress
        See `decoding.kernels.searchlight.per_sphere.score_by_sphere`.
    """
    return score_by_sphere(
        _count_correlation,
        voxels,
        y,
        folds,
        spheres,
        centre=False,
        n_threads=n_threads,
        on_progress=on_progress,
    )


@njit(cache=True, nogil=True)
def _count_ridge(
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    train: np.ndarray,
    test: np.ndarray,
    starts: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
) -> np.ndarray:
    """Count the right predictions of each sphere in each fold, (n_spheres, n_folds)."""
    correct = np.zeros((len(indptr) - 1, len(train)), dtype=np.int32)
    decisions = np.empty((n_classes, len(labels)))
    for sphere in range(len(correct)):
        x = with_ones(in_sample_span(X[indices[indptr[sphere] : indptr[sphere + 1]]]))
        gram = np.empty((len(x), len(x)))
        for fold in range(len(train)):
            kept = train[fold].astype(np.float64)
            fill_gram(x, kept, gram)
            for voxel in range(len(x) - 1):
                gram[voxel, voxel] += ALPHA
            factor(gram)
            # Two categories have opposite decisions; the second wins only above 0.
            for k in range(n_classes):
                weights = project(x, kept * np.where(labels == k, 1.0, -1.0))
                solve(gram, weights)
                decisions[k] = combine(x, weights)
            if n_classes == 2:
                decisions[0] = 0.0
            correct[sphere, fold] = _count_highest(decisions, labels, test, starts, fold)
    return correct


@njit(cache=True, nogil=True)
def _count_correlation(
    X: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    train: np.ndarray,
    test: np.ndarray,
    starts: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
) -> np.ndarray:
    """Count the right predictions of each sphere in each fold, (n_spheres, n_folds)."""
    correct = np.zeros((len(indptr) - 1, len(train)), dtype=np.int32)
    decisions = np.empty((n_classes, len(labels)))
    for sphere in range(len(correct)):
        x = X[indices[indptr[sphere] : indptr[sphere + 1]]]
        for fold in range(len(train)):
            for k in range(n_classes):
                members = np.where(train[fold] & (labels == k), 1.0, 0.0)
                mean = project(x, members / members.sum())
                mean -= mean.mean()
                norm = np.sqrt(dot(mean, mean))
                # The sample's own norm and mean change no order; a flat mean correlates with none.
                decisions[k] = combine(x, mean / norm) if norm > 0.0 else np.zeros(len(labels))
            correct[sphere, fold] = _count_highest(decisions, labels, test, starts, fold)
    return correct


@njit(cache=True, nogil=True)
def _count_highest(
    decisions: np.ndarray, labels: np.ndarray, test: np.ndarray, starts: np.ndarray, fold: int
) -> int:
    """Count the held-out samples of a fold whose category decides highest, ties to the first."""
    right = 0
    for place in range(starts[fold], starts[fold + 1]):
        sample = test[place]
        right += decisions[:, sample].argmax() == labels[sample]
    return right
