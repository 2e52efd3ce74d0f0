"""Voxels over time, above the blocks of the conditions: chart, table and reading."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.datasets.base import REST
from decoding.output.colours import THEMES, ThemeName, category_styles, with_alpha
from decoding.output.figures.chart import band_between, draw_shapes, line_at, new_figure
from decoding.output.figures.matrix import run_starts
from decoding.output.figures.timeline import Block, blocks_table, list_blocks

_MAX_CODES = 20
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash")


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of volumes, `first` to `last`, both counted from 0 and both inside."""

    first: int
    last: int

    @property
    def slice(self) -> slice:
        """As a slice of the recording."""
        return slice(self.first, self.last + 1)


def plot_time_series(
    series: np.ndarray,
    volumes: pd.DataFrame,
    theme: ThemeName,
    *,
    first: int,
    last: int,
    names: Sequence[str],
    unit: str = "",
) -> go.Figure:
    """Draw voxels over time, above the shaded blocks of the conditions.

    Parameters
    ----------
    series : ndarray, shape (n_volumes, n_chosen)
        Of the whole recording.
    volumes : pandas.DataFrame
        See `decoding.datasets.base.Subject`.
    theme : {"light", "dark"}
    first, last : int
        The volumes shown, counted from 0, both included.
    names : sequence of str, length n_chosen
    unit : str
        Of the values: the axis' title.
    """
    colours = THEMES[theme]
    window = Window(first=first, last=last)
    alt = alt_time_series(series, volumes, first=first, last=last, names=names)
    figure = new_figure(theme, height=340, alt=alt)
    _draw_ground(figure, volumes, window, theme)
    x = np.arange(window.first, window.last + 1)
    shown = volumes["condition"].iloc[window.slice].to_numpy(dtype=object)
    inks = (colours.text, colours.primary, colours.warm, colours.muted, colours.negative)
    for number, name in enumerate(names):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=series[window.slice, number],
                mode="lines",
                name=name,
                line={
                    "color": inks[number % len(inks)],
                    "dash": _DASHES[number % len(_DASHES)],
                    "width": 1.7,
                },
                customdata=shown,
                hovertemplate=f"{name}, volume %{{x}} (%{{customdata}}): %{{y:.4g}}<extra></extra>",
            )
        )
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top", "font": {"size": 13}},
        margin={"t": 26},
    )
    figure.update_xaxes(range=[first - 0.5, last + 0.5], title_text="volume", nticks=8)
    figure.update_yaxes(title_text=unit, nticks=5)
    return figure


def time_series_table(
    series: np.ndarray, volumes: pd.DataFrame, *, first: int, last: int, names: Sequence[str]
) -> pd.DataFrame:
    """Return one row a volume shown: ``volume``, ``run``, ``condition``, then each voxel."""
    window = Window(first=first, last=last).slice
    table = volumes[["run", "condition"]].iloc[window].reset_index(drop=True)
    table.insert(0, "volume", np.arange(first, last + 1))
    for number, name in enumerate(names):
        table[name] = series[window, number]
    return table


def reading_time_series(
    series: np.ndarray, volumes: pd.DataFrame, *, first: int, last: int, names: Sequence[str]
) -> str:
    """Say in which category the first voxel was highest on average, and where rest lay."""
    window = Window(first=first, last=last).slice
    conditions = volumes["condition"].iloc[window]
    means = pd.Series(series[window, 0]).groupby(conditions.to_numpy(dtype=object)).mean()
    shown = means.drop(REST, errors="ignore")
    if shown.empty:
        return f"Volumes {first} to {last} are all rest."
    best = str(shown.idxmax())
    text = f"Over volumes {first} to {last}, {names[0]} is highest on average in {best} blocks"
    if REST not in means:
        return f"{text} ({_number(shown[best])})."
    return f"{text} ({_number(shown[best])}; rest {_number(means[REST])})."


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def alt_time_series(
    series: np.ndarray, volumes: pd.DataFrame, *, first: int, last: int, names: Sequence[str]
) -> str:
    """Describe the chart for those who cannot see it."""
    reading = reading_time_series(series, volumes, first=first, last=last, names=names)
    return f"Time series of {', '.join(names)} over blocks shaded by category. {reading}"


def _blocks_seen(volumes: pd.DataFrame, window: Window) -> list[Block]:
    """Return the blocks that reach into the window, cut at its edges."""
    blocks = list_blocks(blocks_table(volumes))
    cut = []
    for block in blocks:
        first = max(block.first, window.first)
        last = min(block.first + block.n_volumes - 1, window.last)
        if first <= last:
            cut.append(replace(block, first=first, n_volumes=last - first + 1))
    return cut


def _draw_ground(
    figure: go.Figure, volumes: pd.DataFrame, window: Window, theme: ThemeName
) -> None:
    """Shade the blocks, write their codes where there is room, divide the runs."""
    styles = category_styles(sorted(set(volumes["condition"]) - {REST}), theme)
    blocks = _blocks_seen(volumes, window)
    shades = [
        band_between(
            "x",
            block.first - 0.5,
            block.first + block.n_volumes - 0.5,
            with_alpha(styles[block.condition].colour, 0.24),
        )
        for block in blocks
    ]
    ends = [
        line_at("x", start - 0.5, THEMES[theme].muted, width=1, dash="dot")
        for start in run_starts(volumes["run"].to_numpy())[1:]
        if window.first < start <= window.last
    ]
    draw_shapes(figure, shades + ends)
    if len(blocks) <= _MAX_CODES:
        codes = [_code_label(block, styles[block.condition].code) for block in blocks]
        figure.update_layout(annotations=codes)


def _code_label(block: Block, code: str) -> dict[str, Any]:
    return {
        "text": code,
        "hovertext": block.condition,
        "x": block.first + (block.n_volumes - 1) / 2,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12},
    }
