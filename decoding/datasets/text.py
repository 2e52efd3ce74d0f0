"""Reading the text of a folder's files: tables of labels, events and names, sidecars."""

import json
import re
from pathlib import Path

from decoding.errors import DataError

MAX_BYTES = 4 << 20
MAX_LINES, MAX_COLUMNS, MAX_LINE = 50_000, 1000, 20_000
MAX_NAME = 200


def read_text(path: Path) -> str:
    """Return a file's text, UTF-8 with or without a byte order mark, its lines ended by newlines.

    Raises
    ------
    DataError
        If it is in another encoding, larger than 4 MB, or may not be read.
    """
    check_bytes(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(MAX_BYTES)
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from error


def read_json(path: Path) -> dict[str, object]:
    """Read a JSON object, such as a sidecar; a `DataError` where it is none."""
    try:
        values = json.loads(read_text(path))
    except RecursionError as error:
        raise DataError(f"{path.name} cannot be read (it is nested too deep).") from error
    except ValueError as error:
        raise DataError(f"{path.name} cannot be read ({str(error).splitlines()[0]}).") from error
    if not isinstance(values, dict):
        raise DataError(f"{path.name} holds {type(values).__name__}; a sidecar is a JSON object.")
    return values


def check_bytes(path: Path, most: int = MAX_BYTES) -> None:
    """Refuse a file of text that holds more bytes than any recording needs, before it is read."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from error
    if size > most:
        raise DataError(
            f"{path.name} holds {size / 1e6:,.3g} MB of text, and at most {most / 1e6:.3g} MB are "
            "read; keep what belongs to this recording."
        )


def read_table(path: Path) -> str:
    """Return the text of a table; see `read_text`. Its lines are refused where they are no table's.

    Raises
    ------
    DataError
        If it has more lines than any recording has volumes, or a line or its number of values is
        too long for a row.
    """
    text = read_text(path)
    lines = text.split("\n")
    longest = max(range(len(lines)), key=lambda i: len(lines[i]))
    widest = max(range(len(lines)), key=lambda i: len(_BETWEEN.findall(lines[i])))
    for found, what, most in (
        (len(lines) - 1, "lines", MAX_LINES),
        (len(lines[longest]), f"letters in line {longest + 1}", MAX_LINE),
        (len(_BETWEEN.findall(lines[widest])), f"values in line {widest + 1}", MAX_COLUMNS),
    ):
        if found > most:
            raise DataError(
                f"{path.name} has {found:,} {what}, and a table at most {most:,}; keep one row a "
                "volume, image or trial, and the columns that are needed."
            )
    return text


def checked_name(name: str, where: str) -> str:
    """Return the name of a category or run, a `DataError` where it is longer than any name is.

    So is one with a sign that cannot be printed.
    """
    if _CONTROL.search(name):
        raise DataError(f"{where}: the name {name[:40]!r} holds a sign that cannot be printed.")
    if len(name) > MAX_NAME:
        raise DataError(
            f"{where}: the name {name[:40]!r}... has {len(name):,} letters, and a name at most "
            f"{MAX_NAME}; write a shorter one."
        )
    return name


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BETWEEN = re.compile(r"[\t,]")
"""What stands between the values of a row."""
