"""One JSON line a row on standard output, and times of two sides taken in turn."""

import json
import time
from collections.abc import Callable
from statistics import median


def print_row(
    id: str,
    row: str,
    ours: float,
    peer: float | None,
    unit: str,
    mark: float,
    note: str = "",
    ratio: float | None = None,
    met: bool | None = None,
) -> dict[str, object]:
    """Print one row of the performance table as a JSON line.

    The sides are compared as peer / ours: a ratio of 6 reads "six times faster" (or smaller).

    Parameters
    ----------
    id, row : str
        The row's id in the performance table, and the work in words.
    ours, peer : float
        Medians of the two sides, in `unit`; no peer where the mark is a limit on ours alone.
    unit : str
        ``"s"``, ``"MB"``...
    mark : float
        The ratio to reach or, without a peer, the most that ours may be.
    note : str
        Threads, samples and scaling: whatever the figure cannot be read without.
    ratio, met : float, bool, optional
        Only where they do not follow from the other fields.
    """
    if ratio is None and peer is not None:
        ratio = peer / ours
    if met is None:
        met = ours <= mark if ratio is None else ratio >= mark
    line: dict[str, object] = {
        "id": id,
        "row": row,
        "ours": _short(ours),
        "peer": _short(peer),
        "unit": unit,
        "ratio": _short(ratio),
        "mark": mark,
        "met": bool(met),
        "note": note,
    }
    print(json.dumps(line), flush=True)
    return line


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], repeats: int = 3
) -> tuple[float, float]:
    """Time both sides in turn and return the median seconds of each.

    Parameters
    ----------
    ours, peer : callable
        Compiled and warmed up by the caller.
    repeats : int
        At least three, so that one disturbed measurement does not count.
    """
    times = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    return median(t[0] for t in times), median(t[1] for t in times)


def _short(value: float | None) -> float | None:
    """Keep four significant digits."""
    return None if value is None else float(f"{value:.4g}")
