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
from decoding.numbers import list_text

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
    markers = find_markers(list(rows.values()), gap + edge) if gap else set()
    joined = {run: join_rows(of_run, markers, gap + edge) for run, of_run in rows.items()}
    kept, outside = _inside(joined, timing, t_r)
    trials = pd.DataFrame(
        [(run, *trial) for run, of_run in kept.items() for trial in of_run],
        columns=["run", "condition", "onset", "duration"],
    )
    trials = trials.assign(block=np.arange(len(trials)))[TRIAL_COLUMNS]
    shown = {
        run: [row for row in of_run if row[0] not in {REST, *markers}]
        for run, of_run in rows.items()
    }
    notes = [*_left_out(events), *_twice(shown, timing), *_joined(shown, joined, timing, gap)]
    notes += _marking(rows, timing, markers)
    notes += [*outside, *_cut(kept, timing, t_r), *_without(kept), *_shared(kept, timing, t_r)]
    return trials, _volumes(kept, timing, t_r), notes


def _inside(
    joined: Mapping[int, list[Trial]], timing: Mapping[int, Timing], t_r: float
) -> tuple[dict[int, list[Trial]], Cases]:
    """Return the trials that hold a volume or have a response in their run; and the others."""
    outside = Cases(
        "{n} trial{s} {was} left out: outside the run, or so near its edge that less than a "
        "twentieth of the response lies in it.",
        "Check the onsets, which are in seconds.",
    )
    kept: dict[int, list[Trial]] = {}
    for run, trials in joined.items():
        n_volumes, kept[run] = timing[run].n_volumes, []
        for trial in trials:
            kind, onset, length = trial
            if (trial_of_volumes([trial], n_volumes, t_r) < 0).all() and lacks_response(
                onset, length, n_volumes, t_r
            ):
                start = timing[run].start
                outside.add(
                    f"{kind} at {start + onset:g} s of run {run}, which lasts from {start:g} s to "
                    f"{start + n_volumes * t_r:g} s"
                )
            else:
                kept[run].append(trial)
    return kept, outside


def _cut(
    kept: Mapping[int, list[Trial]], timing: Mapping[int, Timing], t_r: float
) -> Iterator[Note]:
    """Note trials of which only a part of their volumes was recorded."""
    begun = Cases(
        "{n} trial{s} began before the run's first volume, so {has} fewer volumes: under a lag the "
        "first ones are missing.",
        "Decode betas, or leave such trials out.",
    )
    lasting = Cases("{n} trial{s} lasted beyond the run's last volume, so {has} fewer volumes.")
    for run, trials in kept.items():
        n_volumes, start, edge = timing[run].n_volumes, timing[run].start, t_r / 1000
        for kind, onset, length in trials:
            if (trial_of_volumes([(kind, onset, length)], n_volumes, t_r) < 0).all():
                continue
            told = f"{kind} from {start + onset:g} s to {start + onset + length:g} s of run {run}"
            if onset < -edge:
                begun.add(f"{told}, which begins at {start:g} s")
            if onset + length > (seconds := n_volumes * t_r) + edge:
                lasting.add(f"{told}, which ends at {start + seconds:g} s")
    yield from begun
    yield from lasting


def _without(kept: Mapping[int, list[Trial]]) -> Iterator[Note]:
    """Note runs that have events, but no trial."""
    without = Cases("{n} run{s} {has} no trial of any category, so no sample.")
    for run, trials in kept.items():
        if not trials:
            without.add(f"run {run}")
    yield from without


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
    for table in events.values():
        untyped.examples.extend(table.untyped)
    yield from untyped
    kinds = dict.fromkeys(kind for table in events.values() for kind, _ in table.undated)
    for missing in kinds:
        name = missing.replace("{", "{{").replace("}", "}}")
        undated = Cases(
            f"{{n}} row{{s}} of {name} {{was}} left out, as the time is missing.",
            "Write onset and duration in seconds; 0 is the duration of a moment.",
        )
        for table in events.values():
            undated.examples.extend(where for kind, where in table.undated if kind == missing)
        yield from undated


def _shared(
    kept: Mapping[int, list[Trial]], timing: Mapping[int, Timing], t_r: float
) -> Iterator[Note]:
    """Note volumes that lie in two trials at once, of which one has them."""
    shared = Cases(
        "{n} volume{s} in two trials at once {was} given to the later, unless that is shorter "
        "than a volume.",
        "Decode betas, or leave one of the types out of the events.",
    )
    for run, trials in kept.items():
        n_volumes = timing[run].n_volumes
        found = trial_of_volumes(trials, n_volumes, t_r)
        for i, trial in enumerate(trials):
            inside = trial_of_volumes([trial], n_volumes, t_r) == 0
            for volume in np.flatnonzero(inside & (found != i)).tolist():
                taken = trials[found[volume]][0]
                shared.add(
                    f"volume {volume} of run {run}: {trial[0]} and {taken}, taken for {taken}"
                )
    yield from shared


def _twice(shown: Mapping[int, list[Trial]], timing: Mapping[int, Timing]) -> Iterator[Note]:
    """Note rows that stand in their file more than once."""
    twice = Cases("{n} row{s} of events {was} left out: the same row twice.")
    for run, rows in shown.items():
        for (kind, onset, _), n in Counter(rows).items():
            for _ in range(n - 1):
                twice.add(f"{kind} at {timing[run].start + onset:g} s of run {run}")
    yield from twice


def _joined(
    shown: Mapping[int, list[Trial]],
    joined: Mapping[int, list[Trial]],
    timing: Mapping[int, Timing],
    gap: float,
) -> Iterator[Note]:
    """Note how many different rows became how many trials; the longest joined is the example."""
    merges = []
    for run, trials in joined.items():
        rows, start = set(shown[run]), timing[run].start
        for kind, onset, length in trials:
            n = sum(one == kind and onset <= at <= onset + length for one, at, _ in rows)
            if n > 1:
                first, last = (f"{start + edge:g} s" for edge in (onset, onset + length))
                told = f"run {run}: {n} rows of {kind} are one trial from {first} to {last}"
                merges.append((length, told))
    if not merges:
        return
    n_rows = sum(len(set(of_run)) for of_run in shown.values())
    yield Note(
        note=f"{n_rows} rows of events were read as {sum(map(len, joined.values()))} trials: rows "
        f"of one type that lie no more than {gap:g} s apart are one.",
        count=n_rows,
        example=max(merges, key=lambda merge: merge[0])[1],
        remedy="Where each row is a trial, keep rows apart.",
        change=("merge_gap", 0.0),
    )


def _marking(
    rows: Mapping[int, list[Trial]], timing: Mapping[int, Timing], markers: set[str]
) -> Iterator[Note]:
    if not markers:
        return
    names = list_text(sorted(markers)).replace("{", "{{").replace("}", "}}")
    marking = Cases(
        f"{{n}} row{{s}} of {names} {{was}} set aside: moments of other trials, and none "
        "themselves.",
        "Where each row is a trial, keep rows apart.",
        change=("merge_gap", 0.0),
    )
    for run, of_run in rows.items():
        for kind, onset, _ in of_run:
            if kind in markers:
                marking.add(f"{kind} at {timing[run].start + onset:g} s of run {run}")
    yield from marking
