"""Tables in Markdown, for the pages of docs."""

from collections.abc import Sequence
from typing import Any

Measured = dict[str, dict[str, Any]]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; numbers on the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine(measured: Measured, part: str) -> str:
    """Return on what a part was measured."""
    on = measured["machine"][part]
    return (
        f"Measured on {on['day']}: {on['cores']} cores ({on['processor']}), Python {on['python']}."
    )
