"""Charts that arrange categories by their distances: in a plane, and as a tree."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.cluster.hierarchy import cophenet, dendrogram, to_tree
from scipy.spatial.distance import squareform

from decoding.analyses.pairs.measures import join_alike, misfit, place_in_plane
from decoding.numbers import list_text, percent_text
from decoding.output.colours import THEMES, ThemeName, category_styles
from decoding.output.figures.chart import faint_grid, label_text, new_figure

_EDGE = 0.22
"""How much room, as a share of the widest span, is left for names around the places."""


def plot_plane(distances: np.ndarray, names: Sequence[str], theme: ThemeName) -> go.Figure:
    """Draw n categories in a plane, near where the distances (n, n) are small."""
    places, colours = place_in_plane(distances), THEMES[theme]
    styles = category_styles(names, theme)
    alt = f"Categories in a plane, like ones near each other. {reading_plane(distances, names)}"
    figure = new_figure(theme, height=400, title="Categories in a plane", alt=alt)
    figure.add_trace(
        go.Scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="markers+text",
            text=[label_text(name) for name in names],
            textposition=_sides(places),
            textfont={"size": 13, "color": colours.text},
            marker={
                "size": 12,
                "color": [styles[name].colour for name in names],
                "symbol": [styles[name].symbol for name in names],
            },
            cliponaxis=False,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    low, high = places.min(axis=0), places.max(axis=0)
    room = _EDGE * (float((high - low).max()) or 1.0)
    axis = {"showticklabels": False, "automargin": False}
    figure.update_xaxes(axis, range=[low[0] - room, high[0] + room])
    tall = 2 * room  # a name stands above or below its place
    figure.update_yaxes(axis, range=[low[1] - tall, high[1] + tall], scaleanchor="x")
    return figure


def _sides(places: np.ndarray) -> list[str]:
    """Return for each place the side of its name, away from the nearest other place."""
    sides = []
    for number, place in enumerate(places):
        apart = np.linalg.norm(places - place, axis=1)
        apart[number] = np.inf
        sides.append("top center" if places[apart.argmin(), 1] <= place[1] else "bottom center")
    return sides


def reading_plane(distances: np.ndarray, names: Sequence[str]) -> str:
    """Say which category stands most apart, and how far the plane is from distances (n, n)."""
    if not distances.any():
        return "All categories lie at one place: no distance is above 0."
    apart = str(names[int(distances.mean(axis=0).argmax())])
    wrong = percent_text(misfit(distances, place_in_plane(distances)))
    return (
        f"{apart} is on average farthest from the others. A plane cannot always keep the "
        f"distances: those drawn are off by {wrong} (root mean square). Directions mean nothing."
    )


def plane_table(distances: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return one row a category of distances (n, n): ``category``, ``x``, ``y``."""
    places = place_in_plane(distances)
    return pd.DataFrame({"category": list(names), "x": places[:, 0], "y": places[:, 1]})


def plot_tree(
    distances: np.ndarray, names: Sequence[str], theme: ThemeName, *, unit: str
) -> go.Figure:
    """Draw how n categories join, the nearest first, by the distances (n, n) in a unit."""
    colours, styles = THEMES[theme], category_styles(names, theme)
    drawn = dendrogram(join_alike(distances), no_plot=True)
    order = [names[leaf] for leaf in drawn["leaves"] or ()]
    alt = f"Tree of categories, like ones joined first. {reading_tree(distances, names)}"
    figure = new_figure(
        theme, height=110 + 36 * len(names), title="Dendrogram of categories", alt=alt
    )
    for height, place in zip(drawn["dcoord"], drawn["icoord"], strict=True):
        figure.add_scatter(
            x=height, y=place, mode="lines", hoverinfo="skip",
            line={"color": colours.muted, "width": 1.5},
        )  # fmt: skip
    rows = [10.0 * number + 5.0 for number in range(len(order))]
    figure.add_scatter(
        x=[0.0] * len(order), y=rows, mode="markers", hoverinfo="skip", cliponaxis=False,
        marker={
            "size": 11,
            "color": [styles[name].colour for name in order],
            "symbol": [styles[name].symbol for name in order],
        },
    )  # fmt: skip
    figure.update_xaxes(
        faint_grid(colours), title_text=f"joined at a distance of<br>({label_text(unit)})",
        range=[0.0, 1.04 * (max(map(max, drawn["dcoord"])) or 1.0)], nticks=6,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=rows, ticktext=[label_text(name) for name in order], ticklabelstandoff=8,
        range=[0, 10 * len(order)],
    )  # fmt: skip
    longest = max(len(label_text(name)) for name in order)
    figure.update_layout(margin_l=20 + 8.5 * longest)  # letters are larger on a wide screen
    return figure


def reading_tree(distances: np.ndarray, names: Sequence[str]) -> str:
    """Say which two categories of distances (n, n) are joined first, and which last."""
    joined = join_alike(distances)
    first, second = sorted(str(names[int(one)]) for one in joined[0, :2])
    last = sorted(str(names[leaf]) for leaf in _joined_last(joined))
    verb = "joins" if len(last) == 1 else "join"
    return (
        f"{first} and {second} are joined first; {list_text(last)} {verb} the others last. A group "
        "is as far from another as their members are on average."
    )


def _joined_last(joined: np.ndarray) -> list[int]:
    """Return the leaves of the smaller of the two branches that the last step joins."""
    root = to_tree(joined)
    branches = [branch.pre_order() for branch in (root.left, root.right) if branch is not None]
    return min(branches, key=len)


def tree_table(distances: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return one row a pair of distances (n, n): ``first``, ``second``, and where they join."""
    joined = squareform(cophenet(join_alike(distances)))
    pairs = list(combinations(range(len(names)), 2))
    return pd.DataFrame(
        {
            "first": [names[row] for row, _ in pairs],
            "second": [names[column] for _, column in pairs],
            "joined_at": [float(joined[pair]) for pair in pairs],
        }
    )
