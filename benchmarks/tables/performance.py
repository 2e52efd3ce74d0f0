"""The table of docs/performance.md, written from what ``make bench`` measured."""

from collections.abc import Sequence
from typing import Any

from benchmarks.tables.markdown import Measured, machine, table

HEAD = ("row", "work", "ours", "instead", "ratio", "mark", "met")


def performance_table(measured: Measured, modules: Sequence[str]) -> str:
    """Return every row beside its peer, what each figure is read with, and what is missing."""
    lines = [line for module in modules for line in measured.get(module, {}).values()]
    notes = "\n".join(
        f"- `{line['id']}`, {line['row']}: {line['note']}." for line in lines if line["note"]
    )
    missing = [f"`{module}`" for module in modules if not measured.get(module)]
    parts = [table(HEAD, [cells(line) for line in lines]), notes, machines(measured, modules)]
    if missing:
        parts.append(f"Not measured: {', '.join(missing)}.")
    return "\n\n".join(parts)


def cells(line: dict[str, Any]) -> list[str]:
    """Return one row; without a peer the mark is the most that ours may be."""
    unit, ratio = line["unit"], line["ratio"]
    return [
        f"`{line['id']}`",
        line["row"],
        f"{line['ours']:,} {unit}",
        "none" if line["peer"] is None else f"{line['peer']:,} {unit}",
        "" if ratio is None else f"{ratio:,} x",
        f"at most {line['mark']} {unit}" if ratio is None else f"{line['mark']} x",
        "yes" if line["met"] else "**no**",
    ]


def machines(measured: Measured, modules: Sequence[str]) -> str:
    """Return when, with what and on what machine rows were measured, a line each that differs."""
    told: dict[str, list[str]] = {}
    for module in modules:
        if measured.get(module):
            on = measured["machine"][module]
            libraries = ", ".join(f"{name} {version}" for name, version in on["libraries"].items())
            words = f"measured {machine(on)}, {libraries}, Voxelscope {on['version']}."
            told.setdefault(words, []).append(f"`{module}`")
    return "\n".join(f"{', '.join(names)}: {words}" for words, names in told.items())
