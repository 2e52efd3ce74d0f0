"""The specification curve of many combinations, and how much each choice moves the score."""

from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go

from decoding.analyses.choices.result import ChoicesResult
from decoding.analyses.choices.universe import choice_words
from decoding.numbers import number_text, points_number
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import (
    chance_lines,
    draw_shapes,
    faint_grid,
    label_text,
    legend_above,
    line_at,
    new_figure,
    score_mark,
    score_title,
)
from decoding.output.text.choices import NAMES, moves_text, spread_text, words_of

_ROOM = 0.7
"""Below chance so much of it is kept for the bands, that nothing moves when they come."""
_ROW, _GAP, _CURVE = 19, 0.55, 250
"""Height of a row of the matrix in pixels, the room between choices in rows, the curve's height."""


def plot_curve(
    result: ChoicesResult,
    theme: ThemeName,
    *,
    own: int | None = None,
    chance: float | None = None,
    wrong: bool = False,
) -> go.Figure:
    """Draw one mark a combination, lowest score first, above the matrix of choices.

    Bands are the middle 95 % of each one's scores of shuffled labels. The place of the visitor's
    `own` is ringed; chance is a dotted line where scores may be read against it. A mark's custom
    data is the place of its combination.
    """
    colours, order, rows = THEMES[theme], result.order, list(_rows(result))
    depth = rows[-1][2] + 1.0 if rows else 0.0
    height = int(_CURVE + 90 + _ROW * depth)
    split = _ROW * depth / (height - 90)
    figure = new_figure(
        theme,
        height=height,
        title="Specification curve",
        alt=f"One mark for each combination of choices. {spread_text(result)} {moves_text(result)}",
    )
    place = order.index(own) if own is not None else None
    figure.add_traces([*_bands(result, colours), _marks(result, wrong, colours)])
    if place is not None:
        ring = {"symbol": "circle-open", "size": 18, "color": colours.text, "line": {"width": 2}}
        figure.add_scatter(
            name="yours", x=[place], y=[result.accuracies[order[place]]], mode="markers",
            marker=ring, hoverinfo="skip", showlegend=True, cliponaxis=False,
        )  # fmt: skip
    figure.add_trace(_matrix(result, rows, colours))
    _style(figure, result, rows, split, chance, colours)
    lines = chance_lines("y", chance, colours)
    for line in lines:
        line["xref"], line["x0"], line["x1"] = "paper", 0, 1
    if place is not None:
        lines.append({**line_at("x", place, colours.muted, width=1), "layer": "below"})
    draw_shapes(figure, lines)
    return figure


def _marks(result: ChoicesResult, wrong: bool, colours: Theme) -> go.Scatter:
    """Return one mark a combination, its place as its custom data."""
    order = result.order
    return go.Scatter(
        name="score",
        x=list(range(len(order))),
        y=result.accuracies[order],
        mode="markers",
        marker=score_mark(8 if len(order) < 100 else 5, wrong, colours),
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=order,
        text=[words_of(result.combinations[one].spec, result.varied) for one in order],
        hovertemplate="%{y:.3f}: %{text}<extra></extra>",
        showlegend=True,
        cliponaxis=False,
    )


def _rows(result: ChoicesResult) -> Iterator[tuple[str, Any, float]]:
    """Yield the rows of the matrix: a choice, its value, and how far down it stands."""
    y = 0.0
    for name in result.varied:
        for value in result.values[name]:
            yield name, value, y
            y += 1.0
        y += _GAP


def _bands(result: ChoicesResult, colours: Theme) -> list[go.Scatter]:
    if result.joint is None:
        return []
    rank = {place: x for x, place in enumerate(result.order)}
    x: list[float | None] = []
    y: list[float | None] = []
    for column, place in enumerate(result.joined):
        x += [rank[place], rank[place], None]
        y += [*result.joint.bands[:, column].tolist(), None]
    width = max(1.0, min(4.0, 180 / len(result.order)))
    return [
        go.Scatter(
            name="95 % of shuffled labels",
            x=x,
            y=y,
            mode="lines",
            line={"color": mix(colours.background, colours.muted, 0.35), "width": width},
            hoverinfo="skip",
            showlegend=True,
        )
    ]


def _matrix(
    result: ChoicesResult, rows: list[tuple[str, Any, float]], colours: Theme
) -> go.Scatter:
    height = {(name, value): y for name, value, y in rows}
    marks = [
        (x, height[name, getattr(result.combinations[place].spec, name)], place)
        for x, place in enumerate(result.order)
        for name in result.varied
    ]
    size = 7 if len(result.order) < 100 else 3
    return go.Scatter(
        x=[x for x, _, _ in marks],
        y=[y for _, y, _ in marks],
        yaxis="y2",
        mode="markers",
        marker={"symbol": "square", "size": size, "color": colours.text},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=[place for _, _, place in marks],
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def _style(
    figure: go.Figure,
    result: ChoicesResult,
    rows: list[tuple[str, Any, float]],
    split: float,
    chance: float | None,
    colours: Theme,
) -> None:
    n = len(result.order)
    lowest = min(float(result.accuracies.min()) - 0.05, result.chance * (1 - _ROOM))
    if result.joint is not None:
        lowest = min(lowest, float(result.joint.bands.min()) - 0.05)
    low = max(0.0, lowest)
    gap = "<br>"
    figure.update_layout(
        showlegend=True,
        legend=legend_above(1.02),
        margin={"t": 34, "b": 30},
        yaxis2={
            **figure.layout.yaxis.to_plotly_json(),
            "anchor": "x",
            "domain": [0.0, max(split - 0.03, 0.0)],
            "range": [rows[-1][2] + 0.6, -0.6] if rows else [1, 0],
            "tickvals": [y for _, _, y in rows],
            "ticktext": [label_text(choice_words(name, value)) for name, value, _ in rows],
        },
    )
    figure.update_yaxes(
        faint_grid(colours), domain=[split + 0.02, 1.0], range=[low, 1.01], tickformat=".2f",
        title_text=score_title(chance, gap), selector={"anchor": None},
    )  # fmt: skip
    title = f"{number_text(n, 'combination')} by score"
    figure.update_xaxes(range=[-0.8, n - 0.2], showticklabels=False, title_text=title, anchor="y2")


def plot_moves(result: ChoicesResult, theme: ThemeName) -> go.Figure:
    """Draw how much each choice moves the score, the one that does most on top."""
    colours = THEMES[theme]
    moves = sorted(result.moves.items(), key=lambda item: item[1])
    points = [points_number(moved) for _, moved in moves]
    figure = new_figure(
        theme,
        height=90 + 44 * len(moves),
        title="How much each choice moves the score",
        alt=moves_text(result),
    )
    figure.add_bar(
        x=points,
        y=list(range(len(moves))),
        orientation="h",
        width=0.32,
        marker={"color": colours.primary},
        hovertemplate="%{x:.1f} points<extra></extra>",
    )
    for y, ((name, _), moved) in enumerate(zip(moves, points, strict=True)):
        label = {"showarrow": False, "xref": "paper", "yref": "y", "x": 0, "xanchor": "left"}
        figure.add_annotation(
            label, text=f"{NAMES[name]} <b>{moved:.1f}</b>", y=y + 0.36, font={"size": 13}
        )
    title = "points of accuracy, all else equal"
    figure.update_xaxes(faint_grid(colours), rangemode="tozero", nticks=4, title_text=title)
    figure.update_yaxes(showticklabels=False, range=[-0.4, len(moves) - 0.3])
    return figure
