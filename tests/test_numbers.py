"""How numbers read: three decimals, ties up, whole percent, places to a tenth."""

import pytest

from decoding.numbers import percent_text, place_text, points_text, score_text


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
    assert points_text(0.125) == "+12.5 points"
    assert points_text(-0.046) == "-4.6 points"
    assert points_text(0.0) == "+0.0 points"
    assert place_text((-38.5, -54.0, -0.01)) == "-38.5, -54, 0 mm"
