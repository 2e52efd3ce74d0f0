"""How long work tells how far it is, and is told to stop."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total); may raise `decoding.errors.Cancelled` to stop the work."""


def report(on_progress: Progress | None, done: int, total: int) -> None:
    """Tell `on_progress`, where there is one, that `done` of `total` steps are finished."""
    if on_progress is not None:
        on_progress(done, total)
