"""Pairs of categories: scores, tests, corrections and cross-decoding, each by another way."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from rsatoolbox.data import Dataset
from rsatoolbox.data.noise import prec_from_residuals
from rsatoolbox.rdm import calc_rdm
from scipy.spatial.distance import squareform
from sklearn.metrics import confusion_matrix, recall_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict, cross_val_score
from sklearn.svm import SVC

from decoding.analyses import permute
from decoding.analyses.decode import pick_estimator, predict_folds
from decoding.analyses.pairs import analysis, cross, models, scores
from decoding.analyses.pairs.one_fit import predict_pairs
from decoding.cross_validation import make_folds
from decoding.datasets import subject_of
from decoding.errors import DecodingError
from decoding.relabel import relabel
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

# rsatoolbox fills whole numbers with NaN
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
SPEC = DecodingSpec(
    dataset="haxby", subject="1", conditions=("cat", "face", "house"), standardize="run"
)


@pytest.fixture(scope="module")
def subject(recordings):
    """Return the subject of the ventral temporal recording."""
    return subject_of(SPEC, recordings / "task-vt")


@pytest.fixture(scope="module")
def found(subject):
    """Return the tested pairs of three categories, and what was cross-decoded."""
    options = analysis.Options(train=("face", "house"), test=("cat", "house"))
    return analysis.run(subject, SPEC, options)


@pytest.fixture(scope="module")
def samples(subject):
    """Return the samples of the three categories."""
    return extract_samples(subject, SPEC)


def svc():
    """Return scikit-learn's classifier."""
    return SVC(kernel="linear")


def test_scores_equal_scikit_learn(found, samples):
    """Each pair and all categories at once are scikit-learn's own scores."""
    X, y, runs = samples.X, samples.y, samples.runs
    together = found.scores.together
    theirs = cross_val_score(svc(), X, y, groups=runs, cv=LeaveOneGroupOut())
    assert together.fold_scores == pytest.approx(theirs, abs=1e-12)
    named = cross_val_predict(svc(), X, y, groups=runs, cv=LeaveOneGroupOut())
    assert (together.confusion.to_numpy() == confusion_matrix(y, named)).all()
    assert [pair.pair.conditions for pair in found.pairs] == list(combinations(SPEC.conditions, 2))
    for tested in found.pairs:
        own = np.isin(y, tested.pair.conditions)
        theirs = cross_val_score(svc(), X[own], y[own], groups=runs[own], cv=LeaveOneGroupOut())
        assert tested.pair.result.fold_scores == pytest.approx(theirs, abs=1e-12)
        assert tested.test.observed == pytest.approx(theirs.mean(), abs=1e-12)
        assert tested.test.null.exact


def test_tests_are_those_of_each_pair(subject, found):
    """A pair's p is that of the pair on its own, and Holm corrects it over the three."""
    own = replace(SPEC, conditions=("cat", "face"))
    alone = permute.run(subject, own, permute.Options())
    assert found.pairs[0].test.p_value == alone.p_value
    p = [pair.test.p_value for pair in found.pairs]
    assert [pair.p_corrected for pair in found.pairs] == pytest.approx(analysis.holm(np.array(p)))
    assert all(pair.p_fdr >= pair.test.p_value for pair in found.pairs)


def test_models_come_with_enough_categories(subject, found):
    """Of three there are none; of four both measures have theirs, as on their own."""
    assert "models" not in found.as_json()
    four = replace(SPEC, conditions=(*SPEC.conditions, "shoe"), samples="block")
    values = analysis.run(subject, four, analysis.Options(permutations=1)).as_json()
    assert [one["measure"] for one in values["models"]] == ["correlation", "crossnobis"]
    alone = models.run(subject, four, models.Options(measure="crossnobis"))
    assert values["models"][1] == alone.as_json()


