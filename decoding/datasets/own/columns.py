"""The columns of a received upload among which its categories are chosen, and too few of these."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from decoding.datasets.base import REST, Subject
from decoding.datasets.bids.events import event_rows
from decoding.datasets.bids.study import TASK
from decoding.datasets.image_table import (
    LABEL,
    NOT_AVAILABLE,
    RUN,
    TABLES,
    file_column,
    numbers_apart,
    read_rows,
    taken_columns,
)
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.received import Received, told_as_theirs
from decoding.errors import DecodingError
from decoding.numbers import list_text, number_text
from decoding.spec import AS_WRITTEN, Categories, Reading

SHOWN = "Which column says what was shown?"
"""What a page asks where there are several columns; messages name it."""
NOTHING_SHOWN = (REST, *NOT_AVAILABLE)
MOST_NAMED = 3

TIMES = ("onset", "duration")
MOST_TYPES = 200
"""A column with more different values names no categories."""


def event_columns(
    received: Received, categories: Categories = AS_WRITTEN
) -> dict[str, dict[str, int]]:
    """Return the columns of an upload's events that may name its categories.

    Of each by type, as it is written, in how many rows it stands; sorted by type. The rows are
    those of the runs that are read, where `categories` can be read at all.

    Raises
    ------
    DataError
        If an events table cannot be read.
    """
    counts: dict[str, Counter[str]] = {}
    with told_as_theirs(received.names):
        for path in _events_read(received, replace(categories, names=())) or _all_events(received):
            for _, cells in event_rows(path, TIMES):
                for name, value in cells.items():
                    counts.setdefault(name, Counter())[value] += 1
    return {
        name: dict(sorted(found.items()))
        for name, found in counts.items()
        if name not in TIMES and len(found) <= MOST_TYPES
    }


def _events_read(received: Received, categories: Categories) -> list[Path]:
    try:
        subject = read_own(received, received.subject, reading=Reading(categories=categories))
    except DecodingError:
        return []
    return sorted({*subject.events.values()})


def _all_events(received: Received) -> list[Path]:
    label = received.subject.split(TASK)[0]
    files = [*received.folder.glob("*.tsv"), *received.folder.glob(f"sub-{label}/**/*.tsv")]
    return [path for path in sorted(files) if path.stem.endswith("events")]


def image_columns(received: Received) -> dict[str, dict[str, int]]:
    """Return the columns of an upload's table of images that may name its categories, or its runs.

    Of each by type, as `event_columns` does.
    """
    with told_as_theirs(received.names):
        rows = read_rows(received.folder / TABLES[0])
    named = file_column(rows)
    counts = {str(name): Counter(map(str, rows[name])) for name in rows.columns if name != named}
    return {
        name: {kind: found[kind] for kind in sorted(found, key=numbers_apart)}
        for name, found in counts.items()
        if len(found) <= MOST_TYPES
    }


def columns_to_choose(
    received: Received, categories: Categories = AS_WRITTEN
) -> dict[str, dict[str, int]]:
    """Return the columns among which an upload's categories can be chosen; labels have none."""
    if received.layout == "events":
        return event_columns(received, categories)
    return image_columns(received) if received.layout == "images" else {}


def columns_chosen(received: Received, categories: Categories) -> tuple[str, str]:
    """Return which column of an upload says its categories and, of images, which their runs."""
    if received.layout != "images":
        return categories.column, ""
    with told_as_theirs(received.names):
        table = received.folder / TABLES[0]
        return taken_columns(table, list(read_rows(table).columns), categories)


def too_few_text(received: Received, subject: Subject) -> str:
    """Say that an upload, as it was read, has a single category, and what to do; else nothing."""
    if len(subject.conditions) > 1:
        return ""
    only, categories = repr(list_text(subject.conditions)), subject.categories
    columns = columns_to_choose(received, categories)
    types = {*columns.get(categories.column, ())} - {*NOTHING_SHOWN}
    if categories.names and len(types) != 1:
        return (
            f"Only {only} is left as a category, and a decoding needs two. Give another type its "
            "own name again."
        )
    if len(types) > 1:
        return (
            f"Of {number_text(len(types), 'category', 'categories')} only {only} has a trial "
            "within the runs, and a decoding needs two. Check onset (in seconds) of the others."
        )
    where = f" in the column {categories.column!r}" if columns else ""
    remedy = other_columns_text(columns, categories) or "Bring a file that names another too."
    return f"There is only one category, {only}{where}, and a decoding needs two. {remedy}"


def numbers_text(received: Received, subject: Subject) -> str:
    """Say that the categories of an upload are called by numbers, if another column has names."""
    if not all(map(is_number, subject.conditions)):
        return ""
    others = other_columns_text(columns_to_choose(received, subject.categories), subject.categories)
    return others and f"The categories are numbers. Are they not what was shown? {others}"


def is_number(name: str) -> bool:
    """Tell whether a name reads as a number."""
    return re.fullmatch(r"[-+]?[0-9][0-9.,]*", name) is not None


def other_columns_text(columns: Mapping[str, Mapping[str, int]], taken: Categories) -> str:
    """Say which other columns may name categories, the likelier first; empty where none may.

    Such a column has several types, each in two rows on average, that are no numbers.
    """
    found = {}
    for name, counts in columns.items():
        types = [kind for kind in counts if kind not in NOTHING_SHOWN]
        rows = sum(counts[kind] for kind in types)
        is_fit = 2 <= len(types) <= rows / 2 and not all(map(is_number, types))
        if is_fit and name not in (taken.column, taken.run) and name.lower() not in RUN:
            found[name] = len(types)
    if not found:
        return ""
    names = sorted(found, key=lambda name: name.lower() not in LABEL)[:MOST_NAMED]
    told = list_text(f"{name!r} has {number_text(found[name], 'type')}" for name in names)
    return f"Under '{SHOWN}' take another: {told}."
