"""Closed-form ridge, held to scikit-learn's refits."""

import numpy as np
import pytest
from makers import make_study, read_pair, refits
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, LeaveOneGroupOut

from decoding.errors import Cancelled, SpecError
from decoding.kernels.permutation import ridge
from decoding.relabel import draw_relabellings, find_blocks


def _ridge(X, y):
    return RidgeClassifier(alpha=1).fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("n_voxels", [1, 6, 80])
def test_predictions_are_those_of_refits(n_classes, n_voxels):
    """Each relabelling predicts what scikit-learn predicts after refitting."""
    study = make_study(n_classes=n_classes, n_voxels=n_voxels, seed=n_voxels)
    labels = draw_relabellings(study.blocks, 30, seed=0)
    predictions = ridge.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_ridge, study, labels))


def test_decisions_are_those_of_refits():
    """Operator and training mean give the refitted decision to rounding."""
    study = make_study(blocks_per_run=((0, 1, 1),) * 4, n_voxels=9, seed=1)
    y = 2.0 * study.labels - 1
    operator = ridge.held_out_operator(study.X, study.folds)
    means = [np.full(len(test), y[train].mean()) for train, test in study.folds]
    expected = [
        _ridge(study.X[train], y[train]).decision_function(study.X[test])
        for train, test in study.folds
    ]
    np.testing.assert_allclose(
        y @ operator + np.concatenate(means), np.concatenate(expected), atol=1e-12
    )


def test_operator_is_the_closed_form_of_the_hat_matrix():
    """For a left-out run the decision equals y - (I - H_tt)^-1 (y - H y)_t (Treder 2018)."""
    study = make_study(n_runs=4, n_voxels=6, seed=2)
    y = 2.0 * study.labels - 1
    design = np.column_stack([np.ones(len(y)), study.X])
    penalty = np.diag([0.0, *np.ones(6)])
    hat = design @ np.linalg.solve(design.T @ design + penalty, design.T)
    operator = ridge.held_out_operator(study.X, study.folds)
    decisions = y @ operator + np.concatenate(
        [np.full(len(test), y[train].mean()) for train, test in study.folds]
    )
    expected = [
        y[test] - np.linalg.solve(np.eye(len(test)) - hat[np.ix_(test, test)], (y - hat @ y)[test])
        for _, test in study.folds
    ]
    np.testing.assert_allclose(decisions, np.concatenate(expected), atol=1e-10)


@pytest.mark.parametrize("n_voxels", [1, 9, 80])
@pytest.mark.parametrize("offset", [0.0, 4000.0])
def test_one_hat_matrix_gives_the_operator_of_each_fold(n_voxels, offset):
    """Folds that are complements need no solution of their own, within the doubt that is told."""
    study = make_study(blocks_per_run=((0, 1), (1, 0), (0, 1, 1)), n_voxels=n_voxels, seed=n_voxels)
    X = offset + (1.0 + offset / 100) * study.X
    operator, doubt = ridge.left_out_operator(X, study.folds)
    y = 2.0 * study.labels - 1
    alone = ridge.held_out_operator(X, study.folds)
    assert 0.0 < doubt < 1e-6
    np.testing.assert_allclose(y @ operator, y @ alone, rtol=0, atol=max(doubt, 1e-11))


def test_folds_that_are_no_complements_have_solutions_of_their_own():
    """A sample that is neither learnt from nor tested, or both, leaves no doubt."""
    study = make_study(n_runs=4)
    (train, test), everything = study.folds[0], np.arange(len(study.X))
    for folds in ([(train[1:], test)], [(everything, test)], [(train[1:], np.r_[test, test[0]])]):
        operator, doubt = ridge.left_out_operator(study.X, folds)
        assert doubt == 0.0
        np.testing.assert_array_equal(operator, ridge.held_out_operator(study.X, folds))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_tie_is_solved_fold_by_fold(n_classes, monkeypatch):
    """Where a decision may be zero, the hat matrix of all samples does not decide."""
    study = make_study(n_classes=n_classes, n_runs=5, seed=8)
    asked, alone = [], ridge.held_out_operator
    monkeypatch.setattr(ridge, "held_out_operator", lambda *of: asked.append(of) or alone(*of))
    ridge.predict_held_out(study.X, study.folds, study.labels[None])
    assert not asked
    study.X[study.runs == study.runs[0]] = study.X[0]
    study.X[study.runs != study.runs[0]] = study.X[0]
    ridge.predict_held_out(study.X, study.folds, study.labels[None])
    assert len(asked) == 1


