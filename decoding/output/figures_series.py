"""Voxels over time, above the blocks of the conditions: chart, table and reading."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.datasets.base import REST
from decoding.output.chart import new_figure
from decoding.output.colours import THEMES, Theme, ThemeName, category_styles, with_alpha
from decoding.output.figures_matrix import run_starts
from decoding.output.figures_timeline import blocks_table, list_blocks

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
    _shade_blocks(figure, volumes, window, theme)
    _mark_runs(figure, volumes, window, colours)
    x = np.arange(window.first, window.last + 1)
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
                hovertemplate=f"{name}, volume %{{x}}: %{{y:.4g}}<extra></extra>",
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


def _shade_blocks(
    figure: go.Figure, volumes: pd.DataFrame, window: Window, theme: ThemeName
) -> None:
    styles = category_styles(sorted(set(volumes["condition"]) - {REST}), theme)
    table = blocks_table(volumes)
    ends = table["first"] + table["n_volumes"] - 1
    seen = table[(ends >= window.first) & (table["first"] <= window.last)]
    for row in list_blocks(seen):
        style = styles[row.condition]
        start = max(row.first, window.first) - 0.5
        stop = min(row.first + row.n_volumes - 1, window.last) + 0.5
        figure.add_vrect(
            x0=start, x1=stop, fillcolor=with_alpha(style.colour, 0.24), line_width=0, layer="below"
        )
        if len(seen) <= _MAX_CODES:
            figure.add_annotation(
                text=style.code, x=(start + stop) / 2, y=1, yref="paper", yanchor="bottom",
                showarrow=False, hovertext=row.condition, font={"size": 12},
            )  # fmt: skip


def _mark_runs(figure: go.Figure, volumes: pd.DataFrame, window: Window, colours: Theme) -> None:
    for start in run_starts(volumes["run"].to_numpy())[1:]:
        if window.first < start <= window.last:
            line = {"color": colours.muted, "width": 1, "dash": "dot"}
            figure.add_vline(x=start - 0.5, line=line)
