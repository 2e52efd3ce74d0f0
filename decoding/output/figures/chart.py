"""What all charts share: a quiet layout, its fonts and axes, and the text that stands for it."""

from collections.abc import Sequence
from html import escape
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from decoding.numbers import score_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix

FONT = "'Source Sans', 'Source Sans 3', 'Source Sans Pro', system-ui, sans-serif"
FONT_SIZE = 14
_FLAT_LETTERS = 24
CHART_CONFIG = {
    "displayModeBar": True,
    "modeBarButtonsToRemove": [
        "toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d",
    ],
    "responsive": True,
    "scrollZoom": False,
}  # fmt: skip
"""The plotly config that every chart is meant to be shown with: its bar holds "Fullscreen" only."""


def new_figure(theme: ThemeName, *, height: int, title: str, alt: str) -> go.Figure:
    """Return an empty figure in the house's look, as wide as what it is put in, `height` in pixels.

    The title is for files; `alt` says what it shows to those who cannot see it. `title_of` and
    `alt_text` read them back.
    """
    colours = THEMES[theme]
    layout = {
        "template": "none",
        "height": height,
        "autosize": True,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": FONT_SIZE, "color": colours.text},
        "hoverlabel": {
            "bgcolor": colours.secondary,
            "bordercolor": colours.border,
            "font": {"family": FONT, "size": 13, "color": colours.text},
            "align": "left",
        },
        "hovermode": "closest",
        "dragmode": False,
        "showlegend": False,
        "meta": {"title": title, "alt": alt},
        "xaxis": axis_style(colours),
        "yaxis": axis_style(colours),
    }
    return go.Figure(layout=layout)  # at once: each later update is checked against all the rest


def axis_style(colours: Theme) -> dict[str, Any]:
    """Return an axis without lines or grid, whose labels make their own room."""
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": 13, "color": colours.muted},
        "title": {"font": {"size": 13, "color": colours.muted}, "standoff": 8},
    }


def faint_grid(colours: Theme) -> dict[str, Any]:
    """Return what an axis with a grid has besides."""
    return {"showgrid": True, "gridcolor": mix(colours.background, colours.border, 0.6)}


def label_text(name: str) -> str:
    """Return a name as plotly shows it unchanged: it takes ``<b>``, ``&lt;`` and ``%{x}`` for code.

    It is for names that others gave; what is written here may hold marks on purpose.
    """
    return escape(" ".join(name.split()), quote=False).replace("{", "&#123;").replace("$", "&#36;")


def title_of(figure: go.Figure) -> str:
    """Return the title that a figure made here has in a file."""
    return str(figure.layout.meta["title"])


def alt_text(figure: go.Figure) -> str:
    """Return the words that stand for a figure made here."""
    return str(figure.layout.meta["alt"])


def score_title(chance: float | None, gap: str = " ") -> str:
    """Return the title of an axis of mean scores, across which `chance_lines` may lie."""
    dotted = "" if chance is None else f"{gap}(dotted: chance, {score_text(chance)})"
    return f"mean accuracy{dotted}"


def strike(text: str, wrong: bool) -> str:
    """Return a score's label, bold; crossed out where the score is wrong."""
    return f"<s>{text}</s>" if wrong else f"<b>{text}</b>"


def score_mark(size: int, wrong: bool, colours: Theme) -> dict[str, Any]:
    """Return the marker of a score: a dot, or a cross where the score is wrong."""
    if wrong:
        edge = {"width": 2.5, "color": colours.warm}
        return {"symbol": "x-thin", "size": size, "color": colours.warm, "line": edge}
    edge = {"width": 1.5, "color": colours.background}
    return {"symbol": "circle", "size": size, "color": colours.primary, "line": edge}


def chance_lines(
    axis: Literal["x", "y"], chance: float | None, colours: Theme
) -> list[dict[str, Any]]:
    """Return the dotted line of chance; none where no score may be read against it (None)."""
    return [] if chance is None else [line_at(axis, chance, colours.muted, width=1.5, dash="dot")]


def margin_label(
    figure: go.Figure, text: str, y: float, colour: str, *, shift: float = 0.0
) -> None:
    """Write beside the plot's right edge, at the height `y` of its axis and `shift` pixels up."""
    figure.add_annotation(
        text=text,
        x=1,
        xref="paper",
        xanchor="left",
        xshift=6,
        y=y,
        yref="y",
        yanchor="middle",
        yshift=shift,
        showarrow=False,
        align="left",
        font={"size": 13, "color": colour},
    )


