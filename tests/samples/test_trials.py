"""Trials from labels and from events: the same blocks, and the time between the two."""

from dataclasses import replace

import numpy as np
import pytest
from makers import subject_from, tiny_samples

from decoding.analyses.checks import CHECKS
from decoding.analyses.checks.design import Design
from decoding.datasets import load_subject
from decoding.datasets.bids.events import Events
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.labels import make_volumes, read_labels, trials_from_volumes
from decoding.errors import SpecError
from decoding.samples.trials import labels_enter, onset_shifts, subject_trials
from decoding.spec import DecodingSpec

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


@pytest.mark.parametrize(
    ("kind", "twice", "enter"),
    [
        ("volume", True, False),
        ("lsa", True, False),
        ("lss", True, False),
        ("run_beta", True, False),
        ("lss_by_condition", False, False),
        ("lss_by_condition", True, True),
        ("lss_by_condition_t", True, True),
    ],
)
def test_where_labels_enter_the_models_a_permutation_test_says_that_it_is_not_exact(
    volumes, kind, twice, enter
):
    """They do where other trials share a regressor by category; swapped names change no other."""
    trials = trials_from_volumes(volumes, T_R)
    if twice:
        trials["condition"] = ["cat", "face", "face", "cat"] * 2
    subject = replace(
        subject_from([], {}, np.array(["cat"]), np.array([1])), trials=trials, volumes=volumes
    )
    spec = DecodingSpec(samples=kind, conditions=("cat", "face"))
    assert labels_enter(subject, spec) == enter
    status, message = CHECKS["relabellings"][1](
        Design(subject=subject, spec=spec, samples=tiny_samples(n_runs=8), folds=[])
    )
    assert ("no p of theirs is exact" in message) == enter == (status == "warn")


@pytest.mark.recordings
def test_shift_between_labels_and_events_is_that_of_the_recording(recordings):
    """The labels of subject 1 begin 1.0 to 4.5 s after the stimuli of its events files."""
    subject = load_subject("bids", "1", recordings / "bids" / "ds000105-slice")
    from_events = subject.trials.assign(run=subject.trials["run"] - 1)
    labels = read_labels(recordings / "slice" / "haxby2001" / "subj1" / "labels.txt")
    shifts = onset_shifts(trials_from_volumes(labels, T_R), from_events)["shift"]
    assert len(from_events) == len(shifts) == 96
    assert (shifts.min(), shifts.max()) == (1.0, 4.5)
    np.testing.assert_allclose(from_events["duration"], 22.5)


def test_trials_are_numbered_over_runs():
    """Each run has its own trials, numbered in order; its clock begins with its first volume."""
    rows = [("face", 0, 1), ("face", 2, 1), ("rest", 4, 6), ("face", 10, 1), ("cat", 20, 1)]
    events = {3: Events(rows=rows), 4: Events(rows=rows[4:])}
    timing = {3: Timing(n_volumes=20), 4: Timing(n_volumes=20, start=1.25)}
    trials, volumes, notes = trials_of_events(events, timing, T_R, T_R)
    assert trials["condition"].tolist() == ["face", "face", "cat", "cat"]
    assert trials["onset"].tolist() == [0, 10, 20, 18.75]
    assert trials["duration"].tolist() == [3, 1, 1, 1]
    assert trials["run"].tolist() == [3, 3, 3, 4]
    assert trials["block"].tolist() == [0, 1, 2, 3]
    assert volumes["block"][volumes["block"] >= 0].tolist() == [0, 0, 1, 2]
    assert volumes["run"].tolist() == [3] * 20 + [4] * 20
    assert [note.note for note in notes] == [
        "5 rows of events were read as 4 trials: rows of one type that lie no more than 2.5 s "
        "apart are one."
    ]
    assert notes[0].example == "run 3: 2 rows of face are one trial from 0 s to 3 s"


def test_a_row_that_stands_twice_is_no_merge():
    """It is said as what it is, at the onset that its file has; a long single row is no merge."""
    rows = [("fixation", 0, 8), ("face", 10, 1), ("face", 10, 1), ("cat", 51, 1)]
    timing = {1: Timing(n_volumes=20, start=1.25)}
    _, _, notes = trials_of_events({1: Events(rows=rows)}, timing, T_R, T_R)
    assert [note.line for note in notes] == [
        "1 row of events was left out: the same row twice. For example face at 10 s of run 1.",
        "1 trial was left out: outside the run, or so near its edge that less than a twentieth of "
        "the response lies in it. For example cat at 51 s of run 1, which lasts from 1.25 s to "
        "51.25 s. Check the onsets, which are in seconds.",
        "1 trial began before the run's first volume, so has fewer volumes: under a lag the first "
        "ones are missing. For example fixation from 0 s to 8 s of run 1, which begins at 1.25 s. "
        "Decode betas, or leave such trials out.",
    ]


def test_blocks_without_events_have_no_shift(volumes):
    """A block that the events lack has a shift of NaN; the others keep theirs."""
    trials = trials_from_volumes(volumes, T_R)
    early = trials.assign(onset=trials["onset"] - 3.0).drop(index=1)
    shifts = onset_shifts(trials, early)
    assert shifts["block"].tolist() == list(range(8))
    np.testing.assert_array_equal(shifts["shift"], [3.0, np.nan] + [3.0] * 6)


@pytest.mark.recordings
def test_recordings_of_labelled_volumes_alone_are_refused(recordings):
    """Without the rest between blocks there is no baseline: the message says what to choose."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    assert len(subject.trials) == 96
    with pytest.raises(SpecError, match="Run 0 holds only labelled volumes"):
        subject_trials(subject)
