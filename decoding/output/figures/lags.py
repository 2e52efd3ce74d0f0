"""Scores against lag, and of one time by a model of another: charts and readings."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.timecourse.result import ScoreCurve
from decoding.null import ALPHA, SCORE_TOLERANCE
from decoding.numbers import p_text, score_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import (
    chance_lines,
    colour_bar,
    diverging_scale,
    draw_shapes,
    legend_above,
    line_at,
    new_figure,
    score_mark,
    score_title,
)
from decoding.output.text.wording import NO_COMPARISON


def plot_lags(
    curve: ScoreCurve,
    theme: ThemeName,
    *,
    chance: float | None,
    current: float | None = None,
    wrong: bool = False,
) -> go.Figure:
    """Draw the score at each lag over the band of shuffled labels; the best is ringed.

    A line marks the `current` lag in seconds, the selection's own; chance is a dotted one where
    scores may be read against it. `wrong` scores are crosses.
    """
    colours = THEMES[theme]
    alt = f"Accuracy against lag over the band of shuffled labels. {reading_lags(curve)}"
    figure = new_figure(theme, height=330, title="Accuracy at each lag", alt=alt)
    draw_curve(figure, curve, colours, wrong=wrong)
    best = curve.at(curve.best)
    ring = {"symbol": "circle-open", "size": 17, "color": colours.warm, "line": {"width": 2}}
    figure.add_trace(
        go.Scatter(
            x=[best["seconds"]],
            y=[best["accuracy"]],
            mode="markers+text",
            text=[f"<b>{best['seconds']:g} s</b>"],
            textposition="top center",
            textfont={"color": colours.warm},
            name="highest, chosen by its score",
            marker=ring,
            hoverinfo="skip",
        )
    )
    lines = chance_lines("y", chance, colours)
    if current is not None:
        lines.append(line_at("x", current, colours.border, width=1.5))
    draw_shapes(figure, lines)
    style_time(figure, curve.table["seconds"], "lag between label and volume (s)")
    figure.update_yaxes(
        title_text=score_title(chance, "<br>"),
        tickformat=".2f",
        nticks=6,
        range=_room_for_a_label(curve),
    )
    return figure


def _room_for_a_label(curve: ScoreCurve) -> list[float]:
    """Return the ends of the score axis: above the highest there is room for its name."""
    values = curve.table[["accuracy", "low", "high"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = max(high - low, 0.05)
    return [low - 0.06 * room, high + 0.18 * room]


def reading_lags(curve: ScoreCurve) -> str:
    """Say which lag scores highest, with the p-value that counts the choice, and lag 0."""
    best = curve.at(curve.best)
    text = (
        f"Highest at a lag of {best['seconds']:g} s: {score_text(best['accuracy'])}, p "
        f"{p_text(best['p_corrected'])} with the choice among {len(curve.steps)} lags counted"
    )
    if 0 not in curve.steps or curve.best == 0:
        return f"{text}."
    return f"{text}; without a lag {score_text(curve.at(0)['accuracy'])}."


def seconds_above(curve: ScoreCurve) -> list[float]:
    """Return the seconds at which a curve lies above its band; none where no p is small enough."""
    if curve.null.smallest_p > ALPHA:
        return []
    table = curve.table
    above = table["accuracy"] > table["high"] + SCORE_TOLERANCE
    return [float(seconds) for seconds in table.loc[above, "seconds"]]


def plot_generalization(
    table: pd.DataFrame, t_r: float, theme: ThemeName, *, chance: float | None
) -> go.Figure:
    """Draw the score of each pair of positions, trained (rows) and tested (columns).

    The table is `TimecourseResult.generalization_table`, positions in volumes of `t_r` seconds;
    chance is the middle of the colours where scores may be read against it.
    """
    colours = THEMES[theme]
    values = table.to_numpy(dtype=float)
    low, high, scale = _score_scale(values, chance, colours)
    alt = (
        "Heat map of accuracy, rows the position trained on, columns the position tested on. "
        f"{reading_generalization(table, t_r, chance)}"
    )
    figure = new_figure(theme, height=430, title="Trained at one time, tested at another", alt=alt)
    seconds = table.index.to_numpy() * t_r
    figure.add_trace(
        go.Heatmap(
            z=values, x=seconds, y=seconds, zmin=low, zmax=high, hoverongaps=False,
            colorscale=scale,
            hovertemplate="trained at %{y:g} s, tested at %{x:g} s: %{z:.3f}<extra></extra>",
            colorbar={**colour_bar("mean accuracy", colours, 5), "tickformat": ".2f"},
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=seconds,
            y=seconds,
            mode="lines",
            line={"color": colours.text, "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title_text="tested at (s from onset)", nticks=9)
    figure.update_yaxes(title_text="trained at (s from onset)", nticks=9)
    return figure


def _score_scale(
    values: np.ndarray, chance: float | None, colours: Theme
) -> tuple[float, float, list[tuple[float, str]]]:
    """Return both ends and a scale: diverging about chance, from faint to strong without it."""
    if chance is None:
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        return low, max(high, low + 0.01), [(0.0, colours.background), (1.0, colours.primary)]
    reach = float(np.nanmax(np.abs(values - chance), initial=0.01))
    return chance - reach, chance + reach, diverging_scale(colours)


def reading_generalization(table: pd.DataFrame, t_r: float, chance: float | None) -> str:
    """Say what the colours mean, and which pair of different positions scores highest."""
    apart = table.to_numpy(dtype=float).copy()
    np.fill_diagonal(apart, np.nan)
    if np.isnan(apart).all():
        return "No pair of different positions can be scored."
    seconds = table.index.to_numpy(dtype=float) * t_r
    colours = f"The stronger the colour, the higher the score; {NO_COMPARISON}."
    if chance is not None:
        colours = f"Warm colours lie above chance ({score_text(chance)}), cool ones below."
    row, column = divmod(int(np.nanargmax(apart)), apart.shape[1])
    return (
        "A square of high scores means that one pattern lasts, a thin diagonal that it changes. "
        f"{colours} Away from the diagonal the highest score is "
        f"{score_text(apart[row, column])}, trained {seconds[row]:g} s and tested "
        f"{seconds[column]:g} s from onset. That is the best of "
        f"{int((~np.isnan(apart)).sum())} cells, without a test."
    )


def draw_curve(
    figure: go.Figure, curve: ScoreCurve, colours: Theme, *, wrong: bool, yaxis: str = "y"
) -> None:
    """Draw a curve with a mark at each step over the band of its null."""
    mark = score_mark(7, wrong, colours)
    table = curve.table
    edge = {"width": 0, "color": colours.muted}
    band = {"x": table["seconds"], "mode": "lines", "line": edge, "hoverinfo": "skip"}
    fill = mix(colours.background, colours.muted, 0.3)
    figure.add_trace(go.Scatter(y=table["low"], yaxis=yaxis, showlegend=False, **band))
    figure.add_trace(
        go.Scatter(
            y=table["high"],
            yaxis=yaxis,
            name="95 % of curves of shuffled labels",
            fill="tonexty",
            fillcolor=fill,
            **band,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=table["seconds"],
            y=table["accuracy"],
            yaxis=yaxis,
            mode="lines+markers",
            name="accuracy",
            line={"color": mark["color"], "width": 2.2, "dash": "dot" if wrong else "solid"},
            marker=mark,
            customdata=table.assign(p=table["p_value"].map(p_text))[["volumes", "p", "n_samples"]],
            hovertemplate="at %{x:g} s (%{customdata[0]:+d} volumes): %{y:.3f}, p = "
            "%{customdata[1]} alone, from %{customdata[2]} samples<extra></extra>",
        )
    )


def style_time(figure: go.Figure, seconds: pd.Series, title: str) -> None:
    """Let the x axis run over `seconds` with a little room, the legend over it."""
    room = 0.03 * float(seconds.max() - seconds.min())
    figure.update_layout(
        showlegend=True,
        legend=legend_above(),
        margin={"t": 16},
    )
    figure.update_xaxes(
        range=[float(seconds.min()) - room, float(seconds.max()) + room],
        title_text=title,
        nticks=10,
    )
