"""Charts of a decoding: score per fold, confusion, null; with their tables and readings."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.output.chart import FONT_SIZE, margin_label, new_figure, spread_labels
from decoding.output.colours import THEMES, Theme, ThemeName, contrast, ink_on, mix
from decoding.results import DecodingResult

SCORE_HEIGHT = 300
_SCORE_RANGE = (-0.04, 1.06)
_LABEL_GAP = 18.0
_MANY_FOLDS = 24


def plot_fold_scores(
    result: DecodingResult,
    theme: ThemeName,
    *,
    null_band: tuple[float, float] | None = None,
    reference: DecodingResult | None = None,
) -> go.Figure:
    """Draw the accuracy of each fold as a dot, with chance and the mean as lines.

    Parameters
    ----------
    result : DecodingResult
    theme : {"light", "dark"}
    null_band : (float, float), optional
        Between which 95 % of the mean scores of relabelled data lie.
    reference : DecodingResult, optional
        Another result, drawn as hollow dots.
    """
    colours = THEMES[theme]
    figure = new_figure(theme, height=SCORE_HEIGHT, alt=alt_fold_scores(result, reference))
    table = fold_scores_table(result)
    if null_band is not None:
        figure.add_hrect(
            y0=null_band[0], y1=null_band[1], fillcolor=colours.border, opacity=0.55, line_width=0,
            layer="below",
        )  # fmt: skip
    _add_line(figure, result.chance, colours.muted, "dot")
    _add_line(figure, result.accuracy, colours.primary, "solid")
    if reference is not None:
        _add_line(figure, reference.accuracy, colours.text, "dash")
        figure.add_trace(_reference_dots(reference, table, colours))
    figure.add_trace(_fold_dots(table, colours))
    _label_lines(figure, result, reference, null_band, colours)
    _style_score_axes(figure, table, colours)
    return figure


def fold_scores_table(result: DecodingResult) -> pd.DataFrame:
    """Return one row a fold: ``fold`` (from 1), ``runs``, ``label``, ``n_samples``, the scores.

    ``label`` is the run where each fold tests one run, else the fold's number, or its runs where
    there are at most two folds.
    """
    table = result.folds.copy()
    table["fold"] = np.arange(1, len(table) + 1)
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


def reading_fold_scores(result: DecodingResult) -> str:
    """Say in a sentence how many folds exceed chance, and the mean."""
    n = len(result.fold_scores)
    mean = f"{result.accuracy:.2f} against {chance_text(result.chance)}"
    if n == 1:
        return f"The score is {mean}."
    what = "runs" if tests_single_runs(result) else "folds"
    above = result.n_folds_above_chance
    return (
        f"{above} of {n} {what} {'is' if above == 1 else 'are'} above chance; the mean is {mean}."
    )


def chance_text(chance: float) -> str:
    """Write 1/K with two decimals, or three where two would mislead (0.125)."""
    return f"{chance:.2f}" if abs(round(chance, 2) - chance) < 0.004 else f"{chance:.3f}"


def alt_fold_scores(result: DecodingResult, reference: DecodingResult | None = None) -> str:
    """Describe the chart for those who cannot see it."""
    scores = result.fold_scores
    text = f"Accuracy of each of {len(scores)} folds as a dot"
    if len(scores) <= _MANY_FOLDS:
        text += f": {', '.join(f'{score:.2f}' for score in scores)}"
    else:
        text += f", from {min(scores):.2f} to {max(scores):.2f}"
    text += f". {reading_fold_scores(result)}"
    if reference is not None:
        text += f" Hollow dots: the pinned result, mean {reference.accuracy:.2f}."
    return text


def _name_runs(text: str, n_runs: int) -> str:
    names = text.split(", ")
    if len(names) == n_runs:
        return "all runs"
    return f"run{'s' if len(names) > 1 else ''}<br>{' '.join(names)}"


def _add_line(figure: go.Figure, y: float, colour: str, dash: str) -> None:
    width = 1.8 if dash == "dot" else 1.5
    figure.add_hline(y=y, line={"color": colour, "width": width, "dash": dash}, layer="below")


def _fold_dots(table: pd.DataFrame, colours: Theme) -> go.Scatter:
    return go.Scatter(
        x=table["fold"],
        y=table["accuracy"],
        mode="markers",
        name="score",
        marker={
            "size": _dot_size(len(table)),
            "color": colours.primary,
            "line": {"color": colours.background, "width": 1.5},
        },
        customdata=table[["runs", "n_samples"]].to_numpy(dtype=object),
        hovertemplate="run %{customdata[0]}: %{y:.3f} of %{customdata[1]} samples<extra></extra>",
        cliponaxis=False,
    )


def _reference_dots(reference: DecodingResult, table: pd.DataFrame, colours: Theme) -> go.Scatter:
    """Put each fold of the reference over the fold of the same runs, else evenly."""
    other = fold_scores_table(reference)
    places = dict(zip(table["runs"], table["fold"], strict=True))
    if len(places) == len(table) and set(other["runs"]) <= set(places):
        x = [places[runs] for runs in other["runs"]]
    elif len(other) == 1:
        x = [(1 + len(table)) / 2]
    else:
        x = list(np.linspace(1, len(table), len(other)))
    return go.Scatter(
        x=x,
        y=other["accuracy"],
        mode="markers",
        name="reference",
        marker={
            "size": _dot_size(len(table)) + 3,
            "symbol": "circle-open",
            "color": colours.text,
            "line": {"width": 1.4},
        },
        customdata=other[["runs"]].to_numpy(dtype=object),
        hovertemplate="pinned, run %{customdata[0]}: %{y:.3f}<extra></extra>",
        cliponaxis=False,
    )


def _dot_size(n_folds: int) -> int:
    return 12 if n_folds <= _MANY_FOLDS else 8


def _label_lines(
    figure: go.Figure,
    result: DecodingResult,
    reference: DecodingResult | None,
    null_band: tuple[float, float] | None,
    colours: Theme,
) -> None:
    labels = [(f"chance {chance_text(result.chance)}", result.chance, colours.muted)]
    labels.append((f"<b>mean {result.accuracy:.2f}</b>", result.accuracy, colours.primary))
    if reference is not None:
        text = f"pinned {reference.accuracy:.2f}"
        labels.append((text, reference.accuracy, colours.text))
    if null_band is not None:
        labels.append(("95 % of<br>relabelled", null_band[0], colours.muted))
    pixels = (SCORE_HEIGHT - 60) / (_SCORE_RANGE[1] - _SCORE_RANGE[0])
    shifts = spread_labels([y * pixels for _, y, _ in labels], _LABEL_GAP)
    for (text, y, colour), shift in zip(labels, shifts, strict=True):
        margin_label(figure, text, y, colour, shift=shift)


def _style_score_axes(figure: go.Figure, table: pd.DataFrame, colours: Theme) -> None:
    n = len(table)
    title = "Run held out" if (table["label"] == table["runs"]).all() else "Fold"
    figure.update_layout(margin={"r": 96})
    figure.update_yaxes(
        range=list(_SCORE_RANGE),
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".2f",
        showgrid=True,
        gridcolor=mix(colours.background, colours.border, 0.6),
    )
    figure.update_xaxes(range=[0.4, n + 0.6], title_text="" if n <= 2 else title)
    if n <= _MANY_FOLDS:
        figure.update_xaxes(tickvals=table["fold"], ticktext=table["label"], tickangle=0)
    else:
        figure.update_xaxes(nticks=8)


def plot_confusion(result: DecodingResult, theme: ThemeName) -> go.Figure:
    """Draw the confusion matrix: rows what was seen, columns what was decoded.

    Each cell carries a square that can be chosen; its ``customdata`` is (true, predicted, count,
    share of the row).
    """
    colours = THEMES[theme]
    table = confusion_table(result)
    n = len(result.classes)
    figure = new_figure(theme, height=110 + n * (64 if n <= 4 else 44), alt=alt_confusion(result))
    shares = table["share"].to_numpy().reshape(n, n)
    figure.add_trace(
        go.Heatmap(
            z=shares, zmin=0, zmax=1, xgap=3, ygap=3, showscale=False, hoverinfo="skip",
            colorscale=[[0, colours.secondary], [1, colours.primary]],
        )
    )  # fmt: skip
    figure.add_trace(_confusion_squares(table, n, colours))
    _style_category_axes(figure, list(result.classes))
    figure.update_layout(hoverdistance=60)
    return figure


def confusion_table(result: DecodingResult) -> pd.DataFrame:
    """Return one row a cell, row by row: ``true``, ``predicted``, ``count``, ``share`` (of row)."""
    counts = result.confusion.to_numpy()
    n = len(result.classes)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    return pd.DataFrame(
        {
            "true": np.repeat(result.classes, n),
            "predicted": np.tile(result.classes, n),
            "count": counts.ravel(),
            "share": shares.ravel(),
        }
    )


def reading_confusion(result: DecodingResult) -> str:
    """Say which category is recognised best, and the most frequent mistake."""
    best = max(result.recall, key=lambda name: result.recall[name])
    text = f"{best} is recognised best ({result.recall[best]:.0%} of its samples)"
    wrong = confusion_table(result)
    wrong = wrong[wrong["true"] != wrong["predicted"]]
    worst = wrong.iloc[int(wrong["count"].to_numpy().argmax())]
    if worst["count"] == 0:
        return f"{text}; no sample is mistaken."
    return (
        f"{text}; the most frequent mistake is {worst['true']} taken for {worst['predicted']} "
        f"({worst['share']:.0%})."
    )


def alt_confusion(result: DecodingResult) -> str:
    """Describe the chart for those who cannot see it."""
    names = ", ".join(f"{name} {share:.0%}" for name, share in result.recall.items())
    return (
        "Confusion matrix, rows what was seen, columns what was decoded. Share recognised: "
        f"{names}. {reading_confusion(result)}"
    )


def _confusion_squares(table: pd.DataFrame, n: int, colours: Theme) -> go.Scatter:
    fills = [mix(colours.secondary, colours.primary, share) for share in table["share"]]
    size = FONT_SIZE + 1 if n <= 4 else 12
    small = size - 2
    texts = [
        f"<b>{count}</b><br><span style='font-size:{small}px'>{share:.0%}</span>"
        for count, share in zip(table["count"], table["share"], strict=True)
    ]
    empty = table["count"].to_numpy() == 0
    inks = [
        colours.muted if none and contrast(colours.muted, fill) >= 4.5 else ink_on(fill)
        for fill, none in zip(fills, empty, strict=True)
    ]
    return go.Scatter(
        x=np.tile(np.arange(n), n),
        y=np.repeat(np.arange(n), n),
        mode="markers+text",
        marker={
            "symbol": "square-open",
            "size": 40 if n <= 4 else 30,
            "opacity": 0,
            "color": colours.text,
            "line": {"width": 2},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        text=["0" if none else text for text, none in zip(texts, empty, strict=True)],
        textfont={"color": inks, "size": size},
        customdata=table.to_numpy(dtype=object),
        hovertemplate="%{customdata[2]} samples of %{customdata[0]} decoded as %{customdata[1]} "
        "(%{customdata[3]:.0%})<extra></extra>",
    )


def _style_category_axes(figure: go.Figure, names: list[str]) -> None:
    places = list(range(len(names)))
    figure.update_xaxes(
        tickvals=places, ticktext=names, side="top", range=[-0.5, len(names) - 0.5],
        title_text="decoded as", autotickangles=[0, -45, -90],
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[len(names) - 0.5, -0.5], title_text="seen",
    )  # fmt: skip


def plot_null(
    null_scores: np.ndarray, observed: float, theme: ThemeName, *, chance: float | None = None
) -> go.Figure:
    """Draw how often relabelled data reach each score, and where the observed one lies.

    Parameters
    ----------
    null_scores : ndarray, shape (n_relabellings,)
        Mean scores, in 0 to 1.
    observed : float
    theme : {"light", "dark"}
    chance : float, optional
        Marked by a dotted line.
    """
    colours = THEMES[theme]
    table = null_table(null_scores)
    percentile = float(np.quantile(null_scores, 0.95))
    figure = new_figure(theme, height=280, alt=alt_null(null_scores, observed))
    figure.add_trace(
        go.Bar(
            x=(table["low"] + table["high"]) / 2,
            y=table["count"],
            width=table["high"] - table["low"],
            marker={
                "color": mix(colours.background, colours.muted, 0.6),
                "line": {"color": colours.background, "width": 1},
            },
            customdata=table[["low", "high"]],
            hovertemplate="%{y} relabellings score %{customdata[0]:.3f} to %{customdata[1]:.3f}"
            "<extra></extra>",
        )
    )
    if chance is not None:
        figure.add_vline(x=chance, line={"color": colours.muted, "width": 1.2, "dash": "dot"})
    figure.add_vline(x=percentile, line={"color": colours.text, "width": 1.2, "dash": "dash"})
    figure.add_vline(x=observed, line={"color": colours.primary, "width": 2.5})
    span = _null_span(table, observed)
    _label_null(figure, percentile, observed, span, colours)
    _style_null_axes(figure, span, colours)
    return figure


def null_table(null_scores: np.ndarray) -> pd.DataFrame:
    """Return the histogram: ``low``, ``high`` (of each bin), ``count``; all scores are counted.

    Scores lie on a lattice of steps; bins are whole numbers of steps, so that none is empty by
    its place alone.
    """
    scores = np.round(np.asarray(null_scores, dtype=float), 9)
    levels = np.unique(scores)
    step = float(np.diff(levels).min()) if len(levels) > 1 else 0.02
    low, high = levels[0] - step / 2, levels[-1] + step / 2
    width = step * max(1, int(np.ceil((high - low) / 36 / step)))
    n_bins = max(1, int(np.ceil((high - low) / width - 1e-6)))
    edges = low + width * np.arange(n_bins + 1)
    counts, _ = np.histogram(scores, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})


def reading_null(null_scores: np.ndarray, observed: float) -> str:
    """Say where the null lies, and how many relabellings reach the observed score."""
    scores = np.asarray(null_scores)
    reached = int((scores >= observed - 1e-9).sum())
    return (
        f"Relabelled data score {scores.mean():.2f} on average and below "
        f"{np.quantile(scores, 0.95):.2f} in 95 % of cases; {reached} of {len(scores)} "
        f"relabellings reach the observed {observed:.2f}."
    )


def alt_null(null_scores: np.ndarray, observed: float) -> str:
    """Describe the chart for those who cannot see it."""
    return f"Histogram of the scores of relabelled data. {reading_null(null_scores, observed)}"


def _label_null(
    figure: go.Figure, percentile: float, observed: float, span: tuple[float, float], colours: Theme
) -> None:
    """Write the two lines' names above the bars, the observed one higher."""
    labels = (
        (f"<b>observed {observed:.2f}</b>", observed, colours.primary, 20),
        (f"95 % below {percentile:.2f}", percentile, colours.text, 2),
    )
    for text, x, colour, height in labels:
        to_the_left = x > sum(span) / 2
        figure.add_annotation(
            text=text,
            x=x,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=height,
            showarrow=False,
            xanchor="right" if to_the_left else "left",
            font={"size": 13, "color": colour},
        )


def _null_span(table: pd.DataFrame, observed: float) -> tuple[float, float]:
    low = min(float(table["low"].iloc[0]), observed)
    high = max(float(table["high"].iloc[-1]), observed)
    room = 0.04 * (high - low)
    return low - room, high + room


def _style_null_axes(figure: go.Figure, span: tuple[float, float], colours: Theme) -> None:
    figure.update_layout(margin={"t": 46}, bargap=0)
    figure.update_xaxes(range=list(span), title_text="mean accuracy", tickformat=".2f", nticks=8)
    figure.update_yaxes(
        title_text="relabellings",
        nticks=4,
        showgrid=True,
        gridcolor=mix(colours.background, colours.border, 0.6),
    )
