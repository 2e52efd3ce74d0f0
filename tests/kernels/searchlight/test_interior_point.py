"""The interior-point machine is libsvm's, and so are the searchlight's predictions."""

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, cross_val_score
from sklearn.svm import SVC

from decoding.analyses.searchlight.source import open_source
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.errors import Cancelled, SpecError
from decoding.kernels.searchlight import per_sphere as searchlight_spherewise
from decoding.kernels.searchlight.interior_point import descend, start
from decoding.kernels.searchlight.linalg import with_ones
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.kernels.searchlight.svm import NEAR, score_svm, settle_near
from decoding.spec import DecodingSpec

AFFINE = np.diag([-3.5, 3.75, 3.75, 1.0])
RUNS = np.repeat(np.arange(6), 18)


def samples(seed, n_voxels=19, n_samples=120, signal=0.3, shift=0.0):
    """Make training samples, voxel by voxel, and their signs."""
    rng = np.random.default_rng(seed)
    signs = np.where(rng.random(n_samples) < 0.5, 1.0, -1.0)
    x = rng.standard_normal((n_voxels, n_samples)) + shift
    return x + signal * rng.standard_normal((n_voxels, 1)) * signs, signs


def fit_svm(x, signs, c):
    """Fit our machine as a sphere does where its decisions are not clear: weights and bias."""
    extended = with_ones(x)
    state = start(extended, signs, c)
    bias = descend(extended, signs, c, state, 0.0, NEAR)
    weights, least, largest, _ = settle_near(extended, signs, c, state, bias)
    return weights, 0.5 * (least + largest)


def libsvm(x, signs, c=1.0):
    """Fit libsvm to a tolerance far below its usual one."""
    return SVC(kernel="linear", C=c, tol=1e-9).fit(x.T, signs)


@pytest.mark.parametrize("signal", [0.0, 0.3, 3.0], ids=["noise", "weak", "separable"])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_weights_are_those_of_the_optimum(signal, c):
    """Run to the end, weights and bias are those of libsvm run to a tolerance of 1e-9."""
    for seed in range(3):
        x, signs = samples(seed, signal=signal)
        weights, bias = fit_svm(x, signs, c)
        theirs = libsvm(x, signs, c)
        scale = np.abs(theirs.coef_).max()
        np.testing.assert_allclose(weights, theirs.coef_[0], atol=1e-4 * scale)
        assert bias == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_a_free_bias_is_the_middle_of_all_that_are_optimal():
    """Where every support vector is at C the bias is libsvm's, half way between its bounds."""
    x = np.array([[0.3, 0.1, -0.2, 0.5, 0.2, -0.4, 0.0, -0.1]])
    signs = np.repeat([1.0, -1.0], 4)
    weights, bias = fit_svm(x, signs, 1.0)
    assert bias == pytest.approx(-0.05, abs=1e-12)
    np.testing.assert_allclose(weights, libsvm(x, signs).coef_[0], atol=1e-6)


def test_unequal_categories_and_shifted_voxels():
    """Few samples of one category, and voxels far from zero, change nothing."""
    x, signs = samples(20, shift=5.0)
    keep = (signs < 0) | (np.arange(len(signs)) % 5 == 0)
    x, signs = np.ascontiguousarray(x[:, keep]), signs[keep]
    weights, bias = fit_svm(x, signs, 1.0)
    theirs = libsvm(x, signs).decision_function(x.T)
    np.testing.assert_allclose(weights @ x + bias, theirs, atol=1e-4)


def test_voxels_that_repeat_each_other():
    """Collinear and constant voxels are no obstacle."""
    x, signs = samples(21)
    x = np.vstack([x, x[:4], np.zeros((2, x.shape[1])), np.ones((1, x.shape[1]))])
    weights, bias = fit_svm(x, signs, 1.0)
    theirs = libsvm(x, signs).decision_function(x.T)
    np.testing.assert_allclose(weights @ x + bias, theirs, atol=1e-4)


