"""Charts of how alike categories are: dissimilarities and pattern correlations."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from decoding.output.colours import THEMES, Theme, ThemeName, ink_on, mix
from decoding.output.figures.chart import draw_shapes, name_categories, new_figure


def plot_dissimilarity(
    matrix: np.ndarray, names: Sequence[str], theme: ThemeName, *, measure: str = "dissimilarity"
) -> go.Figure:
    """Draw a symmetric matrix (n, n) of distances between n categories, but not its diagonal.

    A crossnobis distance may be negative. The measure is named in the hover and the alt text.
    """
    colours = THEMES[theme]
    shown = np.array(matrix, dtype=float)
    np.fill_diagonal(shown, np.nan)
    high = float(np.nanmax(np.abs(shown))) or 1.0
    alt = f"Matrix of {measure} between categories. {reading_dissimilarity(matrix, names)}"
    figure = new_figure(
        theme, height=110 + 42 * len(names), title="Dissimilarity of categories", alt=alt
    )
    ends = (colours.negative, colours.secondary, colours.primary)
    _draw_cells(figure, shown, (-high, high), ends, colours)
    figure.data[0].hovertemplate = f"%{{y}} and %{{x}}: {measure} %{{z:.3f}}<extra></extra>"
    name_categories(figure, names, ("", ""))
    return figure


def reading_dissimilarity(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Say which two categories are most alike and which least."""
    rows, columns = np.triu_indices(len(names), k=1)
    values = np.asarray(matrix)[rows, columns]
    near, far = int(values.argmin()), int(values.argmax())
    return (
        f"{names[rows[near]]} and {names[columns[near]]} are most alike ({values[near]:.2f}), "
        f"{names[rows[far]]} and {names[columns[far]]} least ({values[far]:.2f})."
    )


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
    """Say the mean correlation within and between, and how often within exceeds between."""
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
) -> None:
    low, middle, high = ends
    size = 13 if len(values) <= 6 else 11
    figure.add_trace(
        go.Heatmap(
            z=values, zmin=span[0], zmax=span[1], xgap=3, ygap=3, showscale=False,
            hoverongaps=False, colorscale=[[0, low], [0.5, middle], [1, high]],
        )
    )  # fmt: skip
    rows, columns = np.nonzero(~np.isnan(values))
    shown = values[rows, columns]
    shares = np.minimum(np.abs(shown) / span[1], 1)
    fills = [
        mix(middle, high if value > 0 else low, share)
        for value, share in zip(shown, shares, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=columns,
            y=rows,
            mode="text",
            text=[_short(value) for value in shown],
            textfont={"size": size, "color": [ink_on(fill) for fill in fills]},
            hoverinfo="skip",
        )
    )


def _short(value: float) -> str:
    """Write two decimals in the room of a cell on a phone: .61, −.14, 1.00."""
    digits = f"{abs(value):.2f}"
    sign = "−" if value < 0 and float(digits) else ""
    return sign + (digits[1:] if digits.startswith("0") else digits)
