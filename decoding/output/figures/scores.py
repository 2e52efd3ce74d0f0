"""The score of each fold against chance: chart, table and reading."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.null import SCORE_TOLERANCE, Null
from decoding.numbers import number_text, score_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import (
    band_between,
    draw_shapes,
    faint_grid,
    line_at,
    margin_label,
    new_figure,
    score_mark,
    spread_labels,
    strike,
)
from decoding.output.states import is_wrong
from decoding.output.text.wording import NO_COMPARISON, baseline_of
from decoding.results import DecodingResult

SCORE_HEIGHT = 300
_SCORE_RANGE = (-0.04, 1.06)
_LABEL_GAP = 18.0
_MANY_FOLDS = 24


class _Line(NamedTuple):
    text: str
    score: float
    colour: str
    width: float
    dash: str


def plot_fold_scores(
    result: DecodingResult,
    theme: ThemeName,
    *,
    null: Null | None = None,
    reference: DecodingResult | None = None,
) -> go.Figure:
    """Draw the accuracy of each fold as a dot, with the mean and what it is read against as lines.

    Where categories are unequal, the share of the largest is a line too. In the band of a `null` of
    the mean score 95 % of shuffled labels lie; a `reference`, another result, is a dashed line,
    with hollow dots where its folds can stand over those of the same runs.
    """
    colours = THEMES[theme]
    figure = new_figure(
        theme,
        height=SCORE_HEIGHT,
        title="Accuracy of each fold",
        alt=alt_fold_scores(result, null, reference),
    )
    table = fold_scores_table(result)
    if reference is not None and (places := _reference_places(reference, table)):
        figure.add_trace(_reference_dots(reference, places, len(table), colours))
    figure.add_trace(
        _fold_dots(table, colours, wrong=is_wrong(result.spec, circular=result.circular))
    )
    _draw_lines(figure, _lines(result, reference, null, colours), null, colours)
    n, title = len(table), "Run held out" if (table["label"] == table["runs"]).all() else "Fold"
    figure.update_layout(margin={"r": 112})
    figure.update_yaxes(
        faint_grid(colours),
        title_text="accuracy",
        range=list(_SCORE_RANGE),
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".2f",
    )
    figure.update_xaxes(range=[0.4, n + 0.6], title_text="" if n <= 2 else title)
    if n <= _MANY_FOLDS:
        figure.update_xaxes(tickvals=table["fold"], ticktext=table["label"], tickangle=0)
    else:
        figure.update_xaxes(nticks=8)
    return figure


def fold_scores_table(result: DecodingResult) -> pd.DataFrame:
    """Return one row a fold: ``fold`` (from 1), ``runs``, ``label``, ``n_samples``, the scores.

    ``label`` is the run where each fold tests one run, else the fold's number, or its runs where
    there are at most two folds.
    """
    table = result.folds.copy()
    runs = table["runs"].to_numpy(dtype=object).astype(str)
    if tests_single_runs(result):
        labels = runs
    elif len(table) <= 2:
        n_runs = result.predictions["run"].nunique()
        labels = np.array([_name_runs(text, n_runs) for text in runs])
    else:
        labels = table["fold"].to_numpy().astype(str)
    table.insert(2, "label", labels)
    return table


def tests_single_runs(result: DecodingResult) -> bool:
    """Return whether each fold tests one run and no run is tested twice."""
    runs = result.folds["runs"]
    return bool(runs.str.fullmatch(r"\d+").all() and runs.is_unique)


def reading_fold_scores(result: DecodingResult, null: Null | None = None) -> str:
    """Say how many folds exceed what they are read against, and the mean.

    What that is, `baseline_of` says; it may be nothing.
    """
    n, mean = len(result.fold_scores), score_text(result.accuracy)
    baseline = baseline_of(result, null)
    if baseline is None:
        return f"The mean of {number_text(n, 'fold')} is {mean}; {NO_COMPARISON}."
    means, by_run = f"{mean} against {score_text(baseline[0])}", baseline[1] == "chance"
    ending = "." if by_run else f"; {NO_COMPARISON}."
    if n == 1:
        return f"The score is {means}{ending}"
    above = int((np.asarray(result.fold_scores) > baseline[0] + SCORE_TOLERANCE).sum())
    what = "runs" if tests_single_runs(result) else "folds"
    than = "chance" if by_run else "what shuffled labels score on average"
    verb = "is" if above == 1 else "are"
    return f"{above} of {n} {what} {verb} above {than}; the mean is {means}{ending}"


def alt_fold_scores(
    result: DecodingResult, null: Null | None = None, reference: DecodingResult | None = None
) -> str:
    """Describe the chart for those who cannot see it."""
    scores = result.fold_scores
    text = f"Accuracy of {number_text(len(scores), 'fold')}, each a dot"
    if len(scores) <= _MANY_FOLDS:
        text += f": {', '.join(score_text(score) for score in scores)}"
    else:
        text += f", from {score_text(min(scores))} to {score_text(max(scores))}"
    text += f". {reading_fold_scores(result, null)}"
    return f"{text}{reading_reference(result, reference)}"


def reading_reference(result: DecodingResult, reference: DecodingResult | None) -> str:
    """Say how a reference is drawn over a result, as a sentence more; empty without one."""
    if reference is None:
        return ""
    dots = _reference_places(reference, fold_scores_table(result))
    drawn = "Hollow dots" if dots else "Dashed line"
    return f" {drawn}: the pinned result, mean {score_text(reference.accuracy)}."


def _name_runs(text: str, n_runs: int) -> str:
    names = text.split(", ")
    if len(names) == n_runs:
        return "all runs"
    return f"run{'s' if len(names) > 1 else ''}<br>{' '.join(names)}"


def _lines(
    result: DecodingResult, reference: DecodingResult | None, null: Null | None, colours: Theme
) -> list[_Line]:
    """Return what folds are read against, and their mean."""
    wrong = is_wrong(result.spec, circular=result.circular)
    mean = strike(f"mean {score_text(result.accuracy)}", wrong)
    ink = colours.warm if wrong else colours.primary
    lines = [_Line(mean, result.accuracy, ink, 1.5, "solid")]
    if baseline := baseline_of(result, null):
        score, name = baseline
        lines.insert(0, _Line(f"{name} {score_text(score)}", score, colours.muted, 1.8, "dot"))
    if result.majority > result.chance + SCORE_TOLERANCE:  # guessing the largest beats 1/K
        text = f"majority {score_text(result.majority)}"
        lines.append(_Line(text, result.majority, colours.muted, 1.2, "dashdot"))
    if reference is not None:
        text = f"pinned {score_text(reference.accuracy)}"
        lines.append(_Line(text, reference.accuracy, colours.text, 1.5, "dash"))
    return lines


def _draw_lines(figure: go.Figure, lines: list[_Line], null: Null | None, colours: Theme) -> None:
    """Draw the lines below the dots, over the band of shuffled labels, and name them all."""
    shapes = [
        {**line_at("y", score, colour, width=width, dash=dash), "layer": "below"}
        for _, score, colour, width, dash in lines
    ]
    labels = [line[:3] for line in lines]
    if null is not None:
        fill = mix(colours.background, colours.border, 0.55)
        shapes.insert(0, band_between("y", *null.band, fill))
        if not any(line.text.startswith("shuffled") for line in lines):
            labels.append(("shuffled labels", null.band[0], colours.muted))
    draw_shapes(figure, shapes)
    pixels = (SCORE_HEIGHT - 60) / (_SCORE_RANGE[1] - _SCORE_RANGE[0])
    shifts = spread_labels([y * pixels for _, y, _ in labels], _LABEL_GAP)
    for (text, y, colour), shift in zip(labels, shifts, strict=True):
        margin_label(figure, text, y, colour, shift=shift)


def _fold_dots(table: pd.DataFrame, colours: Theme, *, wrong: bool) -> go.Scatter:
    return go.Scatter(
        x=table["fold"],
        y=table["accuracy"],
        mode="markers",
        name="score",
        marker=score_mark(_dot_size(len(table)), wrong, colours),
        customdata=_hover_words(table),
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )


def _reference_places(reference: DecodingResult, table: pd.DataFrame) -> list[float]:
    """Return where each fold of the reference stands: over the fold of the same runs.

    Over a single fold of all runs they stand side by side. Empty where neither can be: a dot over
    another fold would be taken for a score of that one.
    """
    other = reference.folds["runs"]
    places = dict(zip(table["runs"], table["fold"], strict=True))
    if len(places) == len(table) and set(other) <= set(places):
        return [float(places[runs]) for runs in other]
    return list(np.linspace(0.7, 1.3, len(other))) if len(table) == 1 else []


def _reference_dots(
    reference: DecodingResult, places: list[float], n_folds: int, colours: Theme
) -> go.Scatter:
    other = fold_scores_table(reference)
    return go.Scatter(
        x=places,
        y=other["accuracy"],
        mode="markers",
        name="reference",
        marker={
            "size": _dot_size(n_folds) + 3,
            "symbol": "circle-open",
            "color": colours.text,
            "line": {"width": 1.4},
        },
        customdata=_hover_words(other),
        hovertemplate="pinned, %{customdata}<extra></extra>",
        cliponaxis=False,
    )


def _hover_words(table: pd.DataFrame) -> list[str]:
    """Return what each fold tested, and how much of it was right: run 3: 16 of 18 right."""
    return [
        f"run{'s' if ',' in row['runs'] else ''} {row['runs']}: "
        f"{round(row['accuracy'] * row['n_samples'])} of {row['n_samples']} right"
        for row in table.to_dict("records")
    ]


def _dot_size(n_folds: int) -> int:
    return 12 if n_folds <= _MANY_FOLDS else 8
