"""Relabelling whole blocks within runs."""

from math import factorial

import numpy as np
import pytest
from makers import make_study

from decoding.errors import SpecError
from decoding.relabel import (
    count_relabellings,
    draw_relabellings,
    enumerate_relabellings,
    find_blocks,
)


def _per_block(labels, study):
    """Return the label of each block, after checking that its samples agree."""
    n_blocks = study.blocks.labels.size
    per_block = [labels[:, study.blocks.of_sample == block] for block in range(n_blocks)]
    assert all((np.ptp(block, axis=1) == 0).all() for block in per_block)
    return np.array([block[:, 0] for block in per_block]).T


def test_blocks_keep_the_order_in_which_they_come():
    """Numbers of blocks need not rise."""
    blocks = find_blocks(np.array([1, 1, 0, 0]), np.array([1, 1, 1, 1]), np.array([9, 9, 4, 4]))
    assert blocks.labels.tolist() == [1, 0]
    assert blocks.of_sample.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("n_runs", [1, 3, 6])
def test_two_categories_have_a_power_of_two(n_runs):
    """One block of each of two categories gives 2 ** runs relabellings, the identity first."""
    study = make_study(n_runs=n_runs)
    labels = enumerate_relabellings(study.blocks)
    assert len(labels) == count_relabellings(study.blocks) == 2**n_runs
    assert len(np.unique(labels, axis=0)) == len(labels)
    np.testing.assert_array_equal(labels[0], study.labels)


def test_repeated_categories_are_counted_once():
    """Two blocks of each of two categories and three of three: 6 x 6."""
    study = make_study(blocks_per_run=((0, 0, 1, 1), (2, 0, 1)))
    labels = enumerate_relabellings(study.blocks)
    assert len(labels) == count_relabellings(study.blocks) == 36
    assert len(np.unique(labels, axis=0)) == 36
    np.testing.assert_array_equal(labels[0], study.labels)


def test_counts_beyond_any_table_are_exact():
    """Eight categories in twelve runs are counted, and refused for enumeration."""
    study = make_study(n_classes=8, n_runs=12)
    assert count_relabellings(study.blocks) == factorial(8) ** 12
    with pytest.raises(SpecError, match="too many to enumerate"):
        enumerate_relabellings(study.blocks)


def test_draws_move_whole_blocks_within_their_runs():
    """Each run keeps its labels, and each block is of one category."""
    study = make_study(n_classes=4, block_lengths=(3, 5, 2))
    drawn = _per_block(draw_relabellings(study.blocks, 40, seed=0), study)
    for members in study.blocks.by_run():
        for row in drawn:
            assert sorted(row[members]) == sorted(study.blocks.labels[members])


def test_draws_are_uniform():
    """Each of the six orders of three categories comes up about as often."""
    study = make_study(n_classes=3, n_runs=1)
    drawn = draw_relabellings(study.blocks, 6000, seed=0)
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 6
    assert np.abs(counts - 1000).max() < 120


def test_the_seed_decides_the_draw():
    """The same seed draws the same relabellings, another seed others."""
    blocks = make_study().blocks
    first, again, other = (draw_relabellings(blocks, 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_draws_follow_the_written_rule():
    """The rule that an exported script repeats: run by run, block by block."""
    study = make_study(n_classes=3, n_runs=4)
    rng = np.random.default_rng(5)
    order = [rng.permutation(study.blocks.labels[m]) for m in study.blocks.by_run()]
    expected = np.concatenate(order)[study.blocks.of_sample]
    np.testing.assert_array_equal(draw_relabellings(study.blocks, 1, seed=5)[0], expected)


@pytest.mark.parametrize("what", ["category", "run"])
def test_mixed_blocks_are_refused(what):
    """A block with two categories, or in two runs, is named."""
    mixed, same = np.array([0, 0, 1, 1]), np.zeros(4, dtype=int)
    labels, runs = (mixed, same) if what == "category" else (same, mixed)
    with pytest.raises(SpecError, match=f"Block 7 holds more than one {what}"):
        find_blocks(labels, runs, np.full(4, 7))
