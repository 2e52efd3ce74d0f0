"""Charts draw what their results hold: counts, values, boundaries, and sentences that agree."""

import json
from dataclasses import replace
from html import unescape
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from makers import make_null

from decoding.analyses import decode
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.datasets.labels import make_volumes
from decoding.numbers import number_text, score_text
from decoding.output.colours import THEMES, contrast, mix
from decoding.output.figures.chart import alt_text, spread_labels, title_of
from decoding.output.figures.confusion import confusion_table, plot_confusion, reading_confusion
from decoding.output.figures.matrix import plot_masked_matrix, reading_masked_matrix, shrink_matrix
from decoding.output.figures.null import null_table, plot_null, reading_null
from decoding.output.figures.scores import fold_scores_table, plot_fold_scores, reading_fold_scores
from decoding.output.figures.series import plot_time_series, reading_time_series, time_series_table
from decoding.output.figures.similarity import (
    plot_correlations,
    plot_dissimilarity,
    reading_correlations,
    reading_dissimilarity,
)
from decoding.output.figures.timeline import (
    blocks_table,
    plot_timeline,
    reading_timeline,
    volumes_tested,
)
from decoding.results import DecodingResult
from decoding.spec import DecodingSpec

EIGHT = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
SCHEMES = {
    "resubstitution": 1,
    "split_half": 2,
    "kfold": 5,
    "leave_one_run_out": 12,
    "leave_two_runs_out": 66,
}


def make_result(cv="leave_one_run_out", classes=("cat", "face"), n_runs=12, p=0.8, seed=0):
    """Return a result whose predictions are right with probability `p`."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.repeat(classes, 9), n_runs)
    runs = np.repeat(np.arange(n_runs), 9 * len(classes))
    tables = []
    for fold, (_, test) in enumerate(make_folds(cv, y, runs)):
        right = rng.random(len(test)) < p
        guess = np.where(right, y[test], rng.choice(classes, len(test)))
        columns = {"fold": fold + 1, "sample": test, "run": runs[test], "block": test // 9}
        tables.append(
            pd.DataFrame({**columns, "true": y[test], "predicted": guess, "decision": np.nan})
        )
    return DecodingResult(
        spec=DecodingSpec(cv=cv, conditions=classes),
        predictions=pd.concat(tables, ignore_index=True),
        classes=tuple(sorted(classes)),
        n_samples=len(y),
        n_blocks=len(y) // 9,
        n_voxels=10,
        version="test",
    )


def make_timeline(n_runs=3, conditions=EIGHT, n_task=9, n_rest=5, seed=0):
    """Return a volumes table with blocks between rests, in an order of its own each run."""
    rng = np.random.default_rng(seed)
    names, runs = [], []
    for run in range(n_runs):
        own = ["rest"] * n_rest
        for name in rng.permutation(conditions):
            own += [str(name)] * n_task + ["rest"] * n_rest
        names += own
        runs += [run] * len(own)
    return make_volumes(np.array(names), np.array(runs), "test")


def trace(figure, name):
    """Return the trace of that name."""
    (found,) = (trace for trace in figure.data if trace.name == name)
    return found


def line_heights(figure):
    """Return the y of each horizontal line and band edge."""
    return [(shape.y0, shape.y1) for shape in figure.layout.shapes]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("cv", "n_folds"), SCHEMES.items())
def test_one_dot_a_fold_at_its_score(cv, n_folds, theme):
    """Each fold is one dot whose height is the fold's accuracy, inside the axes."""
    result = make_result(cv)
    dots = trace(plot_fold_scores(result, theme), "score")
    assert len(dots.x) == n_folds
    np.testing.assert_array_equal(dots.y, result.fold_scores)
    assert list(dots.x) == list(range(1, n_folds + 1))


