"""Charts of a recording: its timeline, voxels over time, the masked matrix; with tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.datasets.base import NO_BLOCK, REST
from decoding.output.chart import new_figure
from decoding.output.colours import (
    THEMES,
    CategoryStyle,
    Theme,
    ThemeName,
    category_styles,
    ink_on,
    mix,
    with_alpha,
)

_BAR = 0.74
_STRIP = 0.13
_MAX_CODES = 20
_MATRIX_ROWS, _MATRIX_COLUMNS = 242, 300
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash")


def blocks_table(volumes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a block: ``run``, ``block``, ``condition``, ``first`` (in the recording),
    ``start`` (volume within its run, from 0), ``n_volumes``.

    Parameters
    ----------
    volumes : pandas.DataFrame
        See `decoding.datasets.base.Subject`.
    """  # noqa: D205 - the columns are the sentence
    table = volumes.assign(
        first=np.arange(len(volumes)), start=volumes.groupby("run").cumcount().to_numpy()
    )
    blocks = table[table["block"] != NO_BLOCK].groupby("block", sort=True)
    found = blocks.agg(
        run=("run", "first"),
        condition=("condition", "first"),
        first=("first", "first"),
        start=("start", "first"),
        n_volumes=("start", "size"),
    )
    return found.reset_index()[["run", "block", "condition", "first", "start", "n_volumes"]]


def plot_timeline(
    volumes: pd.DataFrame,
    theme: ThemeName,
    *,
    selected: Sequence[str] = (),
    tested: np.ndarray | None = None,
) -> go.Figure:
    """Draw the runs as rows of blocks, coloured and lettered by category.

    Parameters
    ----------
    volumes : pandas.DataFrame
        See `decoding.datasets.base.Subject`.
    theme : {"light", "dark"}
    selected : sequence of str
        The decoded categories; the others step back. Empty: all.
    tested : ndarray of bool, shape (n_volumes,), optional
        The volumes that one fold tests: a strip under each block of the selection marks them
        against those it trains on.
    """
    colours = THEMES[theme]
    table = blocks_table(volumes)
    names = sorted(set(table["condition"]))
    styles = category_styles(names, theme)
    runs = [str(run) for run in volumes["run"].unique()]
    figure = new_figure(theme, height=90 + 27 * len(runs), alt=alt_timeline(volumes, selected))
    for name in names:
        figure.add_trace(
            _block_bars(table, name, styles[name], not selected or name in selected, colours)
        )
    if tested is not None:
        chosen = table[table["condition"].isin(list(selected or names))]
        for trace in _tested_strips(chosen, tested, colours):
            figure.add_trace(trace)
    _style_timeline(figure, runs, int(volumes.groupby("run").size().max()))
    return figure


def reading_timeline(volumes: pd.DataFrame, selected: Sequence[str] = ()) -> str:
    """Say how many runs and blocks there are, and how much of it is selected."""
    table = blocks_table(volumes)
    n_runs = volumes["run"].nunique()
    text = (
        f"{n_runs} run{'s' if n_runs > 1 else ''} of {_range_text(volumes.groupby('run').size())} "
        f"volumes hold {len(table)} blocks of {table['condition'].nunique()} categories"
    )
    if not selected:
        return f"{text}."
    chosen = table[table["condition"].isin(list(selected))]
    return (
        f"{text}; {len(chosen)} blocks, {int(chosen['n_volumes'].sum())} volumes, show "
        f"{_join(sorted(selected))}."
    )


def alt_timeline(volumes: pd.DataFrame, selected: Sequence[str] = ()) -> str:
    """Describe the chart for those who cannot see it."""
    order = blocks_table(volumes).groupby("run")["condition"].agg(", ".join)
    first = f"Run {order.index[0]}: {order.iloc[0]}." if len(order) else ""
    return (
        "Timeline, one row a run, one box a block, coloured and lettered by category. "
        f"{reading_timeline(volumes, selected)} {first}"
    )


def _range_text(sizes: pd.Series) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return str(low) if low == high else f"{low} to {high}"


