"""How far the head moved, above the blocks of the categories: chart and reading."""

import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.motion import FAR_MM, Motion
from decoding.datasets.base import REST
from decoding.numbers import number_text
from decoding.output.colours import THEMES, ThemeName
from decoding.output.figures.chart import draw_shapes, line_at, new_figure
from decoding.output.figures.series import draw_ground


def plot_motion(motion: Motion, volumes: pd.DataFrame, theme: ThemeName) -> go.Figure:
    """Draw the displacement before each volume over the shaded blocks of a `Subject`'s volumes."""
    colours, table = THEMES[theme], motion.table
    alt = f"Line of head motion over blocks shaded by category. {reading_motion(motion)}"
    figure = new_figure(theme, height=300, title="Head motion", alt=alt)
    draw_ground(figure, volumes, 0, len(volumes) - 1, theme)
    limit = line_at("y", FAR_MM, colours.muted, dash="dot")
    draw_shapes(figure, [*figure.layout.shapes, limit])
    figure.add_trace(
        go.Scatter(
            x=table["volume"],
            y=table["displacement"],
            mode="lines",
            line={"color": colours.text, "width": 1.4},
            customdata=table[["run", "condition"]].to_numpy(dtype=object),
            hovertemplate="volume %{x}, run %{customdata[0]}: %{y:.2f} mm<extra></extra>",
        )
    )
    figure.update_xaxes(range=[-0.5, len(table) - 0.5], title_text="volume", nticks=8)
    figure.update_yaxes(title_text="mm from the volume before", rangemode="tozero", nticks=5)
    return figure


def reading_motion(motion: Motion) -> str:
    """Say how far the head moved, how often too far, and in which categories most and least."""
    if motion.unknown:
        return f"How far the head moved is not known. {motion.unknown}"
    moved, found = motion.table["displacement"].dropna(), motion.by_category
    if moved.empty:
        return "How far the head moved is not known: its column in the confounds is empty."
    text = (
        f"From one volume to the next the head moved {moved.mean():.2f} mm on average, and more "
        f"than {FAR_MM:g} mm before {(moved > FAR_MM).sum()} of {number_text(len(moved), 'volume')}"
    )
    shown = found[found["condition"] != REST].sort_values("mean", kind="stable")
    if len(shown) < 2:
        return f"{text}."
    least, most = shown.iloc[0], shown.iloc[-1]
    return (
        f"{text}. It moved most under {most['condition']} ({most['mean']:.2f} mm) and least under "
        f"{least['condition']} ({least['mean']:.2f} mm): a difference can be decoded in place of "
        "a response."
    )