def recording(seed, n_classes=2, shape=(6, 8, 7)):
    """Make a ragged mask, voxels with some signal, and one block of each category a run."""
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.7
    names = np.array(["cat", "chair", "face", "house"])[:n_classes]
    per_run = [np.resize(np.repeat(rng.permutation(names), 18 // n_classes), 18) for _ in range(6)]
    y = np.concatenate(per_run)
    X = rng.standard_normal((mask.sum(), len(y)))
    X += (0.3 * rng.standard_normal((mask.sum(), n_classes)))[:, np.searchsorted(names, y)]
    return mask, X, y


def disagreements(ours, X, y, folds, spheres, tol=1e-3):
    """Return how many held-out samples are scored otherwise by ``SVC``, at the least, by fold."""
    indptr, indices = spheres.rows(0, spheres.n_spheres)
    rows = np.split(indices, indptr[1:-1])
    svc = SVC(kernel="linear", tol=tol)
    theirs = np.array([cross_val_score(svc, X[row].T, y, cv=folds) for row in rows])
    return np.abs(ours.fold_scores - theirs) * ours.n_test


@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("radius", [4.0, 7.6])
def test_fold_scores_agree_with_libsvm(n_classes, radius):
    """At most one sample in 200 is scored otherwise, and at most one in a fold."""
    mask, X, y = recording(n_classes, n_classes)
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    spheres = make_spheres(mask, AFFINE, radius).at(np.arange(0, mask.sum(), 15))
    wrong = disagreements(score_svm(X, y, folds, spheres), X, y, folds, spheres)
    assert wrong.max() <= 1.0 + 1e-9
    assert wrong.sum() <= spheres.n_spheres * len(y) / 200


def test_other_folds():
    """Folds that cut blocks and runs agree as well."""
    mask, X, y = recording(6)
    folds = list(StratifiedKFold(5).split(y, y))
    spheres = make_spheres(mask, AFFINE, 5.6).at(np.arange(0, mask.sum(), 15))
    wrong = disagreements(score_svm(X, y, folds, spheres), X, y, folds, spheres)
    assert wrong.sum() <= spheres.n_spheres * len(y) / 200


def test_spheres_of_more_voxels_than_samples():
    """Large spheres give the same scores through the span of the samples."""
    mask, X, y = recording(7, shape=(7, 8, 8))
    keep = RUNS < 3
    X, y = X[:, keep], y[keep]
    folds = list(LeaveOneGroupOut().split(y, y, RUNS[keep]))
    spheres = make_spheres(mask, AFFINE, 14.0).at(np.arange(100, 160, 12))
    assert spheres.sizes().min() > len(y)
    wrong = disagreements(score_svm(X, y, folds, spheres), X, y, folds, spheres)
    assert wrong.sum() <= 1


@pytest.mark.recordings
@pytest.mark.parametrize("standardize", ["all", "run"])
def test_real_spheres_agree_with_libsvm(recordings, standardize):
    """On the real half slice, whose voxels are correlated, one sample in 200 differs at most."""
    spec = DecodingSpec(subject="1", mask="brain", standardize=standardize)
    source = open_source(load_subject("haxby", "1", recordings / "slice"), spec)
    X = source.read(0, source.grid.n_voxels)
    folds = make_folds("leave_one_run_out", source.y, source.runs)
    spheres = make_spheres(source.grid.mask, source.grid.affine, 7.6).at(np.arange(0, len(X), 60))
    wrong = disagreements(score_svm(X, source.y, folds, spheres), X, source.y, folds, spheres)
    assert wrong.max() <= 1.0 + 1e-9
    assert wrong.sum() <= spheres.n_spheres * len(source.y) / 200


@pytest.mark.recordings
@pytest.mark.parametrize(("samples", "radius"), [("block", 1.0), ("run_beta", 5.6)])
def test_real_spheres_of_few_samples_equal_libsvm(recordings, samples, radius):
    """Single voxels of block means, whose decisions tie, and betas: no sample differs."""
    spec = DecodingSpec(subject="1", mask="brain", samples=samples)
    source = open_source(load_subject("haxby", "1", recordings / "slice"), spec)
    grid = source.grid
    X = source.read(0, len(source.grid.voxels))
    folds = make_folds("leave_one_run_out", source.y, source.runs)
    chosen = np.unique([57, 85, 91, 116, 158, 239, 422, 498, *range(0, len(X), 60)])
    spheres = make_spheres(grid.mask, grid.affine, radius).at(chosen)
    ours = score_svm(X, source.y, folds, spheres)
    assert disagreements(ours, X, source.y, folds, spheres, tol=1e-10).sum() == 0


def test_spheres_without_signal_answer_as_libsvm_does():
    """Where all voxels are constant the answer is libsvm's, not rounding's."""
    mask, X, y = recording(10, shape=(3, 3, 3))
    X[:] = 1.5
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    for labels in (y, np.where(np.arange(len(y)) % 3 == 0, y, "shoe")):
        spheres = make_spheres(mask, AFFINE, 4.0).at(np.arange(2))
        wrong = disagreements(score_svm(X, labels, folds, spheres), X, labels, folds, spheres)
        assert wrong.sum() == 0


def test_pieces_and_threads_do_not_change_a_score(monkeypatch):
    """Small pieces and slabs, one thread or three, give the same counts; progress is told."""
    mask, X, y = recording(8, shape=(5, 5, 5))
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    spheres = make_spheres(mask, AFFINE, 5.6)
    whole = score_svm(X, y, folds, spheres, n_threads=1)
    monkeypatch.setattr(searchlight_spherewise, "SPHERES_AT_ONCE", 7)
    told = []
    pieces = score_svm(
        X, y, folds, spheres, n_threads=3, on_progress=lambda *news: told.append(news)
    )
    np.testing.assert_array_equal(pieces.correct, whole.correct)
    assert told == sorted(told)
    assert told[-1] == (spheres.n_spheres, spheres.n_spheres)


def test_a_training_set_that_lacks_a_category_is_refused():
    """The message names the fold."""
    mask, X, _ = recording(11, shape=(3, 3, 3))
    y = np.select([RUNS == 3, np.arange(len(RUNS)) % 2 == 0], ["shoe", "face"], "cat")
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))
    with pytest.raises(SpecError, match="fold 4 lack"):
        score_svm(X, y, folds, make_spheres(mask, AFFINE, 5.6))


def test_cancel_ends_the_work():
    """What the progress callback raises comes out."""
    mask, X, y = recording(9, shape=(4, 4, 4))
    folds = list(LeaveOneGroupOut().split(y, y, RUNS))

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        score_svm(X, y, folds, make_spheres(mask, AFFINE, 5.6), on_progress=cancel)
