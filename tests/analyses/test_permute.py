"""The permutation test against refits by scikit-learn, and against what noise must give."""

from dataclasses import replace

import numpy as np
import pytest
from makers import simulated_samples, tiny_samples
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.analyses import permute
from decoding.analyses.permute import Options, permute_samples, relabelled_scores
from decoding.datasets import load_subject
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.relabel import draw_relabellings, find_blocks, n_renamings
from decoding.spec import DecodingSpec

RIDGE = DecodingSpec(estimator="ridge", standardize="run")


def test_enumerated_null_is_symmetric():
    """All relabellings under leave-one-run-out score 0.5 on average, exactly."""
    result = permute_samples(tiny_samples(n_runs=6), RIDGE, Options())
    assert result.null.exact
    assert result.null.n_distinct == 2**6
    assert abs(result.null.mean - 0.5) < 1e-12


@pytest.mark.parametrize("permutations", [64, 5000, None])
def test_all_relabellings_are_taken_where_the_number_reaches_them(permutations):
    """Asked for as many as there are, or more, the test is exact, as it is without a number."""
    options = Options(permutations=permutations, seed=3)
    null = permute_samples(tiny_samples(n_runs=6), RIDGE, options).null
    assert (null.exact, null.n_relabellings, null.seed) == (True, 64, None)


def test_mirror_labels_score_alike():
    """The smallest exact p is that of the labels and their mirror, 2 in 2 to the runs."""
    samples = tiny_samples(n_runs=6)
    X = samples.X + 4.0 * (samples.y == "face")[:, None]
    result = permute_samples(replace(samples, X=X), RIDGE, Options())
    assert result.observed == 1.0
    assert result.p_value == result.null.smallest_p == 2 / 2**6


@pytest.mark.parametrize("estimator", sorted(ESTIMATORS))
def test_first_row_is_the_observed_score(estimator):
    """Each estimator scores the labels as they are as a plain loop of refits does."""
    samples = tiny_samples(seed=3)
    spec = DecodingSpec(estimator=estimator)
    choice, folds = ESTIMATORS[estimator], LeaveOneGroupOut()
    scores = []
    for train, test in folds.split(samples.X, groups=samples.runs):
        more = {"groups": samples.runs[train]} if choice.needs_groups else {}
        model = choice.make().fit(samples.X[train], samples.y[train], **more)
        scores.append((model.predict(samples.X[test]) == samples.y[test]).mean())
    result = permute_samples(samples, spec, Options(permutations=2))
    assert result.observed == pytest.approx(np.mean(scores), abs=1e-12)


def test_sampled_p_counts_the_identity():
    """With b of m drawn relabellings as high, p is (b + 1) / (m + 1)."""
    result = permute_samples(tiny_samples(n_runs=6), RIDGE, Options(permutations=30, seed=1))
    as_high = (result.null.scores >= result.observed - 1e-9).sum()
    assert result.null.n_relabellings == 30
    assert result.p_value == (as_high + 1) / 31


def test_three_categories_are_sampled_and_repeatable():
    """More than two categories draw from a seed: the same seed, the same null."""
    samples = tiny_samples(n_runs=6, conditions=("cat", "face", "house"))
    first, again, other = (
        permute_samples(samples, RIDGE, Options(permutations=40, seed=seed)) for seed in (5, 5, 6)
    )
    assert not first.null.exact
    assert first.null.n_distinct == 6**6
    assert np.array_equal(first.null.scores, again.null.scores)
    assert not np.array_equal(first.null.scores, other.null.scores)


def test_stratified_folds_follow_the_relabelling():
    """A scheme that looks at the labels makes its folds anew for each relabelling."""
    samples = tiny_samples(n_runs=6, n_volumes=4, seed=2)
    spec = DecodingSpec(cv="stratified")
    codes = np.unique(samples.y, return_inverse=True)[1]
    labels = draw_relabellings(find_blocks(codes, samples.runs, samples.blocks), 8, 0)
    expected = [
        cross_val_score(SVC(kernel="linear"), samples.X, row, cv=5).mean() for row in labels
    ]
    assert relabelled_scores(samples, spec, labels) == pytest.approx(expected, abs=1e-12)


def test_renamings_need_equal_blocks():
    """Categories may be exchanged everywhere only where each run holds as many of both."""
    even = find_blocks(np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1]), np.arange(4))
    uneven = find_blocks(np.array([0, 1, 1]), np.array([0, 0, 0]), np.arange(3))
    assert (n_renamings(even), n_renamings(uneven)) == (2, 1)


def test_no_relabelling_is_refused():
    """Asking for no relabelling says so, with the number."""
    with pytest.raises(SpecError, match="0 relabellings"):
        permute_samples(tiny_samples(), RIDGE, Options(permutations=0))


@pytest.mark.recordings
def test_method_figures(recordings):
    """Bottle against shoe has the null that is known for it, right and wrong scheme."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    spec = DecodingSpec(subject="1", conditions=("bottle", "shoe"), standardize="run")
    right = permute.run(subject, spec, permute.Options())
    wrong = permute.run(subject, replace(spec, cv="shuffled_kfold"), Options(permutations=200))
    assert right.observed == pytest.approx(0.7778, abs=5e-5)
    assert abs(right.null.mean - 0.5) < 1e-12
    assert 0.07 <= right.null.sd <= 0.09
    assert right.p_value == right.null.smallest_p == 2 / 4096
    assert wrong.observed == pytest.approx(0.9306, abs=5e-5)
    assert 0.80 <= wrong.null.mean <= 0.84


@pytest.mark.slow
def test_noise_is_rejected_as_often_as_said():
    """On 200 seeds of noise whole blocks reject 2 to 9 %, single volumes more than 10 %."""
    whole, single, shuffled = [], [], []
    for seed in range(200):
        samples = simulated_samples(1000 + seed, signal=0.0)
        whole.append(permute_samples(samples, RIDGE, Options()).p_value)
        single.append(p_of_single_volumes(samples, seed))
        if seed < 20:
            wrong = replace(RIDGE, cv="shuffled_kfold")
            shuffled.append(permute_samples(samples, wrong, Options(permutations=100)).null.mean)
    assert 0.02 <= np.mean(np.array(whole) <= 0.05) <= 0.09
    assert np.mean(np.array(single) <= 0.05) > 0.10
    assert np.mean(shuffled) > 0.6


def p_of_single_volumes(samples, seed, n_relabellings=200):
    """Return the p-value of relabelling single volumes within runs: wrong on purpose."""
    rng = np.random.default_rng(seed)
    codes = np.unique(samples.y, return_inverse=True)[1]
    rows = [codes]
    for _ in range(n_relabellings):
        row = codes.copy()
        for run in np.unique(samples.runs):
            members = np.flatnonzero(samples.runs == run)
            row[members] = rng.permutation(codes[members])
        rows.append(row)
    scores = relabelled_scores(samples, RIDGE, np.stack(rows))
    return (1 + (scores[1:] >= scores[0] - 1e-9).sum()) / len(scores)