def test_lines_lie_at_chance_mean_and_reference():
    """Chance and mean are lines at their values; a reference adds its own, and hollow dots.

    Dots that would stand over other runs than their own are left out, and the words say so.
    """
    result, other = make_result(), make_result(p=0.6)
    figure = plot_fold_scores(result, "light", reference=other, null=make_null([0.4, 0.61]))
    assert line_heights(figure) == [
        tuple(np.quantile([0.4, 0.61], [0.025, 0.975])),
        (0.5, 0.5),
        (result.accuracy,) * 2,
        (other.accuracy,) * 2,
    ]
    hollow = trace(figure, "reference")
    np.testing.assert_array_equal(hollow.y, other.fold_scores)
    assert hollow.marker.symbol == "circle-open"
    assert list(hollow.x) == list(range(1, 13))
    assert alt_text(figure).endswith(f"Hollow dots: the pinned result, mean {other.accuracy:.3f}.")
    halves = make_result("split_half", p=0.6)
    figure = plot_fold_scores(result, "light", reference=halves)
    assert "reference" not in [drawn.name for drawn in figure.data]
    assert line_heights(figure)[-1] == (halves.accuracy,) * 2
    assert "Dashed line: the pinned" in alt_text(figure)


def test_unequal_categories_have_a_majority_line():
    """Where one category is larger, guessing it is a line of its own above chance."""
    result = make_result()
    kept = (result.predictions["true"] == "cat") | (result.predictions["run"] < 6)
    uneven = replace(result, predictions=result.predictions[kept])
    figure = plot_fold_scores(uneven, "light")
    assert line_heights(figure)[-1] == pytest.approx((2 / 3, 2 / 3))
    assert any("majority 0.667" in note.text for note in figure.layout.annotations)
    assert len(line_heights(plot_fold_scores(result, "light"))) == 2


def test_reference_of_the_same_runs_lies_over_them():
    """Where the pinned result left a run out too, its dot stands over that run."""
    result = make_result()
    other = make_result(p=0.6)
    kept = other.predictions["run"] != 3
    fewer = replace(other, predictions=other.predictions[kept])
    hollow = trace(plot_fold_scores(result, "dark", reference=fewer), "reference")
    assert list(hollow.x) == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]
    once = replace(result, predictions=result.predictions.assign(fold=0))
    hollow = trace(plot_fold_scores(once, "dark", reference=other), "reference")
    assert len(set(hollow.x)) == 12 and np.mean(hollow.x) == pytest.approx(1.0)


def test_labels_at_the_edge_keep_their_distance():
    """Labels of nearly equal lines are moved apart, and others stay where they are."""
    shifts = spread_labels([100.0, 101.0, 300.0], 18)
    places = np.add([100.0, 101.0, 300.0], shifts)
    assert np.diff(places).min() >= 17.5
    assert shifts[2] == 0


def test_folds_are_named_by_their_run_where_that_says_it():
    """Run numbers name folds of one run each, fold numbers the rest, run lists at most two."""
    assert list(fold_scores_table(make_result())["label"]) == [str(run) for run in range(12)]
    assert list(fold_scores_table(make_result("kfold"))["label"]) == list("12345")
    labels = list(fold_scores_table(make_result("split_half"))["label"])
    assert labels == ["runs<br>0 2 4 6 8 10", "runs<br>1 3 5 7 9 11"]
    assert list(fold_scores_table(make_result("resubstitution"))["label"]) == ["all runs"]


def test_reading_counts_what_the_result_counts():
    """The sentence's numbers are the result's own."""
    result = make_result()
    above = sum(score > 0.5 for score in result.fold_scores)
    assert reading_fold_scores(result) == (
        f"{above} of 12 runs are above chance; the mean is "
        f"{score_text(result.accuracy)} against 0.500."
    )
    assert "folds" in reading_fold_scores(make_result("kfold"))
    assert "0.125" in reading_fold_scores(make_result(classes=EIGHT))


@pytest.mark.parametrize("classes", [("cat", "face"), EIGHT[:4], EIGHT])
def test_confusion_squares_carry_their_cell(classes):
    """One square a cell, true down and predicted across, with the counts of the result."""
    result = make_result(classes=classes)
    squares = plot_confusion(result, "dark").data[1]
    n = len(classes)
    assert len(squares.x) == n * n
    for x, y, (true, predicted, count, share) in zip(
        squares.x, squares.y, squares.customdata, strict=True
    ):
        assert (result.classes[y], result.classes[x]) == (true, predicted)
        assert count == result.confusion.loc[true, predicted]
        assert share == pytest.approx(count / result.confusion.loc[true].sum())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("classes", [("cat", "face"), EIGHT])
