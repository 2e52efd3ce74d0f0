"""The chart of a replayed run: bars where things were shown, one line or row a category."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from decoding.analyses.replay import ReplayResult
from decoding.output.figures.chart import alt_text
from decoding.output.figures.replay import plot_replay
from decoding.output.text.replay import leading_replay, reading_decisions, reading_replay
from decoding.spec import DecodingSpec

NAMES = ("cat", "chair", "face", "shoe")
SHOWN = ["rest", "rest", "cat", "cat", "rest", "shoe", "rest", "face", "face", "rest"]
DECODED = ["face", "face", "face", "cat", "cat", None, "cat", "cat", "face", "face"]


def replayed(classes=("cat", "face"), *, is_probability=False, n_tested=4):
    """Return a run of ten volumes; its decoded blocks are one volume late."""
    decisions = np.random.default_rng(0).standard_normal((10, len(classes)))
    volumes = pd.DataFrame({"time": np.arange(10) * 2.5, "shown": SHOWN, "decoded": DECODED})
    sample = [name if name in classes and n_tested else "" for name in SHOWN]
    return ReplayResult(
        spec=DecodingSpec(), run=7, t_r=2.5, classes=classes,
        volumes=volumes.assign(sample=sample), decisions=decisions,
        undecided=0.0 if len(classes) == 2 else None, is_probability=is_probability,
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_and_lines_lie_where_the_scans_do(theme):
    """Each stretch of a name is one bar of its seconds; a line passes the middle of each scan."""
    result = replayed()
    table = result.stretches
    decoded = table[table["row"] == "decoded"]
    assert decoded["name"].tolist() == ["face", "cat", "cat", "face"]  # the scan left out is none
    assert decoded["first"].tolist() == [0, 3, 6, 8]
    figure = plot_replay(result, theme, NAMES)
    bars = [(bar.customdata[0], *span) for bar in figure.data if bar.type == "bar"
            for span in zip(bar.y, bar.base, bar.x, strict=True)]  # fmt: skip
    assert ("cat", "shown", 5.0, 5.0) in bars and ("shoe", "shown", 12.5, 2.5) in bars
    assert len(bars) == len(table)
    lines = [one for one in figure.data if one.type == "scatter"]
    assert [line.name for line in lines] == ["Ca cat", "Fa face"]
    np.testing.assert_allclose(lines[0].x, 2.5 * np.arange(10) + 1.25)
    np.testing.assert_allclose(lines[1].y, result.decisions[:, 1], atol=1e-4)
    assert [shape.y0 for shape in figure.layout.shapes] == [0.0]
    assert tuple(figure.layout.xaxis.range) == (0, 25.0)
    assert alt_text(figure).endswith(reading_replay(result))


@pytest.mark.parametrize(
    ("learnt", "has_rest", "told"),
    [
        (
            ("cat", "face"),
            True,
            "cat or face, also while something else (pale bars) or nothing was",
        ),
        (("cat", "face"), False, "cat or face, also while something else (pale bars) was shown."),
        (NAMES, True, "one of 4 categories, also while nothing was shown."),
        (NAMES, False, "one of 4 categories."),
    ],
)
def test_what_a_model_makes_of_what_it_never_learnt_is_said_before(learnt, has_rest, told):
    """Every scan gets a name that the model knows, whatever was shown."""
    assert told in leading_replay(learnt, NAMES, has_rest=has_rest)


def test_many_categories_have_a_row_each():
    """Four lines and more would be a tangle: a row of cells shows the decisions."""
    result = replayed(NAMES)
    (cells,) = [one for one in plot_replay(result, "light", NAMES).data if one.type == "heatmap"]
    np.testing.assert_allclose(cells.z, result.decisions.T, atol=1e-4)
    assert list(cells.y) == ["Ca cat", "Ch chair", "Fa face", "Sh shoe"]


def test_the_sentence_counts_what_was_named():
    """It says how many scans were named correctly, and how much later most agree."""
    told = reading_replay(replayed())
    assert told.startswith(
        "A model of the other runs named 2 of 4 scans of cat and face correctly. What is decoded "
        "follows what was shown: 2.5 s later 100 % of scans agree, at once 50 %."
    )
    assert "never learnt" not in reading_replay(replayed(NAMES))
    assert "cat or face, also at rest and during categories that it never learnt." in told
    assert "probability" in reading_decisions(replayed(is_probability=True))
    assert reading_replay(replayed(n_tested=0)).startswith("This run shows none of cat and face")
    result = replayed()
    labelled = replace(result, volumes=result.volumes[result.volumes["shown"] != "rest"])
    assert "follows" not in reading_replay(labelled)
    assert "the time between blocks is missing here. Categories that it never" in reading_replay(
        labelled
    )
