"""Tables in Markdown, for the pages of docs."""

from collections.abc import Sequence
from typing import Any

Measured = dict[str, dict[str, Any]]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; numbers on the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine(on: dict[str, Any]) -> str:
    """Return when and on what something was measured, as `benchmarks.measuring.store` keeps it."""
    return f"on {on['day']}: {on['cores']} cores ({on['processor']}), Python {on['python']}"
