"""How steady voxels are in each run, by their temporal signal to noise: chart and reading."""

import numpy as np
import plotly.graph_objects as go

from decoding.analyses.quality import Quality
from decoding.numbers import list_text, number_text
from decoding.output.colours import THEMES, ThemeName
from decoding.output.figures.chart import faint_grid, new_figure, score_mark

_FAR_BELOW = 0.75
"""A run whose median falls below so much of all runs' median stands out."""


def plot_steadiness(quality: Quality, theme: ThemeName) -> go.Figure:
    """Draw each run's median ratio as a dot, its quartiles over voxels as a bar."""
    colours, table = THEMES[theme], quality.runs
    alt = f"One dot a run with a bar from quartile to quartile. {reading_steadiness(quality)}"
    figure = new_figure(theme, height=300, title="Temporal signal to noise of each run", alt=alt)
    figure.add_trace(
        go.Scatter(
            x=table["run"].astype(str),
            y=table["median"],
            mode="markers",
            marker=score_mark(11, False, colours),
            error_y={
                "array": table["high"] - table["median"],
                "arrayminus": table["median"] - table["low"],
                "color": colours.muted,
                "thickness": 1.5,
                "width": 5,
            },
            customdata=table[["low", "high"]].to_numpy(),
            hovertemplate="run %{x}: median %{y:.1f}, quartiles %{customdata[0]:.1f} and "
            "%{customdata[1]:.1f}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title_text="run")
    figure.update_yaxes(
        faint_grid(colours), title_text="mean over deviation", rangemode="tozero", nticks=6
    )
    return figure


def reading_steadiness(quality: Quality) -> str:
    """Say the median over runs, and which runs fall far below it."""
    table = quality.runs
    middle = float(np.median(table["median"]))
    if middle <= 0:
        return (
            "The voxels' mean is not above 0: these scans had it taken out, so there is no ratio."
        )
    text = (
        f"Half of the voxels have a temporal signal-to-noise ratio above {middle:.3g} "
        "(median of the runs): their mean is so many times their spread over time"
    )
    if low := table.loc[table["median"] < _FAR_BELOW * middle, "run"].tolist():
        runs = f"run{'' if len(low) == 1 else 's'} {list_text(low)}"
        text += f"; {runs} lie{'s' if len(low) == 1 else ''} more than a quarter below"
    still = int(table["n_still"].max())
    if not still:
        return f"{text}."
    never = "never varies" if still == 1 else "never vary"
    return f"{text}. {number_text(still, 'voxel')} {never} in some run."


def reading_map(quality: Quality) -> str:
    """Say how the map of ratios is read."""
    low, high = np.quantile(quality.tsnr, [0.05, 0.95])
    return (
        f"The mean of the runs in each of {number_text(quality.grid.n_voxels, 'voxel')}: nine in "
        f"ten lie between {low:.3g} and {high:.3g}. Where it is low, little can be decoded."
    )
