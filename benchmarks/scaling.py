"""How many servers and workers an audience needs: a simulation of its peak hour.

``python -m benchmarks.scaling`` reads what `benchmarks.costs` and `benchmarks.sessions` measured
(docs/scaling.json), simulates each audience and keeps the plans there; ``--table NAME`` prints a
table of docs/scaling.md. Seeded: the same measurements give the same plans.

Visits come at random (a Poisson process), or a class within five minutes; each opens some pages and
changes some choices, with exponential pauses between, on the one server that it was sent to. A
server shows pages one after another (one interpreter) and computes on a second core; work that
takes longer than `QUEUES['short']` goes to workers. A result that its server keeps is not computed
again. Each of the three is served in the order in which it comes, which is simpler than the app's
own order.
"""

import argparse
import heapq
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import store
from benchmarks.tables.scaling import TABLES
from benchmarks.visitors.audiences import (
    AUDIENCES,
    HOUR_S,
    SHOWS,
    WARM_UP_S,
    Audience,
    Looks,
    draw_looks,
)
from decoding.service.jobs import N_REMEMBERED
from pages.components.service import QUEUES

MEASURED = Path(__file__).parents[1] / "docs" / "scaling.json"
FAR_S = QUEUES["short"]
"""Work that is expected to take longer goes to workers."""
ANSWER_S, RESULT_S = 2.0, 30.0
"""95 % of the answers, and of the waits before work begins, take no longer than this."""
MOST_BUSY = 0.8
"""No core is busy for more of the hour."""


def waits(at: np.ndarray, takes: np.ndarray, n_servers: int) -> np.ndarray:
    """Return how long each arrival waits for one of several servers, first come, first served."""
    free = [0.0] * n_servers
    found = np.empty(len(at))
    for i, (arrives, seconds) in enumerate(zip(at.tolist(), takes.tolist(), strict=True)):
        begins = max(arrives, free[0])
        heapq.heapreplace(free, begins + seconds)
        found[i] = begins - arrives
    return found


