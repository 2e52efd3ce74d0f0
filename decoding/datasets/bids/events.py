"""Events tables: their rows, checked one by one, and what is left out of them."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from decoding.datasets.text import checked_name, read_table
from decoding.errors import DataError
from decoding.numbers import list_text
from decoding.spec import AS_WRITTEN, Categories

NOT_AVAILABLE = ("n/a", "")


class FalseRowError(DataError):
    """A row that says what cannot be: nobody knows which of its values is wrong."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """The rows of a run's events, in the order of their onsets.

    Parameters
    ----------
    rows : list of (str, float, float)
        Type, onset and duration, in seconds.
    untyped : list of str
        Where rows without a type are.
    undated : list of (str, str)
        Types of rows without a time, and where these are. Neither kind is in `rows`.
    written : list of str
        The type of every row, as the file has it.
    """

    rows: list[tuple[str, float, float]] = field(default_factory=list)
    untyped: list[str] = field(default_factory=list)
    undated: list[tuple[str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


def read_events(path: Path, categories: Categories = AS_WRITTEN) -> Events:
    """Read an events table: tabs between columns, each row as many values as the header.

    A type that `categories` leaves out has no row.

    Raises
    ------
    FalseRowError
        If a row has more values than the header, or a duration is negative.
    DataError
        If a column or a row's value is not there, or a time is neither a number of seconds nor
        ``n/a``. Both messages name the row.
    """
    events, named = Events(), ("onset", "duration", categories.column)
    for where, cells in event_rows(path, named):
        _read_row(events, where, cells, categories)
    events.rows.sort(key=lambda row: row[1])
    return events


def event_rows(path: Path, needed: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where each row of an events table is, and its cells; see `read_events`.

    Raises
    ------
    DataError
        If the table cannot be read, or lacks a column that is `needed`.
    """
    lines = read_table(path).splitlines()
    header = [name.strip() for name in (lines or [""])[0].rstrip("\t").split("\t")]
    for name in needed:
        if name not in header:
            raise DataError(
                f"{path.name} has no column {name!r}, but {', '.join(header) or 'nothing'}; it "
                f"needs {list_text(needed)} (the category of each stimulus), parted by tabs."
            )
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            values = [value.strip() for value in next(csv.reader([line], delimiter="\t"))]
            yield f"{path.name}, row {number}", _cells(path, number, values, header)


def _cells(path: Path, number: int, values: list[str], header: list[str]) -> dict[str, str]:
    while len(values) > len(header) and not values[-1]:
        values.pop()
    if (n_more := len(values) - len(header)) != 0:
        raise (FalseRowError if n_more > 0 else DataError)(
            f"{path.name}, row {number}, has {len(values)} values under a header of "
            f"{len(header)}; a value is too many or missing, so which is which is not clear."
        )
    return dict(zip(header, values, strict=True))


def _read_row(events: Events, where: str, cells: dict[str, str], categories: Categories) -> None:
    written = checked_name(cells[categories.column], where)
    events.written.append(written)
    if not (kind := categories.called(written)) and written:
        return
    times = {name: cells[name] for name in ("onset", "duration")}
    if kind in NOT_AVAILABLE:
        events.untyped.append(where)
    elif any(value in NOT_AVAILABLE for value in times.values()):
        times_told = f"onset {times['onset']!r}, duration {times['duration']!r}"
        events.undated.append((kind, f"{where}: {times_told}"))
    else:
        onset, duration = (_seconds(where, name, text) for name, text in times.items())
        events.rows.append((kind, onset, duration))


def _seconds(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (name == "duration" and value < 0):
        asked = "0 or more seconds" if name == "duration" else "a number of seconds"
        kind = FalseRowError if value < 0 else DataError
        raise kind(f"{where}: {name} {text!r} must be {asked}, or n/a.")
    return value