def test_words_in_every_cell_can_be_read(classes, theme):
    """Each cell's words keep 4.5:1 on the cell's own colour, whatever share it holds."""
    result = make_result(classes=classes)
    figure = plot_confusion(result, theme)
    scale = dict(figure.data[0].colorscale)
    shares = list(np.ravel(figure.data[0].z))
    words = figure.layout.annotations
    assert len(words) == len(shares)
    # Between the ends of its scale plotly draws what `mix` does.
    for word, share in [*zip(words, shares, strict=True), (words[0], 0.0), (words[0], 1.0)]:
        assert contrast(word.font.color, mix(scale[0], scale[1], share)) >= 4.5


def test_confusion_shares_are_of_the_row():
    """Shares of a category's samples add up to one, and name the worst mistake."""
    result = make_result(classes=EIGHT, p=0.5)
    table = confusion_table(result)
    np.testing.assert_allclose(table.groupby("true")["share"].sum(), 1)
    wrong = table[table["true"] != table["predicted"]]
    worst = wrong.loc[wrong["count"].idxmax()]
    assert f"{worst['true']} taken for {worst['predicted']}" in reading_confusion(result)


def test_categories_that_tie_are_all_named_best():
    """No category is called best alone where another is recognised as well."""
    true = np.repeat(["a", "b", "c"], 2)

    def told(predicted):
        counts = pd.crosstab(true, np.array(predicted)).reindex(columns=["a", "b", "c"])
        recall = {name: counts.loc[name, name] / 2 for name in "abc"}
        return reading_confusion(
            SimpleNamespace(
                recall=recall, confusion=counts.fillna(0).astype(int), classes=("a", "b", "c")
            )
        )

    assert told([*"aabbcb"]).startswith("Recognised best: a and b, 100 % of the samples of each;")
    assert told([*"abbbcb"]).startswith("Recognised best: b, 100 % of its samples;")
    assert told([*"aabbcc"]).startswith("All categories are recognised equally, 100 % of the")


def test_confusion_without_mistakes_says_so():
    """A perfect result names no mistake."""
    assert reading_confusion(make_result(p=1.0)).endswith("no sample is mistaken.")


def test_null_counts_every_relabelling():
    """The bins hold all scores, whatever lattice they lie on, and so does the table."""
    rng = np.random.default_rng(0)
    for scores in (
        rng.integers(80, 140, 4096) / 216,
        rng.normal(0.5, 0.1, 999),
        np.full(10, 0.5),
        np.array([0.5]),
    ):
        edges, counts = make_null(scores).bins()
        assert counts.sum() == len(scores)
        assert len(counts) <= 40
        assert (np.diff(edges) > 0).all()
        assert null_table(make_null(scores))["accuracy"].tolist() == scores.tolist()


def test_null_bins_hold_equal_numbers_of_levels():
    """Bins of scores on a lattice are whole steps wide: a flat null looks flat."""
    scores = np.repeat(np.arange(60, 150) / 216, 5)
    _, counts = make_null(scores).bins()
    assert len(set(counts[:-1])) == 1


def test_null_marks_the_observed_score_and_the_95th_percentile():
    """Lines lie at the observed score and at numpy's quantile, inside the axis."""
    null = np.random.default_rng(0).integers(80, 140, 1000) / 216
    figure = plot_null(make_null(null), 0.93, "light", chance=0.5)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.5, np.quantile(null, 0.95), 0.93]
    low, high = figure.layout.xaxis.range
    assert low < null.min()
    assert high > 0.93
    assert "0 of 1000 relabellings reach" in reading_null(make_null(null), 0.93)
    assert f"{(null >= null[0]).sum()} of 1000" in reading_null(make_null(null), null[0])


def test_a_score_that_ties_with_many_is_not_above_the_score_to_beat():
    """Sentence and p agree: only a score above the named one has a p of 0.05 or less."""
    scores = np.repeat([0.375, 0.5, 0.625, 0.75], [500, 3068, 340, 88])
    null = make_null(np.append(scores, [0.25] * 100), exact=True)
    assert null.p_value(0.625) > 0.05 >= null.p_value(0.75)
    told = reading_null(null, 0.625)
    assert "a score above 0.625 has a p of 0.05 or less. 428 of 4096 relabellings reach" in told


