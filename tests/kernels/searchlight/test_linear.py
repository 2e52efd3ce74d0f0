"""Ridge and correlation searchlights have the scores of the classifiers they stand for."""

import weakref

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, LeaveOneGroupOut, cross_val_score

from decoding.estimators import CorrelationClassifier
from decoding.kernels.searchlight import batches, per_sphere
from decoding.kernels.searchlight.linear import score_correlation, score_ridge
from decoding.kernels.searchlight.spheres import make_spheres

AFFINE = np.diag([-3.5, 3.75, 3.75, 1.0])
RUNS = np.repeat(np.arange(5), 12)
ENGINES = {
    "ridge": (score_ridge, RidgeClassifier(alpha=1)),
    "correlation": (score_correlation, CorrelationClassifier()),
}


def recording(seed, n_classes):
    """Make a ragged mask, voxels off their zero, and one block of each category a run."""
    rng = np.random.default_rng(seed)
    mask = rng.random((5, 7, 6)) < 0.7
    names = np.array(["cat", "chair", "face", "house"])[:n_classes]
    y = np.concatenate([np.repeat(rng.permutation(names), 12 // n_classes) for _ in range(5)])
    X = rng.standard_normal((mask.sum(), len(y))) + rng.standard_normal((mask.sum(), 1))
    X += (0.4 * rng.standard_normal((mask.sum(), n_classes)))[:, np.searchsorted(names, y)]
    return mask, X, y


def reference(estimator, X, y, folds, spheres):
    """Return scikit-learn's fold scores of each sphere."""
    indptr, indices = spheres.rows(0, spheres.n_spheres)
    rows = np.split(indices, indptr[1:-1])
    return np.array([cross_val_score(estimator, X[row].T, y, cv=folds) for row in rows])


@pytest.mark.parametrize("radius", [5.6, 14.0], ids=["small", "more voxels than samples"])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("name", ENGINES)
def test_fold_scores_equal_the_classifier(name, n_classes, radius):
    """Fold scores are those of the classifier in every sphere, by runs and across them."""
    score, estimator = ENGINES[name]
    mask, X, y = recording(n_classes, n_classes)
    spheres = make_spheres(mask, AFFINE, radius).at(np.arange(0, mask.sum(), 12))
    for folds in (LeaveOneGroupOut().split(y, y, RUNS), KFold(4).split(y)):
        folds = list(folds)
        ours = score(X, y, folds, spheres)
        theirs = reference(estimator, X, y, folds, spheres)
        np.testing.assert_allclose(ours.fold_scores, theirs, atol=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_spheres_without_signal(name):
    """Spheres of constant voxels answer as the classifier does."""
    score, estimator = ENGINES[name]
    mask, X, y = recording(9, 2)
    X[:] = 2.0
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    spheres = make_spheres(mask, AFFINE, 5.6).at(np.arange(3))
    ours = score(X, y, folds, spheres)
    np.testing.assert_allclose(
        ours.fold_scores, reference(estimator, X, y, folds, spheres), atol=1e-12
    )


def test_one_batch_is_held_at_a_time(monkeypatch):
    """Many batches give the counts of one, and each goes before the next is read."""
    mask, X, y = recording(4, 2)
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    spheres = make_spheres(mask, AFFINE, 5.6)
    whole = score_ridge(X, y, folds, spheres)
    held, read = [], per_sphere.read_voxels

    def watched(*args, **options):
        assert all(batch() is None for batch in held)
        found = read(*args, **options)
        held.append(weakref.ref(found))
        return found

    monkeypatch.setattr(per_sphere, "read_voxels", watched)
    monkeypatch.setattr(batches, "MIN_SPHERES", 17)
    monkeypatch.setattr(per_sphere, "BATCH_BYTES", 0)
    pieces = score_ridge(X, y, folds, spheres)
    np.testing.assert_array_equal(pieces.correct, whole.correct)
    np.testing.assert_array_equal(pieces.constant, whole.constant)
    assert len(held) > 5


@pytest.mark.parametrize("n_live", [1, 2])
def test_correlation_with_few_live_voxels(n_live):
    """Where every r is 1, -1 or 0 but for rounding, map and classifier tie alike: to the first."""
    mask, X, y = recording(10, 2)
    X[n_live:] = 0.0
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    spheres = make_spheres(mask, AFFINE, 30.0).at(np.arange(1))
    ours = score_correlation(X, y, folds, spheres)
    theirs = reference(CorrelationClassifier(), X, y, folds, spheres)
    np.testing.assert_array_equal(ours.fold_scores, theirs)
    r = CorrelationClassifier().fit(X.T, y).correlations(X.T)
    expected = np.where(r[:, 1] > r[:, 0] + 1e-9, "chair", "cat")
    np.testing.assert_array_equal(CorrelationClassifier().fit(X.T, y).predict(X.T), expected)
