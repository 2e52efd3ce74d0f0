"""Charts of time draw what the tables hold, and their sentences name it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from makers import make_null

from decoding.analyses.sample_kinds import KindsResult
from decoding.analyses.timecourse.block_responses import ResponsesResult
from decoding.analyses.timecourse.result import NestedLag, ScoreCurve
from decoding.output.figures.course import course_table, plot_course, reading_course, reading_peaks
from decoding.output.figures.glm import plot_design, plot_kinds, reading_design, reading_kinds
from decoding.output.figures.lags import (
    plot_generalization,
    plot_lags,
    reading_generalization,
    reading_lags,
    seconds_above,
)
from decoding.output.text.readings import reading_chosen_lag, reading_nested
from decoding.output.text.wording import NO_COMPARISON
from decoding.spec import DecodingSpec


@pytest.fixture
def curve():
    """Return scores that leave their null's band at one step, 2 volumes of 2.5 s."""
    null = 0.5 + 0.05 * np.random.default_rng(0).standard_normal((200, 5))
    scores = np.array([0.5, 0.52, 0.55, 0.95, 0.56])
    return ScoreCurve(
        steps=np.arange(-1, 4),
        t_r=2.5,
        scores=scores,
        null=make_null(null),
        n_samples=np.full(5, 24),
    )


@pytest.fixture
def responses():
    """Return a response that is the model's, half as high above a level of 1."""
    seconds = np.arange(-2.5, 10.0, 2.5)
    model = pd.DataFrame({"seconds": seconds, "response": [0.0, 0.0, 0.4, 1.0, 0.6]})
    table = pd.DataFrame(
        {
            "condition": "face", "position": np.arange(-1, 4), "seconds": seconds,
            "percent": 1 + 0.5 * model["response"], "sem": 0.1, "n_blocks": 12,
        }
    )  # fmt: skip
    return ResponsesResult(
        spec=DecodingSpec(),
        responses=pd.concat([table, table.assign(condition="cat")], ignore_index=True),
        expected=model, shown=(0.0, 5.0), n_blocks=24, n_voxels=9,
    )  # fmt: skip


def test_lags_are_drawn_in_seconds(curve):
    """The curve lies on the scores, the ring on the best lag, which the sentence names."""
    figure = plot_lags(curve, "light", chance=0.5)
    drawn = next(trace for trace in figure.data if trace.name == "accuracy")
    assert drawn.x.tolist() == [-2.5, 0.0, 2.5, 5.0, 7.5]
    assert drawn.y.tolist() == curve.scores.tolist()
    ring = figure.data[-1]
    assert (ring.x[0], ring.y[0]) == (5.0, 0.95)
    assert "lag of 5 s: 0.950" in reading_lags(curve)
    assert "without a lag 0.520" in reading_lags(curve)
    assert seconds_above(curve) == [5.0]


@pytest.mark.parametrize("chance", [0.5, None])
def test_chance_is_drawn_where_scores_may_be_read_against_it(curve, responses, chance):
    """No chart of scores has a dotted line, or says one, where chance is no comparison."""
    figures = (
        plot_lags(curve, "light", chance=chance),
        plot_course(responses, "light", course=curve, chance=chance),
        plot_kinds(make_kinds(), "light", chance=chance),
    )
    for figure in figures:
        lines = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
        assert len(lines) == (chance is not None)
        assert ("chance" in str(figure.layout)) == (chance is not None)


def test_a_chosen_lag_is_told_with_its_nested_score():
    """The note names the lag and what the folds' own choices score; without them, where it is.

    Of a lag that nobody marked it says that its choice is not known.
    """
    folds = pd.DataFrame({"seconds": [2.5, 5.0], "accuracy": [0.5, 0.6]})
    text = reading_chosen_lag(5.0, NestedLag(folds=folds), known=True)
    assert "lag of 5 s was chosen by its score" in text and "0.550" in text
    assert "Timecourse shows" in reading_chosen_lag(5.0, None, known=True)
    shared = reading_nested(NestedLag(folds=folds, by_run=False))
    assert "no score for new ones" in shared and "left out" not in shared
    typed = reading_chosen_lag(5.0, None, known=False)
    assert "How the lag of 5 s was chosen is not known here. If its score chose it" in typed


def test_few_relabellings_tell_no_volume(curve, responses):
    """Where no p of 0.05 is within reach no volume is called above its null."""
    few = replace(curve, null=replace(curve.null, scores=curve.null.scores[:10]))
    assert few.table["accuracy"].max() > few.table["high"].max()
    assert seconds_above(few) == []
    assert "the smallest p within reach is 0.091" in reading_course(responses, few)


def test_no_band_leaves_the_scores_there_are(curve):
    """A band of relabelled curves ends at 0 and at 1."""
    wide = replace(curve, null=replace(curve.null, scores=curve.null.scores * 6 - 2.5))
    low, high = wide.band
    assert low.min() == 0.0 and high.max() == 1.0


def test_the_shading_is_where_the_blocks_are(responses):
    """What is shaded are the seconds of `shown`, before the first labelled volume too."""
    figure = plot_course(replace(responses, shown=(-3.0, 21.0)), "light")
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (band.x0, band.x1) == (-3.0, 21.0)


def test_the_best_lags_name_has_room(curve):
    """The axis ends so far above the highest score that its name, 25 pixels up, is not cut."""
    figure = plot_lags(curve, "light", chance=0.5)
    low, high = figure.layout.yaxis.range
    top = curve.table["accuracy"].max()
    plot_height = figure.layout.height - 110  # axis title, ticks and legend take the rest
    assert (high - top) / (high - low) * plot_height >= 25
    assert low <= curve.table["low"].min()


