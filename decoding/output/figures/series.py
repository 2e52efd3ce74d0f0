"""Voxels over time, above the blocks of the conditions: chart, table and reading."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.datasets.base import REST, VOLUME
from decoding.output.colours import THEMES, ThemeName, category_styles, with_alpha
from decoding.output.figures.chart import (
    band_between,
    draw_shapes,
    label_text,
    legend_above,
    line_at,
    new_figure,
)
from decoding.output.figures.matrix import run_starts
from decoding.output.figures.timeline import blocks_table

_MAX_CODES = 20
_N_KEYS = 3
"""Columns of the table that say which volume a row is; voxels follow."""
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash")


def plot_time_series(
    table: pd.DataFrame,
    volumes: pd.DataFrame,
    theme: ThemeName,
    *,
    unit: str = "signal",
    each: str = "volume",
) -> go.Figure:
    """Draw voxels over time, above the shaded blocks of the conditions.

    The table is of the volumes shown, from `time_series_table`; `volumes` are all of the recording,
    see `decoding.datasets.base.Subject`; the unit is the axis' title, and `each` what a volume is
    called.
    """
    colours = THEMES[theme]
    names = ", ".join(table.columns[_N_KEYS:])
    reading = reading_time_series(table, each)
    alt = f"Time series of {names} over blocks shaded by category. {reading}"
    figure = new_figure(theme, height=340, title="Voxels over time", alt=alt)
    first, last = _ends(table)
    draw_ground(figure, volumes, first, last, theme)
    inks = (colours.text, colours.primary, colours.warm, colours.muted, colours.negative)
    for number, (name, values) in enumerate(table.iloc[:, _N_KEYS:].items()):
        figure.add_trace(
            go.Scatter(
                x=table["volume"],
                y=values,
                mode="lines",
                name=str(name),
                line={
                    "color": inks[number % len(inks)],
                    "dash": _DASHES[number % len(_DASHES)],
                    "width": 1.7,
                },
                customdata=table["condition"].map(label_text).to_numpy(dtype=object),
                hovertemplate=f"{name}, {each} %{{x}} (%{{customdata}}): %{{y:.4g}}<extra></extra>",
            )
        )
    figure.update_layout(showlegend=True, legend=legend_above(1.1), margin={"t": 26})
    figure.update_xaxes(range=[first - 0.5, last + 0.5], title_text=each, nticks=8)
    figure.update_yaxes(title_text=unit, nticks=5)
    return figure


def time_series_table(
    series: np.ndarray, volumes: pd.DataFrame, *, first: int, last: int, names: Sequence[str]
) -> pd.DataFrame:
    """Return one row a volume shown: ``volume``, ``run``, ``condition``, then each voxel.

    Series (n_volumes, n_chosen), with a name a column, and volumes are of the whole recording;
    those shown count from 0, `first` and `last` included.
    """
    window = slice(first, last + 1)
    keys = volumes[["run", "condition"]].iloc[window].reset_index(drop=True)
    keys.insert(0, "volume", np.arange(first, last + 1))
    return pd.concat([keys, pd.DataFrame(series[window], columns=list(names))], axis=1)


def reading_time_series(table: pd.DataFrame, each: str = "volume") -> str:
    """Say in which category the first voxel was highest on average, and where rest lay."""
    first, last = _ends(table)
    values = table.iloc[:, _N_KEYS]
    means = values.groupby(table["condition"].to_numpy(dtype=object)).mean()
    shown = means.drop(REST, errors="ignore")
    if shown.empty:
        return f"{each.capitalize()}s {first} to {last} are all rest."
    best = str(shown.idxmax())
    where = f"{best} blocks" if each == VOLUME else f"{each}s of {best}"
    text = f"Over {each}s {first} to {last}, {values.name} is highest on average in {where}"
    if REST not in means:
        return f"{text} ({_number(shown[best])})."
    return f"{text} ({_number(shown[best])}; rest {_number(means[REST])})."


def _ends(table: pd.DataFrame) -> tuple[int, int]:
    """Return the first and the last volume shown, counted from 0."""
    return int(table["volume"].iloc[0]), int(table["volume"].iloc[-1])


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _blocks_seen(volumes: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return the blocks that reach into the volumes shown, cut at both ends."""
    blocks = blocks_table(volumes)
    ends = (blocks["first"] + blocks["n_volumes"] - 1).clip(upper=last)
    starts = blocks["first"].clip(lower=first)
    return blocks.assign(first=starts, n_volumes=ends - starts + 1)[starts <= ends]


def draw_ground(
    figure: go.Figure, volumes: pd.DataFrame, first: int, last: int, theme: ThemeName
) -> None:
    """Shade the blocks of a `Subject`'s volumes, write their codes if few, divide the runs."""
    styles = category_styles(sorted(set(volumes["condition"]) - {REST}), theme)
    blocks = _blocks_seen(volumes, first, last).to_dict("records")
    shades = [
        band_between(
            "x",
            block["first"] - 0.5,
            block["first"] + block["n_volumes"] - 0.5,
            with_alpha(styles[block["condition"]].colour, 0.24),
        )
        for block in blocks
    ]
    ends = [
        line_at("x", start - 0.5, THEMES[theme].muted, width=1, dash="dot")
        for start in run_starts(volumes["run"].to_numpy())[1:]
        if first < start <= last
    ]
    draw_shapes(figure, shades + ends)
    if len(blocks) <= _MAX_CODES:
        codes = [
            {
                "text": styles[block["condition"]].code,
                "hovertext": label_text(block["condition"]),
                "x": block["first"] + (block["n_volumes"] - 1) / 2,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12},
            }
            for block in blocks
        ]
        figure.update_layout(annotations=codes)