@pytest.mark.parametrize("n_runs", [3, 4, 5, 6])
def test_no_5_percent_point_is_drawn_where_none_is_within_reach(n_runs):
    """With 3 to 5 runs of blocks no score has a p of 0.05: neither line nor words say one."""
    n = 2**n_runs
    null = make_null(np.linspace(0, 1, n), exact=True, n_distinct=n)
    figure, text = plot_null(null, 1.0, "light"), reading_null(null, 1.0)
    names = [note.text for note in figure.layout.annotations]
    assert (null.one_sided_point is None) == (n_runs < 6)
    assert len(figure.layout.shapes) == len(names) == (1 if n_runs < 6 else 2)
    assert ("no p of 0.05 is within reach" in text) == (n_runs < 6)


def test_blocks_are_found_with_their_place():
    """Each block is a row at its volume within the run, with its length."""
    volumes = make_volumes(np.array(list("rraab" + "bbr")), np.array([0] * 5 + [1] * 3), "test")
    table = blocks_table(volumes.replace("r", "rest").assign(block=[-1, -1, 0, 0, 1, 2, 2, -1]))
    assert table.to_dict("list") == {
        "run": [0, 0, 1],
        "block": [0, 1, 2],
        "condition": ["a", "b", "b"],
        "first": [2, 4, 5],
        "start": [2, 4, 0],
        "n_volumes": [2, 1, 2],
    }


def test_timeline_draws_each_block_once_with_its_code():
    """A bar a block, at its place, lettered; blocks outside the selection step back."""
    volumes = make_timeline()
    figure = plot_timeline(volumes, "light", selected=("cat", "face"))
    table = blocks_table(volumes)
    assert sum(len(bars.x) for bars in figure.data) == len(table) == 24
    faces = table[table["condition"] == "face"]
    bars = trace(figure, "Fa face")
    assert list(bars.base) == list(faces["start"])
    assert list(bars.y) == [str(run) for run in faces["run"]]
    assert set(bars.text) == {"Fa"}
    assert bars.marker.color == "#D55E00"
    assert trace(figure, "Ho house").marker.color != "#0072B2"
    assert reading_timeline(volumes, ("cat", "face")).endswith(
        "24 blocks of 8 categories; 6 blocks, 54 volumes, show cat and face."
    )


def test_timeline_counts_images_and_no_blocks_of_them():
    """An image is a sample by itself; one of a thing is said as one."""
    images = make_volumes(np.array(list("abab")), np.array([0, 0, 1, 1]), "test")
    images["block"] = np.arange(4)
    text = "2 runs of 2 images hold 2 categories"
    assert reading_timeline(images, each="image") == f"{text}."
    assert reading_timeline(images, ("a", "b"), "image") == f"{text}; 4 images show a and b."
    one = make_volumes(np.array(list("aa")), np.array([0, 0]), "test").assign(block=0)
    assert reading_timeline(one) == "1 run of 2 volumes holds 1 block of 1 category."


def test_timeline_shows_one_fold_over_the_blocks():
    """The strips cover the selection's volumes once, those tested and those trained on."""
    volumes = make_timeline()
    tested = (volumes["run"] == 1).to_numpy()
    figure = plot_timeline(volumes, "dark", selected=("cat", "shoe"), tested=tested)
    strips = trace(figure, "tested in this fold")
    assert set(strips.y) == {"1"}
    assert sum(strips.x) == 18
    assert sum(trace(figure, "trained on").x) == 36


@pytest.mark.recordings
@pytest.mark.parametrize("samples", ["volume", "block"])
@pytest.mark.parametrize("cv", ["leave_one_run_out", "shuffled_kfold"])
def test_tested_volumes_are_those_of_the_fold(recordings, cv, samples):
    """Over all folds each selected volume is tested once; a run left out is that run's volumes."""
    subject = load_subject("haxby", "1", recordings / "slice")
    spec = DecodingSpec(subject="1", cv=cv, samples=samples, lag=5.0)
    result = decode.run(subject, spec)
    folds = [volumes_tested(subject, result, fold) for fold in range(len(result.fold_scores))]
    chosen = subject.volumes["condition"].isin(["cat", "face"]).to_numpy()
    np.testing.assert_array_equal(np.sum(folds, axis=0), chosen.astype(int))
    if cv == "leave_one_run_out":
        assert set(subject.volumes["run"][folds[4]]) == {4}