def test_nested_counts_the_lags_chosen():
    """The sentence says how many folds chose each lag, and the mean of their scores."""
    folds = pd.DataFrame({"seconds": [2.5, 5.0, 5.0], "accuracy": [0.5, 0.6, 0.7]})
    text = reading_nested(NestedLag(folds=folds))
    assert "2.5 s in 1, 5 s in 2 of 3 folds" in text
    assert "0.600" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_course_shares_one_time_axis(curve, responses, theme):
    """Scores and responses have one time axis; the fitted model lies on a response like it."""
    figure = plot_course(responses, theme, course=curve)
    assert {trace.xaxis for trace in figure.data} == {None}
    model = next(trace for trace in figure.data if trace.name == "model, fitted")
    np.testing.assert_allclose(model.y, 1 + 0.5 * responses.expected["response"])
    alone = plot_course(responses, theme)
    assert len(alone.data) == 3
    assert "highest 5 s from onset" in reading_course(responses)
    assert "1 of 5 volumes score above" in reading_course(responses, curve)
    table = course_table(responses, curve)
    assert table["accuracy"].tolist() == curve.scores.tolist()
    drawn = np.interp(table["seconds"], responses.expected["seconds"], model.y)
    np.testing.assert_allclose(table["model (%)"], drawn)
    assert table["face (%)"].tolist() == pytest.approx(responses.responses["percent"][:5].tolist())


def test_generalization_rows_are_trained(curve):
    """Rows are the positions trained on; the sentence names the best pair off the diagonal."""
    values = np.full((5, 5), 0.5)
    np.fill_diagonal(values, 0.99)
    values[3, 4] = 0.8
    table = pd.DataFrame(values, index=curve.steps, columns=curve.steps)
    figure = plot_generalization(table, 2.5, "light", chance=0.5)
    np.testing.assert_array_equal(figure.data[0].z, values)
    text = reading_generalization(table, 2.5, 0.5)
    assert "Warm colours lie above chance (0.500)" in text
    assert "0.800, trained 5 s and tested 7.5 s" in text
    assert "the best of 20 cells, without a test" in text


@pytest.mark.parametrize("chance", [0.5, None])
def test_chance_is_the_middle_of_the_colours_where_it_is_a_comparison(curve, chance):
    """Without a comparison colours go from faint to strong, and no middle stands for chance."""
    table = pd.DataFrame(np.linspace(0.4, 0.9, 25).reshape(5, 5), curve.steps, curve.steps)
    map_ = plot_generalization(table, 2.5, "light", chance=chance).data[0]
    span = (0.1, 0.9) if chance else (0.4, 0.9)
    assert (map_.zmin, map_.zmax) == pytest.approx(span)
    assert len(map_.colorscale) == (3 if chance else 2)
    told = reading_generalization(table, 2.5, chance)
    assert ("above chance" in told) == (NO_COMPARISON not in told) == (chance is not None)


def test_a_late_model_is_said_with_its_cause(responses):
    """Peaks a volume or more apart are told; labels are blamed only where they are used."""
    assert reading_peaks(responses, t_r=2.5, from_labels=True) == ""
    moved = responses.expected["response"].shift(1, fill_value=0.0)
    late = replace(responses, expected=responses.expected.assign(response=moved))
    text = reading_peaks(late, t_r=2.5, from_labels=True)
    assert "2.5 s later" in text and "may make the model late" in text
    assert "betas" not in text  # whose scores are not known here
    assert "labels" not in reading_peaks(late, t_r=2.5, from_labels=False)
    assert reading_peaks(late, t_r=3.0, from_labels=True) == ""


def test_design_columns_are_scaled_for_the_picture():
    """Each regressor reaches 1 in the picture; the sentence keeps its size and likeness."""
    rows = np.array([0.0, 1.0, 2.0])
    design = pd.DataFrame({"face, block 3": rows, "drift_1": -2 * rows, "constant": 1.0})
    figure = plot_design(design, "dark")
    assert np.abs(figure.data[0].z).max(axis=0).tolist() == [1.0, 1.0, 1.0]
    assert figure.layout.xaxis.ticktext == ("face", "drift_1", "constant")
    assert figure.layout.xaxis.ticklabeloverflow == "allow"  # or the last one is left out
    text = reading_design(design)
    assert text == "3 volumes by 3 regressors; the two most alike correlate -1.00."


def make_kinds():
    """Return two kinds of sample with their nulls."""
    rows = [
        {"samples": "volume", "label": "volumes", "accuracy": 0.6, "low": 0.4, "high": 0.62},
        {"samples": "lsa", "label": "LSA betas", "accuracy": 0.9, "low": 0.3, "high": 0.7},
    ]
    shared = {"null_mean": 0.5, "p_value": 0.1, "n_samples": 24, "n_runs": 12}
    return KindsResult(
        spec=DecodingSpec(), table=pd.DataFrame([{**row, **shared} for row in rows]), notes=()
    )


def test_kinds_lie_beside_their_nulls():
    """Each kind's mark is its score, its band its null's; the selected one is bold."""
    result = make_kinds()
    figure = plot_kinds(result, "light", chance=0.5, current="lsa")
    band, _, marks = figure.data
    assert list(marks.x) == [0.6, 0.9]
    assert [low + width for low, width in zip(band.base, band.x, strict=True)] == [0.62, 0.7]
    assert figure.layout.yaxis.ticktext == ("volumes", "<b>LSA betas</b>")
    assert "0.600 (volumes) to 0.900 (LSA betas), each on 12 runs" in reading_kinds(result)
