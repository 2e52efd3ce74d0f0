"""Results as lines: rows and columns named, numbers rounded as everywhere."""

import pytest

from decoding.cli.lines import for_reading, summary
from decoding.null import ALPHA


def test_a_matrix_is_left_to_json():
    """Nobody reads the matrix of a time course as numbers in a row: a line says where it is."""
    values = {"generalization": {"positions": [0, 1, 2], "accuracy": [[0.5] * 3] * 3}}
    assert summary(for_reading(values)).endswith("at 3 x 3 positions: see --json")


def test_every_p_is_rounded_as_the_house_does():
    """A p reads the same alone, in a table and beside the best lag: 0.063 for one in sixteen."""
    row = {"seconds": 2.5, "p_value": 1 / 16, "p_corrected": 2 / 4096}
    values = {"p_value": 1 / 16, "smallest_p": 2 / 4096, "lags": [row], "best_lag": row}
    told = summary(for_reading(values))
    assert told.count("0.063") == 3 and told.count("0.00049") == 3
    assert "0.0625" not in told and "0.0005" not in told


@pytest.mark.parametrize(("smallest", "told"), [(0.25, "none within reach"), (0.05, "0.7500")])
def test_no_threshold_is_printed_where_no_p_reaches_it(smallest, told):
    """The null's percentile, or a map's score, is a threshold only where some p can be 0.05."""
    score = 0.75 if smallest <= ALPHA else None
    values = {"percentile_95": 0.75, "threshold": score, "smallest_p": smallest}
    assert [line.endswith(told) for line in summary(for_reading(values)).splitlines()[:2]] == [
        True, True
    ]  # fmt: skip


def test_rows_of_numbers_are_read_below_their_names():
    """A table opens with the names of its columns; what is not applicable reads none."""
    rows = [
        {"row": "clock", "accuracy": 0.5, "sentence": "A clock is not shown to tell them apart."},
        {"row": "motion", "accuracy": None, "sentence": "Not applicable."},
    ]
    assert summary(for_reading(rows)).splitlines() == [
        "   row  accuracy  sentence",
        " clock    0.5000  A clock is not shown to tell them apart.",
        "motion      none  Not applicable.",
    ]
    assert summary([{"check": "runs", "status": "pass"}]) == "runs  pass"