def test_time_series_are_drawn_as_given():
    """Lines hold the chosen volumes of each voxel, blocks are shaded, runs divided."""
    volumes = make_timeline(n_runs=2)
    series = np.random.default_rng(0).normal(size=(len(volumes), 2))
    arguments = {"first": 10, "last": 150, "names": ["voxel 1", "voxel 7"]}
    table = time_series_table(series, volumes, **arguments)
    figure = plot_time_series(table, volumes, "dark", unit="z")
    line = trace(figure, "voxel 7")
    np.testing.assert_array_equal(line.y, series[10:151, 1])
    assert (line.x[0], line.x[-1]) == (10, 150)
    shaded = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(shaded) == volumes["block"].iloc[10:151].loc[lambda b: b >= 0].nunique()
    assert min(shape.x0 for shape in shaded) >= 9.5
    assert max(shape.x1 for shape in shaded) <= 150.5
    (boundary,) = (shape for shape in figure.layout.shapes if shape.type == "line")
    assert boundary.x0 == int((volumes["run"] == 0).sum()) - 0.5
    np.testing.assert_array_equal(table["voxel 7"], series[10:151, 1])
    assert list(table["condition"]) == list(volumes["condition"].iloc[10:151])


def test_time_series_differ_in_dash_as_well_as_colour():
    """Lines can be told apart without colour."""
    volumes = make_timeline(n_runs=1)
    names = [f"voxel {n}" for n in range(5)]
    series = np.zeros((len(volumes), 5))
    table = time_series_table(series, volumes, first=0, last=20, names=names)
    figure = plot_time_series(table, volumes, "light")
    assert len({line.line.dash for line in figure.data}) == 5


def test_time_series_reading_names_the_highest_category():
    """The sentence names the category in which the voxel is highest, among those shown."""
    volumes = make_timeline(n_runs=1)
    series = (volumes["condition"] == "house").to_numpy(dtype=float)[:, None] * 5
    last = len(volumes) - 1
    table = time_series_table(series, volumes, first=0, last=last, names=["voxel 1"])
    text = reading_time_series(table)
    assert text.endswith("highest on average in house blocks (5.00; rest 0.00).")
    assert "all rest" in reading_time_series(table[:4])


def test_shrunk_matrix_is_the_mean_of_neighbours():
    """Cells are means of whole groups, the last one of what remains; a small matrix is kept."""
    X = np.random.default_rng(0).normal(size=(7, 5))
    cells, row_step, column_step = shrink_matrix(X, max_rows=3, max_columns=2)
    assert (row_step, column_step, cells.shape) == (3, 3, (3, 2))
    np.testing.assert_allclose(cells[0, 0], X[:3, :3].mean())
    np.testing.assert_allclose(cells[2, 1], X[6:, 3:].mean())
    np.testing.assert_array_equal(shrink_matrix(X)[0], X)


