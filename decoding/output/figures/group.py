"""Every subject's score by mask and categories, raw beside detrended: small multiples."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.group import GroupRow, in_order
from decoding.null import ALPHA
from decoding.numbers import list_text, number_text, p_text, score_text
from decoding.output.colours import THEMES, Theme, ThemeName
from decoding.output.figures.chart import (
    axis_style,
    faint_grid,
    label_text,
    legend_above,
    new_figure,
    score_mark,
)
from decoding.output.text.group import DETRENDED, RAW, is_tested, trend_text, way_text

_TITLE, _PLOT, _LEGEND, _FOOT, _LEFT, _GAP = 58, 150, 48, 22, 46, 0.04
"""In pixels: over a plot, a plot, over all, below, beside; and the share of width between two."""
_SHORT = 3
"""Names of so many letters stand upright."""
_MOST_LETTERS, _WIDE = 10, 24
_SHIFT = {RAW: -0.17, DETRENDED: 0.17}
_SYMBOLS = {RAW: "circle", DETRENDED: "diamond"}


def plot_group(
    rows: Sequence[GroupRow],
    theme: ThemeName,
    *,
    chance: float | None,
    wrong: bool = False,
    title: str = "Scores of every subject",
) -> go.Figure:
    """Draw a plot for each mask and set of categories; all have one axis of scores.

    Each subject has a place, its raw score a circle and its detrended one a diamond, filled where p
    is .05 or less. Chance is a dotted line where scores may be read against it (None: they may
    not); scores that are `wrong`, or of a circular mask, are crosses.
    """
    colours, plots = THEMES[theme], _plots(rows)
    names = sorted({name for row in rows for name in row.scores["subject"]}, key=in_order)
    n_columns = min(2, len(plots))
    n_lines = -(-len(plots) // n_columns)
    line = _TITLE + _PLOT + _room(names)
    height = _LEGEND + n_lines * line + _FOOT
    figure = new_figure(
        theme,
        height=height,
        title=title,
        alt=f"{title}: {number_text(len(names), 'subject')}, {list_text(_trends(rows))}. "
        f"{reading_group(rows)}",
    )
    figure.update_layout(
        margin={"l": _LEFT, "r": 8, "t": _LEGEND, "b": _FOOT},
        showlegend=True,
        legend=legend_above(),
    )
    figure.add_traces(_legend(rows, chance, colours))
    inner = n_lines * line
    for number, own in enumerate(plots):
        across, down = number % n_columns, number // n_columns
        top = 1 - (down * line + _TITLE) / inner
        place = (across, n_columns, top, top - _PLOT / inner)
        _draw_plot(figure, number, own, place, names, colours, chance=chance, wrong=wrong)
    figure.add_annotation(
        text="subject", x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top",
        showarrow=False, font={"size": 13, "color": colours.muted},
    )  # fmt: skip
    low, high = _range(rows, chance)
    figure.update_yaxes(range=[low, high])
    return figure


def reading_group(rows: Sequence[GroupRow]) -> str:
    """Say how to read the marks, and the highest and the lowest score."""
    scores = pd.concat([row.scores.assign(way=way_text(row.choices)) for row in rows])
    if scores.empty:
        return "No subject has a score."
    low, high = (scores.iloc[int(scores["accuracy"].to_numpy().argmin())],
                 scores.iloc[int(scores["accuracy"].to_numpy().argmax())])  # fmt: skip
    ends = (
        f"Scores lie between {score_text(low['accuracy'])} (subject {low['subject']}) and "
        f"{score_text(high['accuracy'])} (subject {high['subject']})."
    )
    if not any(is_tested(row) for row in rows):
        return ends
    return f"{ends} Filled marks have a p of {ALPHA:g} or less."


def across_table(rows: Sequence[GroupRow]) -> pd.DataFrame:
    """Return one row a subject and way to decode: ``mask``, ``conditions`` and ``detrend`` first.

    Then follow the columns of a `GroupRow`'s scores.
    """
    records = [
        {
            "mask": row.choices["mask"],
            "conditions": " ".join(row.choices["conditions"]) or "all",
            "detrend": row.choices["detrend"],
            **one,
        }
        for row in rows
        for one in row.scores.to_dict("records")
    ]
    return pd.DataFrame(records)


def _plots(rows: Sequence[GroupRow]) -> list[list[GroupRow]]:
    """Return the rows of each plot: those that differ in nothing but the trend."""
    plots: dict[str, list[GroupRow]] = {}
    for row in rows:
        plots.setdefault(way_text(row.choices), []).append(row)
    return list(plots.values())


def _room(names: Sequence[str]) -> int:
    """Return how many pixels the names below a plot take."""
    longest = max(map(len, names), default=0)
    return 30 if longest <= _SHORT else 24 + 7 * min(longest, _MOST_LETTERS)


def _range(rows: Sequence[GroupRow], chance: float | None) -> tuple[float, float]:
    values = [score for row in rows for score in row.scores["accuracy"]]
    values += [] if chance is None else [chance]
    return min(values, default=0.0) - 0.06, max(values, default=1.0) + 0.06


def _draw_plot(
    figure: go.Figure,
    number: int,
    rows: list[GroupRow],
    place: tuple[int, int, float, float],
    names: list[str],
    colours: Theme,
    *,
    chance: float | None,
    wrong: bool,
) -> None:
    across, n_columns, top, bottom = place
    end = "" if number == 0 else str(number + 1)
    x, y = f"x{end}", f"y{end}"
    width = (1 - _GAP * (n_columns - 1)) / n_columns
    left = across * (width + _GAP)
    short = max(map(len, names), default=0) <= _SHORT
    ticks = [label_text(one if len(one) <= _MOST_LETTERS else f"…{one[1 - _MOST_LETTERS :]}")
             for one in names]  # fmt: skip
    own = {"automargin": False, "title": {"text": ""}}
    figure.update_layout(
        {
            f"xaxis{end}": {
                **axis_style(colours), **own, "anchor": y, "domain": [left, left + width],
                "tickvals": list(range(len(names))), "ticktext": ticks,
                "tickangle": 0 if short else -90, "range": [-0.6, len(names) - 0.4],
            },
            f"yaxis{end}": {
                **axis_style(colours), **own, **faint_grid(colours), "anchor": x,
                "domain": [bottom, top], "nticks": 5, "tickformat": ".1f",
                "showticklabels": across == 0,
            },
        }
    )  # fmt: skip
    if chance is not None:
        dots = {"color": colours.muted, "width": 1.5, "dash": "dot"}
        figure.add_shape(
            type="line", xref=f"{x} domain", yref=y, x0=0, x1=1, y0=chance, y1=chance, line=dots
        )
    figure.add_annotation(
        text=_title(rows[0]), x=left, y=top, xref="paper", yref="paper", xanchor="left",
        yanchor="bottom", showarrow=False, align="left", yshift=4,
        font={"size": 13, "color": colours.text},
    )  # fmt: skip
    figure.add_traces(
        [_between(rows, names, colours, x, y), *(_marks(row, names, colours, x, y, wrong=wrong)
                                                 for row in rows)]
    )  # fmt: skip


def _title(row: GroupRow) -> str:
    """Return the categories and the mask, on lines that a phone has room for."""
    what, _, mask = way_text(row.choices).rpartition(", ")
    named = label_text(what)
    if len(what) > _WIDE:
        named = named.replace(" against ", "<br>against ")
    return f"<b>{named}</b><br>{label_text(mask)}"


def _between(rows: list[GroupRow], names: list[str], colours: Theme, x: str, y: str) -> go.Scatter:
    """Return a thin line from each subject's raw score to its detrended one."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        shift = _SHIFT[trend_text(row.choices)]
        for one in row.scores.to_dict("records"):
            points.setdefault(one["subject"], []).append(
                (names.index(one["subject"]) + shift, one["accuracy"])
            )
    pairs = [pair for pair in points.values() if len(pair) == 2]
    return go.Scatter(
        x=[place for pair in pairs for place in (pair[0][0], pair[1][0], None)],
        y=[score for pair in pairs for score in (pair[0][1], pair[1][1], None)],
        mode="lines",
        line={"width": 1.2, "color": colours.muted},
        hoverinfo="skip",
        showlegend=False,
        xaxis=x,
        yaxis=y,
    )