def _join(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _block_bars(
    table: pd.DataFrame, name: str, style: CategoryStyle, chosen: bool, colours: Theme
) -> go.Bar:
    blocks = table[table["condition"] == name]
    fill = style.colour if chosen else mix(colours.background, style.colour, 0.16)
    return go.Bar(
        orientation="h",
        name=f"{style.code} {name}",
        legendgroup=name,
        x=blocks["n_volumes"],
        base=blocks["start"],
        y=blocks["run"].astype(str),
        width=_BAR,
        text=[style.code] * len(blocks),
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        textfont={"size": 12, "color": ink_on(style.colour) if chosen else colours.muted},
        marker={"color": fill, "line": {"color": colours.background, "width": 1}},
        customdata=blocks[["condition", "run", "block", "first", "n_volumes"]].to_numpy(object),
        hovertemplate="%{customdata[0]}, run %{customdata[1]}: %{customdata[4]} volumes from "
        "volume %{base} of the run<extra></extra>",
    )


def _tested_strips(blocks: pd.DataFrame, tested: np.ndarray, colours: Theme) -> list[go.Bar]:
    parts = [
        (str(row.run), row.start + offset, length, kind)
        for row in blocks.itertuples()
        for offset, length, kind in _stretches(tested[row.first : row.first + row.n_volumes])
    ]
    looks = {
        True: ("tested in this fold", colours.text),
        False: ("trained on", mix(colours.background, colours.muted, 0.45)),
    }
    traces = []
    for kind, (label, colour) in looks.items():
        chosen = [part for part in parts if part[3] == kind]
        traces.append(
            go.Bar(
                orientation="h",
                name=label,
                y=[part[0] for part in chosen],
                base=[part[1] for part in chosen],
                x=[part[2] for part in chosen],
                width=_STRIP,
                offset=-_BAR / 2 - _STRIP,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"{label}<extra></extra>",
            )
        )
    return traces


def _stretches(flags: np.ndarray) -> list[tuple[int, int, bool]]:
    """Return (offset, length, value) of each run of equal flags."""
    starts = np.flatnonzero(np.r_[True, flags[1:] != flags[:-1]])
    lengths = np.diff(np.r_[starts, len(flags)])
    return [(int(s), int(n), bool(flags[s])) for s, n in zip(starts, lengths, strict=True)]


def _style_timeline(figure: go.Figure, runs: list[str], n_volumes: int) -> None:
    figure.update_layout(
        barmode="overlay",
        uniformtext={"minsize": 9, "mode": "hide"},
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "bottom",
            "font": {"size": 13},
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    figure.update_xaxes(range=[0, n_volumes], title_text="volume within the run", nticks=8)
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=runs,
        range=[len(runs) - 0.4, -0.6],
        title_text="run",
        tickvals=runs,
    )


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
        return f"{text} ({shown[best]:.3g})."
    return f"{text} ({shown[best]:.4g}; rest {means[REST]:.4g})."


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
    for row in seen.itertuples():
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


def run_starts(runs: np.ndarray) -> np.ndarray:
    """Return the row at which each run begins, the first included."""
    return np.flatnonzero(np.r_[True, runs[1:] != runs[:-1]])


def plot_masked_matrix(
    X: np.ndarray, theme: ThemeName, *, runs: np.ndarray, unit: str = "standardized"
) -> go.Figure:
    """Draw the matrix of volumes by voxels, averaged into what a screen can show.

    Parameters
    ----------
    X : ndarray, shape (n_volumes, n_voxels)
    theme : {"light", "dark"}
    runs : ndarray of int, shape (n_volumes,)
        Run of each row; boundaries are drawn as lines.
    unit : str
        The colour bar's title.
    """
    colours = THEMES[theme]
    cells, row_step, column_step = shrink_matrix(X)
    low, high, scale = _matrix_scale(cells, colours)
    figure = new_figure(theme, height=420, alt=alt_masked_matrix(X, runs))
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
            hovertemplate="volume %{y:.0f}, voxel %{x:.0f}: %{z:.2f}<extra></extra>",
            colorbar={
                "orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 1, "xanchor": "right",
                "len": 0.45, "thickness": 8, "outlinewidth": 0, "nticks": 4, "ticklen": 0,
                "title": {"text": unit, "side": "top", "font": {"size": 12}},
                "tickfont": {"size": 12, "color": colours.muted},
            },
        )
    )  # fmt: skip
    _style_matrix(figure, X.shape, runs, colours)
    return figure


def shrink_matrix(
    X: np.ndarray, max_rows: int = _MATRIX_ROWS, max_columns: int = _MATRIX_COLUMNS
) -> tuple[np.ndarray, int, int]:
    """Average neighbouring rows and columns until the matrix fits.

    Returns
    -------
    cells : ndarray, shape (<= max_rows, <= max_columns)
    row_step, column_step : int
        How many rows and columns a cell averages; the last ones may be fewer.
    """
    row_step = -(-X.shape[0] // max_rows)
    column_step = -(-X.shape[1] // max_columns)
    rows = _mean_of_groups(X, row_step)
    return _mean_of_groups(rows.T, column_step).T, row_step, column_step


def reading_masked_matrix(X: np.ndarray, runs: np.ndarray) -> str:
    """Say the shape, and how the picture was made smaller."""
    _, row_step, column_step = shrink_matrix(X[:, :1] if X.shape[1] else X)
    column_step = -(-X.shape[1] // _MATRIX_COLUMNS)
    text = f"{X.shape[0]} volumes of {len(run_starts(runs))} runs by {X.shape[1]} voxels"
    if row_step == column_step == 1:
        return f"{text}."
    parts = [f"{row_step} volumes" if row_step > 1 else "1 volume"]
    parts.append(f"{column_step} voxels" if column_step > 1 else "1 voxel")
    return f"{text}; each cell drawn is the mean of {' by '.join(parts)}."


def alt_masked_matrix(X: np.ndarray, runs: np.ndarray) -> str:
    """Describe the chart for those who cannot see it."""
    return (
        "Heat map of the masked matrix, a row a volume and a column a voxel, runs divided by "
        f"lines. {reading_masked_matrix(X, runs)}"
    )


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
        ends = [(0.0, colours.negative), (0.5, colours.background), (1.0, colours.warm)]
        return -high, high, ends
    low, high = np.quantile(cells, [0.01, 0.99]).tolist() if cells.size else (0.0, 1.0)
    return low, high, [(0.0, colours.background), (1.0, colours.primary)]


def _style_matrix(
    figure: go.Figure, shape: tuple[int, ...], runs: np.ndarray, colours: Theme
) -> None:
    starts = run_starts(runs)
    middles = (starts + np.r_[starts[1:], len(runs)]) / 2
    for start in starts[1:]:
        figure.add_hline(y=start - 0.5, line={"color": colours.text, "width": 0.8})
    figure.update_layout(margin={"t": 56})
    figure.update_xaxes(range=[-0.5, shape[1] - 0.5], title_text="voxel of the mask", nticks=7)
    figure.update_yaxes(
        range=[shape[0] - 0.5, -0.5],
        title_text="run",
        tickvals=middles,
        ticktext=[str(runs[start]) for start in starts],
    )
