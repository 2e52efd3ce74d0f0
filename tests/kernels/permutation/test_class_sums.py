"""Naive Bayes and correlation by sums over training samples, held to refits."""

from dataclasses import replace

import numpy as np
import pytest
from makers import make_study, refits
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

from decoding.errors import Cancelled, SpecError
from decoding.estimators import CorrelationClassifier
from decoding.kernels.permutation import class_sums, correlation, naive_bayes
from decoding.relabel import draw_relabellings

KERNELS = {"gnb": (naive_bayes, GaussianNB), "correlation": (correlation, CorrelationClassifier)}


def plain(make):
    """Return what fits scikit-learn's estimator."""
    return lambda X, y: make().fit(X, y)


@pytest.mark.parametrize("scale", [1.0, 3000.0])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("n_voxels", [2, 6, 80])
@pytest.mark.parametrize("name", KERNELS)
def test_predictions_are_those_of_refits(name, n_classes, n_voxels, scale):
    """Each relabelling predicts what refits predict, in raw units and with flat voxels too."""
    kernel, make = KERNELS[name]
    study = make_study(n_classes=n_classes, n_voxels=n_voxels, seed=n_voxels)
    study = replace(study, X=study.X * scale + 100.0 * scale)
    study.X[:, 0] = scale
    labels = draw_relabellings(study.blocks, 30, seed=0)
    predictions = kernel.predict_held_out(study.X, study.folds, labels)
    np.testing.assert_array_equal(predictions, refits(plain(make), study, labels))


@pytest.mark.parametrize("name", KERNELS)
def test_unequal_categories_and_other_folds(name, monkeypatch):
    """Priors follow each relabelling; folds that overlap, and small chunks, give the same."""
    kernel, make = KERNELS[name]
    monkeypatch.setattr(class_sums, "WORKING_BYTES", 1000)
    study = make_study(
        blocks_per_run=((0, 1, 1), (1, 0, 1), (0, 1, 1)), block_lengths=(4, 2, 6), seed=5
    )
    labels = draw_relabellings(study.blocks, 20, seed=3)
    for folds in (study.folds, [(np.arange(20), np.arange(6, 30))], list(KFold(4).split(study.X))):
        study = replace(study, folds=folds)
        predictions = kernel.predict_held_out(study.X, folds, labels)
        np.testing.assert_array_equal(predictions, refits(plain(make), study, labels))


@pytest.mark.parametrize("name", KERNELS)
def test_one_category_in_training_is_refused_and_work_can_be_stopped(name):
    """A fold without two categories is said; a callback ends the work."""
    kernel, _ = KERNELS[name]
    study = make_study(n_voxels=3)
    with pytest.raises(SpecError, match="fold 1 are all of one category"):
        kernel.predict_held_out(study.X, study.folds, np.zeros((2, len(study.X)), dtype=int))

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        kernel.predict_held_out(study.X, study.folds, study.labels[None], on_progress=stop)
