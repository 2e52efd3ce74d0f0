"""Labels: one row a volume, as `labels.txt` has them; the blocks and trials in them."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from decoding.datasets.base import NO_BLOCK, REST
from decoding.datasets.text import checked_name, read_table
from decoding.errors import DataError
from decoding.spec import AS_WRITTEN, Categories

TRIAL_COLUMNS = ["run", "block", "condition", "onset", "duration"]


def read_labels(path: Path, categories: Categories = AS_WRITTEN) -> pd.DataFrame:
    """Read ``labels.txt``, a header ``labels chunks`` and one row a volume, as `make_volumes`.

    A type that `categories` leaves out is rest.

    Raises
    ------
    DataError
        If the header is another, a row has no two values, or a run is no whole number.
    """
    try:
        table = pd.read_csv(
            StringIO(read_table(path)),
            sep=r"\s+", dtype=str, keep_default_na=False, engine="python",
        )  # fmt: skip
    except ValueError as error:
        raise DataError(
            f"{path.name} is not a labels file ({str(error).splitlines()[0]}); "
            "it needs a header 'labels chunks' and one row a volume."
        ) from error
    columns = list(table.columns)
    if columns == ["labels"] or (columns == ["labels", "chunks"] and _is_empty(table["chunks"])):
        raise DataError(
            f"{path.name} has no column of runs ('chunks'). Give each row its category and its "
            "run, under the header 'labels chunks'."
        )
    if columns != ["labels", "chunks"]:
        raise DataError(
            f"{path.name} has the columns {', '.join(map(str, table.columns))}; "
            "it needs exactly 'labels chunks'."
        )
    if not isinstance(table.index, pd.RangeIndex):  # pandas took a first column without a name
        raise DataError(
            f"{path.name} has {table.index.nlevels + 2} values in a row; "
            "it needs exactly two, 'labels chunks'."
        )
    if (short := table["chunks"].isna()).any():
        raise DataError(
            f"{path.name}, row {int(short.argmax()) + 2}, has one value; it needs two, its "
            "category and its run."
        )
    runs = pd.to_numeric(table["chunks"], errors="coerce")
    wrong = runs.isna() | (runs % 1 != 0) | (runs.abs() > 1e6)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{path.name}, row {row + 2}: run {table['chunks'].iloc[row]!r} is not a whole number."
        )
    for row, name in enumerate(table["labels"]):
        checked_name(name, f"{path.name}, row {row + 2}")
    called = table["labels"].map(lambda kind: categories.called(kind) or REST)
    conditions = called.to_numpy(dtype=object).astype(str)
    return make_volumes(conditions, runs.to_numpy(dtype=np.int64), path.name)


def unlike_length(labels: Path, n_rows: int, scan: str, n_volumes: int) -> str:
    """Say that labels and the recording, as a sentence calls it, do not belong together."""
    why = "a run is missing in the labels" if n_rows < n_volumes else "a run is missing in the scan"
    return (
        f"{labels.name} has {n_rows} rows but {scan} has {n_volumes} volumes; it needs one row for "
        f"each volume. Perhaps {why}, or volumes were cut from one and not from the other."
    )


def _is_empty(values: pd.Series) -> bool:
    return len(values) > 0 and bool(values.isna().all())


def make_volumes(conditions: np.ndarray, runs: np.ndarray, source: str) -> pd.DataFrame:
    """Make a volumes table with its blocks: maximal stretches of one category within a run.

    Parameters
    ----------
    conditions, runs : ndarray of str and of int, shape (n_volumes,)
        Runs must not decrease: each is one stretch of the recording.
    source : str
        The file's name, for the message.

    Raises
    ------
    DataError
        If runs decrease.
    """
    falls = np.flatnonzero(np.diff(runs) < 0)
    if falls.size:
        row = int(falls[0]) + 1
        raise DataError(
            f"{source}: run {runs[row]} comes after run {runs[row - 1]} (volume {row}); "
            "volumes must be in the order of their runs."
        )
    begins = np.ones(len(runs), dtype=bool)
    begins[1:] = (conditions[1:] != conditions[:-1]) | (runs[1:] != runs[:-1])
    shown = conditions != REST
    blocks = np.where(shown, np.cumsum(begins & shown) - 1, NO_BLOCK)
    return pd.DataFrame({"condition": conditions, "run": runs, "block": blocks})


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
    """
    numbered = volumes.assign(volume=volumes.groupby("run").cumcount())
    blocks = numbered[numbered["block"] != NO_BLOCK].groupby("block", as_index=False)
    trials = blocks.agg(
        run=("run", "first"),
        condition=("condition", "first"),
        first=("volume", "min"),
        length=("volume", "size"),
    )
    times = {"onset": trials["first"] * t_r, "duration": trials["length"] * t_r}
    return trials.assign(**times)[TRIAL_COLUMNS]
