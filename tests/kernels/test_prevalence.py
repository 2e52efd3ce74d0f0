"""Prevalence, by the papers' formulas, by drawing and by the published example."""

import numpy as np
import pytest

from decoding.kernels.prevalence import (
    bayesian_prevalence,
    p_of_prevalence,
    prevalence_of_minimum,
)


def test_the_bound_solves_the_test():
    """At the bound the p of the prevalence hypothesis is alpha; six subjects reach 0.61 at most."""
    found = prevalence_of_minimum(np.array([0.01, 0.2, 0.05, 0.1, 0.3, 0.02]))
    assert found.p_global == pytest.approx(0.01 * 0.2 * 0.05 * 0.1 * 0.3 * 0.02)
    assert p_of_prevalence(found.p_global, 6, found.bound) == pytest.approx(0.05)
    assert found.largest_bound == pytest.approx(0.05 ** (1 / 6)) == pytest.approx(0.607, abs=1e-3)
    assert found.bound < found.largest_bound
    assert (found.p_majority <= 0.05) == (found.bound >= 0.5)
    least = np.full(2, 2 / 32)
    five_runs = prevalence_of_minimum(least, smallest_p=least)
    assert five_runs.bound == five_runs.largest_bound < 0.05**0.5
    assert prevalence_of_minimum(least, smallest_p=np.full(2, 0.25)).largest_bound == 0.0


def test_without_an_effect_in_anybody_there_is_no_bound():
    """The global null stands, so that no share is known."""
    found = prevalence_of_minimum(np.array([0.6, 0.9, 0.5]))
    assert found.bound is None
    assert found.p_global == pytest.approx(0.27)


def test_the_minimum_as_allefeld_draw_it():
    """The product of exact shares is what drawing one relabelling a subject tends to."""
    rng = np.random.default_rng(0)
    nulls = [rng.binomial(24, 0.5, size=500) / 24 for _ in range(4)]
    observed = 11 / 24
    exact = prevalence_of_minimum(np.array([(null >= observed).mean() for null in nulls]))
    drawn = np.min([rng.choice(null, 200_000) for null in nulls], axis=0)
    assert exact.p_global == pytest.approx((drawn >= observed).mean(), abs=0.005)


def test_bayesian_prevalence_of_four_in_six():
    """The most likely share is 0.649 (Ince et al. 2021, uniform prior), and 4/6 lies within."""
    found = bayesian_prevalence(4, 6)
    assert found.most_likely == pytest.approx(0.649, abs=5e-4)
    assert found.low < 4 / 6 < found.high


@pytest.mark.parametrize(("k", "n"), [(0, 6), (1, 30), (3, 6), (6, 6), (14, 20)])
def test_the_interval_is_the_shortest_with_its_mass(k, n):
    """Compared with a fine grid of the posterior."""
    found, grid = bayesian_prevalence(k, n), np.linspace(0, 1, 20_001)
    t = 0.05 + 0.95 * grid
    density = t**k * (1 - t) ** (n - k)
    density /= density.sum()
    assert found.most_likely == pytest.approx(grid[density.argmax()], abs=1e-4)
    inside = (grid >= found.low) & (grid <= found.high)
    assert density[inside].sum() == pytest.approx(0.95, abs=2e-3)
    highest = np.sort(density)[::-1].cumsum() <= 0.95
    assert found.high - found.low == pytest.approx(highest.mean(), abs=2e-3)


@pytest.mark.parametrize(("k", "n"), [(7, 6), (-1, 6), (0, 0)])
def test_impossible_counts_are_refused(k, n):
    """More subjects with the effect than subjects, or none at all."""
    with pytest.raises(ValueError, match="subjects"):
        bayesian_prevalence(k, n)
