"""How numbers read: one way to write each kind, and to read a count, wherever it stands."""

import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext

_TIE = 1e-9
"""Binary fractions fall short of a tie by less than this."""
_SMALLEST_P = 1e-300
_SMALLEST_SHARE = 1e-5
_LONG_COUNT = 1_000_000
_MOST_DIGITS = 20


def score_text(score: float, decimals: int = 3) -> str:
    """Write a score, or a chance level, with three decimals; ties are rounded up.

    Python's own format rounds ties to even: a mean of 0.0625 would be 0.062 beside a picture's
    0.063.
    """
    unit = 10**decimals
    return f"{_half_up(unit * score) / unit:.{decimals}f}"


def points_text(difference: float) -> str:
    """Write the difference of two scores in signed points, i.e. hundredths: +12.5 points."""
    return f"{points_number(difference):+.1f} points"


def points_number(difference: float) -> float:
    """Return the difference of two scores in points to one decimal; ties are rounded up."""
    return _half_up(1000 * difference) / 10


def percent_text(share: float) -> str:
    """Write a share of 0 to 1 as whole percent; ties are rounded up.

    None reads as 0 or 100 % that is not: 0.0005 is 0.05 %, and 0.997 is 99.7 %.
    """
    percent = _half_up(100 * share)
    if percent == 0 and share >= _SMALLEST_SHARE:
        return f"{100 * share:.1g} %"
    if percent == 100 and share <= 1 - _SMALLEST_SHARE:
        return f"{math.floor(1000 * share) / 10:.1f} %"
    return f"{percent:.0f} %"


def p_text(p: float) -> str:
    """Write a p-value with two digits that count; ties are rounded up, and none reads as 0."""
    if p < _SMALLEST_P:
        return f"less than {_SMALLEST_P:g}"
    unit = 10.0 ** (math.floor(math.log10(p)) - 1) if p < 0.1 else 0.01
    rounded = _half_up(p / unit) * unit
    return f"{rounded:.2g}" if rounded < 0.1 - _TIE else f"{rounded:.2f}"


def count_text(n: int) -> str:
    """Write how many, by a power of ten where nobody would count: 4096, 1.6e55."""
    if n < _LONG_COUNT:
        return f"{n}"
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(n):.1e}".replace("e+", "e")


def count_json(n: int) -> int | str:
    """Return a count for JSON: an integer of at most 20 digits, a longer one as "1.6e55"."""
    return n if n < 10**_MOST_DIGITS else count_text(n)


def number_text(n: int, noun: str, plural: str = "") -> str:
    """Write how many of something: 1 fold, 12 folds; 1 category, 2 categories with that plural."""
    return f"{count_text(n)} {noun if n == 1 else plural or noun + 's'}"


def size_text(n_bytes: int) -> str:
    """Write how large a file is, to three digits: 212 bytes, 1.25 kB, 60 MB, 1,200 MB."""
    if n_bytes < 2**10:
        return number_text(n_bytes, "byte")
    unit, size = ("MB", n_bytes / 2**20) if n_bytes >= 2**20 else ("kB", n_bytes / 2**10)
    return f"{size:.3g} {unit}" if size < 100 else f"{_half_up(size):,} {unit}"


def duration_text(seconds: float) -> str:
    """Write how long something takes: 40 s, 12 minutes, 4 h 48 min."""
    if seconds < 100:
        return f"{max(_half_up(seconds), 1)} s"
    minutes = _half_up(seconds / 60)
    if minutes < 60:
        return number_text(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def counts_text(n_samples: int, n_blocks: int, block: str = "block") -> str:
    """Write how many samples there are, and of how many blocks: what stands under each figure.

    What a `block` is called says the subject: `Subject.each_block`.
    """
    return f"{number_text(n_samples, 'sample')} of {number_text(n_blocks, block)}."


def list_text(words: Iterable[object], last: str = "and") -> str:
    """Write a list as a sentence reads it: a, b and c."""
    *first, end = map(str, words)
    return f"{', '.join(first)} {last} {end}" if first else end


def place_text(place: Iterable[float]) -> str:
    """Write a place in mm, to a tenth where it is not whole: -38.5, -54, -16 mm."""
    return ", ".join(f"{_half_up(10 * value) / 10 + 0.0:g}" for value in place) + " mm"


def read_count(text: str) -> int:
    """Read a whole number, 0 or more, of nine digits at most; a ValueError for anything else."""
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        raise ValueError(text)
    return int(text)


def _half_up(value: float) -> int:
    return math.floor(value + 0.5 + _TIE)
