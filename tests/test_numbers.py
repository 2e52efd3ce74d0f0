"""How numbers read: three decimals, ties up, whole percent, places to a tenth."""

from math import comb, factorial

import pytest

from decoding.numbers import (
    count_json,
    count_text,
    duration_text,
    p_text,
    percent_text,
    place_text,
    points_text,
    score_text,
    size_text,
)


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.625, "0.625"),
        (0.0625, "0.063"),  # Python's own format says 0.062
        (0.5625, "0.563"),
        (1 / 3, "0.333"),
        (2 / 3, "0.667"),
        (1.0, "1.000"),
        (0.0, "0.000"),
        (0.2675, "0.268"),  # the float lies a hair below the tie
    ],
)
def test_scores_have_three_decimals_and_ties_go_up(score, text):
    """A score reads as one computes it by hand."""
    assert score_text(score) == text


def test_other_numbers_go_up_at_ties_too():
    """Percent, points and places follow the same rule; no minus zero."""
    assert [percent_text(share) for share in (0.625, 0.125, 1.0)] == ["63 %", "13 %", "100 %"]
    small = [percent_text(share) for share in (0.0, 2 / 4096, 0.004, 0.9951, 0.99996)]
    assert small == ["0 %", "0.05 %", "0.4 %", "99.5 %", "99.9 %"]  # none is all or nothing
    assert points_text(0.125) == "+12.5 points"
    assert points_text(-0.046) == "-4.6 points"
    assert points_text(0.0) == "+0.0 points"
    assert place_text((-38.5, -54.0, -0.01)) == "-38.5, -54, 0 mm"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0625, "0.063"),  # Python's own format says 0.062
        (0.125, "0.13"),
        (0.03125, "0.031"),
        (2 / 4096, "0.00049"),
        (0.0996, "0.10"),
        (1.0, "1.00"),
        (1e-290, "1e-290"),
        (0.0, "less than 1e-300"),  # a share of more relabellings than a float can hold
    ],
)
def test_p_values_have_two_digits_and_are_never_0(p, text):
    """A p-value is rounded as a score is, and one too small for a float says so."""
    assert p_text(p) == text


def test_counts_that_nobody_would_read_are_powers_of_ten():
    """A count is exact up to a million; JSON keeps it an integer up to 20 digits."""
    counts = (4096, 999_999, 1_450_000, factorial(8) ** 12, comb(120, 60) ** 12)
    assert [count_text(n) for n in counts] == ["4096", "999999", "1.5e6", "1.8e55", "6.6e419"]
    assert [count_json(n) for n in (4096, 10**20 - 1, 10**20)] == [4096, 10**20 - 1, "1.0e20"]


def test_sizes_have_three_digits_and_none_is_0_mb():
    """A table of events has bytes, and nothing is written as a power of ten."""
    sizes = [212, 1023, 1024, 10_240, 1_048_575, 1 << 20, 60 << 20, 1200 << 20]
    assert [size_text(size) for size in sizes] == [
        "212 bytes", "1023 bytes", "1 kB", "10 kB", "1,024 kB", "1 MB", "60 MB", "1,200 MB"
    ]  # fmt: skip


def test_durations_are_in_the_unit_that_one_plans_by():
    """Seconds up to 100, then minutes, then hours and minutes."""
    assert [duration_text(s) for s in (0.2, 45, 130, 3599, 17287, 7200)] == [
        "1 s", "45 s", "2 minutes", "1 h", "4 h 48 min", "2 h",
    ]  # fmt: skip
