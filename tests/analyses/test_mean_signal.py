"""The mean signal beside all voxels: what is said follows from the numbers and their spread."""

from dataclasses import replace

import numpy as np
import pytest
from makers import result_of_runs

from decoding.analyses.mean_signal import compare
from decoding.output.text.readings import VERDICTS, reading_mean_signal
from decoding.spec import DecodingSpec

HIGH, LOW, NOISE = [18, 17, 19, 18, 18, 17], [13, 12, 14, 13, 12, 13], [10, 11, 9, 10, 11, 10]
WILD = [18, 4, 17, 6, 16, 12]


@pytest.mark.parametrize(
    ("voxels", "mean", "verdict"),
    [
        (HIGH, NOISE, "below"),
        (HIGH, LOW, "between"),
        (HIGH, HIGH, "enough"),
        (LOW, HIGH, "enough"),
        (HIGH, [20, 6, 20, 7, 20, 20], "undecided"),
        (NOISE, NOISE, "nothing to explain"),
        (WILD, NOISE, "nothing to explain"),
    ],
)
def test_the_verdict_follows_from_difference_and_spread(voxels, mean, verdict):
    """Clearly is more than two standard errors over runs, of the difference and of each score."""
    found = compare(result_of_runs(voxels), result_of_runs(mean))
    gaps = (np.array(mean) - np.array(voxels)) / 20
    assert found.difference == pytest.approx(gaps.mean())
    assert found.standard_error == pytest.approx(gaps.std(ddof=1) / np.sqrt(6))
    assert found.verdict == verdict


def test_a_lower_score_is_not_said_to_do_as_well():
    """The sentence names both numbers and their difference; a clear one is called clear."""
    text = reading_mean_signal(result_of_runs(HIGH), result_of_runs(LOW))
    assert "scores 0.642, against 0.892 with all 98 voxels: 0.250 below" in text
    assert VERDICTS["between"] in text
    assert "as well" not in text and "explains" not in text


@pytest.mark.parametrize("changes", [{"spec": DecodingSpec(cv="kfold")}, {"circular": True}])
def test_no_verdict_where_chance_is_no_comparison(changes):
    """Under shared runs and in a circular mask numbers and the reason stand alone."""
    voxels, mean = (replace(result_of_runs(right), **changes) for right in (HIGH, LOW))
    assert compare(voxels, mean).verdict == "no comparison"
    text = reading_mean_signal(voxels, mean)
    assert "0.642, against 0.892" in text and text.endswith(VERDICTS["no comparison"])
    assert "Clearly" not in text and "runs" not in text


def test_one_run_says_nothing_of_the_spread():
    """With a single run no difference is called clear."""
    found = compare(result_of_runs([18]), result_of_runs([10]))
    assert found.verdict == "nothing to explain"
    assert "inf" not in reading_mean_signal(result_of_runs([18]), result_of_runs([10]))
