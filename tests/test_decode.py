"""Decodings: equal to a plain loop over nilearn and scikit-learn, spec by spec."""

from collections import Counter

import numpy as np
import pytest
from recipes.decode_reference import decode_plainly, masked_matrix
from spec_matrix import (
    CATEGORIES,
    FIELDS,
    RECORDINGS,
    draw_specs,
    parameters,
    subject_of,
)

from decoding.analyses import decode
from decoding.samples import extract_samples

QUICK = [
    (recording, spec)
    for recording in RECORDINGS
    for spec in draw_specs(recording, 20, seed=7, n_categories=(2, 2, 3, 2, 5, 8), cheap=True)
]
FULL = [
    (recording, spec)
    for recording in RECORDINGS
    for spec in draw_specs(recording, 28, seed=11, n_categories=(2, 3, 2, 4, 5, 6, 2, 7, 8))
]


@pytest.fixture(scope="module", autouse=True)
def _forget_matrices():
    yield
    masked_matrix.cache_clear()


def check_against_reference(recording, spec, recordings):
    """Assert that every number of a decoding is the plain loop's."""
    subject = subject_of(recording, recordings)
    plain = decode_plainly(subject.bold[0].parent, subject.masks[spec.mask], spec.as_dict())
    samples = extract_samples(subject, spec)
    assert np.array_equal(samples.X, plain.X)
    assert np.array_equal(samples.y, plain.y)
    assert np.array_equal(samples.runs, plain.runs)
    assert np.array_equal(samples.blocks, plain.blocks)
    result = decode.run(subject, spec)
    names = ["fold", "sample", "run", "block", "true", "predicted"]
    table = result.predictions
    ours = list(table[names].itertuples(index=False, name=None))
    assert ours == [row[:6] for row in plain.rows]
    decision = np.array([row[6] for row in plain.rows], dtype=float)
    assert np.allclose(table["decision"], decision, rtol=1e-6, atol=1e-6, equal_nan=True)
    assert result.fold_scores == plain.fold_scores
    assert result.accuracy == np.mean(plain.fold_scores)
    assert result.balanced_accuracy == pytest.approx(np.mean(plain.balanced), abs=1e-12)
    if None in plain.aucs:
        assert result.auc is None
    else:
        assert result.auc == pytest.approx(np.mean(plain.aucs), abs=1e-12)
    assert np.array_equal(result.confusion.to_numpy(), plain.confusion)
    assert list(result.confusion.index) == list(result.confusion.columns) == list(result.classes)
    assert result.classes == tuple(sorted(set(plain.y)))
    assert result.n_samples == len(plain.y)
    assert result.n_blocks == len(set(plain.blocks.tolist()))
    assert result.n_voxels == plain.X.shape[1]
    assert result.n_dropped == plain.n_dropped


@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(QUICK))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_decoding_equals_the_plain_loop(recording, spec, recordings):
    """Samples, every prediction, and each score are those of nilearn and scikit-learn."""
    check_against_reference(recording, spec, recordings)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(FULL))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_decoding_equals_the_plain_loop_on_many_specs(recording, spec, recordings):
    """The same on more specs, with up to eight categories and volumes throughout."""
    check_against_reference(recording, spec, recordings)


@pytest.mark.parametrize("drawn", [QUICK, FULL], ids=["quick", "full"])
def test_specs_cover_every_entry_twice(drawn):
    """Each entry of each registry, each mask and each number of categories comes up twice."""
    assert len(set(drawn)) >= 60
    for field, values in FIELDS.items():
        counts = Counter(getattr(spec, field) for _, spec in drawn)
        assert set(counts) == set(values)
        assert min(counts.values()) >= 2, (field, counts)
    for recording, place in RECORDINGS.items():
        counts = Counter(spec.mask for name, spec in drawn if name == recording)
        assert set(counts) == set(place.masks)
        assert min(counts.values()) >= 2
    numbers = Counter(len(spec.conditions) or len(CATEGORIES) for _, spec in drawn)
    wanted = {2, 3, 8} if drawn is QUICK else set(range(2, 9))
    assert all(numbers[k] >= 2 for k in wanted)
    lags = Counter(spec.lag for name, spec in drawn if name != "task-vt")
    assert sum(count for lag, count in lags.items() if lag) >= 10
