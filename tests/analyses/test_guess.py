"""The game: a classifier's held-out names, rounds that tell nothing of each other, an exact p."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from decoding.analyses import decode, guess
from decoding.analyses.guess import (
    ROUNDS,
    draw_rounds,
    needed,
    p_of_guesses,
    share_reaching,
)
from decoding.datasets import load_subject
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(dataset="simulated", subject="1", samples="block", standardize="run")


def test_rounds_are_held_out_blocks():
    """The machine's name is decode's; the pattern and the examples are those of other runs."""
    subject = load_subject("simulated", "1")
    found = guess.run(subject, SPEC, guess.Options(seed=3))
    again = guess.run(subject, SPEC, guess.Options(seed=3))
    pd.testing.assert_frame_equal(found.rounds, again.rounds)
    table = decode.run(subject, SPEC).predictions.set_index("block")
    samples = extract_samples(subject, SPEC)
    assert len(found.rounds) == ROUNDS == len(set(found.rounds["block"]))
    for number, one in found.rounds.iterrows():
        assert table.loc[one["block"], ["true", "predicted"]].tolist() == [
            one["true"], one["predicted"],
        ]  # fmt: skip
        others = samples.runs != one["run"]
        means = [samples.X[others & (samples.y == name)].mean(axis=0) for name in found.classes]
        own = samples.X[samples.blocks == one["block"]][0]
        np.testing.assert_allclose(found.patterns[number], own - np.mean(means, axis=0), atol=1e-5)
        np.testing.assert_allclose(
            found.examples[number], means - np.mean(means, axis=0), atol=1e-5
        )
    assert found.n_by_machine == (found.rounds["true"] == found.rounds["predicted"]).sum()


@pytest.mark.parametrize("n_categories", [2, 3])
def test_p_counts_all_games(n_categories):
    """The p is the share of equally likely games in which a fixed player names as many."""
    games = list(product(range(n_categories), repeat=5))
    said = (0, 1, 1, 0, n_categories - 1)
    right = np.array([sum(a == b for a, b in zip(game, said, strict=True)) for game in games])
    for n in range(6):
        assert p_of_guesses(n, n_categories, 5) == pytest.approx((right >= n).mean())


def test_enough_is_the_fewest_with_a_small_p():
    """One right answer fewer would not do; too few rounds are never enough."""
    assert needed(2) == 9
    for n_categories in (2, 3, 8):
        n = needed(n_categories)
        assert p_of_guesses(n, n_categories) < 0.05 <= p_of_guesses(n - 1, n_categories)
    assert needed(2, n_rounds=4) == 5


def test_few_rounds_miss_many_who_see_something():
    """The share of games is that of drawn ones; at chance it is the test's own p."""
    rng = np.random.default_rng(0)
    games = (rng.random((20_000, ROUNDS)) < 0.7).sum(axis=1)
    assert share_reaching(0.7, 2) == pytest.approx((games >= needed(2)).mean(), abs=0.01)
    for n in (2, 3, 8):
        assert share_reaching(1 / n, n) == p_of_guesses(needed(n), n) < 0.05
    assert share_reaching(0.7, 2, n_rounds=4) == 0


def test_the_same_answer_each_time_is_right_as_often_as_chance():
    """Over seeds one category's rounds are binomial: nine of ten are as rare as the p says."""
    true = pd.Series(np.repeat(["cat", "face"], 12))
    seeds = range(3000)
    cats = np.array([(true[draw_rounds(true, seed)] == "cat").sum() for seed in seeds])
    for n in range(ROUNDS + 1):
        p = p_of_guesses(n, 2)
        assert abs((cats >= n).mean() - p) <= 4 * np.sqrt(p * (1 - p) / len(seeds))


def test_counting_does_not_help():
    """Who is told each answer and names what came least often is right as often as chance."""
    true = pd.Series(np.repeat(["cat", "face"], 12))
    right = []
    for seed in range(400):
        drawn = draw_rounds(true, seed)
        assert len(set(drawn)) == ROUNDS
        shown = [true[label] for label in drawn]
        counts = SimpleNamespace(cat=0, face=0)
        for name in shown:
            right.append((counts.cat <= counts.face) == (name == "cat"))
            vars(counts)[name] += 1
    assert abs(np.mean(right) - 0.5) < 3 * 0.5 / np.sqrt(len(right))
    few = draw_rounds(pd.Series(["a", "b"]), 0)
    assert len(few) == ROUNDS  # a category of one block comes again
