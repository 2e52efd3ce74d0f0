"""A result as lines on a terminal: what nobody reads as it stands is named or left out."""

from collections.abc import Callable
from typing import Any

from decoding.null import ALPHA
from decoding.numbers import count_text, p_text, score_text
from decoding.settings import SETTINGS


def for_reading(values: Any) -> Any:  # noqa: ANN401 - what `as_json` gave
    """Return a result with rows and columns named, and without what nobody reads as lines."""
    if isinstance(values, list):
        return [for_reading(value) for value in values]
    if not isinstance(values, dict):
        return values
    return {
        name: READABLE[name](value, values) if name in READABLE else for_reading(value)
        for name, value in values.items()
    }


READABLE: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "confusion": lambda counts, values: _square(counts, values["classes"], "true, decoded as"),
    "dissimilarity": lambda found, values: [
        row
        for measure, matrix in found.items()
        for row in _square(matrix or [], values["classes"], "dissimilarity", f"{measure}: ")
    ],
    "generalization": lambda matrix, values: (
        "trained and tested at {0} x {0} positions: see --json".format(len(matrix["positions"]))
    ),
    "spec": lambda spec, values: {
        name: SETTINGS[name].words(value) if isinstance(value, float | None) else value
        for name, value in spec.items()
    },
    "failed_checks": lambda names, values: ", ".join(names) or "none",
    "threshold": lambda score, values: "none within reach" if score is None else score,
    "percentile_95": lambda score, values: (
        score if values.get("smallest_p", 0.0) <= ALPHA else "none within reach"
    ),
    "n_distinct": lambda n, values: count_text(n) if isinstance(n, int) else n,
    **dict.fromkeys(
        ("p_value", "p_corrected", "p_fdr", "smallest_p", "smallest_p_found"),
        lambda p, values: "none" if p is None else p_text(p),
    ),
}
"""For each value that reads badly as it stands: how it reads, given it and all values."""


def _square(
    rows: list[list[Any]], names: list[str], corner: str, before: str = ""
) -> list[dict[str, Any]]:
    """Return a square table's rows, each with its name."""
    return [
        {corner: f"{before}{name}", **dict(zip(names, row, strict=True))}
        for name, row in zip(names if rows else [], rows, strict=True)
    ]


def summary(values: Any) -> str:  # noqa: ANN401 - what `as_json` gave
    """Return a result for reading: one line a value, numbers to four decimals."""
    if isinstance(values, list):
        if any(isinstance(cell, float) for row in values for cell in row.values()):
            return "\n".join(_lines_of_table(values))
        return "\n".join("  ".join(_write(cell) for cell in row.values()) for row in values)
    return "\n".join(f"{name:18} {_write(value)}" for name, value in values.items())


def _write(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_write(item)}" for key, item in value.items())
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return "".join(f"\n  {line}" for line in _lines_of_table(value))
    if isinstance(value, (list, tuple)):
        return " ".join(_write(item) for item in value)
    if not isinstance(value, float):
        return "none" if value is None else str(value)
    return f"{value:.1e}" if 1e-12 < value < 5e-5 else score_text(value, 4)


def _lines_of_table(rows: list[dict[str, Any]]) -> list[str]:
    cells = [list(rows[0]), *([_write(cell) for cell in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if isinstance([*rows[0].values()][-1], str):
        widths[-1] = 0  # what ends in a sentence is not pushed to the right
    return ["  ".join(map(str.rjust, line, widths)) for line in cells]
