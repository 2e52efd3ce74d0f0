"""Trials: one row for each block of a recording, from its labels or from its events files."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from decoding.datasets.base import NO_BLOCK, REST
from decoding.errors import DataError, SpecError

COLUMNS = ["run", "block", "condition", "onset", "duration"]
EVENT_COLUMNS = ["onset", "duration", "trial_type"]


def trials_from_volumes(volumes: pd.DataFrame, t_r: float) -> pd.DataFrame:
    """Read the trials off the labels: a block lasts from its first volume to after its last.

    Parameters
    ----------
    volumes : pandas.DataFrame
        One row a volume: ``condition, run, block``, as in `decoding.datasets.base.Subject`.
    t_r : float
        Repetition time in seconds.

    Returns
    -------
    pandas.DataFrame
        One row a block: ``run, block, condition, onset, duration``, times in seconds, the onset
        from the run's first volume.

    Raises
    ------
    SpecError
        If a run holds only labelled volumes: the response to a block reaches into volumes that
        are not there.
    """
    resting = (volumes["block"] == NO_BLOCK).groupby(volumes["run"]).any()
    if not resting.all():
        raise SpecError(
            f"Run {resting.index[~resting][0]} holds only labelled volumes; trials need the rest "
            "between blocks. Choose a recording of whole runs, or samples of volumes or blocks."
        )
    numbered = volumes.assign(volume=volumes.groupby("run").cumcount())
    blocks = numbered[numbered["block"] != NO_BLOCK].groupby("block", as_index=False)
    trials = blocks.agg(
        run=("run", "first"),
        condition=("condition", "first"),
        first=("volume", "min"),
        length=("volume", "size"),
    )
    return trials.assign(onset=trials["first"] * t_r, duration=trials["length"] * t_r)[COLUMNS]


def trials_from_events(events: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Read the trials off events tables, one a run: consecutive rows of one type are one trial.

    A trial lasts from the onset of its first row to the end of its last. Rows of rest part
    trials and are none themselves.

    Parameters
    ----------
    events : mapping of int to pandas.DataFrame
        By run, the ``onset``, ``duration`` (s) and ``trial_type`` of each stimulus.

    Returns
    -------
    pandas.DataFrame
        As `trials_from_volumes` gives it, blocks counted from 0.

    Raises
    ------
    DataError
        If a column is missing or a time is not a number.
    """
    parts = [_merge_stimuli(_checked(table, run), run) for run, table in events.items()]
    nothing = pd.DataFrame({name: [] for name in COLUMNS})
    trials = pd.concat(parts, ignore_index=True) if parts else nothing
    return trials.assign(block=np.arange(len(trials)))[COLUMNS]


def onset_shifts(from_volumes: pd.DataFrame, from_events: pd.DataFrame) -> pd.DataFrame:
    """Measure how much later each block begins in the labels than in the events.

    Blocks are paired by run, category and order; labels that follow the volumes may begin
    seconds after the first stimulus.

    Parameters
    ----------
    from_volumes, from_events : pandas.DataFrame
        Trials of the same recording from both sources.

    Returns
    -------
    pandas.DataFrame
        The trials of `from_volumes` with ``onset_events``, ``duration_events`` and ``shift``, the
        onset in the labels minus that in the events, in seconds (NaN where the events lack it).
    """
    keys = ["run", "condition", "repeat"]
    left, right = (
        trials.assign(repeat=trials.groupby(["run", "condition"]).cumcount())
        for trials in (from_volumes, from_events)
    )
    paired = left.merge(
        right[[*keys, "onset", "duration"]], on=keys, how="left", suffixes=("", "_events")
    )
    return paired.drop(columns="repeat").assign(shift=paired["onset"] - paired["onset_events"])


def _checked(table: pd.DataFrame, run: int) -> pd.DataFrame:
    missing = [name for name in EVENT_COLUMNS if name not in table.columns]
    if missing:
        raise DataError(
            f"The events of run {run} have no column {missing[0]!r}; "
            f"they need {', '.join(EVENT_COLUMNS)}."
        )
    times = table[["onset", "duration"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~np.isfinite(times.to_numpy(dtype=np.float64)).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"The events of run {run}, row {row + 2}: onset {table['onset'].iloc[row]!r} and "
            f"duration {table['duration'].iloc[row]!r} must be numbers of seconds."
        )
    kinds = table["trial_type"].to_numpy(dtype=object).astype(str)
    stimuli: pd.DataFrame = times.astype(np.float64).assign(trial_type=kinds)
    return stimuli.sort_values("onset", kind="stable")


def _merge_stimuli(stimuli: pd.DataFrame, run: int) -> pd.DataFrame:
    stretch = (stimuli["trial_type"] != stimuli["trial_type"].shift()).cumsum()
    rows = stimuli.assign(end=stimuli["onset"] + stimuli["duration"]).groupby(stretch.to_numpy())
    merged = pd.DataFrame(
        {"condition": rows["trial_type"].first(), "onset": rows["onset"].first(), "run": run}
    )
    merged["duration"] = rows["end"].last() - merged["onset"]
    return merged[merged["condition"] != REST]
