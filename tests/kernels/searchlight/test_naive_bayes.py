"""The naive Bayes searchlight has scikit-learn's and nilearn's scores, sphere for sphere."""

import nibabel
import numpy as np
import pytest
from nilearn.decoding import SearchLight
from sklearn.model_selection import (
    KFold,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB

from decoding.analyses.searchlight.source import open_source
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.errors import Cancelled, SpecError
from decoding.kernels.searchlight import batches as searchlight_slabs
from decoding.kernels.searchlight.naive_bayes import score_naive_bayes
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.spec import DecodingSpec

AFFINE = np.diag([-3.5, 3.75, 3.75, 1.0])
RUNS = np.repeat(np.arange(6), 18)


def recording(seed, n_classes=2, shape=(6, 8, 7), scale=1.0):
    """Make a ragged mask, voxels with some signal, and one block of each category a run."""
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.7
    names = np.array(["cat", "chair", "face", "house", "shoe"])[:n_classes]
    per_run = [np.repeat(rng.permutation(names), 18 // n_classes) for _ in range(6)]
    y = np.concatenate([np.resize(labels, 18) for labels in per_run])
    X = rng.standard_normal((mask.sum(), len(y)))
    means = 0.3 * rng.standard_normal((mask.sum(), n_classes))
    X += means[:, np.searchsorted(names, y)]
    return mask, scale * X, y


def sphere_voxels(spheres):
    """Return the voxels of each sphere."""
    indptr, indices = spheres.rows(0, spheres.n_spheres)
    return np.split(indices, indptr[1:-1])


def reference(X, y, folds, spheres):
    """Return scikit-learn's fold scores of each sphere."""
    scores = [
        cross_val_score(GaussianNB(), X[voxels].T, y, cv=folds) for voxels in sphere_voxels(spheres)
    ]
    return np.array(scores)


def some_spheres(mask, radius=5.6, n_spheres=12):
    """Return a sample of a mask's spheres: the reference is slow."""
    spheres = make_spheres(mask, AFFINE, radius)
    chosen = np.random.default_rng(0).choice(spheres.n_spheres, n_spheres, replace=False)
    return spheres.at(chosen)


SCHEMES = {
    "leave_one_run_out": lambda y: LeaveOneGroupOut().split(y, y, RUNS),
    "leave_two_runs_out": lambda y: LeavePGroupsOut(2).split(y, y, RUNS),
    "split_half": lambda y: LeaveOneGroupOut().split(y, y, RUNS % 2),
    "kfold": lambda y: KFold(5).split(y),
    "stratified": lambda y: StratifiedKFold(5).split(y, y),
    "shuffled": lambda y: KFold(6, shuffle=True, random_state=0).split(y),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_fold_scores_equal_scikit_learn(scheme, n_classes):
    """Fold scores are those of GaussianNB in every sphere, for any folds and categories."""
    mask, X, y = recording(n_classes, n_classes)
    folds = list(SCHEMES[scheme](y))
    spheres = some_spheres(mask)
    ours = score_naive_bayes(X, y, folds, spheres)
    np.testing.assert_allclose(ours.fold_scores, reference(X, y, folds, spheres), atol=1e-12)
    assert ours.n_without_variance == 0


def test_unequal_priors_count_once():
    """With categories of unequal size the prior enters once, not once a voxel."""
    mask, X, y = recording(8)
    keep = np.random.default_rng(8).random(len(y)) < np.where(y == "cat", 1.0, 0.4)
    X, y = X[:, keep], y[keep]
    folds = list(LeaveOneGroupOut().split(y, y, RUNS[keep]))
    spheres = some_spheres(mask, 4.0)
    ours = score_naive_bayes(X, y, folds, spheres)
    np.testing.assert_allclose(ours.fold_scores, reference(X, y, folds, spheres), atol=1e-12)


def test_raw_volumes_score_alike():
    """Voxels far from zero and on unequal scales have scikit-learn's scores as well."""
    mask, X, y = recording(9)
    rng = np.random.default_rng(9)
    X = 1000 + X * rng.uniform(5, 200, (len(X), 1))
    folds = list(SCHEMES["leave_one_run_out"](y))
    spheres = some_spheres(mask)
    ours = score_naive_bayes(X, y, folds, spheres)
    np.testing.assert_allclose(ours.fold_scores, reference(X, y, folds, spheres), atol=1e-12)


@pytest.mark.recordings
@pytest.mark.parametrize("standardize", ["all", "run", "none"])
def test_real_spheres_equal_scikit_learn(recordings, standardize):
    """On the real half slice, standardized or raw, fold scores are scikit-learn's."""
    conditions = ("cat", "face", "house")
    spec = DecodingSpec(subject="1", mask="brain", conditions=conditions, standardize=standardize)
    source = open_source(load_subject("haxby", "1", recordings / "slice"), spec)
    X = source.read(0, source.grid.n_voxels)
    folds = make_folds("leave_one_run_out", source.y, source.runs)
    spheres = make_spheres(source.grid.mask, source.grid.affine, 5.6).at(np.arange(0, len(X), 60))
    ours = score_naive_bayes(X, source.y, folds, spheres)
    theirs = reference(X, source.y, folds, spheres)
    np.testing.assert_allclose(ours.fold_scores, theirs, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Use a custom estimator")  # nilearn's word on GaussianNB()
def test_map_equals_nilearn():
    """The map is nilearn's SearchLight on the same image, sphere for sphere."""
    mask, X, y = recording(10, shape=(4, 5, 4))
    X = X.astype(np.float32)
    data = np.zeros((*mask.shape, X.shape[1]), dtype=np.float32)
    data[mask] = X
    searchlight = SearchLight(
        nibabel.Nifti1Image(mask.astype(np.int8), AFFINE),
        radius=5.6,
        estimator=GaussianNB(),
        cv=LeaveOneGroupOut(),
        scoring="accuracy",
    )
    searchlight.fit(nibabel.Nifti1Image(data, AFFINE), y, groups=RUNS)
    folds = list(SCHEMES["leave_one_run_out"](y))
    ours = score_naive_bayes(X, y, folds, make_spheres(mask, AFFINE, 5.6))
    np.testing.assert_allclose(ours.scores, searchlight.masked_scores_, atol=1e-12)


def test_voxels_without_variance_are_counted():
    """Voxels constant in a training category count as GaussianNB's smoothing has it."""
    mask, X, y = recording(11)
    X[5] = 3.0
    X[9, y == "cat"] = 0.25
    X[20, RUNS != 2] = -1.0
    folds = list(SCHEMES["leave_one_run_out"](y))
    spheres = make_spheres(mask, AFFINE, 5.6).at(np.arange(0, 40, 2))
    ours = score_naive_bayes(X, y, folds, spheres)
    assert ours.n_without_variance == 3
    np.testing.assert_allclose(ours.fold_scores, reference(X, y, folds, spheres), atol=1e-12)


@pytest.mark.parametrize("n_runs", [2, 3])
def test_one_training_sample_a_category(n_runs):
    """With a single training sample a category, smoothing alone decides: GaussianNB's scores."""
    mask, X, y = recording(17)
    runs = np.repeat(np.arange(n_runs), 2)
    X, y = 3.0 * X[:, : 2 * n_runs], np.tile(["cat", "face"], n_runs)
    folds = list(LeavePGroupsOut(n_runs - 1).split(y, y, runs))
    spheres = some_spheres(mask)
    ours = score_naive_bayes(X, y, folds, spheres)
    np.testing.assert_allclose(ours.fold_scores, reference(X, y, folds, spheres), atol=1e-12)
    assert ours.scores.max() > 0.5


def test_pieces_and_threads_do_not_change_a_score(monkeypatch):
    """Small slabs, small reads and one or three threads give the same counts."""
    mask, X, y = recording(12)
    folds = list(SCHEMES["leave_one_run_out"](y))
    spheres = make_spheres(mask, AFFINE, 5.6)
    whole = score_naive_bayes(X, y, folds, spheres, n_threads=1)
    monkeypatch.setattr(searchlight_slabs, "READ_ROWS", 13)
    monkeypatch.setattr(searchlight_slabs, "MIN_SPHERES", 17)
    monkeypatch.setattr(searchlight_slabs, "THREAD_BYTES", 0)
    for n_threads in (1, 3):
        reads = []

        def read(start, stop, reads=reads):
            reads.append(stop - start)
            return X[start:stop]

        pieces = score_naive_bayes(read, y, folds, spheres, n_threads=n_threads)
        np.testing.assert_array_equal(pieces.correct, whole.correct)
        assert max(reads) == 13


def test_values_that_are_not_finite_count_as_zero():
    """A voxel of NaN is a voxel without signal."""
    mask, X, y = recording(13)
    X[4] = 0.0
    spoilt = X.copy()
    spoilt[4] = np.nan
    folds = list(SCHEMES["leave_one_run_out"](y))
    spheres = make_spheres(mask, AFFINE, 5.6)
    clean, ours = (score_naive_bayes(data, y, folds, spheres) for data in (X, spoilt))
    np.testing.assert_array_equal(ours.correct, clean.correct)
    assert ours.n_without_variance == clean.n_without_variance == 1


def test_progress_is_told_and_may_cancel(monkeypatch):
    """Progress ends at all spheres; what it raises ends the work."""
    mask, X, y = recording(14)
    folds = list(SCHEMES["leave_one_run_out"](y))
    spheres = make_spheres(mask, AFFINE, 5.6)
    monkeypatch.setattr(searchlight_slabs, "MIN_SPHERES", 17)
    monkeypatch.setattr(searchlight_slabs, "THREAD_BYTES", 0)
    told = []
    score_naive_bayes(X, y, folds, spheres, on_progress=lambda *news: told.append(news))
    assert told == sorted(told)
    assert told[-1] == (spheres.n_spheres, spheres.n_spheres)

    def cancel(done, total):
        told.append(done)
        raise Cancelled

    told.clear()
    with pytest.raises(Cancelled):
        score_naive_bayes(X, y, folds, spheres, on_progress=cancel)
    assert len(told) == 1


def test_a_training_set_that_lacks_a_category_is_refused():
    """The message names the fold."""
    mask, X, _ = recording(15)
    y = np.where(RUNS == 3, "face", "cat")
    folds = list(SCHEMES["leave_one_run_out"](y))
    with pytest.raises(SpecError, match="fold 4 lack"):
        score_naive_bayes(X, y, folds, make_spheres(mask, AFFINE, 5.6))


def test_one_category_is_refused():
    """The message names the category."""
    mask, X, y = recording(16)
    with pytest.raises(SpecError, match="Only the category 'cat'"):
        score_naive_bayes(X, np.full(len(y), "cat"), [], make_spheres(mask, AFFINE, 5.6))
