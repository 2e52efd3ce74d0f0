"""The curve of all combinations, what moves the score, and the joint null."""

from dataclasses import replace
from functools import partial

import streamlit as st

from decoding.analyses.choices import analysis as choices
from decoding.analyses.choices.analysis import RELABELLINGS, YES, Values
from decoding.analyses.choices.result import ChoicesResult
from decoding.analyses.choices.universe import CHOICES
from decoding.numbers import counts_text, duration_text, p_text, score_text
from decoding.output.figures.choices import plot_curve, plot_moves, reading_curve
from decoding.output.text.choices import (
    joined_text,
    joint_text,
    left_out_text,
    moves_text,
    place_text,
    short_words,
    spread_text,
)
from decoding.output.text.wording import chance_for, compared_text
from decoding.results import DecodingResult
from pages.components.aloud import tell
from pages.components.checks import show_accuracy
from pages.components.choices.ticks import JOINT, joint_options, keep_values
from pages.components.display import metric_row, show_figure, show_metric, show_table_file
from pages.components.late import Late
from pages.components.service import STARTS_ALONE_S, View, seconds_for
from pages.components.terms import say, say_small
from pages.components.url_state import change_spec, set_setting

CHART, CHOSEN = "curve", "choose_combination"


def late_joint(view: View, values: Values) -> Late[ChoicesResult]:
    """Return every combination under the same shuffled labels."""
    return Late(choices.ANALYSIS, view, joint_options(values))


def show_numbers(view: View, own: DecodingResult, joint: ChoicesResult | None) -> None:
    """Show the visitor's own score at once, and the p-values of all combinations when they come."""
    with metric_row("choices"):
        show_accuracy(view, own, compared_text(own))
        show_metric("Samples", f"{own.n_samples}", f"of {own.n_blocks} blocks")
        found = joint.joint.statistics if joint and joint.joint else None
        for name, label, told in (
            ("best", "p of the best", "it allows for picking the best"),
            ("median", "p of the median", "of all combinations"),
        ):
            value = "…" if joint is None else "none" if found is None else p_text(found[name][1])
            told = "on its way, see below" if joint is None else told
            show_metric(label, value, told)


def show_curve(
    view: View, values: Values, scores: ChoicesResult, joint: ChoicesResult | None
) -> None:
    """Show the specification curve; a mark that is clicked takes the selection there."""
    found = joint or scores
    own = found.place_of(view.spec)
    comparable = not found.circular
    show_figure(
        view,
        CHART,
        lambda theme: plot_curve(
            found,
            theme,
            own=own,
            chance=chance_for(view.subject, view.spec) if comparable else None,
            wrong=not comparable,
        ),
        " ".join([reading_curve(found, own), joined_text(found) if joint else ""]).strip(),
        lambda: found.table,
        depends_on=(values, own, joint is not None and joint_options(values)),
        on_select=partial(_take_mark, found, values),
    )
    _choose_combination(view, found, values, own)


def _take_mark(found: ChoicesResult, values: Values) -> None:
    points = st.session_state[CHART].selection.points
    if points:
        place = points[-1]["customdata"]
        _take(found, values, place[0] if isinstance(place, list) else place)


def _take(found: ChoicesResult, values: Values, place: int) -> None:
    spec = found.combinations[place].spec
    keep_values(values)
    change_spec(**{name: getattr(spec, name) for name in CHOICES})


def _choose_combination(view: View, found: ChoicesResult, values: Values, own: int | None) -> None:
    """Let the visitor take a combination without a pointer."""
    st.session_state[CHOSEN] = own

    def words(place: int) -> str:
        one = found.combinations[place]
        return f"{score_text(one.accuracy)}: {short_words(one.spec, found.varied)}"

    def take() -> None:
        if (place := st.session_state[CHOSEN]) is not None:
            _take(found, values, place)

    st.selectbox(
        "Take a combination, or click its mark",
        found.order,
        key=CHOSEN,
        index=None,
        format_func=words,
        placeholder="Click a mark, or take its combination here",
        on_change=take,
    )


def show_moves(view: View, values: Values, scores: ChoicesResult) -> None:
    """Show how much each choice moves the score."""
    if not scores.moves:
        say_small("Tick a second value of a choice to see how much it moves the score.")
        return
    show_figure(
        view,
        "moves",
        lambda theme: plot_moves(scores, theme),
        moves_text(scores),
        lambda: scores.moves_table,
        depends_on=values,
    )


def say_spread(view: View, scores: ChoicesResult) -> None:
    """Say from where to where the scores run, and where the visitor's own stands."""
    told = f"{spread_text(scores)} {place_text(scores, view.spec)}"
    tell(told)
    say(told)
    if left := left_out_text(scores):
        say_small(left)


def follow_joint(view: View, values: Values, late: Late[ChoicesResult]) -> None:
    """Show the joint null once it is there; offer the refits that take no part, with their time."""
    late.follow(partial(_show_joint, view, values), "joint")


def _show_joint(view: View, values: Values, found: ChoicesResult) -> None:
    say(joint_text(found))
    if len(found.joined) == len(found.combinations):
        return
    options = joint_options(values)
    everybody = replace(options, refit=YES)
    seconds = seconds_for(choices.ANALYSIS, view, everybody)
    st.button(
        f"Let the others take part, about {duration_text(seconds)}",
        key="join_all",
        type="tertiary",
        icon=":material/hourglass_top:",
        on_click=set_setting,
        args=(JOINT, everybody),
        disabled=seconds > 60 * STARTS_ALONE_S,
        help="They are fitted anew for each shuffling of the labels.",
    )


def show_files(view: View, found: ChoicesResult) -> None:
    """Offer the table of all combinations."""
    show_table_file(view, "All combinations, CSV", lambda: found.table, "choices")
    say_small(
        f"{counts_text(found.combinations[0].n_samples, found.n_blocks)} The exported script on "
        f"Decode is that of your own combination; the command choices prints all of them, with "
        f"{RELABELLINGS} shared relabellings."
    )
