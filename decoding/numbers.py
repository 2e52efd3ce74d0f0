"""How numbers read: one way to write each kind, so that no two places on a page disagree."""

import math
from collections.abc import Iterable

_TIE = 1e-9
"""Binary fractions fall short of a tie by less than this."""


def score_text(score: float) -> str:
    """Write a score, or a chance level, with three decimals; ties are rounded up.

    Python's own format rounds ties to even: a mean of 0.0625 would be 0.062 beside a picture's
    0.063.
    """
    return f"{_half_up(1000 * score) / 1000:.3f}"


def points_text(difference: float) -> str:
    """Write the difference of two scores in signed points, i.e. hundredths: +12.5 points."""
    return f"{_half_up(1000 * difference) / 10:+.1f} points"


def percent_text(share: float) -> str:
    """Write a share of 0 to 1 as whole percent; ties are rounded up."""
    return f"{_half_up(100 * share):.0f} %"


def counts_text(n_samples: int, n_blocks: int) -> str:
    """Write how many samples there are, and of how many blocks: what stands under each figure."""
    return f"{n_samples} samples of {n_blocks} blocks."


def place_text(place: Iterable[float]) -> str:
    """Write a place in mm, to a tenth where it is not whole: -38.5, -54, -16 mm."""
    return ", ".join(f"{_half_up(10 * value) / 10 + 0.0:g}" for value in place) + " mm"


def _half_up(value: float) -> int:
    return math.floor(value + 0.5 + _TIE)
