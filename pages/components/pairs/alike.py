"""How alike categories are: the matrix of a measure, and its picture in a plane and as a tree."""

import streamlit as st

from decoding.analyses.pairs.measures import MEASURES, as_distances, is_known
from decoding.analyses.pairs.scores import PairScores
from decoding.numbers import counts_text, score_text
from decoding.output.figures.arrangement import (
    plane_table,
    plot_plane,
    plot_tree,
    reading_plane,
    reading_tree,
    tree_table,
)
from decoding.output.figures.similarity import (
    dissimilarity_table,
    plot_dissimilarity,
    reading_dissimilarity,
)
from decoding.setting import Setting, read_pair, write_names
from pages.components.controls import choose_setting
from pages.components.display import show_figure
from pages.components.fixed import change_link
from pages.components.plain import plain
from pages.components.service import View
from pages.components.terms import say, say_small
from pages.components.url_state import full_query, get_setting, set_setting

CHART = "dissimilarity"
MEASURE = Setting(
    name="measure",
    default="decoding",
    label="measure",
    control="Measured by",
    words=lambda name: MEASURES[name].label,
)
SQUARE = Setting[tuple[str, str]](
    name="square", default=("", ""), label="Pair looked at", parse=read_pair, write=write_names
)
"""The pair of a square of the matrix."""


def choose_measure(found: PairScores) -> str:
    """Let the visitor choose among the measures that there are; the link carries it."""
    say(
        "Dissimilarity has more than one measure: how well a classifier parts two categories, how "
        "their mean patterns correlate, or the crossnobis distance."
    )
    there = [name for name in MEASURES if getattr(found.distances, name) is not None]
    name = choose_setting(MEASURE, there, width=260)
    note = MEASURES[name].help
    if name == "crossnobis":
        noise = "Voxels are weighed by their noise." if found.distances.has_noise else (
            "There is one sample a block, so the voxels' noise is not known and all count alike."
        )  # fmt: skip
        note = f"{note} {noise} A negative value is noise: it is kept here, and drawn below as 0."
    if len(there) < len(MEASURES):
        note = f"{note} Crossnobis needs two runs, and a mask of few enough voxels for their noise."
    say_small(note)
    return name


def show_matrix(view: View, found: PairScores, name: str) -> None:
    """Show the matrix of a measure; a square that is chosen leads to its pair on Decode."""
    measure, matrix, names = MEASURES[name], getattr(found.distances, name), found.classes
    chosen = _chosen(names)
    counts = counts_text(found.together.n_samples, found.together.n_blocks, view.subject.each_block)
    show_figure(
        view,
        CHART,
        lambda theme: plot_dissimilarity(
            matrix, names, theme, measure=measure.label, same=measure.same, chosen=chosen
        ),
        f"{reading_dissimilarity(matrix, names)} {counts}",
        lambda: dissimilarity_table(matrix, names),
        depends_on=(name, chosen),
        on_select=_take_square,
        file=f"dissimilarity_{name}",
    )
    _choose_pair(found, chosen)


def _chosen(names: tuple[str, ...]) -> tuple[str, str] | None:
    pair = get_setting(SQUARE)
    return pair if set(pair) <= set(names) else None


def _take_square() -> None:
    points = st.session_state[CHART].selection.points
    if points:
        first, second = sorted(points[-1]["customdata"])
        set_setting(SQUARE, (first, second))


def _choose_pair(found: PairScores, chosen: tuple[str, str] | None) -> None:
    """Let the visitor choose a pair without a pointer; link to it on Decode."""
    scores = {
        pair.conditions: "not decoded" if pair.result is None else score_text(pair.result.accuracy)
        for pair in found.pairs
    }
    st.session_state["pairs_square"] = chosen
    st.selectbox(
        "Pair to look at, or click a square",
        list(scores),
        key="pairs_square",
        index=None,
        format_func=lambda pair: f"{' against '.join(pair)}: {scores[pair]}",
        placeholder="Click a square, or choose its pair here",
        label_visibility="collapsed",
        on_change=lambda: set_setting(
            SQUARE, st.session_state["pairs_square"] or SQUARE.default, SQUARE.default
        ),
    )
    if chosen is not None:
        change_link(
            "pages/decode.py",
            f"Decode {plain(' against '.join(chosen))}: folds, confusion and weights",
            ["conditions"],
            {**full_query(), "conditions": list(chosen)},
        )


def show_arrangements(view: View, found: PairScores, name: str) -> None:
    """Show the categories in a plane and as a tree, by a measure."""
    measure, matrix, names = MEASURES[name], getattr(found.distances, name), found.classes
    if not is_known(matrix):
        say("A distance is missing, so the categories cannot be arranged by all of them.")
        return
    distances = as_distances(matrix, measure)
    unit = f"{measure.label} above {measure.same:g}" if measure.same else measure.label
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("In a plane", anchor=False)
        show_figure(
            view,
            "plane",
            lambda theme: plot_plane(distances, names, theme),
            f"MDS: {reading_plane(distances, names)}",
            lambda: plane_table(distances, names),
            depends_on=name,
            file=f"mds_{name}",
        )
    with right:
        st.subheader("As a tree", anchor=False)
        show_figure(
            view,
            "tree",
            lambda theme: plot_tree(distances, names, theme, unit=unit),
            f"Dendrogram: {reading_tree(distances, names)}",
            lambda: tree_table(distances, names),
            depends_on=name,
            file=f"dendrogram_{name}",
        )
