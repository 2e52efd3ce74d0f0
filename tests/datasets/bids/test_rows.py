"""From rows of events to trials and volumes: what parts a trial, and which volumes it holds."""

import numpy as np
import pytest

from decoding.datasets.bids.rows import find_markers, is_response, join_rows, trial_of_volumes

T_R = 2.5


def train(kind, onset, n=12, every=2.0, length=0.5):
    """Return stimuli of one kind as Haxby showed them: 12 of 0.5 s, every 2 s."""
    return [(kind, onset + i * every, length) for i in range(n)]


def joined(*rows, gap=T_R):
    """Return the trials of rows in the order of their onsets."""
    ordered = sorted((row for part in rows for row in part), key=lambda row: row[1])
    return join_rows(ordered, find_markers([ordered], gap), gap)


BLOCKS = [*train("face", 12), *train("cat", 48), *train("shoe", 84)]
WHOLE = [("face", 12, 22.5), ("cat", 48, 22.5), ("shoe", 84, 22.5)]


def test_rows_of_one_kind_are_one_trial_over_small_gaps():
    """Up to the gap they merge, beyond it they do not; the latest of their ends is the trial's."""
    assert joined(BLOCKS) == WHOLE
    assert joined(BLOCKS, gap=0) == BLOCKS
    apart = [("face", 10, 1), ("face", 40, 1), ("face", 70, 1)]
    assert joined(apart) == apart
    assert joined([("face", 10, 20), ("face", 12, 2)]) == [("face", 10, 20)]
    assert joined([("face", 10, 2), ("face", 14.5, 1)]) == [("face", 10, 5.5)]
    assert joined([("face", 10, 2), ("face", 14.6, 1)]) == [("face", 10, 2), ("face", 14.6, 1)]
    assert joined([("face", 0, 5), ("face", 5, 5), ("rest", 10, 4)]) == [("face", 0, 10)]


@pytest.mark.parametrize("marker", ["response", "button_press", "target", "fixation", "rest"])
@pytest.mark.parametrize("after", [0.2, 0.6, 1.4])
@pytest.mark.parametrize("each", [1, 4])
def test_moments_within_trials_do_not_part_them(marker, after, each):
    """Responses by name, and any other kind that lies within trials of several kinds."""
    moments = [(marker, onset + after, 0.1) for _, onset, _ in BLOCKS[each - 1 :: each]]
    trials = joined(BLOCKS, moments)
    assert trials == WHOLE


def test_moments_of_one_kind_of_trial_do_not_part_it():
    """A kind that lies within one other kind alone marks moments too, if it does so mostly."""
    moments = [("oddball", onset + 0.7, 0.2) for _, onset, _ in BLOCKS[1:11:3]]
    assert joined(BLOCKS, moments) == WHOLE


def test_responses_that_follow_trials_are_none():
    """A press after each event is set aside, however late; responses on their own are trials."""
    events = [(kind, 20.0 * i, 1.0) for i, kind in enumerate(["a", "b"] * 6)]
    presses = [("response", onset + late, 0.0) for late in (0.5, 4.0) for _, onset, _ in events]
    assert joined(events, presses) == events
    moves = [("response/left", 20.0 * i + 10, 5.0) for i in range(12)]
    assert len(joined(events, moves)) == 24
    assert len(joined([("response/right", 20.0 * i, 5.0) for i in range(12)], moves)) == 24


def test_categories_that_take_turns_part_each_other():
    """A design that alternates, or is fast and in random order, keeps each event a trial."""
    turns = [("ab"[i % 2], 1.5 * i, 1.0) for i in range(12)]
    assert joined(turns) == turns
    order = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c", "d"], 20))
    events = [(str(kind), 3.0 * i, 1.0) for i, kind in enumerate(order)]
    assert joined(events, gap=1.9) == events
    taken = joined(events, gap=5.0)
    assert len(taken) == 1 + sum(order[1:] != order[:-1])  # only what follows at once is merged


def test_a_kind_within_another_does_not_part_it():
    """What lies within a row's own time is no end of the trial; what outlasts it is."""
    within = [("film", 0, 10), ("cue", 4, 1), ("film", 10, 10)]
    assert join_rows(within, set(), 2) == [("film", 0, 20), ("cue", 4, 1)]
    longer = [("film", 0, 10), ("cue", 9, 2), ("film", 11, 9)]
    assert join_rows(longer, set(), 2) == longer
    assert join_rows(longer, {"cue"}, 2) == [("film", 0, 20)]


@pytest.mark.parametrize("t_r", [0.6, 0.7, 0.72, 0.8, 1.2, 1.4, 2.0, 2.3, 2.5])
def test_edges_fall_on_volumes_in_spite_of_rounding(t_r):
    """A trial from volume 10 to volume 15 holds 10 to 14, whatever digits its seconds have."""
    for onset, length in ((10 * t_r, 5 * t_r), (round(10 * t_r, 4), round(5 * t_r, 4))):
        found = trial_of_volumes([("face", onset, length)], 30, t_r)
        assert np.flatnonzero(found == 0).tolist() == [10, 11, 12, 13, 14]


def test_a_volume_has_one_trial():
    """The later of two has it, but none shorter than a volume takes it from a longer one."""
    held = [("film", 0, 20), ("film", 10, 10), ("press", 4.9, 0.2), ("face", 30, 0.0)]
    assert trial_of_volumes(held, 9, T_R).tolist() == [0] * 4 + [1] * 4 + [-1]
    assert trial_of_volumes([("a", 4.9, 0.2), ("b", 4.95, 0.1)], 4, T_R).tolist() == [-1, -1, 1, -1]
    assert trial_of_volumes([("a", 4.9, 0.2)], 4, T_R).tolist() == [-1, -1, 0, -1]


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("response", True), ("Response", True), ("responses", True), ("response/left", True),
        ("resp", True), ("button", True), ("button_press", True), ("buttonpress", True),
        ("keypress", True), ("key_1", True), ("face", False), ("responsive", False),
        ("keyboard", False), ("press", True), ("pressure", False),
    ],
)  # fmt: skip
def test_responses_go_by_their_names(kind, is_one):
    """Words for a response or a button, alone or with what follows a sign."""
    assert is_response(kind) == is_one
