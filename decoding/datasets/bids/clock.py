"""When volumes were acquired: repetition time and start, from sidecars or headers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from decoding.datasets.base import Note
from decoding.datasets.bids.names import BidsFile, sidecar_value
from decoding.datasets.notes import Cases
from decoding.errors import DataError
from decoding.nifti.headers import seconds_a_volume


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The repetition time of all runs, in s, the start of each, and notes on where they are from.

    A start is that of the run's first volume on the clock of its events: fMRIPrep's StartTime.
    """

    t_r: float
    starts: dict[int, float]
    notes: list[Note]


def read_clock(root: Path, runs: Mapping[int, BidsFile]) -> Clock:
    """Read when volumes were acquired, from sidecars or, without one, from the headers.

    Raises
    ------
    DataError
        If a time is no number of seconds, or runs have unlike repetition times.
    """
    assumed = Cases(
        "The repetition time of {n} run{s} is from the header: no sidecar gives it.",
        "Give RepetitionTime in seconds in a .json sidecar.",
    )
    unitless = Cases(
        "The header of {n} run{s} gives a repetition time without its unit; seconds are assumed.",
        "Give RepetitionTime in seconds in a .json sidecar.",
    )
    differing = Cases(
        "The sidecar and the header of {n} run{s} give different repetition times; the sidecar's "
        "is taken.",
        "Find out which is right, and correct the other.",
    )
    later = Cases("The first volume of {n} run{s} is taken to be acquired later than at 0 s.")
    times, starts = {}, {}
    for run, file in runs.items():
        name, given = file.path.name, sidecar_value(root, file, "RepetitionTime")
        seconds, has_unit = seconds_a_volume(file.path)
        if given is None:
            (assumed if has_unit else unitless).add(f"{name}: {seconds:g}")
        elif has_unit and _differ(given, seconds):
            differing.add(f"{name}: {given} s in the sidecar, {seconds:g} s in the header")
        times[name] = _checked_seconds(file, seconds if given is None else given)
        starts[run] = _start_time(root, file)
        if starts[run]:
            later.add(f"{name}: at {starts[run]:g} s (StartTime)")
    if max(times.values()) - min(times.values()) > 1e-4 * min(times.values()):
        first, other = min(times, key=times.__getitem__), max(times, key=times.__getitem__)
        raise DataError(
            f"{first} has a repetition time of {times[first]:g} s and {other} of "
            f"{times[other]:g} s; all runs need one."
        )
    notes = [*assumed, *unitless, *differing, *later]
    return Clock(t_r=next(iter(times.values())), starts=starts, notes=notes)


def _differ(given: object, seconds: float) -> bool:
    return _is_number(given) and not math.isclose(given, seconds, rel_tol=1e-3)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_seconds(file: BidsFile, value: object) -> float:
    if not _is_number(value) or not 0 < value < 60:
        raise DataError(
            f"The repetition time of {file.path.name} is {value!r}; give RepetitionTime in seconds "
            "in its .json sidecar."
        )
    return float(value)


def _start_time(root: Path, file: BidsFile) -> float:
    value = sidecar_value(root, file, "StartTime")
    if value is None:
        return 0.0
    if not _is_number(value) or not math.isfinite(value):
        raise DataError(
            f"The StartTime of {file.path.name} is {value!r}; it is a number of seconds."
        )
    return float(value)
