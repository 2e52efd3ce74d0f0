"""Weights and patterns: scikit-learn's coefficients and Haufe's formula, in the right place."""

from itertools import combinations

import nibabel as nib
import numpy as np
import pytest
from makers import AFFINE, design, half_mask, signal, write_study
from oracles.decode_reference import new_estimator
from spec_matrix import subject_of

from decoding.analyses import weights
from decoding.analyses.decode import check_has_weights
from decoding.analyses.weights import activation_pattern
from decoding.datasets import load_subject
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

WITH_WEIGHTS = [name for name, entry in ESTIMATORS.items() if entry.has_weights]


@pytest.fixture(scope="module")
def tiny_subject(tmp_path_factory):
    """Return a subject with three categories in four runs."""
    folder = tmp_path_factory.mktemp("weights")
    write_study(folder)
    return load_subject("haxby", "1", folder)


def plain_weights(name, X, y, runs):
    """Return the coefficients of scikit-learn's own fit."""
    model = new_estimator(name)
    model.fit(X, y, **({"groups": runs} if name == "svc_tuned" else {}))
    return np.ravel(getattr(model, "best_estimator_", model).coef_)


def check_equal(ours, plain):
    """Assert equality within 1e-10 of the largest value."""
    assert np.abs(ours - plain).max() <= 1e-10 * np.abs(plain).max()


@pytest.mark.recordings
@pytest.mark.parametrize("standardize", ["all", "run", "none"])
@pytest.mark.parametrize("pair", [("face", "cat"), ("bottle", "shoe"), ("face", "house")])
def test_svc_weights_are_scikit_learns(pair, standardize, recordings):
    """(1, n_voxels), equal to SVC(kernel="linear").coef_ within 1e-10."""
    subject = subject_of("slice", recordings)
    spec = DecodingSpec(subject="1", conditions=pair, standardize=standardize)
    maps, samples = weights.run(subject, spec), extract_samples(subject, spec)
    assert maps.weights.shape == maps.pattern.shape == (1, 98)
    assert maps.weights.dtype == np.float64
    check_equal(maps.weights[0], plain_weights("svc", samples.X, samples.y, samples.runs))


@pytest.mark.parametrize("conditions", [("cat", "face"), ()])
@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_are_scikit_learns_per_pair(name, conditions, tiny_subject):
    """Each pair's map is the coefficient vector of a fit on that pair alone, in sorted order."""
    spec = DecodingSpec(subject="1", conditions=conditions, estimator=name)
    maps, samples = weights.run(tiny_subject, spec), extract_samples(tiny_subject, spec)
    assert maps.pairs == tuple(combinations(samples.classes, 2))
    assert maps.weights.shape == (len(maps.pairs), samples.X.shape[1])
    for row, pair in zip(maps.weights, maps.pairs, strict=True):
        two = np.isin(samples.y, pair)
        check_equal(row, plain_weights(name, samples.X[two], samples.y[two], samples.runs[two]))


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_positive_favours_the_category_later_in_the_alphabet(name, tmp_path):
    """A voxel that is brighter for the later category has a positive weight and pattern."""
    conditions, runs = design(n_runs=4, block=5, categories=("aardvark", "zebra"))
    values = signal(conditions, strength=0.0)
    values[2, 2, 2, conditions == "zebra"] += 60
    values[3, 3, 3, conditions == "aardvark"] += 60
    mask = np.ones(values.shape[:3])
    write_study(tmp_path, values=values, conditions=conditions, runs=runs, masks={"mask4_vt": mask})
    subject = load_subject("haxby", "1", tmp_path)
    spec = DecodingSpec(subject="1", conditions=("zebra", "aardvark"), estimator=name)
    maps = weights.run(subject, spec)
    assert maps.pairs == (("aardvark", "zebra"),)
    for what in (maps.weights, maps.pattern):
        image = weights.to_image(maps, what, "weights").get_fdata()[..., 0]
        assert np.unravel_index(image.argmax(), image.shape) == (2, 2, 2)
        assert np.unravel_index(image.argmin(), image.shape) == (3, 3, 3)
        assert image.max() > 0 > image.min()


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_pattern_is_haufes(name, tiny_subject):
    """The pattern equals Sigma w / (w' Sigma w) within 1e-10, Sigma the samples' covariance."""
    spec = DecodingSpec(subject="1", conditions=(), estimator=name)
    maps, samples = weights.run(tiny_subject, spec), extract_samples(tiny_subject, spec)
    for w, pattern, pair in zip(maps.weights, maps.pattern, maps.pairs, strict=True):
        sigma = np.cov(samples.X[np.isin(samples.y, pair)].T, ddof=1)
        check_equal(pattern, sigma @ w / (w @ sigma @ w))


