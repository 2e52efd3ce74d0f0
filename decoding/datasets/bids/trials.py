"""The trials of all runs, the volumes that belong to them, and what was merged or left out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.datasets.base import NO_BLOCK, REST, Note
from decoding.datasets.bids.events import Events
from decoding.datasets.bids.rows import find_markers, join_rows, trial_of_volumes
from decoding.datasets.labels import TRIAL_COLUMNS
from decoding.datasets.notes import Cases
from decoding.datasets.responses import lacks_response

Trial = tuple[str, float, float]
"""Category, onset and duration, in seconds from the run's first volume."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When a run's volumes were acquired; `start` is the first one's time on the events' clock."""

    n_volumes: int
    start: float = 0.0


def trials_of_events(
    events: Mapping[int, Events], timing: Mapping[int, Timing], t_r: float, gap: float
) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """Return the trials and the volumes of a recording, as in `Subject`, and notes on them.

    Parameters
    ----------
    events, timing : mapping
        By run, in the order of the recording.
    t_r, gap : float
        Repetition time, and how far apart rows of one type may lie that are one trial, in s.
    """
    rows = {
        run: [(kind, onset - timing[run].start, length) for kind, onset, length in table.rows]
        for run, table in events.items()
    }
    edge = t_r / 1000
    markers = find_markers(list(rows.values()), gap + edge)
    joined = {run: join_rows(of_run, markers, gap + edge) for run, of_run in rows.items()}
    kept, outside = _inside(joined, timing, t_r)
    trials = pd.DataFrame(
        [(run, *trial) for run, of_run in kept.items() for trial in of_run],
        columns=["run", "condition", "onset", "duration"],
    )
    trials = trials.assign(block=np.arange(len(trials)))[TRIAL_COLUMNS]
    notes = [*_left_out(events), *_joined(rows, joined, gap), *_marking(rows, markers), *outside]
    return trials, _volumes(kept, timing, t_r), notes


def _inside(
    joined: Mapping[int, list[Trial]], timing: Mapping[int, Timing], t_r: float
) -> tuple[dict[int, list[Trial]], Cases]:
    """Return the trials that hold a volume or have a response in their run; and the others."""
    outside = Cases(
        "{n} trial{s} {was} left out: outside the run, or so near its edge that less than a "
        "twentieth of the response lies in it.",
        "Check the onsets, which are seconds from the run's first volume.",
    )
    kept: dict[int, list[Trial]] = {}
    for run, trials in joined.items():
        n_volumes, kept[run] = timing[run].n_volumes, []
        for trial in trials:
            kind, onset, length = trial
            if (trial_of_volumes([trial], n_volumes, t_r) < 0).all() and lacks_response(
                onset, length, n_volumes, t_r
            ):
                outside.add(f"{kind} at {onset:g} s of run {run}, {n_volumes * t_r:g} s long")
            else:
                kept[run].append(trial)
    return kept, outside


def _volumes(
    kept: Mapping[int, list[Trial]], timing: Mapping[int, Timing], t_r: float
) -> pd.DataFrame:
    parts, first = [], 0
    for run, trials in kept.items():
        found = trial_of_volumes(trials, timing[run].n_volumes, t_r)
        kinds = np.array([*(kind for kind, _, _ in trials), REST])[found]
        blocks = np.where(found < 0, NO_BLOCK, first + found)
        parts.append(pd.DataFrame({"condition": kinds, "run": run, "block": blocks}))
        first += len(trials)
    return pd.concat(parts, ignore_index=True)


def _left_out(events: Mapping[int, Events]) -> Iterator[Note]:
    untyped = Cases("{n} row{s} of events without a trial_type {was} left out.")
    undated = Cases(
        "{n} row{s} of events {was} left out, as the time is missing.",
        "Write onset and duration in seconds; 0 is the duration of a moment.",
    )
    for table in events.values():
        untyped.examples.extend(table.untyped)
        undated.examples.extend(table.undated)
    yield from untyped
    yield from undated


def _joined(
    rows: Mapping[int, list[Trial]], joined: Mapping[int, list[Trial]], gap: float
) -> Iterator[Note]:
    n_rows = sum(kind != REST for of_run in rows.values() for kind, _, _ in of_run)
    n_trials = sum(map(len, joined.values()))
    if n_trials == n_rows:
        return
    run, trials = next((run, one) for run, one in joined.items() if len(one) < len(rows[run]))
    counts = Counter(kind for kind, _, _ in rows[run])
    kind, onset, length = max(trials, key=lambda trial: trial[2])
    yield Note(
        note=f"{n_rows} rows of events were read as {n_trials} trials: rows of one type that lie "
        f"no more than {gap:g} s apart are one.",
        count=n_rows,
        example=f"run {run}: {counts[kind]} rows of {kind}, one trial from {onset:g} s to "
        f"{onset + length:g} s",
        remedy="Where each row is a trial, set the gap (--merge-gap) to 0.",
    )


def _marking(rows: Mapping[int, list[Trial]], markers: set[str]) -> Iterator[Note]:
    marking = Cases(
        "{n} row{s} mark a response or another moment, and {was} not taken to part the trials "
        "around."
    )
    for run, of_run in rows.items():
        for kind, onset, _ in of_run:
            if kind in markers:
                marking.add(f"{kind} at {onset:g} s of run {run}")
    yield from marking
