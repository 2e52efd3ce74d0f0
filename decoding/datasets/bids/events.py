"""Events tables, the trials in them (one row a block), and the volumes that belong to these."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from decoding.datasets.base import NO_BLOCK, REST
from decoding.errors import DataError

COLUMNS = ["run", "block", "condition", "onset", "duration"]
EVENT_COLUMNS = ["onset", "duration", "trial_type"]


def trials_from_events(events: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Read the trials off events tables, one a run: consecutive rows of one type are one trial.

    A trial lasts from the onset of its first row to the end of its last. Rows of rest part
    trials and are none themselves.

    Returns
    -------
    pandas.DataFrame
        One row a block: ``run, block, condition, onset, duration``, times in seconds from the
        run's first volume, blocks counted from 0.
    """
    parts = [_merge_stimuli(_checked(table, run), run) for run, table in events.items()]
    nothing = pd.DataFrame({name: [] for name in COLUMNS})
    trials = pd.concat(parts, ignore_index=True) if parts else nothing
    return trials.assign(block=np.arange(len(trials)))[COLUMNS]


def label_volumes(trials: pd.DataFrame, lengths: Mapping[int, int], t_r: float) -> pd.DataFrame:
    """Label a volume with a trial's category if its acquisition begins within the trial.

    Volume i of a run is acquired at t = i x t_r, and labelled if onset <= t < onset + duration.

    Parameters
    ----------
    trials : pandas.DataFrame
        From `trials_from_events`.
    lengths : mapping of int to int
        The number of volumes of each run, in the order of the recording.

    Returns
    -------
    pandas.DataFrame
        As in `decoding.datasets.base.Subject`; ``block`` is the trial's number.
    """
    parts = []
    for run, length in lengths.items():
        seconds = np.arange(length) * t_r
        condition = np.full(length, REST, dtype=object)
        block = np.full(length, NO_BLOCK)
        of_run = trials.loc[trials["run"] == run, COLUMNS]
        for _, number, name, onset, duration in of_run.itertuples(index=False, name=None):
            inside = (seconds >= onset) & (seconds < onset + duration)
            condition[inside], block[inside] = name, number
        parts.append(pd.DataFrame({"condition": condition.astype(str), "run": run, "block": block}))
    return pd.concat(parts, ignore_index=True)


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
