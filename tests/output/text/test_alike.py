"""Which pairs look alike is said for what it is: below guessing no order means anything."""

from types import SimpleNamespace

import pytest

from decoding.output.text.alike import alike_text

NAMES = (("bottle", "shoe"), ("cat", "face"), ("cat", "house"))


def found(*accuracies):
    """Return scores of pairs."""
    pairs = [
        SimpleNamespace(conditions=names, result=SimpleNamespace(accuracy=accuracy))
        for names, accuracy in zip(NAMES, accuracies, strict=False)
    ]
    return SimpleNamespace(pairs=pairs, spec=SimpleNamespace(samples="block"))


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        (
            (0.75, 0.875, 1.0),
            "bottle and shoe look most alike: 75 % of their block means",
        ),
        (
            (0.33, 0.875, 1.0),
            "were named correctly, no better than by guessing",
        ),
        ((0.33, 0.45, 1.0), "2 of the 3 pairs look alike: their block means were named no better"),
        (
            (0.33, 0.45, 1.0),
            "bottle and shoe at 33 %, is not more alike than the others",
        ),
        ((0.5, 0.5, 0.5), "All 3 pairs score the same: 50 %"),
    ],
)
def test_a_pair_below_guessing_is_no_more_alike_for_that(accuracies, said):
    """Guessing is the floor, and where nothing is above it no pair is the least alike."""
    assert said in alike_text(found(*accuracies), comparable=True)
    assert "no better" not in alike_text(found(*accuracies), comparable=False)


def test_where_no_pair_is_above_guessing_none_is_least_alike():
    """The highest of scores that luck made is no finding."""
    assert "Least alike" not in alike_text(found(0.3, 0.4, 0.45), comparable=True)