def test_holm_by_hand():
    """The smallest p counts for all, the next for one fewer, and none falls below one before it."""
    p = np.array([0.04, 0.01, 0.03, 0.6])
    assert analysis.holm(p) == pytest.approx([0.09, 0.04, 0.09, 0.6])
    assert analysis.holm(np.full(28, 2 / 4096)) == pytest.approx(np.full(28, 28 * 2 / 4096))
    assert len(analysis.holm(np.array([]))) == 0


def test_distances_equal_rsatoolbox(found, samples):
    """The noise is that of volumes about the mean of their block; negative values are kept."""
    means = np.array([samples.X[samples.blocks == one].mean(axis=0) for one in samples.blocks])
    dof = len(samples.y) - samples.n_blocks
    noise = prec_from_residuals(samples.X - means, method="shrinkage_diag", dof=dof)
    data = Dataset(samples.X, obs_descriptors={"category": samples.y.tolist(), "run": samples.runs})
    options = {"descriptor": "category"}
    ours = found.scores.distances
    theirs = squareform(calc_rdm(data, method="correlation", **options).dissimilarities[0])
    np.testing.assert_allclose(ours.correlation, theirs, atol=1e-6)
    theirs = calc_rdm(data, method="crossnobis", cv_descriptor="run", noise=noise, **options)
    np.testing.assert_allclose(ours.crossnobis, squareform(theirs.dissimilarities[0]), atol=1e-6)
    assert ours.decoding[0, 1] == found.scores.pairs[0].result.accuracy


def test_one_sample_a_block_has_no_noise(subject):
    """The distances of block means are those with the identity for a precision."""
    spec = replace(SPEC, samples="block")
    samples, ours = extract_samples(subject, spec), scores.run(subject, spec).distances
    assert not ours.has_noise
    data = Dataset(samples.X, obs_descriptors={"c": samples.y.tolist(), "run": samples.runs})
    theirs = calc_rdm(data, method="crossnobis", descriptor="c", cv_descriptor="run")
    np.testing.assert_allclose(ours.crossnobis, squareform(theirs.dissimilarities[0]), atol=1e-6)


@pytest.mark.parametrize("thin", [0, 40])
def test_cross_decoding_by_hand(monkeypatch, subject, samples, thin):
    """One pair learnt in the other runs names another, of unequal counts too; so does its null."""
    keep = np.ones(len(samples.y), dtype=bool)
    keep[np.flatnonzero(samples.y == "cat")[:thin]] = False
    own = replace(
        samples, X=samples.X[keep], y=samples.y[keep], runs=samples.runs[keep],
        blocks=samples.blocks[keep],
    )  # fmt: skip
    monkeypatch.setattr(cross, "extract_samples", lambda *_: own)
    ours = cross.cross_decode(subject, SPEC, ("face", "house"), ("cat", "house"), 50, 1)
    names, by_fold, balanced, named = {"face": "cat", "house": "house"}, [], [], {}
    for run in np.unique(own.runs):
        fit = (own.runs != run) & np.isin(own.y, ("face", "house"))
        held = np.flatnonzero((own.runs == run) & np.isin(own.y, ("cat", "house")))
        model = svc().fit(own.X[fit], own.y[fit])
        answers = np.array([names[name] for name in model.predict(own.X[held])])
        by_fold.append(np.mean(answers == own.y[held]))
        there = np.unique(own.y[held])
        shares = recall_score(own.y[held], answers, labels=there, average=None)
        balanced.append(shares.mean())
        named.update(dict(zip(held.tolist(), answers, strict=True)))
    assert ours.fold_scores == pytest.approx(by_fold)
    assert ours.balanced_scores == pytest.approx(balanced)
    tested = np.flatnonzero(np.isin(own.y, ("cat", "house")))
    assert ours.as_json()["n_test"] == len(tested)
    draws = relabel(own.y[tested], own.runs[tested], own.blocks[tested], 50, 1)
    answers = np.array([named[place] for place in tested])
    for row, score in zip(draws.of_null[:5], ours.null.scores, strict=False):
        right = np.array(["cat", "house"])[row] == answers
        runs = own.runs[tested]
        assert score == pytest.approx(np.mean([right[runs == r].mean() for r in np.unique(runs)]))


