"""The null of a searchlight is the same searchlight, relabelled."""

import itertools

import numpy as np
import pytest
from sklearn.model_selection import KFold, LeaveOneGroupOut, LeavePGroupsOut

from decoding.errors import Cancelled, SpecError
from decoding.kernels.searchlight import batches as searchlight_slabs
from decoding.kernels.searchlight import null as searchlight_null
from decoding.kernels.searchlight import relabellings as searchlight_relabellings
from decoding.kernels.searchlight.folds import flatten_folds
from decoding.kernels.searchlight.naive_bayes import score_naive_bayes
from decoding.kernels.searchlight.null import null_naive_bayes
from decoding.kernels.searchlight.relabellings import make_plan
from decoding.kernels.searchlight.spheres import make_spheres

AFFINE = np.diag([-3.5, 3.75, 3.75, 1.0])
N_RUNS = 5
NAMES = np.array(["cat", "face", "house", "shoe"])


def recording(seed, n_classes=2):
    """Make spheres, voxels with some signal, and the block of each sample (three volumes each)."""
    rng = np.random.default_rng(seed)
    mask = rng.random((5, 6, 4)) < 0.7
    runs = np.repeat(np.arange(N_RUNS), 3 * n_classes)
    blocks = np.repeat(np.arange(N_RUNS * n_classes), 3)
    codes = rng.permuted(np.tile(np.arange(n_classes), (N_RUNS, 1)), axis=1).ravel()
    X = rng.standard_normal((mask.sum(), len(runs)))
    X += (0.4 * rng.standard_normal((mask.sum(), n_classes)))[:, codes[blocks]]
    return make_spheres(mask, AFFINE, 5.6), X, codes, blocks, runs


def relabel(codes, blocks, seed, n_relabellings):
    """Permute blocks within runs, the identity first."""
    rng = np.random.default_rng(seed)
    by_run = np.tile(codes.reshape(N_RUNS, -1), (n_relabellings, 1, 1))
    by_run[1:] = rng.permuted(by_run[1:], axis=2)
    return NAMES[by_run.reshape(n_relabellings, -1)[:, blocks]]


def every_relabelling(codes, blocks):
    """Exchange the two categories in every subset of runs, the identity first."""
    swaps = np.array(list(itertools.product([0, 1], repeat=N_RUNS)))
    return NAMES[
        (codes.reshape(N_RUNS, 2)[None] ^ swaps[:, :, None]).reshape(len(swaps), -1)[:, blocks]
    ]


SCHEMES = {
    "leave_one_run_out": lambda runs: LeaveOneGroupOut().split(runs, runs, runs),
    "leave_two_runs_out": lambda runs: LeavePGroupsOut(2).split(runs, runs, runs),
    "split_half": lambda runs: LeaveOneGroupOut().split(runs, runs, runs % 2),
    "kfold": lambda runs: KFold(4).split(runs),
    "shuffled": lambda runs: KFold(4, shuffle=True, random_state=0).split(runs),
    "resubstitution": lambda runs: [(np.arange(len(runs)), np.arange(len(runs)))],
}


def reference(X, relabellings, folds, spheres):
    """Return the scores of every sphere under each relabelling, one searchlight each."""
    maps = [score_naive_bayes(X, y, folds, spheres, n_threads=1).scores for y in relabellings]
    return np.array(maps)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_maxima_are_those_of_relabelled_searchlights(scheme, n_classes):
    """Each relabelling's maximum, and each sphere's count, come from relabelled searchlights."""
    spheres, X, codes, blocks, runs = recording(n_classes, n_classes)
    folds = list(SCHEMES[scheme](runs))
    relabellings = relabel(codes, blocks, 1, 40)
    scores = reference(X, relabellings, folds, spheres)
    null = null_naive_bayes(X, relabellings, folds, spheres, scores[0])
    np.testing.assert_allclose(null.maxima, scores.max(axis=1), atol=1e-9)
    np.testing.assert_array_equal(null.n_reached, (scores >= scores[0] - 1e-9).sum(axis=0))


def test_the_enumerated_null_is_exact():
    """All relabellings of two categories give each its score, from half as many models or fewer."""
    spheres, X, codes, blocks, runs = recording(7)
    folds = list(SCHEMES["leave_one_run_out"](runs))
    relabellings = every_relabelling(codes, blocks)
    scores = reference(X, relabellings, folds, spheres)
    null = null_naive_bayes(X, relabellings, folds, spheres, scores[0])
    np.testing.assert_allclose(null.maxima, scores.max(axis=1), atol=1e-9)
    np.testing.assert_array_equal(null.n_reached, (scores >= scores[0] - 1e-9).sum(axis=0))
    np.testing.assert_allclose(scores.mean(axis=0), 0.5, atol=1e-12)


