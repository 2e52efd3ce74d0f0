"""The masked matrix, volumes by voxels, at the size of a screen: chart and reading."""

import numpy as np
import plotly.graph_objects as go

from decoding.numbers import number_text
from decoding.output.colours import THEMES, Theme, ThemeName
from decoding.output.figures.chart import (
    colour_bar,
    diverging_scale,
    draw_shapes,
    line_at,
    new_figure,
)

_MATRIX_ROWS, _MATRIX_COLUMNS = 242, 300


def plot_masked_matrix(
    X: np.ndarray,
    theme: ThemeName,
    *,
    runs: np.ndarray,
    unit: str = "standardized",
    each: str = "volume",
) -> go.Figure:
    """Draw the matrix X (n_volumes, n_voxels), averaged into what a screen can show.

    Volumes of one run are drawn together, with lines between `runs` (n_volumes,); the unit is the
    colour bar's title, and `each` what a volume is called.
    """
    colours, order = THEMES[theme], np.argsort(runs, kind="stable")
    if (runs[order] != runs).any():
        X, runs = X[order], runs[order]
    cells, row_step, column_step = shrink_matrix(X)
    low, high, scale = _matrix_scale(cells, colours)
    alt = (
        f"Heat map of the masked matrix, a row for each {each} and a column for each voxel, runs "
        f"divided by lines. {reading_masked_matrix(X, runs, each)}"
    )
    figure = new_figure(theme, height=400, title="The masked matrix", alt=alt)
    figure.add_trace(
        go.Heatmap(
            z=cells.astype(np.float32),
            x0=(column_step - 1) / 2,
            dx=column_step,
            y0=(row_step - 1) / 2,
            dy=row_step,
            zmin=low,
            zmax=high,
            colorscale=scale,
            hovertemplate=f"{each} %{{y:.0f}}, voxel %{{x:.0f}}: %{{z:.2f}}<extra></extra>",
            colorbar={**colour_bar(unit, colours, 4), "x": 1.01},
        )
    )
    starts = run_starts(runs)
    middles = (starts + np.r_[starts[1:], len(runs)]) / 2
    lines = [line_at("y", start - 0.5, colours.text, width=0.8) for start in starts[1:]]
    draw_shapes(figure, lines)
    figure.update_xaxes(range=[-0.5, X.shape[1] - 0.5], title_text="voxel of the mask", nticks=7)
    figure.update_yaxes(
        range=[X.shape[0] - 0.5, -0.5],
        title_text="run",
        tickvals=middles,
        ticktext=[str(runs[start]) for start in starts],
    )
    return figure


def run_starts(runs: np.ndarray) -> np.ndarray:
    """Return the row at which each of the runs (n_volumes,) begins, the first included."""
    return np.flatnonzero(np.r_[True, runs[1:] != runs[:-1]])


def shrink_matrix(
    X: np.ndarray, max_rows: int = _MATRIX_ROWS, max_columns: int = _MATRIX_COLUMNS
) -> tuple[np.ndarray, int, int]:
    """Average neighbouring rows and columns of a matrix (n_rows, n_columns) until it fits.

    Returned are cells (<= max_rows, <= max_columns), and how many rows and columns a cell averages;
    the last ones may be fewer.
    """
    row_step, column_step = -(-X.shape[0] // max_rows), -(-X.shape[1] // max_columns)
    rows = _mean_of_groups(X, row_step)
    return _mean_of_groups(rows.T, column_step).T, row_step, column_step


def reading_masked_matrix(X: np.ndarray, runs: np.ndarray, each: str = "volume") -> str:
    """Say the shape, and how the picture was made smaller."""
    row_step, column_step = -(-X.shape[0] // _MATRIX_ROWS), -(-X.shape[1] // _MATRIX_COLUMNS)
    n_runs, n_voxels = number_text(len(np.unique(runs)), "run"), number_text(X.shape[1], "voxel")
    text = f"{X.shape[0]} {each}s of {n_runs} by {n_voxels}"
    if row_step == column_step == 1:
        return f"{text}."
    rows, columns = number_text(row_step, each), number_text(column_step, "voxel")
    return f"{text}; each cell drawn is the mean of {rows} by {columns}."


def _mean_of_groups(X: np.ndarray, step: int) -> np.ndarray:
    if step == 1:
        return X
    starts = np.arange(0, len(X), step)
    sizes = np.diff(np.r_[starts, len(X)])
    return np.asarray(np.add.reduceat(X, starts, axis=0) / sizes[:, None])


def _matrix_scale(
    cells: np.ndarray, colours: Theme
) -> tuple[float, float, list[tuple[float, str]]]:
    """Return both ends and a scale: diverging about 0 where values have both signs."""
    if cells.size and cells.min() < 0:
        high = float(np.quantile(np.abs(cells), 0.99)) or 1.0
        return -high, high, diverging_scale(colours)
    low, high = np.quantile(cells, [0.01, 0.99]).tolist() if cells.size else (0.0, 1.0)
    return low, high, [(0.0, colours.background), (1.0, colours.primary)]