class Kept:
    """The results that are kept in one place, the least recently asked for going first."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._results: OrderedDict[tuple[str, int], None] = OrderedDict()

    def has(self, name: str, selection: int) -> bool:
        """Tell whether a result is there; it is from now on."""
        there = (name, selection) in self._results
        self._results[name, selection] = None
        self._results.move_to_end((name, selection))
        if len(self._results) > self._most:
            self._results.popitem(last=False)
        return there


@dataclass(frozen=True, eq=False)
class Hour:
    """What a peak hour asks of a number of servers."""

    answers: np.ndarray
    near: np.ndarray
    far: tuple[np.ndarray, np.ndarray]
    hits: float
    show_share: float
    near_share: float


def simulate(looks: Looks, measured: dict[str, Any], n_servers: int, shared: bool) -> Hour:
    """Send every visit to its server; return waits at servers, and the work left to workers.

    Results are kept by each server, `N_REMEMBERED` of them, or all of them in one `shared` store.
    """
    sessions, costs = measured["sessions"], measured["costs"]
    names = list(SHOWS)
    shows = np.array([sessions[name]["cpu_s"] for name in names])
    takes = np.where(looks.is_change, sessions["change"]["cpu_s"], shows[looks.page])
    counted = (looks.at >= WARM_UP_S) & (looks.at < WARM_UP_S + HOUR_S)
    near_s, far_s = np.zeros(len(looks.at)), np.zeros(len(looks.at))
    server, n_asked, n_kept = looks.visit % n_servers, 0, 0
    kept = [Kept(N_REMEMBERED) for _ in range(n_servers)]
    if shared:
        kept = [Kept(np.inf)] * n_servers
    for i, (where, page, selection) in enumerate(
        zip(server.tolist(), looks.page.tolist(), looks.selection.tolist(), strict=True)
    ):
        for name in SHOWS[names[page]]:
            there = kept[where].has(name, selection)
            n_asked, n_kept = n_asked + counted[i], n_kept + (counted[i] and there)
            if not there:
                part = far_s if costs[name]["expected_s"] > FAR_S else near_s
                part[i] += costs[name]["cpu_s"]
    answers, near = np.empty(len(looks.at)), np.zeros(len(looks.at))
    for where in range(n_servers):
        own = server == where
        answers[own] = waits(looks.at[own], takes[own], 1) + takes[own]
        near[own] = waits(looks.at[own], near_s[own], 1)
    work = far_s > 0
    busy = HOUR_S * n_servers
    return Hour(
        answers[counted], near[counted & (near_s > 0)], (looks.at[work], far_s[work]),
        float(n_kept / max(n_asked, 1)), float(takes[counted].sum() / busy),
        float(near_s[counted].sum() / busy),
    )  # fmt: skip


def p95(values: np.ndarray) -> float:
    """Return what 95 % stay below."""
    return float(np.quantile(values, 0.95)) if len(values) else 0.0


def fewest(enough: Callable[[int], bool]) -> int:
    """Return the smallest number that is enough, where all larger ones are too."""
    high = 1
    while not enough(high):
        high *= 2
    return bisect_left(range(high + 1), True, lo=high // 2 + 1, hi=high, key=enough)


def plan(audience: Audience, measured: dict[str, Any], shared: bool) -> dict[str, Any]:
    """Return the fewest servers and workers with which an audience waits little enough."""
    looks = draw_looks(audience, seed=0)

    @cache
    def hour_of(n: int) -> Hour:
        return simulate(looks, measured, n, shared)

    def are_enough(n: int) -> bool:
        hour = hour_of(n)
        waited = p95(hour.answers) <= ANSWER_S and p95(hour.near) <= RESULT_S
        return waited and max(hour.show_share, hour.near_share) <= MOST_BUSY

    n_servers = fewest(are_enough)
    hour = hour_of(n_servers)
    at, seconds = hour.far
    in_hour = (at >= WARM_UP_S) & (at < WARM_UP_S + HOUR_S)
    far_s = float(seconds[in_hour].sum())

    def far_p95(n: int) -> float:
        return p95(waits(at, seconds, n)[in_hour])

    n_workers = fewest(lambda n: far_s <= MOST_BUSY * HOUR_S * n and far_p95(n) <= RESULT_S)
    sessions = audience.visits * (1 if audience.together else audience.minutes / 60)
    return {
        "servers": n_servers,
        "workers": n_workers,
        "answer_median_s": round(float(np.median(hour.answers)), 2),
        "answer_p95_s": round(p95(hour.answers), 2),
        "near_p95_s": round(p95(hour.near), 1),
        "far_p95_s": round(far_p95(n_workers), 1),
        "kept_share": round(hour.hits, 2),
        "show_share": round(hour.show_share, 2),
        "near_share": round(hour.near_share, 2),
        "far_share": round(far_s / HOUR_S / n_workers, 2),
        "sessions": round(sessions),
        "server_mb": round(server_mb(measured, sessions / n_servers)),
        "mbit_s": round(traffic_mbit_s(audience, measured), 1),
    }


def server_mb(measured: dict[str, Any], sessions: float) -> float:
    """Return a server's memory with so many sessions open, MB."""
    held = measured["sessions"]["open"]
    return float(held["server_mb"] + held["mb_each"] * sessions)


def traffic_mbit_s(audience: Audience, measured: dict[str, Any]) -> float:
    """Return what all servers send in the busiest hour, each visit with a browser new to us."""
    sessions = measured["sessions"]
    page_kb = float(np.mean([sessions[name]["websocket_kb"] for name in SHOWS]))
    visit_kb = sessions["browser"]["new_files_kb"] + audience.pages * page_kb
    visit_kb += audience.changes * sessions["change"]["websocket_kb"]
    return float(audience.visits * visit_kb * 8 / 1000 / HOUR_S)


def main() -> None:
    """Simulate, or print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", choices=TABLES, help="print a table of docs/scaling.md only")
    if name := parser.parse_args().table:
        print(TABLES[name](store.read(MEASURED)))
        return
    for audience, shared in product(AUDIENCES, (False, True)):
        found = plan(audience, store.read(MEASURED), shared)
        part = "plan_shared" if shared else "plan"
        print(f"{audience.name:24} {part:12} {found}", flush=True)
        store.keep(MEASURED, part, audience.name, found)


if __name__ == "__main__":
    main()