def test_twelve_runs_need_twelve_times_1024_models():
    """The 4096 relabellings of two categories in twelve runs share 12 x 1024 models."""
    swaps = np.array(list(itertools.product([0, 1], repeat=12)))
    labels = np.stack([swaps, 1 - swaps], axis=2).reshape(4096, 24).astype(np.int16)
    runs = np.repeat(np.arange(12), 2)
    folds = flatten_folds(list(LeaveOneGroupOut().split(runs, runs, runs)), 24)
    plan = make_plan(labels, folds, 2)
    assert [len(models.train_labels) for models in plan.models] == [1024] * 12
    assert len(plan.repeats) == 2048


def test_uneven_folds_count_the_same():
    """A fold of few samples weighs as much as one of many."""
    spheres, X, codes, blocks, runs = recording(8)
    keep = np.random.default_rng(8).random(len(runs)) < 0.8
    relabellings = relabel(codes, blocks, 2, 30)[:, keep]
    X, folds = X[:, keep], list(SCHEMES["leave_one_run_out"](runs[keep]))
    assert len({len(test) for _, test in folds}) > 1
    scores = reference(X, relabellings, folds, spheres)
    null = null_naive_bayes(X, relabellings, folds, spheres, scores[0])
    np.testing.assert_allclose(null.maxima, scores.max(axis=1), atol=1e-9)


def test_voxels_without_variance_are_smoothed():
    """Constant voxels, and voxels constant in one category, count as in the observed map."""
    spheres, X, codes, blocks, runs = recording(9)
    X[3] = 5.0
    X[10:20, codes[blocks] == 0] = 0.5
    folds = list(SCHEMES["leave_one_run_out"](runs))
    relabellings = relabel(codes, blocks, 3, 30)
    scores = reference(X, relabellings, folds, spheres)
    null = null_naive_bayes(X, relabellings, folds, spheres, scores[0])
    np.testing.assert_allclose(null.maxima, scores.max(axis=1), atol=1e-9)


def test_pieces_and_threads_do_not_change_the_null(monkeypatch):
    """Small slabs, pieces and parts, one thread or three, give the same null."""
    spheres, X, codes, blocks, runs = recording(10)
    folds = list(SCHEMES["leave_one_run_out"](runs))
    relabellings = relabel(codes, blocks, 4, 70)
    scores = score_naive_bayes(X, relabellings[0], folds, spheres).scores
    whole = null_naive_bayes(X, relabellings, folds, spheres, scores, n_threads=1)
    monkeypatch.setattr(searchlight_slabs, "MIN_SPHERES", 17)
    monkeypatch.setattr(searchlight_null, "WORKING_BYTES", 0)
    monkeypatch.setattr(searchlight_null, "MAX_RELABELLINGS", 33)
    monkeypatch.setattr(searchlight_relabellings, "WIDTH", 5)
    monkeypatch.setattr(searchlight_relabellings, "MIN_WIDTH", 5)
    for n_threads in (1, 3):
        pieces = null_naive_bayes(
            lambda start, stop: X[start:stop],
            relabellings,
            folds,
            spheres,
            scores,
            n_threads=n_threads,
        )
        np.testing.assert_array_equal(pieces.maxima, whole.maxima)
        np.testing.assert_array_equal(pieces.n_reached, whole.n_reached)


def test_progress_is_told_and_may_cancel():
    """Progress counts to its total; what it raises ends the work."""
    spheres, X, codes, blocks, runs = recording(11)
    folds = list(SCHEMES["leave_one_run_out"](runs))
    relabellings = relabel(codes, blocks, 5, 10)
    scores = np.ones(spheres.n_spheres)
    told = []
    null_naive_bayes(
        X, relabellings, folds, spheres, scores, on_progress=lambda *news: told.append(news)
    )
    assert told == [(done, told[-1][1]) for done in range(1, told[-1][1] + 1)]

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        null_naive_bayes(X, relabellings, folds, spheres, scores, on_progress=cancel)


def test_a_training_set_that_lacks_a_category_is_refused():
    """The message names the fold, whichever relabelling it happens under."""
    spheres, X, codes, blocks, runs = recording(12)
    relabellings = np.stack([codes[blocks], np.where(runs == 1, 1, 0)])
    folds = list(SCHEMES["leave_one_run_out"](runs))
    with pytest.raises(SpecError, match="fold 2 lack"):
        null_naive_bayes(X, relabellings, folds, spheres, np.ones(spheres.n_spheres))