def legend_above(y: float = 1.0) -> dict[str, Any]:
    """Return a legend in a row over the plot, whose upper edge is 1; nothing can be switched off.

    It is where every chart has its legend: under a plot it would meet the title of the axis.
    """
    still = {"itemclick": False, "itemdoubleclick": False}
    row = {"orientation": "h", "x": 0}
    return {**row, "y": y, "yanchor": "bottom", **still}


def diverging_scale(colours: Theme) -> list[tuple[float, str]]:
    """Return the colours of a heat map whose middle is the page's background."""
    return [(0.0, colours.negative), (0.5, colours.background), (1.0, colours.warm)]


def colour_bar(title: str, colours: Theme, n_ticks: int) -> dict[str, Any]:
    """Return a thin colour bar, its title along its side."""
    quiet = {"size": 12, "color": colours.muted}
    return {
        "thickness": 8,
        "len": 0.6,
        "outlinewidth": 0,
        "nticks": n_ticks,
        "title": {"text": title, "side": "right", "font": quiet},
        "tickfont": quiet,
    }


def line_at(
    axis: Literal["x", "y"], value: float, colour: str, *, width: float = 1.2, dash: str = "solid"
) -> dict[str, Any]:
    """Return a line across the whole plot at `value` of an axis, a shape for `draw_shapes`."""
    ends = {f"{axis}0": value, f"{axis}1": value}
    stroke = {"color": colour, "width": width, "dash": dash}
    return {"type": "line", **_across(axis), **ends, "line": stroke}


def band_between(axis: Literal["x", "y"], low: float, high: float, fill: str) -> dict[str, Any]:
    """Return a band across the whole plot from `low` to `high` of an axis, a shape."""
    ends = {f"{axis}0": low, f"{axis}1": high}
    look = {"fillcolor": fill, "line": {"width": 0}, "layer": "below"}
    return {"type": "rect", **_across(axis), **ends, **look}


def _across(axis: str) -> dict[str, Any]:
    other = "y" if axis == "x" else "x"
    return {f"{axis}ref": axis, f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1}


def draw_shapes(figure: go.Figure, shapes: list[dict[str, Any]]) -> None:
    """Draw all shapes at once: plotly checks all of them again with each one added."""
    figure.update_layout(shapes=shapes)


def spread_labels(heights: list[float], gap: float) -> list[float]:
    """Return how many pixels to move labels up so that `gap` pixels lie between any two."""
    order = np.argsort(heights, kind="stable")
    placed = np.asarray(heights, dtype=float)[order]
    wanted = placed.copy()
    for _ in range(len(placed)):
        for low in range(len(placed) - 1):
            overlap = gap - (placed[low + 1] - placed[low])
            if overlap > 0:
                placed[low] -= overlap / 2
                placed[low + 1] += overlap / 2
    shifts = np.empty(len(placed))
    shifts[order] = placed - wanted
    return [float(shift) for shift in shifts]


def name_categories(figure: go.Figure, names: Sequence[str], titles: tuple[str, str]) -> None:
    """Name the columns (on top) and rows of a square of cells, first row first, with titles."""
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(map(label_text, names))}
    edges = [-0.5, len(names) - 0.5]
    angle = 0 if len("".join(names)) < _FLAT_LETTERS else -45
    figure.update_xaxes(
        ticks, side="top", range=edges, title_text=titles[0], tickangle=angle,
        ticklabeloverflow="allow",
    )  # fmt: skip
    figure.update_yaxes(ticks, range=edges[::-1], title_text=titles[1], ticklabelstandoff=4)


def choosing_squares(
    cells: Sequence[tuple[int, int]], n: int, colours: Theme, **hover: object
) -> go.Scatter:
    """Return squares over cells, (row, column), of a square of n: each is seen once it is chosen.

    What a hover says, and what a choice tells, are plotly's own arguments of a scatter.
    """
    rows, columns = zip(*cells, strict=True) if cells else ((), ())
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={
            "symbol": "square-open",
            "size": 40 if n <= 4 else 30,
            "opacity": 0,
            "color": colours.text,
            "line": {"width": 2},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        **hover,
    )
