"""The table of own images: a row each, what it shows, its run and its file."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from decoding.datasets.base import Note
from decoding.datasets.bids.names import IMAGE_ENDS
from decoding.datasets.text import read_table
from decoding.errors import DataError
from decoding.numbers import list_text
from decoding.spec import AS_WRITTEN, Categories

TABLES = ("images.tsv", "images.csv")
FILE = (
    "file", "filename", "file_name", "filepath", "path", "image", "images", "img", "nifti", "nii",
    "beta", "betas", "map", "scan",
)  # fmt: skip
LABEL = (
    "trial_type", "label", "condition", "category", "labels", "conditions", "stimulus", "class",
    "target",
)  # fmt: skip
RUN = ("run", "chunks", "chunk", "session", "ses", "runs", "sessions")
"""The columns of a table, by any of their names, the likelier first."""
NOT_AVAILABLE = ("n/a", "")


def table_of(folder: Path) -> Path | None:
    """Return the table of a folder's images, None where there is none."""
    return next((path for name in TABLES if (path := folder / name).is_file()), None)


def read_rows(path: Path) -> pd.DataFrame:
    """Read a table as text; each row has as many values as the header.

    Raises
    ------
    DataError
        If it is no table, or a row has more or fewer values than the header.
    """
    parted = "\t" if path.suffix == ".tsv" else ","
    try:
        read = csv.reader(StringIO(read_table(path)), delimiter=parted)
        lines = [[cell.strip() for cell in line] for line in read]
    except csv.Error as error:
        raise DataError(f"{path.name} is not a table that can be read ({error}).") from error
    header, *rows = [line for line in lines if any(line)] or [[]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(
                f"{path.name}, row {number}, has {len(row)} values under a header of {len(header)}."
            )
    return pd.DataFrame(rows, columns=header, dtype=object)


def taken_columns(
    path: Path, columns: Sequence[str], categories: Categories = AS_WRITTEN
) -> tuple[str, str]:
    """Return which columns say what an image shows, and of which run it is.

    Those that `categories` names, else the first that is called so.

    Raises
    ------
    DataError
        If no column is called so.
    """
    asked = () if categories.column == AS_WRITTEN.column else (categories.column,)
    label = _column(path, columns, asked or LABEL, "label")
    run = _column(path, columns, (categories.run,) if categories.run else RUN, "run")
    return label, run


def _column(path: Path, columns: Sequence[str], names: Sequence[str], what: str) -> str:
    lower = {name.lower(): name for name in reversed(columns)}
    for name in names:
        if name in columns or name in lower:
            return name if name in columns else lower[name]
    missing = what if len(names) > 1 else names[0]
    raise DataError(
        f"{path.name} has no column {missing!r}, but {', '.join(columns) or 'nothing'}; it "
        "needs one row an image, with label and run (and file, unless one 4D image holds all)."
    )


def file_column(rows: pd.DataFrame) -> str | None:
    """Return which column names the files, the likelier name first; None where none does.

    One that is not called "file" must name images: an image may be what was shown, a beta a number.
    """
    lower = {name.lower(): name for name in reversed(rows.columns)}
    for name in FILE:
        column = lower.get(name)
        if column is not None and (name == FILE[0] or _names_images(rows[column])):
            return column
    return None


def _names_images(texts: pd.Series) -> bool:
    return bool(len(texts)) and all(text.lower().endswith(IMAGE_ENDS) for text in texts)


def notes_of_columns(rows: pd.DataFrame, label: str, run: str) -> list[Note]:
    """Note which columns were taken, where others would do or they are called otherwise."""
    likely = [name for name in rows.columns if name.lower() in (*LABEL, *RUN)]
    if {label.lower(), run.lower()} == {"label", "run"} and len(likely) == 2:
        return []
    first = rows.iloc[0]
    others = [name for name in likely if name not in (label, run)]
    more = f" {list_text(map(repr, others))} could say it too." if others else ""
    return [
        Note(
            note=f"What an image shows is read from the column {label!r}, its run from {run!r}."
            f"{more}",
            count=len(rows),
            example=f"the first shows {first[label]!r}, in run {first[run]!r}",
        )
    ]


def run_numbers(texts: pd.Series) -> tuple[list[int], list[Note]]:
    """Return runs as numbers: their own, or in the order of their names where they have none."""
    if all(text.isascii() and text.isdecimal() and len(text) < 10 for text in texts):
        return [int(text) for text in texts], []
    names = sorted(set(texts), key=numbers_apart)
    order = {text: number for number, text in enumerate(names, start=1)}
    note = Note(
        note="Runs have no numbers and are numbered in the order of their names: "
        f"{list_text(f'{text!r} is run {number}' for text, number in order.items())}.",
        count=len(order),
        example=f"row 2 is of {texts.iloc[0]!r}, so of run {order[texts.iloc[0]]}",
    )
    return [order[text] for text in texts], [note]


def numbers_apart(name: str) -> list[str | int]:
    """Return what sorts names with numbers in them as a reader would: ses-2 before ses-10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
