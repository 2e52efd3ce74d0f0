"""The scores of relabelled data beside the observed one: chart, table and reading."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.null import SCORE_TOLERANCE
from decoding.numbers import score_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import draw_shapes, line_at, new_figure, score_title


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
    lines = [
        line_at("x", percentile, colours.text, dash="dash"),
        line_at("x", observed, colours.primary, width=2.5),
    ]
    if chance is not None:
        lines.insert(0, line_at("x", chance, colours.muted, dash="dot"))
    draw_shapes(figure, lines)
    span = _null_span(table, observed)
    _label_null(figure, percentile, observed, span, colours)
    title = "mean accuracy" if chance is None else score_title(chance)
    _style_null_axes(figure, span, title, colours)
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
    reached = int((scores >= observed - SCORE_TOLERANCE).sum())
    return (
        f"Relabelled data score {score_text(scores.mean())} on average, their one-sided 5 % point "
        f"is {score_text(np.quantile(scores, 0.95))}; {reached} of {len(scores)} "
        f"relabellings reach the observed {score_text(observed)}."
    )


def alt_null(null_scores: np.ndarray, observed: float) -> str:
    """Describe the chart for those who cannot see it."""
    return f"Histogram of the scores of relabelled data. {reading_null(null_scores, observed)}"


def _label_null(
    figure: go.Figure, percentile: float, observed: float, span: tuple[float, float], colours: Theme
) -> None:
    """Write the two lines' names above the bars, the observed one higher."""
    labels = (
        (f"<b>observed {score_text(observed)}</b>", observed, colours.primary, 20),
        (f"one-sided 5 % point {score_text(percentile)}", percentile, colours.text, 2),
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


def _style_null_axes(
    figure: go.Figure, span: tuple[float, float], title: str, colours: Theme
) -> None:
    figure.update_layout(margin={"t": 46}, bargap=0)
    figure.update_xaxes(range=list(span), title_text=title, tickformat=".2f", nticks=8)
    figure.update_yaxes(
        title_text="relabellings",
        nticks=4,
        showgrid=True,
        gridcolor=mix(colours.background, colours.border, 0.6),
    )
