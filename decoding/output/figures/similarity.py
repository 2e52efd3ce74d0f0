"""Charts of how alike categories are: dissimilarities and pattern correlations."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.output.colours import THEMES, Theme, ThemeName, ink_on, mix
from decoding.output.figures.chart import (
    choosing_squares,
    draw_shapes,
    label_text,
    name_categories,
    new_figure,
)

_TINY = 0.05
"""Two decimals say too little of values that are all smaller."""


def plot_dissimilarity(
    matrix: np.ndarray,
    names: Sequence[str],
    theme: ThemeName,
    *,
    measure: str = "dissimilarity",
    same: float = 0.0,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """Draw a symmetric matrix (n, n) of distances between n categories, but not its diagonal.

    A crossnobis distance may be negative; what is NaN is left empty. The measure is named in the
    hover and the alt text; colours part at `same`, its value for categories that are the same. Each
    cell carries a square that can be chosen, whose ``customdata`` is the two names; those `chosen`
    are framed.
    """
    colours = THEMES[theme]
    shown = np.array(matrix, dtype=float)
    np.fill_diagonal(shown, np.nan)
    high = _largest(shown - same)
    alt = f"Matrix of {measure} between categories. {reading_dissimilarity(matrix, names)}"
    figure = new_figure(
        theme, height=110 + 42 * len(names), title="Dissimilarity of categories", alt=alt
    )
    ends = (colours.negative, colours.secondary, colours.primary)
    _draw_cells(figure, shown, (same - high, same + high), ends, colours, _unit(_largest(shown)))
    figure.data[0].hoverinfo = "skip"
    cells = [(int(row), int(column)) for row, column in np.argwhere(~np.isnan(shown))]
    figure.add_trace(
        choosing_squares(
            cells,
            len(names),
            colours,
            customdata=[[names[row], names[column]] for row, column in cells],
            text=[
                f"{label_text(names[row])} and {label_text(names[column])}: {label_text(measure)} "
                f"{shown[row, column]:.3g}"
                for row, column in cells
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    if chosen is not None:
        places = {names.index(chosen[0]), names.index(chosen[1])}
        figure.data[1].selectedpoints = [
            number for number, cell in enumerate(cells) if set(cell) == places
        ]
    name_categories(figure, names, ("", ""))
    figure.update_layout(hoverdistance=60)
    return figure


def reading_dissimilarity(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Say which categories of a matrix (n, n) are most alike, which least, and the unit."""
    rows, columns = np.triu_indices(len(names), k=1)
    values = np.asarray(matrix, dtype=float)[rows, columns]
    if np.isnan(values).all():
        return "No two categories can be compared."
    near, far = int(np.nanargmin(values)), int(np.nanargmax(values))
    unit = _unit(_largest(values))
    written = "{:.2f}" if unit == 1.0 else "{:.2g}"
    near_text, far_text = (written.format(values[one] + 0.0) for one in (near, far))
    said = "" if unit == 1.0 else f" Numbers in the cells are in units of {unit:g}."
    return (
        f"{names[rows[near]]} and {names[columns[near]]} are most alike ({near_text}), "
        f"{names[rows[far]]} and {names[columns[far]]} least ({far_text}).{said}"
    )


def dissimilarity_table(matrix: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return a matrix (n, n) with a row a category, its name first."""
    return pd.DataFrame(matrix, columns=list(names)).assign(category=list(names))[
        ["category", *names]
    ]


def _largest(values: np.ndarray) -> float:
    known = np.abs(values[~np.isnan(values)])
    return float(known.max(initial=0.0)) or 1.0


def _unit(high: float) -> float:
    """Return what numbers of up to `high` are written in: 1, or a power of ten for tiny ones."""
    return 1.0 if high >= _TINY else float(f"1e{math.floor(math.log10(high))}")


def plot_correlations(
    matrix: np.ndarray,
    names: Sequence[str],
    theme: ThemeName,
    halves: tuple[str, str] = ("odd runs", "even runs"),
) -> go.Figure:
    """Draw how the patterns of n categories in one half (rows) correlate with those in the other.

    The diagonal of the matrix (n, n), within one category, is framed.
    """
    colours, both = THEMES[theme], " and ".join(halves).replace(" runs and", " and")
    alt = f"Matrix of correlations between {both}. {reading_correlations(matrix, names)}"
    figure = new_figure(theme, height=110 + 42 * len(names), title=f"Patterns of {both}", alt=alt)
    ends = (colours.negative, colours.background, colours.warm)
    _draw_cells(figure, np.asarray(matrix, dtype=float), (-1.0, 1.0), ends, colours)
    figure.data[0].hovertemplate = "%{y} (odd) with %{x} (even): r = %{z:.3f}<extra></extra>"
    stroke = {"color": colours.text, "width": 1.5}
    corners = [(place - 0.46, place + 0.46) for place in range(len(names))]
    frames = [
        {"type": "rect", "x0": low, "x1": high, "y0": low, "y1": high, "line": stroke}
        for low, high in corners
    ]
    draw_shapes(figure, frames)
    name_categories(figure, names, halves[::-1])
    return figure


def reading_correlations(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Say the mean of r (n, n) within and between, and how often within exceeds between."""
    r = np.asarray(matrix, dtype=float)
    apart = ~np.eye(len(names), dtype=bool)
    within = np.diag(r)
    exceeds = (within[:, None] > r)[apart]
    return (
        f"Within a category patterns correlate {within.mean():.2f} on average, between categories "
        f"{r[apart].mean():.2f}; within exceeds between in {int(exceeds.sum())} of "
        f"{exceeds.size} comparisons."
    )


def _draw_cells(
    figure: go.Figure,
    values: np.ndarray,
    span: tuple[float, float],
    ends: tuple[str, str, str],
    colours: Theme,
    unit: float = 1.0,
) -> None:
    low, middle, high = ends
    size = 13 if len(values) <= 6 else 11
    figure.add_trace(
        go.Heatmap(
            z=values, zmin=span[0], zmax=span[1], xgap=3, ygap=3, showscale=False,
            hoverongaps=False, colorscale=[[0, low], [0.5, middle], [1, high]],
        )
    )  # fmt: skip
    centre, reach = sum(span) / 2, (span[1] - span[0]) / 2
    words = []  # annotations: a selection fades the text of a trace
    for row, column in np.argwhere(~np.isnan(values)).tolist():
        value = values[row, column]
        part = (value - centre) / reach
        fill = mix(middle, high if part > 0 else low, min(abs(part), 1.0))
        font = {"size": size, "color": ink_on(fill)}
        place = {"x": column, "y": row, "text": _short(value / unit), "showarrow": False}
        words.append({**place, "font": font})
    figure.update_layout(annotations=words)


def _short(value: float) -> str:
    """Write two decimals in the room of a cell on a phone: .61, −.14, 1.00."""
    digits = f"{abs(value):.2f}"
    sign = "−" if value < 0 and float(digits) else ""
    return sign + (digits[1:] if digits.startswith("0") else digits)
