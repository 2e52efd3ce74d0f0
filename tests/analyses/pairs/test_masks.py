"""Masks beside each other: areas under the curve and scores at equal size, by scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.analyses.pairs import masks
from decoding.datasets import subject_of
from decoding.errors import DecodingError
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(
    dataset="simulated", subject="1", conditions=("cat", "face", "house"), samples="block",
    standardize="run",
)  # fmt: skip


@pytest.fixture(scope="module")
def subject():
    """Return a subject with five masks and the brain."""
    return subject_of(SPEC)


def test_areas_and_equal_sizes_equal_scikit_learn(subject):
    """By fold and category; subsets are drawn in the order of their voxels, from the seed."""
    found = masks.run(subject, SPEC, masks.Options(subsets=3, seed=5))
    assert [one.mask for one in found.masks] == [name for name in subject.masks if name != "brain"]
    good = [one for one in found.masks if not one.problem]
    assert found.n_equal == min(one.n_voxels for one in good)
    for one in good:
        samples = extract_samples(subject, replace(SPEC, mask=one.mask))
        X, y, runs = samples.X, samples.y, samples.runs
        for name in found.classes:
            areas = []
            for train, test in LeaveOneGroupOut().split(X, y, runs):
                model = SVC(kernel="linear").fit(X[train], y[train] == name)
                areas.append(roc_auc_score(y[test] == name, model.decision_function(X[test])))
            assert one.auc[name] == pytest.approx(np.mean(areas), abs=1e-12)
        options = {"groups": runs, "cv": LeaveOneGroupOut()}
        whole = cross_val_score(SVC(kernel="linear"), X, y, **options).mean()
        assert one.accuracy == pytest.approx(whole)
        if one.n_voxels == found.n_equal:
            assert one.at_equal_size == (one.accuracy,)
            continue
        rng = np.random.default_rng(5)
        for score in one.at_equal_size:
            few = np.sort(rng.choice(X.shape[1], found.n_equal, replace=False))
            theirs = cross_val_score(SVC(kernel="linear"), X[:, few], y, **options).mean()
            assert score == pytest.approx(theirs)
        low, high = one.band
        assert low <= high
    assert len(found.table) == 3 * len(good)


def test_a_mask_without_scores_leaves_the_others(monkeypatch, subject):
    """It stands in its place with its cause."""
    first = next(name for name in subject.masks if name != "brain")

    def read(subject, spec):
        if spec.mask == first:
            raise DecodingError("It lies elsewhere.")
        return extract_samples(subject, spec)

    monkeypatch.setattr(masks, "extract_samples", read)
    found = masks.run(subject, SPEC, masks.Options(subsets=1))
    assert found.masks[0].problem == "It lies elsewhere."
    assert not found.masks[1].problem
    assert first not in set(found.table["mask"])


def test_a_brain_alone_is_no_comparison(subject):
    """The message says so."""
    alone = replace(subject, masks={"brain": subject.masks["brain"]})
    with pytest.raises(DecodingError, match="no mask but the brain"):
        masks.run(alone, SPEC, masks.Options())


def test_published_figures_are_of_all_categories():
    """Eight categories in three masks, between chance and 1."""
    (found,) = masks.PUBLISHED.values()
    assert found["vt"]["chair"] == 0.93 and found["house"]["bottle"] == 0.86
    assert set(found) == {"vt", "face", "house"}
    assert all(len(row) == 8 and all(0.5 < v <= 1 for v in row.values()) for row in found.values())
