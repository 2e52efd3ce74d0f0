"""The runs as blocks of categories, and which of them a fold tests: chart, table and reading."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.datasets.base import BLOCK, IMAGE, NO_BLOCK, Subject
from decoding.numbers import list_text, number_text
from decoding.output.colours import (
    THEMES,
    CategoryStyle,
    Theme,
    ThemeName,
    category_styles,
    ink_on,
    mix,
)
from decoding.output.figures.chart import label_text, legend_above, new_figure
from decoding.output.figures.matrix import run_starts
from decoding.results import DecodingResult
from decoding.samples.volumes import lag_in_volumes, select_volumes

_BAR = 0.74
_STRIP = 0.16


def blocks_table(volumes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a block of a `Subject`'s volumes.

    Its columns: ``run``, ``block``, ``condition``, ``first`` (in the recording), ``start`` (volume
    within its run, from 0), ``n_volumes``.
    """
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
    each: str = "volume",
) -> go.Figure:
    """Draw the runs of a `Subject`'s volumes as rows of blocks, coloured and lettered by category.

    Categories that are not selected step back; none selected means all. A strip over each selected
    block marks the volumes tested in one fold, bool (n_volumes,). A volume is called `each`.
    """
    colours = THEMES[theme]
    table = blocks_table(volumes)
    names = sorted(set(table["condition"]))
    styles = category_styles(names, theme)
    runs = [str(run) for run in volumes["run"].unique()]
    order = table.groupby("run")["condition"].agg(", ".join)
    first = f"Run {order.index[0]}: {order.iloc[0]}." if len(order) else ""
    alt = (
        f"Timeline, one row a run, one box for each {IMAGE if each == IMAGE else BLOCK}, coloured "
        "and lettered by category. "
        f"{reading_timeline(volumes, selected, each)} {first}"
    )
    figure = new_figure(theme, height=130 + 27 * len(runs), title="Blocks of each run", alt=alt)
    shown = selected or names
    figure.add_traces(
        [_block_bars(table, name, styles[name], name in shown, colours, each) for name in names]
    )
    if tested is not None:
        chosen = table[table["condition"].isin(list(shown))]
        figure.add_traces(_tested_strips(chosen, tested, colours))
    figure.update_layout(
        barmode="overlay",
        uniformtext={"minsize": 9, "mode": "hide"},
        showlegend=True,
        legend=legend_above(),
    )
    longest = int(volumes.groupby("run").size().max())
    figure.update_xaxes(range=[0, longest], title_text=f"{each} within the run", nticks=8)
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=runs,
        range=[len(runs) - 0.4, -0.6],
        title_text="run",
        tickvals=runs,
    )
    return figure


def volumes_tested(subject: Subject, result: DecodingResult, fold: int = 0) -> np.ndarray:
    """Return which volumes one fold tests, bool (n_volumes,), for `plot_timeline`.

    Volumes are marked at their labels, whatever the lag; a block's mean marks the block.
    """
    selection = select_volumes(subject, result.spec)
    folds = np.unique(result.predictions["fold"])
    chosen = result.predictions[result.predictions["fold"] == folds[fold]]
    if result.n_samples == len(selection.volumes):
        labelled = selection.volumes - lag_in_volumes(subject, result.spec.lag)
        tested = np.zeros(len(subject.volumes), dtype=bool)
        tested[labelled[chosen["sample"].to_numpy()]] = True
        return tested
    return np.isin(subject.volumes["block"].to_numpy(), chosen["block"].to_numpy())


def reading_timeline(
    volumes: pd.DataFrame, selected: Sequence[str] = (), each: str = "volume"
) -> str:
    """Say how many runs and blocks there are, and how much of it is selected."""
    table, n_runs = blocks_table(volumes), volumes["run"].nunique()
    is_of_blocks = (table["n_volumes"] > 1).any()  # an image is one by itself
    held = number_text(table["condition"].nunique(), "category", "categories")
    if is_of_blocks:
        held = f"{number_text(len(table), 'block')} of {held}"
    text = (
        f"{number_text(n_runs, 'run')} of {_sizes_text(volumes.groupby('run').size(), each)} "
        f"{'holds' if n_runs == 1 else 'hold'} {held}"
    )
    if not selected:
        return f"{text}."
    chosen = table[table["condition"].isin(list(selected))]
    n_shown = int(chosen["n_volumes"].sum())
    shown = number_text(n_shown, each)
    if is_of_blocks:
        shown = f"{number_text(len(chosen), 'block')}, {shown},"
    verb = "shows" if n_shown == 1 else "show"
    return f"{text}; {shown} {verb} {list_text(sorted(selected))}."


def _sizes_text(sizes: pd.Series, each: str) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return number_text(low, each) if low == high else f"{low} to {number_text(high, each)}"


def _block_bars(
    table: pd.DataFrame, name: str, style: CategoryStyle, chosen: bool, colours: Theme, each: str
) -> go.Bar:
    blocks = table[table["condition"] == name]
    fill = style.colour if chosen else mix(colours.background, style.colour, 0.16)
    return go.Bar(
        orientation="h",
        name=label_text(f"{style.code} {name}"),
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
        textfont={
            "size": 12,
            "color": ink_on(style.colour) if chosen else mix(colours.muted, colours.text, 0.5),
        },
        marker={"color": fill, "line": {"color": colours.background, "width": 1}},
        customdata=blocks.assign(name=label_text(name))[
            ["name", "run", "block", "first", "n_volumes"]
        ].to_numpy(object),
        hovertemplate="%{customdata[0]}, run %{customdata[1]}: %{customdata[4]} "
        f"{each}s from {each} %{{base}} of the run<extra></extra>",
    )


def _tested_strips(blocks: pd.DataFrame, tested: np.ndarray, colours: Theme) -> list[go.Bar]:
    parts = []
    for row in blocks.to_dict("records"):
        flags = tested[row["first"] : row["first"] + row["n_volumes"]]
        for offset, length, kind in _stretches(flags):
            parts.append((str(row["run"]), row["start"] + offset, length, kind))
    looks = {
        True: ("tested in this fold", colours.text),
        False: ("trained on", mix(colours.background, colours.muted, 0.45)),
    }
    return [
        go.Bar(
            orientation="h",
            name=label,
            y=[run for run, _, _, own in parts if own == kind],
            base=[start for _, start, _, own in parts if own == kind],
            x=[length for _, _, length, own in parts if own == kind],
            width=_STRIP,
            offset=-_BAR / 2 - _STRIP,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate=f"{label}<extra></extra>",
        )
        for kind, (label, colour) in looks.items()
    ]


def _stretches(flags: np.ndarray) -> list[tuple[int, int, bool]]:
    """Return (offset, length, value) of each run of equal flags."""
    starts = run_starts(flags)
    lengths = np.diff(np.r_[starts, len(flags)])
    return [(int(s), int(n), bool(flags[s])) for s, n in zip(starts, lengths, strict=True)]