def test_exchanged_names_are_no_tie(subject):
    """The classifiers stay: of 4096 relabellings one gives the score, and its mirror 1 - it."""
    spec = replace(SPEC, samples="block")
    ours = cross.cross_decode(subject, spec, ("face", "house"), ("cat", "shoe"))
    back = cross.cross_decode(subject, spec, ("face", "house"), ("shoe", "cat"))
    assert back.accuracy == pytest.approx(1 - ours.accuracy)
    assert ours.null.exact and ours.null.smallest_p == 1 / 4096
    assert ours.null.mean == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (("face",), ("cat", "house"), "learnt is face"),
        (("face", "house"), (), "named is nothing"),
        (("face", "face"), ("cat", "house"), "learnt is face face"),
        (("face", "dog"), ("cat", "house"), "dog"),
    ],
)
def test_what_are_no_two_pairs_is_refused(subject, train, test, words):
    """The message says which pair is none and what was given; the command line adds the flag."""
    with pytest.raises(DecodingError, match=words):
        analysis.run(subject, SPEC, analysis.Options(train=train, test=test))


def test_a_pair_that_cannot_be_decoded_leaves_the_others(monkeypatch, subject, samples):
    """It has a problem in words, no score and no p; the others are corrected among themselves."""
    keep = (samples.y != "house") | (samples.runs == samples.runs[0])
    keep &= (samples.y != "face") | (samples.runs != samples.runs[0])
    own = replace(
        samples, X=samples.X[keep], y=samples.y[keep], runs=samples.runs[keep],
        blocks=samples.blocks[keep],
    )  # fmt: skip
    monkeypatch.setattr(analysis, "extract_samples", lambda *_: own)
    values = analysis.run(subject, SPEC, analysis.Options(permutations=20)).as_json()
    face_cat = values["pairs"][0]
    assert face_cat["p_corrected"] is not None
    bad = [pair for pair in values["pairs"] if pair["accuracy"] is None]
    assert bad and all(pair["problem"] and pair["p_value"] is None for pair in bad)
    assert values["dissimilarity"]["decoding"][1][2] is None


@pytest.mark.parametrize("cv", ["leave_one_run_out", "leave_two_runs_out", "split_half"])
@pytest.mark.parametrize("standardize", ["run", "all"])
def test_one_fit_holds_every_pair(subject, cv, standardize):
    """Predictions and decisions of all pairs are those of a fit on the pair, digit for digit."""
    spec = replace(SPEC, cv=cv, samples="block", standardize=standardize)
    samples = extract_samples(subject, spec)
    found = predict_pairs(samples, spec)
    assert list(found) == list(combinations(SPEC.conditions, 2))
    for pair, table in found.items():
        own = samples.of(pair)
        folds = make_folds(cv, own.y, own.runs)
        slow = predict_folds(own, pick_estimator("svc"), folds)
        pd.testing.assert_frame_equal(table, slow, check_exact=False, rtol=1e-12, atol=1e-12)


def test_one_fit_does_not_always_serve(samples):
    """Not where a fold hangs on the samples, a run lacks a category, or for two categories."""
    assert predict_pairs(samples, replace(SPEC, cv="kfold")) == {}
    assert predict_pairs(samples, replace(SPEC, estimator="lda")) == {}
    assert predict_pairs(samples.of(("cat", "face")), SPEC) == {}
    keep = (samples.y != "face") | (samples.runs != samples.runs[0])
    fewer = replace(
        samples, X=samples.X[keep], y=samples.y[keep], runs=samples.runs[keep],
        blocks=samples.blocks[keep],
    )  # fmt: skip
    assert predict_pairs(fewer, SPEC) == {}
