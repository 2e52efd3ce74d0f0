"""The curve of all combinations, what moves the score, and the joint null."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from decoding.analyses.choices import analysis as choices
from decoding.analyses.choices.analysis import RELABELLINGS, Values
from decoding.analyses.choices.result import ChoicesResult, with_bands
from decoding.analyses.choices.universe import CHOICES
from decoding.analyses.record import YES
from decoding.numbers import duration_text, p_text, score_text
from decoding.output.figures.choices import plot_curve, plot_moves
from decoding.output.text.choices import (
    alone_text,
    joined_text,
    joint_text,
    left_out_text,
    moves_text,
    reading_curve,
    short_words,
    spread_text,
    standing_text,
)
from decoding.output.text.wording import chance_for, compared_text, samples_text
from decoding.results import DecodingResult
from pages.components.aloud import tell
from pages.components.checks import show_accuracy
from pages.components.choices.ticks import JOINT, joint_options, keep_values
from pages.components.display import metric_row, show_figure, show_metric, show_table_file
from pages.components.fixed import why_fixed
from pages.components.late import Late
from pages.components.plain import plain
from pages.components.service import STARTS_ALONE_S, View, seconds_for
from pages.components.terms import say, say_small
from pages.components.together import Together
from pages.components.url_state import change_spec, set_setting

CHART, CHOSEN = "curve", "choose_combination"


@dataclass(frozen=True, eq=False)
class Combinations:
    """All combinations of some values: their scores, and the joint null that comes later."""

    view: View
    values: Values
    scores: Late[ChoicesResult]
    joint: Late[ChoicesResult]
    work: Together[ChoicesResult]

    @property
    def found(self) -> ChoicesResult | None:
        """The combinations that have a score by now, with the bands that there are."""
        return with_bands(self.scores.found, self.joint.found)


def find_combinations(view: View, values: Values) -> Combinations:
    """Ask for the scores, and for those of the same shuffled labels."""
    joint = Late(choices.ANALYSIS, view, joint_options(values))
    scores = joint if joint.result is not None else Late(choices.SCORES, view, values)
    return Combinations(view, values, scores, joint, Together([scores, joint]))


def show_numbers(all_of: Combinations, own: DecodingResult) -> None:
    """Show the visitor's own score at once, and the p-values of all combinations when they come."""
    joint = all_of.joint.result
    with metric_row("choices"):
        show_accuracy(all_of.view, own, compared_text(own))
        show_metric("Samples", f"{own.n_samples}", samples_text(own))
        found = joint.joint.statistics if joint and joint.joint else None
        for name, label, told in (
            ("best", "p of the best", "it allows for picking the best"),
            ("median", "p of the median", "of all combinations"),
        ):
            value = "…" if joint is None else "none" if found is None else p_text(found[name][1])
            told = "on its way, see below" if joint is None else told
            show_metric(label, value, told)


def show_curve(all_of: Combinations) -> None:
    """Show the specification curve; a mark that is clicked takes the selection there."""
    found, view, values = all_of.found, all_of.view, all_of.values
    if found is None:
        return
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
        " ".join([
            reading_curve(found, own), joined_text(found) if all_of.joint.result else "",
        ]).strip(),
        lambda: found.table,
        depends_on=(
            values, own, len(found.combinations), len(found.joined),
            bool(found.joined) and joint_options(values),
        ),
        on_select=partial(_take_mark, found, values),
    )  # fmt: skip
    _choose_combination(view, found, values, own)


def _take_mark(found: ChoicesResult, values: Values) -> None:
    points = st.session_state[CHART].selection.points
    if points and not why_fixed(CHOICES):
        place = points[-1]["customdata"]
        _take(found, values, place[0] if isinstance(place, list) else place)


def _take(found: ChoicesResult, values: Values, place: int) -> None:
    spec = found.combinations[place].spec
    keep_values(values)
    change_spec(**{name: getattr(spec, name) for name in CHOICES})


def _choose_combination(view: View, found: ChoicesResult, values: Values, own: int | None) -> None:
    """Let the visitor take a combination without a pointer."""
    st.session_state[CHOSEN], why = own, why_fixed(CHOICES)

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
        disabled=found.to_come > 0 or bool(why),
    )
    if why:
        st.caption(plain(why))


def show_moves(all_of: Combinations) -> None:
    """Show how much each choice moves the score."""
    scores = all_of.scores.found
    if scores is None:
        return
    if not scores.moves:
        if not scores.to_come:
            say_small("Tick a second value of a choice to see how much it moves the score.")
        return
    show_figure(
        all_of.view,
        "moves",
        lambda theme: plot_moves(scores, theme),
        moves_text(scores),
        lambda: scores.moves_table,
        depends_on=(all_of.values, len(scores.combinations)),
    )


def say_spread(all_of: Combinations) -> None:
    """Say from where to where the scores run, and where the visitor's own stands."""
    scores = all_of.scores.found
    if scores is None:
        return
    told = f"{spread_text(scores)} {standing_text(scores, all_of.view.spec)}"
    say(told)
    if scores.to_come:
        return
    tell(told)
    if left := left_out_text(scores):
        say_small(left)


def follow_joint(all_of: Combinations) -> None:
    """Show the joint null once it is there; offer the refits that take no part, with their time."""
    all_of.work.follow(partial(_show_joint, all_of), "joint")


def _show_joint(all_of: Combinations) -> None:
    found = all_of.joint.result
    if found is None:
        return
    told = joint_text(found, all_of.view.subject.each_block)
    say(f"{told} {alone_text(found, all_of.view.spec)}")
    if len(found.joined) == len(found.combinations):
        return
    options = joint_options(all_of.values)
    everybody = replace(options, refit=YES)
    seconds = seconds_for(choices.ANALYSIS, all_of.view, everybody)
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


def show_files(all_of: Combinations) -> None:
    """Offer the table of all combinations."""
    found = all_of.found
    if found is None or found.to_come:
        return
    show_table_file(all_of.view, "All combinations, CSV", lambda: found.table, "choices")
    say_small(
        f"The exported script on Decode is that of your own combination; the command choices "
        f"prints all of them, with {RELABELLINGS} shared relabellings."
    )
