"""The mean signal beside all voxels: what is said follows from the numbers and their spread."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from decoding.analyses.mean_signal import compare
from decoding.results import DecodingResult
from decoding.spec import DecodingSpec
from pages.components.control_parts import VERDICTS, reading_mean_signal


def make_result(n_right):
    """Return a result with so many of 20 samples right in each run."""
    rows = [
        {"fold": run, "sample": 20 * run + i, "run": run, "block": 2 * run + i % 2,
         "true": "face", "predicted": "face" if i < right else "cat", "decision": 0.0}
        for run, right in enumerate(n_right) for i in range(20)
    ]  # fmt: skip
    return DecodingResult(
        spec=DecodingSpec(),
        predictions=pd.DataFrame(rows),
        classes=("cat", "face"),
        n_samples=20 * len(n_right),
        n_blocks=2 * len(n_right),
        n_voxels=98,
        version="",
    )


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
    found = compare(make_result(voxels), make_result(mean))
    gaps = (np.array(mean) - np.array(voxels)) / 20
    assert found.difference == pytest.approx(gaps.mean())
    assert found.standard_error == pytest.approx(gaps.std(ddof=1) / np.sqrt(6))
    assert found.verdict == verdict


def test_a_lower_score_is_not_said_to_do_as_well():
    """The sentence names both numbers and their difference; a clear one is called clear."""
    text = reading_mean_signal(make_result(HIGH), make_result(LOW))
    assert "at 0.642, against 0.892 with all 98 voxels: 0.250 below" in text
    assert VERDICTS["between"] in text
    assert "as well" not in text and "explains" not in text


def test_no_verdict_under_a_scheme_that_leaks():
    """Where chance is no comparison, numbers and the reason stand alone."""
    voxels, mean = (
        replace(make_result(right), spec=DecodingSpec(cv="shuffled_kfold")) for right in (HIGH, LOW)
    )
    assert compare(voxels, mean).verdict == "leaky"
    text = reading_mean_signal(voxels, mean)
    assert "0.642, against 0.892" in text and text.endswith(VERDICTS["leaky"])
    assert "Clearly" not in text and "runs" not in text


def test_one_run_says_nothing_of_the_spread():
    """With a single run no difference is called clear."""
    found = compare(make_result([18]), make_result([10]))
    assert found.verdict == "nothing to explain"
    assert "inf" not in reading_mean_signal(make_result([18]), make_result([10]))
