"""The scores of shuffled labels beside that of the real ones: chart, table and reading."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.null import ALPHA, Null
from decoding.numbers import number_text, score_text
from decoding.output.colours import THEMES, Theme, ThemeName, mix
from decoding.output.figures.chart import (
    chance_lines,
    draw_shapes,
    faint_grid,
    line_at,
    new_figure,
    score_title,
    strike,
)


def plot_null(
    null: Null,
    observed: float,
    theme: ThemeName,
    *,
    chance: float | None = None,
    wrong: bool = False,
) -> go.Figure:
    """Draw how often shuffled labels reach each score, and where the observed one lies.

    The scores are means, in 0 to 1; chance is a dotted line where scores may be read against it. A
    `wrong` score is crossed out.
    """
    colours = THEMES[theme]
    edges, counts = null.bins()
    alt = f"Histogram of the scores of shuffled labels. {reading_null(null, observed)}"
    figure = new_figure(theme, height=280, title="Scores of shuffled labels", alt=alt)
    figure.add_trace(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={
                "color": mix(colours.background, colours.muted, 0.6),
                "line": {"color": colours.background, "width": 1},
            },
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate="%{y} relabellings score %{customdata[0]:.3f} to %{customdata[1]:.3f}"
            "<extra></extra>",
        )
    )
    point = null.one_sided_point
    threshold = [] if point is None else [line_at("x", point, colours.text, dash="dash")]
    ink = colours.warm if wrong else colours.primary
    mark = line_at("x", observed, ink, width=2.5)
    draw_shapes(figure, [*chance_lines("x", chance, colours), *threshold, mark])
    low, high = min(float(edges[0]), observed), max(float(edges[-1]), observed)
    room = 0.04 * (high - low)
    span = (low - room, high + room)
    real = strike(f"real labels {score_text(observed)}", wrong)
    labels = [(real, observed, ink, 20)]
    if point is not None:
        labels.append((f"p {ALPHA:g} or less above {score_text(point)}", point, colours.text, 2))
    _label_null(figure, labels, span)
    title = score_title(chance)
    figure.update_layout(margin={"t": 46}, bargap=0)
    figure.update_xaxes(range=list(span), title_text=title, tickformat=".2f", nticks=8)
    figure.update_yaxes(faint_grid(colours), title_text="relabellings", nticks=4)
    return figure


def null_table(null: Null) -> pd.DataFrame:
    """Return one row a relabelling: ``relabelling`` (from 1) and its ``accuracy``."""
    return pd.DataFrame(
        {"relabelling": np.arange(1, null.n_relabellings + 1), "accuracy": null.scores}
    )


def reading_null(null: Null, observed: float) -> str:
    """Say where the null lies, and how many relabellings reach the observed score."""
    point = null.one_sided_point
    highest = "no p of 0.05 is within reach"
    if point is not None:
        highest = f"a score above {score_text(point)} has a p of {ALPHA:g} or less"
    n = null.n_reaching(observed)
    return (
        f"Shuffled labels score {score_text(null.mean)} on average; {highest}. "
        f"{n} of {number_text(null.n_relabellings, 'relabelling')} "
        f"{'reaches' if n == 1 else 'reach'} the score of the real labels, {score_text(observed)}."
    )


def null_traces(
    rows: Sequence[int],
    bands: Sequence[tuple[float, float]],
    means: Sequence[float],
    whose: Sequence[str],
    colours: Theme,
) -> list[go.Bar | go.Scatter]:
    """Return a null a row, lying: its band, and a mark at its mean; `whose` for the hover."""
    return [
        go.Bar(
            orientation="h",
            name="95 % of shuffled labels",
            y=rows,
            base=[low for low, _ in bands],
            x=[high - low for low, high in bands],
            width=0.34,
            marker={"color": mix(colours.background, colours.muted, 0.35), "line": {"width": 0}},
            customdata=[(*band, words) for band, words in zip(bands, whose, strict=True)],
            hovertemplate="95 % of %{customdata[2]} score %{customdata[0]:.3f} to "
            "%{customdata[1]:.3f}<extra></extra>",
        ),
        go.Scatter(
            name="their mean",
            y=rows,
            x=means,
            mode="markers",
            marker={"symbol": "line-ns", "size": 17, "line": {"width": 2.5, "color": colours.text}},
            hovertemplate="shuffled labels, on average %{x:.3f}<extra></extra>",
        ),
    ]


def label_row(
    figure: go.Figure, row: int, name: str, score: str, colours: Theme, wrong: bool
) -> None:
    """Write a row's name above its band, and its score at the right edge, both as they are marked.

    The bands are those of `null_traces`.
    """
    ink = colours.warm if wrong else colours.text
    refs, anchors = {"xref": "paper", "yref": "y"}, {"xanchor": "left", "yanchor": "middle"}
    place = {**refs, **anchors, "showarrow": False}
    figure.add_annotation(
        place,
        text=name,
        x=0,
        y=row - 0.36,
        bgcolor=colours.background,
        borderpad=1,
        font={"size": 13, "color": ink},
    )
    font = {"size": 12 if wrong else 14, "color": colours.warm if wrong else colours.primary}
    figure.add_annotation(place, text=score, x=1, xshift=10, y=row, font=font)


def _label_null(
    figure: go.Figure, labels: Sequence[tuple[str, float, str, int]], span: tuple[float, float]
) -> None:
    """Write each line's name above the bars: its text, place, colour, and how high it stands."""
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
