"""Trials from labels and from events: the same blocks, and the time between the two."""

import numpy as np
import pandas as pd
import pytest

from decoding.datasets.base import make_volumes, read_labels
from decoding.datasets.bids.events import trials_from_events
from decoding.errors import DataError, SpecError
from decoding.samples.trials import onset_shifts, trials_from_volumes

T_R = 2.5


@pytest.fixture
def volumes():
    """Return two runs of 70 volumes with four blocks of 7."""
    run = ["rest"] * 70
    for block, name in enumerate(["cat", "face", "house", "shoe"]):
        start = 4 + 15 * block
        run[start : start + 7] = [name] * 7
    return make_volumes(np.array(run * 2), np.repeat([3, 4], 70), "labels.txt")


def test_trials_of_labels_are_blocks_in_seconds_of_their_run(volumes):
    """Onset = first volume x t_r within the run, duration = volumes x t_r, blocks as numbered."""
    trials = trials_from_volumes(volumes, T_R)
    assert list(trials.columns) == ["run", "block", "condition", "onset", "duration"]
    assert trials["run"].tolist() == [3] * 4 + [4] * 4
    assert trials["block"].tolist() == list(range(8))
    assert trials["condition"].tolist() == ["cat", "face", "house", "shoe"] * 2
    assert trials["onset"].tolist() == [10.0, 47.5, 85.0, 122.5] * 2
    assert trials["duration"].tolist() == [17.5] * 8


@pytest.mark.recordings
def test_shift_between_labels_and_events_is_that_of_the_recording(recordings):
    """The labels of subject 1 begin 1.0 to 4.5 s after the stimuli of its events files."""
    events = {
        run: pd.read_csv(path, sep="\t")
        for run, path in enumerate(
            sorted((recordings / "bids" / "ds000105-slice").glob("sub-1/func/*_events.tsv"))
        )
    }
    from_events = trials_from_events(events)
    labels = read_labels(recordings / "slice" / "haxby2001" / "subj1" / "labels.txt")
    shifts = onset_shifts(trials_from_volumes(labels, T_R), from_events)["shift"]
    assert len(from_events) == len(shifts) == 96
    assert (shifts.min(), shifts.max()) == (1.0, 4.5)
    np.testing.assert_allclose(from_events["duration"], 22.5)


def test_rest_parts_events_and_is_no_trial():
    """Rows of one type merge unless something lies between them; rest is not a trial."""
    table = pd.DataFrame(
        {
            "onset": [0, 2, 4, 10, 20],
            "duration": [1, 1, 6, 1, 1],
            "trial_type": ["face", "face", "rest", "face", "cat"],
        }
    )
    trials = trials_from_events({3: table, 4: table[4:]})
    assert trials["condition"].tolist() == ["face", "face", "cat", "cat"]
    assert trials["onset"].tolist() == [0, 10, 20, 20]
    assert trials["duration"].tolist() == [3, 1, 1, 1]
    assert trials["run"].tolist() == [3, 3, 3, 4]
    assert trials["block"].tolist() == [0, 1, 2, 3]


def test_blocks_without_events_have_no_shift(volumes):
    """A block that the events lack has a shift of NaN; the others keep theirs."""
    trials = trials_from_volumes(volumes, T_R)
    early = trials.assign(onset=trials["onset"] - 3.0).drop(index=1)
    shifts = onset_shifts(trials, early)
    assert shifts["block"].tolist() == list(range(8))
    np.testing.assert_array_equal(shifts["shift"], [3.0, np.nan] + [3.0] * 6)


def test_recordings_of_labelled_volumes_alone_are_refused(volumes):
    """Without the rest between blocks there is no baseline: the message says what to choose."""
    with pytest.raises(SpecError, match="Run 3 holds only labelled volumes"):
        trials_from_volumes(volumes[volumes["condition"] != "rest"], T_R)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"onset": [1], "duration": [1]}, "no column 'trial_type'"),
        ({"onset": [1], "duration": ["n/a"], "trial_type": ["face"]}, "row 2: .*'n/a'"),
    ],
)
def test_damaged_events_are_named(table, words):
    """Events without a column, or with a time that is no number, give the run and the value."""
    with pytest.raises(DataError, match=f"events of run 2.*{words}"):
        trials_from_events({2: pd.DataFrame(table)})
