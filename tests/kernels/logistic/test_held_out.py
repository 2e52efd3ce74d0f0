"""Compiled logistic regression, held to scikit-learn's refits."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from makers import make_study, read_pair, refits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut

from decoding.errors import Cancelled, SpecError
from decoding.kernels.logistic import held_out
from decoding.kernels.logistic.lbfgs import minimize
from decoding.relabel import draw_relabellings


def _logistic(X, y):
    return LogisticRegression(C=1.0, max_iter=1000).fit(X, y)


def predict(study, labels, **options):
    """Return our predictions, and how many folds were refitted."""
    asked = []

    def refit(number, rows):
        asked.extend([number] * len(rows))
        train, test = study.folds[number]
        fits = [_logistic(study.X[train], row[train]).predict(study.X[test]) for row in rows]
        return np.stack(fits)

    return held_out.predict_held_out(study.X, study.folds, labels, refit, **options), len(asked)


def awkward(case):
    """Return a study that is hard on the way down, and the share of folds that may be refitted."""
    study = make_study(n_runs=6, n_voxels=9, seed=4)
    X = study.X.copy()
    if case == "one sample a category":
        one = make_study(n_runs=4, n_voxels=30, seed=1, block_lengths=(1,))
        return one, 0.2
    if case == "ties":
        return replace(study, X=np.sign(X)), 0.3
    if case == "one voxel":
        return replace(study, X=X[:, :1]), 0.3
    if case == "constant voxels":
        X[:, ::2] = 3.0
    if case == "nothing varies":
        return replace(study, X=np.full_like(X, 3.0)), 1.0
    if case == "zeros":
        return replace(study, X=np.zeros_like(X)), 1.0
    if case == "separable":
        X += 6.0 * study.labels[:, None]
    if case == "the same sample twice":
        wide = make_study(n_runs=6, n_voxels=200, seed=5)
        rows = wide.X.copy()
        rows[1::2] = rows[::2]
        return replace(wide, X=rows), 0.2
    if case == "unscaled":
        return replace(study, X=800.0 + 20.0 * X), 1.0
    return replace(study, X=X), 0.3


CASES = (
    "one sample a category", "ties", "one voxel", "constant voxels", "nothing varies", "zeros",
    "separable", "the same sample twice", "unscaled",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_awkward_samples_are_predicted_as_by_refits(case):
    """Ties, constants, few voxels, separable and unscaled ones: what scikit-learn predicts."""
    study, may_be_refitted = awkward(case)
    labels = draw_relabellings(study.blocks, 4, seed=0)
    found, n_refitted = predict(study, labels)
    np.testing.assert_array_equal(found, refits(_logistic, study, labels))
    assert n_refitted <= may_be_refitted * len(labels) * len(study.folds), n_refitted


@pytest.mark.parametrize("n_voxels", [6, 120])
def test_weights_are_where_scikit_learn_stops(n_voxels):
    """More or fewer voxels than samples: as many steps, and its decisions to rounding."""
    study = make_study(n_runs=8, n_voxels=n_voxels, seed=n_voxels, signal=0.3)
    samples = held_out.span(study.X)
    weights = np.empty(samples.rows.shape[1] + 1)
    for train, test in study.folds:
        model = _logistic(study.X[train], study.labels[train])
        assert minimize(samples, train, study.labels, weights) == model.n_iter_[0]
        decisions = samples.rows[test] @ weights[:-1] + weights[-1]
        expected = model.decision_function(study.X[test])
        np.testing.assert_allclose(decisions, expected, atol=1e-9)


def test_what_is_not_clear_is_refitted(monkeypatch):
    """Where rounding may decide, what `refit` says stands, of the labels as they are."""
    study = make_study(n_voxels=5, seed=2)
    labels = draw_relabellings(study.blocks, 6, seed=1)
    monkeypatch.setattr(
        held_out, "_fit", lambda one, two, rows: np.full_like(rows, held_out.UNCLEAR)
    )
    found, n_refitted = predict(study, labels)
    assert n_refitted == len(labels) * len(study.folds)
    np.testing.assert_array_equal(found, refits(_logistic, study, labels))


def test_exchanged_categories_exchange_the_predictions():
    """Labels and their mirror are fitted once, and each has its own predictions."""
    study = make_study(n_runs=5, n_voxels=7, seed=3)
    labels = np.stack([study.labels, 1 - study.labels])
    found, _ = predict(study, labels)
    np.testing.assert_array_equal(found, refits(_logistic, study, labels))
    np.testing.assert_array_equal(found[0], 1 - found[1])


def test_threads_and_chunks_do_not_matter(monkeypatch):
    """The same predictions on two threads, in chunks of any size."""
    study = make_study(n_voxels=20, seed=6)
    labels = draw_relabellings(study.blocks, 20, seed=2)
    found, _ = predict(study, labels)
    monkeypatch.setattr(held_out, "FITS_AT_ONCE", 3)
    np.testing.assert_array_equal(found, predict(study, labels, n_jobs=2)[0])


def test_what_cannot_be_fitted_is_refused_and_work_can_be_stopped():
    """One category in training, values that are not finite; a callback that cancels."""
    study = make_study(n_runs=3)
    labels = study.labels[None].copy()
    labels[0, study.folds[1][0]] = 1
    with pytest.raises(SpecError, match="samples of fold 2 are all of one category"):
        predict(study, labels)
    broken = study.X.copy()
    broken[0, 0] = np.nan
    with pytest.raises(SpecError, match="not finite"):
        predict(replace(study, X=broken), study.labels[None])

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        predict(study, study.labels[None], n_jobs=2, on_progress=stop)


@pytest.mark.recordings
@pytest.mark.slow
def test_recordings_are_predicted_as_by_refits(recordings):
    """Of all pairs in VT, under labels as they are and shuffled, each held-out volume."""
    worst = []
    names = ("bottle", "cat", "face", "house", "shoe")
    for pair in combinations(names, 2):
        X, y, runs, _ = read_pair(recordings, pair)
        folds = list(LeaveOneGroupOut().split(X, y, runs))[:4]
        study = replace(make_study(), X=X, labels=y, runs=runs, folds=folds)
        labels = np.stack([y, np.where(runs % 2, y, 1 - y)])
        found, n_refitted = predict(study, labels)
        np.testing.assert_array_equal(found, refits(_logistic, study, labels))
        worst.append(n_refitted)
    assert np.mean(worst) < 1  # of eight fits
