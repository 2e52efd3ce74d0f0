"""Voxels chosen inside each training fold: scikit-learn's choice, and no peeking."""

from dataclasses import replace

import numpy as np
import pytest
from makers import tiny_samples
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline

from decoding.analyses.decode import decode_samples, estimator_for
from decoding.analyses.permute import Options, permute_samples, takes_minutes
from decoding.analyses.weights import fit_weights
from decoding.estimators import ESTIMATORS
from decoding.select import choosing, rank_voxels
from decoding.spec import DecodingSpec


def noise(seed, n_classes=2, n_voxels=40):
    """Return X (n_samples, n_voxels) and labels of pure noise."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(n_classes), 12)
    return rng.standard_normal((len(y), n_voxels)), y


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n", [1, 7, 39])
def test_the_voxels_are_select_k_best(n, n_classes):
    """Without ties the voxels are those of SelectKBest(f_classif), on any data."""
    for seed in range(10):
        X, y = noise(seed, n_classes)
        ours = SelectKBest(rank_voxels, k=n).fit(X, y).get_support()
        assert np.array_equal(ours, SelectKBest(f_classif, k=n).fit(X, y).get_support())


def test_ties_go_to_the_first_and_flat_voxels_come_last():
    """Of equal voxels the first is taken; one that never varies, 0 or not, is taken last."""
    X, y = noise(0, n_voxels=12)
    X[:, [9, 4, 6]] = (X[:, 0] + 5.0 * y)[:, None]
    X[:, [1, 2]] = 0.0, 7.3
    order = np.argsort(-rank_voxels(X, y))
    assert order[:3].tolist() == [4, 6, 9]
    assert order[-2:].tolist() == [1, 2]
    F = f_classif(X[:, order[:-2]], y)[0]
    assert (np.diff(F) <= 0).all()
    perfect = np.repeat([[0.0], [1.0]], 12, axis=0)  # F is infinite: the best there can be
    assert np.argmax(rank_voxels(np.hstack([X, perfect]), y)) == 12


def refits(samples, name, n):
    """Return the fold scores of a plain loop with SelectKBest."""
    scores = []
    for train, test in LeaveOneGroupOut().split(samples.X, groups=samples.runs):
        chosen = SelectKBest(f_classif, k=n).fit(samples.X[train], samples.y[train])
        inside, outside = chosen.transform(samples.X[train]), chosen.transform(samples.X[test])
        more = {"groups": samples.runs[train]} if ESTIMATORS[name].needs_groups else {}
        model = clone(ESTIMATORS[name].make()).fit(inside, samples.y[train], **more)
        scores.append((model.predict(outside) == samples.y[test]).mean())
    return scores


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_scores_are_those_of_a_plain_loop(name):
    """Every estimator is fitted on what its training fold chose, tuned or not."""
    samples = tiny_samples(n_runs=6, n_volumes=3, seed=1)
    spec = DecodingSpec(estimator=name, select=3)
    result = decode_samples(samples, spec, estimator_for(spec, samples), "")
    assert result.fold_scores == refits(samples, name, 3)


def test_relabelled_scores_choose_anew():
    """Each relabelling chooses its own voxels in each fold; the test counts as slow."""
    samples = tiny_samples(n_runs=4, n_volumes=3, seed=2)
    spec = DecodingSpec(estimator="ridge", select=2)
    result = permute_samples(samples, spec, Options())
    from decoding.relabel import enumerate_relabellings, find_blocks

    rows = enumerate_relabellings(find_blocks(samples.y, samples.runs, samples.blocks))
    expected = [np.mean(refits(replace(samples, y=row), "ridge", 2)) for row in rows]
    assert np.allclose(result.null.scores, expected, atol=1e-12)
    assert takes_minutes(spec)
    assert not takes_minutes(replace(spec, select=0))


@pytest.mark.parametrize("n", [0, 500])
def test_none_are_chosen_where_all_are_wanted(n):
    """With 0, or as many as the mask has, the estimator is the one without a choice."""
    samples = tiny_samples()
    assert estimator_for(DecodingSpec(select=n), samples) is ESTIMATORS["svc"]


def test_the_map_holds_the_chosen_voxels_only():
    """Weights are those of the fit on all samples, 0 in voxels that it did not choose."""
    samples = tiny_samples(n_runs=6, n_volumes=3, seed=1)
    spec = DecodingSpec(estimator="logistic", select=3)
    ours, voxels = fit_weights(samples, estimator_for(spec, samples))
    plain = make_pipeline(SelectKBest(f_classif, k=3), ESTIMATORS["logistic"].make())
    plain.fit(samples.X, samples.y)
    assert np.array_equal(voxels, plain[0].get_support())
    assert np.array_equal(ours[voxels], plain[1].coef_[0])
    assert not ours[~voxels].any()


def test_a_large_mask_is_within_reach_where_few_are_chosen():
    """An estimator that takes few voxels takes any mask that they are chosen from."""
    assert choosing(ESTIMATORS["lda"], 100).max_voxels is None
    assert choosing(ESTIMATORS["lda"], 9000).max_voxels == ESTIMATORS["lda"].max_voxels
