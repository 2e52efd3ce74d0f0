"""The compiled support vector machine, held to scikit-learn's refits."""

import numpy as np
import pytest
from makers import make_study, read_pair, refits
from sklearn.model_selection import KFold, LeaveOneGroupOut
from sklearn.svm import SVC

from decoding.errors import Cancelled, SpecError
from decoding.kernels.permutation import svm
from decoding.kernels.permutation.smo import empty_state, make_kernel, solve
from decoding.relabel import draw_relabellings, enumerate_relabellings, find_blocks


def _svc(X, y):
    return SVC(kernel="linear").fit(X, y)


def _solve(X, y, penalty=1.0):
    """Return signed coefficients and bias of one machine, the first class positive."""
    kernel = make_kernel(X @ X.T, np.arange(len(X)))
    state = empty_state(kernel)
    state.signs[: len(X)] = 1.0 - 2.0 * y
    bias = solve(kernel, penalty, svm.TOLERANCE, state)
    return (state.signs * state.alpha)[: len(X)], bias


@pytest.mark.parametrize("penalty", [1.0, 0.01])
@pytest.mark.parametrize("n_voxels", [1, 3, 40, 300])
@pytest.mark.parametrize("n_samples", [7, 16, 90, 200])
def test_solution_is_that_of_libsvm(n_samples, n_voxels, penalty):
    """Coefficients and bias agree far within the tolerance: the same steps were taken."""
    rng = np.random.default_rng([n_samples, n_voxels])
    X = rng.standard_normal((n_samples, n_voxels))
    y = rng.permutation(n_samples) % 2
    coefficients, bias = _solve(X, y, penalty)
    reference = SVC(kernel="linear", C=penalty).fit(X, y)
    expected = np.zeros(n_samples)
    expected[reference.support_] = -reference.dual_coef_[0]
    np.testing.assert_allclose(coefficients, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(bias, -reference.intercept_[0], rtol=0, atol=1e-9)


def test_identical_samples_of_both_classes_end():
    """A kernel without any distance between samples is solved, not looped over."""
    coefficients, bias = _solve(np.ones((6, 2)), np.array([0, 1, 0, 1, 0, 1]))
    assert np.isfinite(bias)
    assert np.abs(coefficients).max() <= 1.0


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("n_voxels", [4, 60])
def test_predictions_are_those_of_refits(n_classes, n_voxels):
    """Each relabelling predicts what scikit-learn predicts after refitting."""
    study = make_study(n_classes=n_classes, n_voxels=n_voxels, seed=n_voxels)
    labels = draw_relabellings(study.blocks, 12, seed=0)
    predictions = svm.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_svc, study, labels))


def test_ties_of_votes_go_to_the_first_class():
    """Four noisy categories tie often enough that another rule would show."""
    study = make_study(n_classes=4, n_voxels=2, seed=3, signal=0.0)
    labels = draw_relabellings(study.blocks, 8, seed=1)
    predictions = svm.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_svc, study, labels))


def test_enumeration_shares_fits_without_a_trace():
    """Relabellings that share a fit, exchanged ones too, predict what they predict alone."""
    study = make_study(n_runs=6, n_voxels=5, seed=8)
    labels = enumerate_relabellings(study.blocks)
    predictions = svm.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_svc, study, labels))
    assert len(labels) == 64


@pytest.mark.parametrize(
    "n_voxels, seed, signal", [(5, 2, 0.5), (12, 2, 0.0), (60, 8, 0.5), (100, 8, 0.0)]
)
def test_shared_fits_are_repeated_near_zero(n_voxels, seed, signal):
    """Exchanged labels stop elsewhere within the tolerance; a near decision is not taken over.

    In each of these studies it would change a prediction, with and without coefficients at C.
    """
    study = make_study(n_runs=6, n_voxels=n_voxels, seed=seed, signal=signal)
    labels = enumerate_relabellings(study.blocks)
    apart = [svm.predict_held_out(study.X, study.folds, row[None]) for row in labels]
    together = svm.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(together, np.concatenate(apart))