def test_unequal_blocks_shift_the_mean():
    """The intercept follows the training labels of each relabelling."""
    study = make_study(
        blocks_per_run=((0, 1), (1, 0), (0, 1, 1)), block_lengths=(4, 2, 6), seed=5, signal=0.0
    )
    labels = draw_relabellings(study.blocks, 20, seed=3)
    predictions = ridge.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_ridge, study, labels))


def test_samples_without_signal_or_noise_predict_the_first_class():
    """Where all samples are equal the decision is exactly zero, as scikit-learn's."""
    study = make_study(n_runs=7)
    study.X[:] = 3.0
    labels = draw_relabellings(study.blocks, 5, seed=0)
    predictions = ridge.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_ridge, study, labels))


def test_large_offsets_do_not_matter():
    """Raw volumes, far from zero, predict as scikit-learn does."""
    study = make_study(n_runs=6, n_voxels=40, seed=9)
    study.X[:] = 4000.0 + 30.0 * study.X
    labels = draw_relabellings(study.blocks, 20, seed=0)
    predictions = ridge.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_ridge, study, labels))


@pytest.mark.parametrize("scheme", ["kfold", "shuffled", "resubstitution", "one_half"])
def test_any_folds(scheme):
    """Folds need not be runs, nor complements, nor apart."""
    study = make_study(n_classes=3, n_runs=6, seed=4)
    everything = np.arange(len(study.X))
    half = study.runs % 2 == 1
    folds = {
        "kfold": list(KFold(5).split(study.X)),
        "shuffled": list(KFold(6, shuffle=True, random_state=0).split(study.X)),
        "resubstitution": [(everything, everything)],
        "one_half": [(everything[half], everything[~half][:7])],
    }[scheme]
    study = study.with_folds(folds)
    labels = draw_relabellings(study.blocks, 10, seed=2)
    predictions = ridge.predict_held_out(study.X, folds, labels)
    np.testing.assert_array_equal(predictions, refits(_ridge, study, labels))


def test_chunks_do_not_change_the_result(monkeypatch):
    """Many small products give what one gives, and each reports its progress."""
    study = make_study(n_classes=3, seed=6)
    labels = draw_relabellings(study.blocks, 25, seed=0)
    whole = ridge.predict_held_out(study.X, study.folds, labels)
    monkeypatch.setattr(ridge, "WORKING_BYTES", 15_000)
    reports = []
    cut = ridge.predict_held_out(
        study.X, study.folds, labels, on_progress=lambda *report: reports.append(report)
    )
    np.testing.assert_array_equal(cut, whole)
    assert len(reports) > 2
    assert reports[-1] == (25, 25)


def test_cancelling_stops_the_work():
    """What the callback raises comes out."""
    study = make_study()

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        ridge.predict_held_out(study.X, study.folds, study.labels[None], on_progress=cancel)


def test_values_that_are_not_finite_are_refused():
    """NaN would spread into every prediction."""
    study = make_study(n_runs=3)
    study.X[3, 2] = np.inf
    with pytest.raises(SpecError, match="not finite"):
        ridge.predict_held_out(study.X, study.folds, study.labels[None])


@pytest.mark.recordings
@pytest.mark.parametrize("pair", [("bottle", "shoe"), ("face", "cat"), ("face", "house")])
def test_real_recordings_predict_as_refits(recordings, pair):
    """On subject 1 the predictions of relabelled pairs, hard ones too, are identical."""
    X, y, runs, blocks = read_pair(recordings, pair)
    folds = list(LeaveOneGroupOut().split(X, y, runs))
    labels = draw_relabellings(find_blocks(y, runs, blocks), 1, seed=11)
    predictions = ridge.predict_held_out(X, folds, labels)
    for row, predicted in zip(labels, predictions, strict=True):
        expected = [_ridge(X[train], row[train]).predict(X[test]) for train, test in folds]
        np.testing.assert_array_equal(predicted, np.concatenate(expected))
