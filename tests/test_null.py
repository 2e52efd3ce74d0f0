"""Nulls: one rule for every p-value, and what is read from their scores."""

import numpy as np
import pytest
from makers import make_null


def test_p_counts_the_scores_that_reach_the_observed_one():
    """Drawn: (1 + b) / (m + 1). Exact: the share, the labels as they are counted, never 0."""
    scores, observed = [0.5, 0.7, 0.6, 0.7], np.array([0.7 + 1e-12, 0.71, 0.6, 0.2])
    drawn, exact = make_null(scores), make_null(scores, exact=True, n_distinct=4, n_tied=1)
    np.testing.assert_allclose(drawn.p_value(observed), [3 / 5, 1 / 5, 4 / 5, 1])
    np.testing.assert_allclose(exact.p_value(observed), [2 / 4, 1 / 4, 3 / 4, 1])
    assert drawn.p_value(0.71) == drawn.p_of_count(0) == 1 / 5


def test_renamings_reach_the_observed_score():
    """A solver's tolerance may not make an exact p smaller than its smallest within reach."""
    null = make_null([0.9, 0.9 - 1e-6, 0.5, 0.4], exact=True, n_distinct=4)
    assert null.p_value(0.9) == null.smallest_p == 2 / 4


def test_columns_share_their_relabellings():
    """Each column has its own p, and the best of all of them the corrected one."""
    scores = np.random.default_rng(0).random((99, 3))
    null, observed = make_null(scores), np.array([0.5, 0.9, 0.99])
    assert null.p_value(observed).tolist() == [
        make_null(scores[:, column]).p_value(score) for column, score in enumerate(observed)
    ]
    assert (null.of_maxima().p_value(observed) >= null.p_value(observed)).all()
    assert null.of_maxima().scores.tolist() == scores.max(axis=1).tolist()


@pytest.mark.parametrize(
    ("changes", "smallest"),
    [({}, 1 / 5), ({"n_distinct": 4}, 1 / 2), ({"n_distinct": 6**500, "n_tied": 6**499}, 1 / 5)],
)
def test_the_smallest_p_is_that_of_the_design_or_of_the_number_drawn(changes, smallest):
    """It is the larger of the two, whatever the size of the counts."""
    assert make_null([0.5] * 4, **changes).smallest_p == smallest


def test_the_score_to_beat_is_passed_by_few_enough():
    """A score just above it has p of alpha or less, one at it has more; none where none can."""
    null = make_null(np.random.default_rng(1).permutation(np.arange(100) / 100))
    needed = null.score_to_beat(0.05)
    assert null.p_value(needed + 0.001) <= 0.05 < null.p_value(needed)
    assert make_null([0.5] * 18).score_to_beat(0.05) is None
    assert make_null([0.5] * 32, exact=True, n_distinct=32).score_to_beat(0.05) is None


@pytest.mark.parametrize(("n_runs", "within"), [(3, False), (4, False), (5, False), (6, True)])
def test_a_threshold_needs_a_p_within_reach(n_runs, within):
    """The score to beat is one only where some p is 0.05 or less, and never above 1."""
    n = 2**n_runs
    null = make_null(np.linspace(0, 1, n), exact=True, n_distinct=n)
    assert (null.one_sided_point is not None) == within == (null.score_to_beat(0.05) is not None)
    assert not within or null.one_sided_point <= 1


def test_expected_best_is_the_mean_of_maxima():
    """The best of n equals the mean maximum over all draws of n, and grows to the largest."""
    null = np.array([0.2, 0.4, 0.4, 0.9])
    test = make_null(null)
    assert test.expected_best(1) == pytest.approx(null.mean())
    pairs = np.maximum(null[:, None], null[None])
    assert test.expected_best(2) == pytest.approx(pairs.mean())
    assert test.expected_best(1000) == pytest.approx(0.9)


def test_best_point_is_that_of_independent_draws():
    """Of sets of n drawn from the null, 95 % have their best at or under the point."""
    null = np.random.default_rng(0).random(4000)
    test = make_null(null)
    assert test.best_point(1) == pytest.approx(test.percentile_95)
    best = np.random.default_rng(1).choice(null, (20_000, 5)).max(axis=1)
    assert (best <= test.best_point(5)).mean() == pytest.approx(0.95, abs=0.005)
