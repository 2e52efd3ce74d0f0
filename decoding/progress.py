"""How work reports its progress, lets others see what it has so far, and is stopped."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total); may raise `decoding.errors.Cancelled` to stop the work."""


def report(on_progress: Progress | None, done: int, total: int) -> None:
    """Tell `on_progress`, where there is one, that `done` of `total` steps are finished."""
    if on_progress is not None:
        on_progress(done, total)


def show_so_far(on_progress: Progress | None, look: Callable[[], object]) -> None:
    """Let whoever follows the work look at what it has so far, where that is possible.

    `look` may be called at any time from now on, in another thread.
    """
    if (show := getattr(on_progress, "show", None)) is not None:
        show(look)


def part_of(on_progress: Progress | None, begin: float, end: float) -> Progress | None:
    """Return a callback for one part of longer work, from the shares `begin` to `end` of it."""
    return None if on_progress is None else partial(_tell_part, on_progress, begin, end)


def _tell_part(on_progress: Progress, begin: float, end: float, done: int, total: int) -> None:
    on_progress(round(1000 * (begin + (end - begin) * done / max(total, 1))), 1000)