@pytest.mark.recordings
def test_pattern_is_haufes_on_a_recording(recordings):
    """The same with more voxels than samples."""
    subject = subject_of("task-vt", recordings)
    spec = DecodingSpec(subject="1", standardize="run", samples="block")
    maps, samples = weights.run(subject, spec), extract_samples(subject, spec)
    w, sigma = maps.weights[0], np.cov(samples.X.T)
    check_equal(maps.pattern[0], sigma @ w / (w @ sigma @ w))


def test_pattern_of_nothing_is_0():
    """Where the decision values do not vary the pattern is 0, not NaN."""
    assert np.array_equal(activation_pattern(np.ones((5, 3)), np.ones(3)), np.zeros(3))
    assert np.array_equal(activation_pattern(np.eye(3), np.zeros(3)), np.zeros(3))


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - set(WITH_WEIGHTS)))
def test_estimators_without_weights_say_so(name, tiny_subject):
    """gnb, correlation and dummy have no map; the message says why and names those that have."""
    why = f"no weight map: {ESTIMATORS[name].label} has no single weight"
    with pytest.raises(SpecError, match=why) as error:
        weights.run(tiny_subject, DecodingSpec(subject="1", estimator=name))
    words = "Choose linear SVM, tuned linear SVM, logistic regression, shrinkage LDA or ridge."
    assert words in str(error.value)
    assert error.value.remedy == "Type --estimator svc|svc_tuned|logistic|lda|ridge."
    with pytest.raises(SpecError):
        check_has_weights(name)


@pytest.mark.recordings
def test_image_lies_on_the_scans_grid(recordings, tmp_path):
    """Shape (x, y, z, 1) also for a single slice, the scan's affine, mm, 0 outside the mask."""
    subject = subject_of("slice", recordings)
    maps = weights.run(subject, DecodingSpec(subject="1"))
    weights.to_image(maps, maps.weights, "weights").to_filename(tmp_path / "w.nii.gz")
    image, scan = nib.load(tmp_path / "w.nii.gz"), nib.load(subject.bold[0])
    assert image.shape == (40, 20, 1, 1)
    assert np.array_equal(image.affine, scan.affine)
    assert image.header.get_zooms()[:3] == scan.header.get_zooms()[:3]
    assert image.header.get_xyzt_units()[0] == "mm"
    assert image.header["sform_code"] > 0
    mask = nib.load(subject.masks["vt"].files[0]).get_fdata() != 0
    data = image.get_fdata()[..., 0]
    assert image.get_data_dtype() == np.float64
    assert np.array_equal(data[mask], maps.weights[0])
    assert not data[~mask].any()


def test_image_of_three_categories_has_a_volume_a_pair(tiny_subject):
    """One volume a pair in the pairs' order; the header names them, and the subject and mask."""
    maps = weights.run(tiny_subject, DecodingSpec(subject="1", conditions=()))
    image = weights.to_image(maps, maps.pattern, "pattern")
    assert image.shape == (6, 5, 4, 3)
    assert np.allclose(image.affine, AFFINE)
    mask = half_mask((6, 5, 4))
    assert np.array_equal(image.get_fdata()[mask].T, maps.pattern)
    assert b"pattern: subject 1, vt" in image.header["descrip"].item()
    note = image.header.extensions[0].get_content()
    note = note.decode() if isinstance(note, bytes) else str(note)
    assert "face (+) against cat (-); shoe (+) against cat (-); shoe (+) against face (-)" in note