@pytest.mark.parametrize(
    "blocks_per_run, lengths",
    [(((0, 1, 0, 1),) * 3, (3, 5, 4, 2)), (((0, 1), (1, 0), (0, 1, 1)), (4, 2, 6))],
)
def test_uneven_designs_are_enumerated_exactly(blocks_per_run, lengths):
    """Several blocks of a category and unequal volumes need no special case."""
    study = make_study(blocks_per_run=blocks_per_run, block_lengths=lengths, seed=5)
    labels = enumerate_relabellings(study.blocks)
    predictions = svm.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(_svc, study, labels))


@pytest.mark.parametrize("scheme", ["kfold", "shuffled", "resubstitution", "one_half"])
def test_any_folds(scheme):
    """Folds need not be runs, nor complements, nor apart."""
    study = make_study(n_runs=6, seed=4)
    everything = np.arange(len(study.X))
    half = study.runs % 2 == 1
    folds = {
        "kfold": list(KFold(5).split(study.X)),
        "shuffled": list(KFold(6, shuffle=True, random_state=0).split(study.X)),
        "resubstitution": [(everything, everything)],
        "one_half": [(everything[half], everything[~half][:7])],
    }[scheme]
    study = study.with_folds(folds)
    labels = draw_relabellings(study.blocks, 6, seed=2)
    predictions = svm.predict_held_out(study.X, folds, labels)
    np.testing.assert_array_equal(predictions, refits(_svc, study, labels))


def test_threads_do_not_change_the_result():
    """One thread and three give the same predictions."""
    study = make_study(n_runs=8, n_voxels=20, seed=1)
    labels = enumerate_relabellings(study.blocks)
    one, three = (svm.predict_held_out(study.X, study.folds, labels, n_jobs=n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_progress_rises_to_the_end():
    """Reports never fall back and end with everything done."""
    study = make_study(n_runs=8, seed=1)
    labels = enumerate_relabellings(study.blocks)
    reports = []
    svm.predict_held_out(
        study.X, study.folds, labels, on_progress=lambda *report: reports.append(report)
    )
    done = [report[0] for report in reports]
    assert done == sorted(done)
    assert len(done) > len(study.folds)
    assert reports[-1] == (8 * 256, 8 * 256)


def test_cancelling_stops_the_work():
    """What the callback raises comes out, and no further report is made."""
    study = make_study(n_runs=8, seed=1)
    reports = []

    def cancel(done, total):
        reports.append(done)
        raise Cancelled

    with pytest.raises(Cancelled):
        svm.predict_held_out(
            study.X, study.folds, enumerate_relabellings(study.blocks), on_progress=cancel
        )
    assert len(reports) == 1


def test_one_training_category_is_refused():
    """A fold without two categories is named."""
    study = make_study(n_runs=3)
    labels = np.array([study.labels, np.where(study.runs == 2, study.labels, 0)])
    with pytest.raises(SpecError, match="fold 2 are all of one category"):
        svm.predict_held_out(study.X, study.folds, labels)


def test_values_that_are_not_finite_are_refused():
    """NaN would make the solver's comparisons meaningless."""
    study = make_study(n_runs=3)
    study.X[3, 2] = np.nan
    with pytest.raises(SpecError, match="not finite"):
        svm.predict_held_out(study.X, study.folds, study.labels[None])


@pytest.mark.recordings
@pytest.mark.parametrize("pair", [("bottle", "shoe"), ("face", "cat"), ("face", "house")])
def test_real_recordings_predict_as_refits(recordings, pair):
    """On subject 1 the predictions of relabelled pairs, hard ones too, are identical."""
    X, y, runs, blocks = read_pair(recordings, pair)
    folds = list(LeaveOneGroupOut().split(X, y, runs))
    labels = draw_relabellings(find_blocks(y, runs, blocks), 1, seed=11)
    labels = np.concatenate([y[None], labels, 1 - labels])
    predictions = svm.predict_held_out(X, folds, labels, n_jobs=2)
    for row, predicted in zip(labels, predictions, strict=True):
        expected = [_svc(X[train], row[train]).predict(X[test]) for train, test in folds]
        np.testing.assert_array_equal(predicted, np.concatenate(expected))
