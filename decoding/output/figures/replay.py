"""A held-out run scan by scan: what was shown above what was decoded, and each decision."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.replay import ReplayResult
from decoding.numbers import list_text
from decoding.output.colours import (
    THEMES,
    CategoryStyle,
    Theme,
    ThemeName,
    category_styles,
    ink_on,
    mix,
)
from decoding.output.figures.chart import (
    axis_style,
    draw_shapes,
    label_text,
    legend_above,
    line_at,
    new_figure,
)
from decoding.output.text.replay import FEW, reading_replay

_BAR = 0.8
_MOST_MARKS = 12
_ROWS = ("decoded", "shown")


def plot_replay(result: ReplayResult, theme: ThemeName, names: Sequence[str]) -> go.Figure:
    """Draw two rows of blocks, shown above decoded, and the decision of each category below.

    All categories of the recording are in `names`, which keeps their colours apart; those that are
    not decoded step back.
    """
    colours, styles = THEMES[theme], category_styles(sorted({*names, *result.classes}), theme)
    decision = "probability" if result.is_probability else "decision"
    alt = (
        f"Run {result.run} from left to right. On top what was shown, then what was decoded, at "
        f"the bottom the {decision} of {list_text(result.classes)}. {reading_replay(result)}"
    )
    title = f"Run {result.run}, decoded as it was scanned"
    figure = new_figure(theme, height=360, title=title, alt=alt)
    figure.add_traces(
        [
            _bars(rows, styles[str(name)], name in result.classes, result.t_r, colours)
            for name, rows in result.stretches.groupby("name")
        ]
    )
    rows_of_bars = {
        "type": "category",
        "categoryarray": _ROWS,
        "range": [-0.5, 1.5],
        "ticklabelstandoff": 4,
    }
    figure.update_layout(
        barmode="overlay",
        uniformtext={"minsize": 9, "mode": "hide"},
        yaxis2={**axis_style(colours), **rows_of_bars, "domain": [0.72, 1]},
    )
    since = f"s from the start of run {result.run}"
    end = len(result.volumes) * result.t_r
    figure.update_xaxes(range=[0, end], title_text=since, nticks=8)
    figure.update_yaxes(domain=[0, 0.66], nticks=5, selector=0)
    draw = _draw_lines if len(result.classes) <= FEW else _draw_rows
    draw(figure, result, styles, decision, colours)
    return figure


def _bars(
    rows: pd.DataFrame, style: CategoryStyle, is_decoded: bool, t_r: float, colours: Theme
) -> go.Bar:
    fill = style.colour if is_decoded else mix(colours.background, style.colour, 0.16)
    ink = ink_on(style.colour) if is_decoded else mix(colours.muted, colours.text, 0.5)
    return go.Bar(
        orientation="h",
        x=rows["n_volumes"] * t_r,
        base=rows["first"] * t_r,
        y=rows["row"],
        yaxis="y2",
        width=_BAR,
        text=[style.code] * len(rows),
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"size": 12, "color": ink},
        marker={"color": fill, "line": {"width": 0}},
        customdata=[label_text(name) for name in rows["name"]],
        hovertemplate="%{y}: %{customdata}, from %{base:g} s<extra></extra>",
        showlegend=False,
    )


def _draw_lines(
    figure: go.Figure,
    result: ReplayResult,
    styles: Mapping[str, CategoryStyle],
    decision: str,
    colours: Theme,
) -> None:
    """Draw a line a category, and a dotted one where neither of two is favoured."""
    for name, values in zip(result.classes, result.decisions.T, strict=True):
        style, words = styles[name], label_text(name)
        figure.add_scatter(
            x=_middles(result),
            y=np.round(values, 4),
            mode="lines+markers",
            name=f"{style.code} {words}",
            line={"color": style.colour, "width": 1.8},
            marker={"symbol": style.symbol, "size": 7, "maxdisplayed": _MOST_MARKS},
            customdata=result.volumes["time"],
            hovertemplate=f"{words} at %{{customdata:g}} s: %{{y:.3g}}<extra></extra>",
        )
    figure.update_yaxes(title_text=decision, selector=0)
    figure.update_layout(showlegend=True, legend=legend_above())
    if result.undecided is not None:
        level = line_at("y", result.undecided, colours.muted, width=1.5, dash="dot")
        draw_shapes(figure, [level])


def _draw_rows(
    figure: go.Figure,
    result: ReplayResult,
    styles: Mapping[str, CategoryStyle],
    decision: str,
    colours: Theme,
) -> None:
    """Draw a row a category, the fuller the higher its decision: many lines would be a tangle."""
    rows = [f"{styles[name].code} {label_text(name)}" for name in result.classes]
    figure.add_heatmap(
        x=_middles(result),
        y=rows,
        z=np.round(result.decisions.T, 4),
        colorscale=[(0.0, colours.background), (1.0, colours.primary)],
        showscale=False,
        customdata=np.tile(result.volumes["time"], (len(rows), 1)),
        hovertemplate=f"%{{y}} at %{{customdata:g}} s: {decision} %{{z:.3g}}<extra></extra>",
    )
    figure.update_yaxes(
        type="category",
        range=[len(rows) - 0.5, -0.5],
        tickvals=rows,
        ticklabelstandoff=4,
        selector=0,
    )


def _middles(result: ReplayResult) -> pd.Series:
    """Return the middle of each volume's part of the bars, in s."""
    return result.volumes["time"] + result.t_r / 2
