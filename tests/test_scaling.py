"""docs/scaling.md: its tables are the measurements', and its simulation is a right queue."""

import math

import numpy as np
import pytest

from benchmarks.costs import CASES, NOT_MEASURED
from benchmarks.measuring import store
from benchmarks.scaling import AUDIENCES, MEASURED, SHOWS, plan, waits
from decoding.analyses import ANALYSES


def erlang_c(load, n):
    """Return the probability of having to wait in a queue M/M/n."""
    last = load**n / math.factorial(n) * n / (n - load)
    return last / (sum(load**k / math.factorial(k) for k in range(n)) + last)


@pytest.mark.parametrize("n_servers", [1, 3])
def test_waits_are_those_of_queueing_theory(n_servers):
    """Random arrivals and services: the mean wait is Erlang's."""
    rng, load = np.random.default_rng(0), 0.5 * n_servers
    at = rng.exponential(1 / load, 100_000).cumsum()
    found = waits(at, rng.exponential(1, len(at)), n_servers)
    assert found.mean() == pytest.approx(erlang_c(load, n_servers) / (n_servers - load), rel=0.05)


def test_what_is_measured_exists():
    """Every row is an analysis of today, and every analysis that a page waits for has its row."""
    costs = store.read(MEASURED)["costs"]
    assert {CASES[label][0] for label in costs} <= set(ANALYSES)
    assert {name for shown in SHOWS.values() for name in shown} <= set(costs)
    assert set(NOT_MEASURED) <= set(ANALYSES)


def test_the_plan_is_the_simulation():
    """What is kept as a class's plan is what its hour gives."""
    measured = store.read(MEASURED)
    assert plan(AUDIENCES[0], measured, shared=False) == measured["plan"][AUDIENCES[0].name]
