"""Voxels of the brain over time as a carpet, above the categories: chart, table and reading."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.quality import Quality
from decoding.datasets.base import REST
from decoding.numbers import number_text
from decoding.output.colours import THEMES, ThemeName, category_styles
from decoding.output.figures.chart import (
    colour_bar,
    diverging_scale,
    draw_shapes,
    label_text,
    legend_above,
    line_at,
    new_figure,
)
from decoding.output.figures.matrix import run_starts, shrink_matrix
from decoding.output.figures.series import time_series_table

_MAX_COLUMNS = 500
_LIMIT = 2.0
"""The colours end at so many deviations, as those of nilearn's carpet do."""
_STRIP = 0.06


def plot_carpet(
    quality: Quality, volumes: pd.DataFrame, theme: ThemeName, *, each: str = "volume"
) -> go.Figure:
    """Draw a row a voxel and a column a volume or a few, over a strip of what was shown.

    The volumes are a `Subject`'s, and `each` is what one is called.
    """
    colours, runs = THEMES[theme], volumes["run"].to_numpy()
    cells, _, step = shrink_matrix(quality.carpet, len(quality.carpet), _MAX_COLUMNS)
    alt = (
        f"Heat map, a row for each voxel from the lowest slice up and a column for each {each}, "
        "with a strip of categories below and lines between runs. "
        f"{reading_carpet(quality, volumes, each)}"
    )
    figure = new_figure(theme, height=420, title="Voxels of the brain over time", alt=alt)
    figure.add_trace(
        go.Heatmap(
            z=cells.astype(np.float32),
            x0=(step - 1) / 2,
            dx=step,
            zmin=-_LIMIT,
            zmax=_LIMIT,
            colorscale=diverging_scale(colours),
            hovertemplate=f"{each} %{{x:.0f}}: %{{z:.2f}}<extra></extra>",
            colorbar={**colour_bar("deviations from the voxel's mean", colours, 5), "x": 1.01},
        )
    )
    figure.add_traces(_strips(volumes, theme))
    starts = run_starts(runs)
    middles = (starts + np.r_[starts[1:], len(runs)]) / 2 - 0.5
    draw_shapes(
        figure, [line_at("x", start - 0.5, colours.text, width=0.8) for start in starts[1:]]
    )
    # So small, and without the codes that the strip has no room for, a phone has two in a row.
    legend = {**legend_above(), "font": {"size": 12}}
    figure.update_layout(barmode="overlay", showlegend=True, legend=legend)
    figure.update_xaxes(
        anchor="y2",
        range=[-0.5, len(runs) - 0.5],
        title_text="run",
        tickvals=middles,
        ticktext=[str(runs[start]) for start in starts],
    )
    figure.update_yaxes(
        domain=[_STRIP + 0.02, 1], title_text="voxels, slice by slice", showticklabels=False
    )
    figure.update_layout(
        yaxis2={"domain": [0, _STRIP], "range": [0, 1], "visible": False, "fixedrange": True}
    )
    return figure


def carpet_table(quality: Quality, volumes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a volume: ``volume``, ``run``, ``condition``, then each voxel drawn."""
    last = len(volumes) - 1
    return time_series_table(
        quality.carpet.T, volumes, first=0, last=last, names=quality.voxel_names
    )


def reading_carpet(quality: Quality, volumes: pd.DataFrame, each: str = "volume") -> str:
    """Say when the voxels changed together most, and which of them are drawn."""
    together, n_shown = quality.together, len(quality.carpet)
    most = int(np.abs(together).argmax())
    side = "above" if together[most] > 0 else "below"
    within = volumes["run"].to_numpy()
    place = most - int(np.flatnonzero(within == within[most])[0])
    step = -(-len(volumes) // _MAX_COLUMNS)
    drawn = "All" if n_shown == quality.grid.n_voxels else f"{n_shown} evenly spaced ones of the"
    averaged = "" if step == 1 else f", each cell the mean of {number_text(step, each)}"
    return (
        f"The voxels changed together most at {each} {place} of run {within[most]}: on average "
        f"{abs(together[most]):.2g} deviations {side} their mean. A stripe through all of them is "
        "the scanner or the head, not a response. "
        f"{drawn} {number_text(quality.grid.n_voxels, 'voxel')} of the brain are drawn{averaged}."
    )


def _strips(volumes: pd.DataFrame, theme: ThemeName) -> list[go.Bar]:
    """Return what was shown, one bar a stretch of one category, below the carpet."""
    names, runs = volumes["condition"].to_numpy(dtype=object), volumes["run"].to_numpy()
    starts = np.flatnonzero(np.r_[True, (names[1:] != names[:-1]) | (runs[1:] != runs[:-1])])
    lengths = np.diff(np.r_[starts, len(names)])
    styles = category_styles(sorted({*names} - {REST}), theme)
    return [
        go.Bar(
            x=starts[own] + lengths[own] / 2 - 0.5,
            y=np.ones(int(own.sum())),
            width=lengths[own],
            yaxis="y2",
            name=label_text(name),
            marker={"color": style.colour, "line": {"width": 0}},
            hovertemplate=f"{label_text(name)}<extra></extra>",
        )
        for name, style in styles.items()
        if (own := names[starts] == name).any()
    ]
