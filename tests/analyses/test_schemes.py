"""All schemes side by side: the wrong ones score high on labels that mean nothing."""

import numpy as np
import pytest
from makers import simulated_samples

from decoding.analyses import mean_signal, schemes
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import load_subject
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec


@pytest.mark.slow
@pytest.mark.recordings
def test_leaks_show_on_meaningless_labels(recordings):
    """Each scheme has its null; the nulls of the wrong ones centre far above chance."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    spec = DecodingSpec(subject="1", conditions=("bottle", "shoe"), standardize="run")
    result = schemes.run(subject, spec)
    means = {outcome.scheme: outcome.test.null.mean for outcome in result.outcomes}
    assert set(means) == {*CV_SCHEMES, schemes.SELECT_FIRST}
    assert means["shuffled_kfold"] > 0.8
    assert means["resubstitution"] == 1.0
    assert means[schemes.SELECT_FIRST] > 0.58
    assert all(abs(means[name] - 0.5) < 0.03 for name in ("leave_one_run_out", "split_half"))


def test_selection_keeps_the_voxels_that_differ():
    """The tenth of the voxels with the largest difference between categories is kept."""
    rng = np.random.default_rng(0)
    X, labels = rng.standard_normal((40, 30)), np.repeat([0, 1], 20)
    X[labels == 1, 7] += 9
    X[labels == 1, 21] += 6
    X[:, 3] = 1.0
    assert schemes.best_voxels(X, labels).tolist()[:2] == [7, 21]
    assert len(schemes.best_voxels(X, labels)) == 3


@pytest.mark.recordings
def test_mean_signal_is_one_number_a_sample(recordings):
    """The control decodes the mask's mean: one voxel's worth, the same samples."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    spec = DecodingSpec(subject="1", standardize="run")
    result = mean_signal.run(subject, spec)
    samples = extract_samples(subject, spec)
    assert (result.n_voxels, result.n_samples) == (1, len(samples.y))
    means = mean_signal.mean_over_voxels(samples).X[:, 0]
    assert means == pytest.approx(samples.X.mean(axis=1), abs=1e-12)


def test_simulated_samples_decode():
    """The planted categories of the simulation are there to be found by these tests."""
    samples = simulated_samples(0)
    assert samples.n_blocks == 24
    assert samples.X.shape[0] == 216