def _marks(
    row: GroupRow, names: list[str], colours: Theme, x: str, y: str, *, wrong: bool
) -> go.Scatter:
    trend = trend_text(row.choices)
    found = row.scores.to_dict("records")
    shift = _SHIFT[trend]
    bad = wrong or any(one["circular"] for one in found)
    filled = [bool(one["p_value"] <= ALPHA) for one in found]
    hover = [
        f"subject {label_text(one['subject'])}, {trend}: {score_text(one['accuracy'])}"
        + (f", p {p_text(one['p_value'])}" if pd.notna(one["p_value"]) else ", not tested yet")
        + (", circular mask" if one["circular"] else "")
        for one in found
    ]
    return go.Scatter(
        x=[names.index(one["subject"]) + shift for one in found],
        y=[one["accuracy"] for one in found],
        mode="markers",
        marker=score_mark(11, True, colours) if bad else _mark(trend, filled, colours),
        customdata=[[one["subject"]] for one in found],
        text=hover,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
        xaxis=x,
        yaxis=y,
    )


def _mark(trend: str, filled: Sequence[bool], colours: Theme) -> dict[str, Any]:
    return {
        "symbol": _SYMBOLS[trend],
        "size": 11,
        "color": [colours.primary if full else colours.background for full in filled],
        "line": {"width": 2, "color": colours.primary},
    }


def _trends(rows: Sequence[GroupRow]) -> list[str]:
    """Return the ways with the trend that there are: of images and betas there is one."""
    return list(dict.fromkeys(trend_text(row.choices) for row in rows))


def _legend(rows: Sequence[GroupRow], chance: float | None, colours: Theme) -> list[go.Scatter]:
    """Return marks that stand for all of their kind."""
    marks = [(trend, _mark(trend, [False], colours)) for trend in _trends(rows)]
    marks.append((f"p {ALPHA:g} or less", _mark(RAW, [True], colours)))
    entries = [
        go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=mark)
        for name, mark in marks
    ]
    if chance is not None:
        dots = {"color": colours.muted, "width": 1.5, "dash": "dot"}
        name = f"chance {score_text(chance)}"
        entries.append(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=dots))
    return entries
