"""The figures of scikit-learn and nilearn on the real recordings, to the fourth decimal."""

import pytest
from spec_matrix import subject_of

from decoding.analyses import decode
from decoding.spec import DecodingSpec

pytestmark = pytest.mark.recordings

TABLE = {
    ("task-vt", "vt", "all"): (577, {"kfold": 0.6478, "stratified": 0.7642, "loro": 0.7778}),
    ("task-vt", "vt", "run"): (577, {"kfold": 0.8196, "stratified": 0.8940, "loro": 0.8843}),
    ("slice", "vt", "all"): (98, {"kfold": 0.5686, "stratified": 0.6943, "loro": 0.6250}),
    ("slice", "brain", "all"): (530, {"kfold": 0.6568, "stratified": 0.7132, "loro": 0.7407}),
}
FOLDS = {
    "kfold": [0.7273, 0.4651, 0.6977, 0.5814, 0.7674],
    "stratified": [0.7045, 0.9535, 0.6977, 0.7442, 0.7209],
    "loro": [
        *(1, 0.6111, 0.9444, 0.8889, 0.9444, 1, 0.7222, 0.9444, 0.5, 0.7222, 0.5, 0.5556),
    ],
}
SCHEME = {"kfold": "kfold", "stratified": "stratified", "loro": "leave_one_run_out"}


def face_against_cat(mask, standardize, scheme):
    """Return the tutorial's spec on subject 1 with one mask, standardization and scheme."""
    return DecodingSpec(subject="1", mask=mask, standardize=standardize, cv=SCHEME[scheme])


@pytest.mark.parametrize("scheme", SCHEME)
@pytest.mark.parametrize(("recording", "mask", "standardize"), TABLE)
def test_mean_accuracy_is_the_stated_one(recording, mask, standardize, scheme, recordings):
    """Each cell of the table comes out of a decoding."""
    n_voxels, means = TABLE[recording, mask, standardize]
    spec = face_against_cat(mask, standardize, scheme)
    result = decode.run(subject_of(recording, recordings), spec)
    assert result.n_voxels == n_voxels
    assert result.n_samples == 216
    assert result.n_blocks == 24
    assert round(result.accuracy, 4) == means[scheme]


@pytest.mark.parametrize("scheme", SCHEME)
def test_folds_are_the_stated_ones(scheme, recordings):
    """Each fold of the first row comes out in its place."""
    spec = face_against_cat("vt", "all", scheme)
    result = decode.run(subject_of("task-vt", recordings), spec)
    assert [round(score, 4) for score in result.fold_scores] == FOLDS[scheme]


@pytest.mark.parametrize(
    ("pair", "cv", "score"),
    [
        (("bottle", "shoe"), "leave_one_run_out", 0.778),
        (("bottle", "shoe"), "shuffled_kfold", 0.931),
        (("face", "cat"), "leave_one_run_out", 0.884),
        (("face", "cat"), "shuffled_kfold", 0.977),
        (("face", "house"), "leave_one_run_out", 1.0),
        (("face", "house"), "leave_two_runs_out", 1.0),
        (("face", "house"), "split_half", 1.0),
        (("face", "house"), "kfold", 1.0),
        (("face", "house"), "stratified", 1.0),
        (("face", "house"), "shuffled_kfold", 1.0),
        (("face", "house"), "resubstitution", 1.0),
    ],
)
def test_scores_of_the_schemes_are_the_stated_ones(pair, cv, score, recordings):
    """The leak of shuffled folds shows on a hard pair and hides on an easy one, as stated."""
    spec = DecodingSpec(subject="1", conditions=pair, standardize="run", cv=cv)
    result = decode.run(subject_of("task-vt", recordings), spec)
    assert round(result.accuracy, 3) == score
