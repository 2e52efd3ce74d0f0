"""Which category is taken for which: chart, table and reading."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.numbers import list_text, percent_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import (
    FONT_SIZE,
    choosing_squares,
    label_text,
    name_categories,
    new_figure,
)
from decoding.results import DecodingResult

_FULLEST = 0.45
"""How far a cell's colour goes to the accent: the theme's ink keeps 4.5:1 on all of them."""


def plot_confusion(
    result: DecodingResult, theme: ThemeName, *, chosen: tuple[str, str] | None = None
) -> go.Figure:
    """Draw the confusion matrix: rows what was seen, columns what was decoded.

    Each cell carries a square that can be chosen; its ``customdata`` is (true, predicted, count,
    share of the row). The cell `chosen`, a true and a predicted category, is framed.
    """
    colours = THEMES[theme]
    table = confusion_table(result)
    n = len(result.classes)
    names = ", ".join(f"{name} {percent_text(share)}" for name, share in result.recall.items())
    alt = (
        "Confusion matrix, rows what was seen, columns what it was taken for. Share recognised: "
        f"{names}. {reading_confusion(result)}"
    )
    figure = new_figure(
        theme, height=110 + n * (64 if n <= 4 else 44), title="What was taken for what", alt=alt
    )
    shares = table["share"].to_numpy().reshape(n, n)
    figure.add_trace(
        go.Heatmap(
            z=shares, zmin=0, zmax=1, xgap=3, ygap=3, showscale=False, hoverinfo="skip",
            colorscale=[[0, colours.secondary], [1, cell_colour(1.0, theme)]],
        )
    )  # fmt: skip
    figure.add_trace(_confusion_squares(table, n, colours))
    if chosen is not None:
        row, column = (result.classes.index(name) for name in chosen)
        figure.data[1].selectedpoints = [row * n + column]
    name_categories(figure, result.classes, ("taken for", "seen"))
    figure.update_layout(hoverdistance=60, annotations=_confusion_words(table, n, colours))
    return figure


def cell_colour(share: float, theme: ThemeName) -> str:
    """Return the colour of a cell that holds `share` (0 to 1) of its row."""
    colours = THEMES[theme]
    return mix(colours.secondary, colours.primary, _FULLEST * share)


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
    """Say which category is recognised best, or which are, and the most frequent mistake."""
    top = max(result.recall.values())
    best = [name for name, share in result.recall.items() if share == top]
    whose = "its samples" if len(best) == 1 else "the samples of each"
    text = f"Recognised best: {list_text(best)}, {percent_text(top)} of {whose}"
    if 1 < len(best) == len(result.classes):
        text = f"All categories are recognised equally, {percent_text(top)} of {whose}"
    wrong = confusion_table(result)
    wrong = wrong[wrong["true"] != wrong["predicted"]]
    worst = wrong.iloc[int(wrong["count"].to_numpy().argmax())]
    if worst["count"] == 0:
        return f"{text}; no sample is mistaken."
    return (
        f"{text}; the most frequent mistake is {worst['true']} taken for {worst['predicted']}, "
        f"{percent_text(worst['share'])}."
    )


def _confusion_squares(table: pd.DataFrame, n: int, colours: Theme) -> go.Scatter:
    pairs = zip(table["true"], table["predicted"], strict=True)
    return choosing_squares(
        list(np.ndindex(n, n)),
        n,
        colours,
        customdata=table.to_numpy(dtype=object),
        text=[f"{label_text(true)} taken for {label_text(predicted)}" for true, predicted in pairs],
        hovertemplate="%{customdata[2]} samples of %{text} (%{customdata[3]:.0%})<extra></extra>",
    )


def _confusion_words(table: pd.DataFrame, n: int, colours: Theme) -> list[dict[str, Any]]:
    """Return what stands in the cells, as annotations: a selection fades the text of a trace."""
    size = FONT_SIZE + 1 if n <= 4 else 12
    words = []
    for place, (count, share) in enumerate(zip(table["count"], table["share"], strict=True)):
        percent = percent_text(share).replace(" ", "")
        part = f"<br><span style='font-size:{size - 2}px'>{percent}</span>"
        words.append(
            {
                "x": place % n,
                "y": place // n,
                "text": f"<b>{count}</b>{part}" if count else "0",
                "font": {"size": size, "color": colours.text},
                "showarrow": False,
            }
        )
    return words