@pytest.mark.parametrize("shape", [(1452, 577), (96, 40), (1452, 39908), (2, 1)])
def test_masked_matrix_fits_a_screen_and_says_how(shape):
    """The drawn cells are few, span the matrix, and the sentence tells their size."""
    X = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    runs = np.repeat(np.arange(2), shape[0] // 2)
    figure = plot_masked_matrix(X, "light", runs=runs)
    (cells,) = figure.data
    rows, columns = np.shape(cells.z)
    assert rows <= 242
    assert columns <= 300
    assert rows * cells.dy >= shape[0]
    assert columns * cells.dx >= shape[1]
    text = reading_masked_matrix(X, runs)
    assert text.startswith(f"{shape[0]} volumes of 2 runs by {number_text(shape[1], 'voxel')}")
    assert ("mean of" in text) == (cells.dx > 1 or cells.dy > 1)
    (boundary,) = figure.layout.shapes
    assert boundary.y0 == shape[0] / 2 - 0.5


def test_matrix_scale_follows_the_sign():
    """Standardized values have a scale about 0, scanner units one between their ends."""
    X = np.random.default_rng(0).normal(size=(40, 30))
    runs = np.zeros(40, dtype=int)
    (both,) = plot_masked_matrix(X, "light", runs=runs).data
    assert both.zmin == -both.zmax
    (positive,) = plot_masked_matrix(X + 1000, "light", runs=runs).data
    assert 990 < positive.zmin < positive.zmax < 1010


def test_dissimilarities_are_drawn_and_read_without_the_diagonal():
    """The nearest and farthest pair are named; negative crossnobis distances are kept."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(0.2, 0.3, (8, 8))
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 0)
    pairs = {matrix[i, j]: (EIGHT[i], EIGHT[j]) for i, j in combinations(range(8), 2)}
    text = reading_dissimilarity(matrix, EIGHT)
    assert text.startswith(" and ".join(pairs[min(pairs)]) + " are most alike")
    assert " and ".join(pairs[max(pairs)]) + " least" in text
    drawn = np.array(plot_dissimilarity(matrix, EIGHT, "dark").data[0].z)
    assert np.isnan(np.diag(drawn)).all()
    apart = ~np.eye(8, dtype=bool)
    np.testing.assert_array_equal(drawn[apart], matrix[apart])


def test_correlations_count_within_against_between():
    """The sentence counts in how many comparisons within exceeds between, of ordered pairs."""
    matrix = np.array([[0.5, 0.1, 0.6], [0.0, 0.4, -0.2], [0.3, 0.2, 0.3]])
    figure = plot_correlations(matrix, ("a", "b", "c"), "light")
    assert len(figure.layout.shapes) == 3
    text = reading_correlations(matrix, ("a", "b", "c"))
    # 0.5 > 0.1, not 0.6; 0.4 > both; 0.3 > 0.2, not 0.3
    assert text.endswith("within exceeds between in 4 of 6 comparisons.")


def every_figure(theme):
    """Return one figure of each kind."""
    volumes = make_timeline()
    series = np.random.default_rng(0).normal(size=(len(volumes), 1))
    table = time_series_table(series, volumes, first=0, last=50, names=["voxel 1"])
    null = np.random.default_rng(0).integers(80, 140, 100) / 216
    square = np.eye(8)
    return [
        plot_fold_scores(make_result(), theme, null=make_null([0.4, 0.6])),
        plot_confusion(make_result(classes=EIGHT), theme),
        plot_null(make_null(null), 0.7, theme),
        plot_timeline(volumes, theme),
        plot_time_series(table, volumes, theme),
        plot_masked_matrix(series, theme, runs=volumes["run"].to_numpy()),
        plot_dissimilarity(square, EIGHT, theme),
        plot_correlations(square, EIGHT, theme),
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_every_figure_is_quiet_and_has_words(theme):
    """Each is see-through, as wide as its column, has text in the theme's ink, and alt text."""
    for figure in every_figure(theme):
        assert isinstance(figure, go.Figure)
        layout = figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.width is None
        assert layout.height >= 200
        assert layout.font.color == THEMES[theme].text
        assert layout.font.size >= 13
        assert len(alt_text(figure)) > 60
        assert title_of(figure)
        assert layout.yaxis.title.text or layout.meta["title"].startswith("Dissimilarity")
        assert not layout.showlegend or layout.legend.y >= 1
        json.loads(figure.to_json())


def test_hover_is_in_plain_words():
    """A fold's dot says how many of its samples were right, and of which runs."""
    result = make_result()
    words = plot_fold_scores(result, "light").data[-1].customdata
    first = result.folds.iloc[0]
    right = (result.predictions["true"] == result.predictions["predicted"])[
        result.predictions["fold"] == first["fold"]
    ].sum()
    assert words[0] == f"run {first['runs']}: {right} of {first['n_samples']} right"


def test_figures_are_the_same_each_time():
    """The same input gives the same bytes: figures can be cached and compared."""
    for first, second in zip(every_figure("light"), every_figure("light"), strict=True):
        assert first.to_json() == second.to_json()


ODD = ("tone#1", "a*b", "gain_$x$", ":red[x]", "<b>x</b>", "&lt;i&gt;", "%{y:.2f}", "line\nbreak")


def test_names_are_shown_as_they_are():
    """No name is taken for a mark of plotly's: not in ticks, legends, hovers and values of them."""
    result = make_result(classes=ODD)
    volumes = make_volumes(np.array(ODD * 2), np.repeat([1, 2], 8), "test")
    squares = plot_confusion(result, "light")
    bars = plot_timeline(volumes, "light").data
    texts = [
        *squares.layout.xaxis.ticktext,
        *(text.partition(" taken for ")[0] for text in squares.data[1].text[:: len(ODD)]),
        *(bar.customdata[0][0] for bar in bars),
        *(bar.name.partition(" ")[2] for bar in bars),
    ]
    assert not any(mark in text for text in texts for mark in "<{$\n")
    read = [" ".join(name.split()) for name in sorted(ODD)]
    assert [unescape(text) for text in texts] == read * 4
