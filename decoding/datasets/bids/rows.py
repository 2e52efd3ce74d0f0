"""From rows of events to trials, and from trials to volumes.

The exported program holds the source of these functions, so they need nothing but NumPy and `re`.
A row or a trial is (kind, onset, duration), times in seconds; rows are in order of onset.
"""

import re

import numpy as np


def is_response(kind: str) -> bool:
    """Tell whether a kind of rows is a subject's response, by its name."""
    return bool(re.fullmatch(r"(button|key|press|resp(onse)?)+(es|s)?([^a-z].*)?", kind.lower()))


def find_markers(runs: list[list[tuple[str, float, float]]], gap: float) -> set[str]:
    """Return the kinds of rows that mark moments of trials of other kinds, and are none themselves.

    These are responses half of which or more begin within another kind's trial, or up to 4 s after
    it; and kinds half of whose rows or more stand between two rows of one other kind that lie no
    further apart than `gap`: of several other kinds, or of one that does not stand between rows of
    this kind likewise, as in a design that alternates.
    """
    n_rows: dict[str, int] = {}
    n_following: dict[str, int] = {}
    between: dict[str, dict[str, int]] = {}
    for rows in runs:
        end = -np.inf
        for kind, onset, duration in rows:
            n_rows[kind] = n_rows.get(kind, 0) + 1
            if is_response(kind):
                n_following[kind] = n_following.get(kind, 0) + (onset <= end + 4)
            else:
                end = max(end, onset + duration)
    markers = {kind for kind, n in n_following.items() if 2 * n >= n_rows[kind]}
    for rows in runs:
        stretches: list[tuple[str, float, float, int]] = []
        for kind, onset, duration in (row for row in rows if row[0] not in markers):
            end, n = onset + duration, 1
            if stretches and stretches[-1][0] == kind:
                _, onset, last, n = stretches.pop()
                end, n = max(end, last), n + 1
            stretches.append((kind, onset, end, n))
        for before, this, after in zip(stretches, stretches[1:], stretches[2:], strict=False):
            if before[0] == after[0] and after[1] - before[2] <= gap:
                hosts = between.setdefault(this[0], {})
                hosts[before[0]] = hosts.get(before[0], 0) + this[3]
    mostly = {kind: one for kind, one in between.items() if 2 * sum(one.values()) >= n_rows[kind]}
    markers |= {kind for kind, hosts in mostly.items() if len(hosts) > 1}
    lone = {kind: next(iter(hosts)) for kind, hosts in mostly.items() if kind not in markers}
    return markers | {
        kind for kind, host in lone.items() if host not in markers and lone.get(host) != kind
    }


def join_rows(
    rows: list[tuple[str, float, float]], markers: set[str], gap: float
) -> list[tuple[str, float, float]]:
    """Return the trials of a run: rows of one kind that lie no further apart than `gap` are one.

    A trial lasts to the latest end of its rows. Another kind parts it, unless that lies within it.
    Markers and the kind "rest" are no trials.
    """
    trials: list[tuple[str, float, float]] = []
    current: dict[str, int] = {}
    for kind, onset, duration in (row for row in rows if row[0] not in markers):
        end = onset + duration
        if kind in current and onset - sum(trials[current[kind]][1:]) <= gap:
            _, first, length = trials[current[kind]]
            trials[current[kind]] = (kind, first, max(first + length, end) - first)
        else:
            current[kind] = len(trials)
            trials.append((kind, onset, duration))
        for other in [one for one in current if end > sum(trials[current[one]][1:])]:
            del current[other]
    return [trial for trial in trials if trial[0] != "rest"]


def trial_of_volumes(
    trials: list[tuple[str, float, float]], n_volumes: int, t_r: float
) -> np.ndarray:
    """Return the position of the trial that each volume of a run belongs to, -1 for none.

    Volume i is acquired at i x t_r, and belongs to the trial that holds this moment, to within a
    thousandth of a volume. Of two trials the later has it, but none that is shorter than a volume
    takes it from a longer one.
    """
    seconds, edge = np.arange(n_volumes) * t_r, t_r / 1000
    found = np.full(n_volumes, -1)
    order = sorted(range(len(trials)), key=lambda i: (trials[i][2] >= t_r - edge, trials[i][1]))
    for position in order:
        _, onset, duration = trials[position]
        found[(seconds >= onset - edge) & (seconds < onset + duration - edge)] = position
    return found
