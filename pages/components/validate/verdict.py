"""Whether the score can be trusted: what speaks for and against it, and the design behind it."""

import streamlit as st

from decoding.analyses.check import CheckResult
from decoding.analyses.schemes import HIDES_A_LEAK, TELLING_PAIR, telling
from decoding.choices import default_spec
from decoding.cross_validation import CV_SCHEMES
from decoding.numbers import read_count, score_text
from decoding.output.figures.timeline import (
    blocks_table,
    plot_timeline,
    reading_timeline,
    volumes_tested,
)
from decoding.output.states import LOOKS
from decoding.output.text.wording import compared_text, luck_text
from decoding.results import DecodingResult, PermutationResult
from decoding.setting import Setting
from decoding.settings import conditions_label
from decoding.spec import DecodingSpec, differing_fields
from pages.components.checks import show_accuracy
from pages.components.display import metric_row, show_figure, show_metric
from pages.components.fixed import change_button
from pages.components.null import show_p_value
from pages.components.service import View
from pages.components.terms import say
from pages.components.url_state import get_setting, set_setting, set_spec

FOLD = Setting(name="fold", default=1, label="Fold drawn over the blocks", parse=read_count)


def show_verdict(
    view: View, result: DecodingResult, test: PermutationResult | None, found: CheckResult
) -> None:
    """Show the score with what speaks for and against it: a sentence and four numbers."""
    if not view.is_wrong:
        sound = found.worst != "fail"
        later = "Shuffled labels will tell whether this is luck."
        say(luck_text(test.p_value, sound=sound) if test else later)
    elif CV_SCHEMES[view.spec.cv].leaks:
        say("Shuffled labels leak as much. A low p does not mend this score: see below.")
    with metric_row("verdict"):
        compared = compared_text(result, None if test is None else test.null)
        show_accuracy(view, result, compared)
        mean, around = "…", "on its way, see below"
        if test is not None:
            mean, (low, high) = score_text(test.null.mean), map(score_text, test.null.band)
            around = f"on average; 95 % of them score {low} to {high}"
        show_metric("Shuffled labels score", mean, around)
        show_p_value(view, test)
        show_metric("Design checks", LOOKS[found.worst].word, found.summary)


def offer_telling_pair(view: View, result: DecodingResult) -> None:
    """Offer a harder pair where the shared one leaves a leak no room to show."""
    spec = telling(view.spec)
    possible = set(spec.conditions) <= set(view.subject.conditions)
    if result.accuracy < HIDES_A_LEAK or spec == view.spec or not possible:
        return
    with st.container(key="telling", horizontal=True, vertical_alignment="center"):
        say(
            f"A score of {score_text(result.accuracy)} leaves {room_text(result.accuracy)} room "
            "for a leak to show.",
            width="content",
        )
        change_button(
            f"Show it on {' against '.join(TELLING_PAIR)}",
            differing_fields(view.spec, spec),
            on_click=set_spec,
            args=(spec,),
        )


def room_text(accuracy: float) -> str:
    """Say how much room a score near 1 leaves above it."""
    return "no" if accuracy == 1 else "little"


def say_first_look(spec: DecodingSpec) -> None:
    """Say why the page opens on another pair than the other pages, and offer theirs."""
    usual = default_spec()
    if spec != telling(usual):
        return
    shared = conditions_label(usual.conditions)
    with st.container(key="first_look", horizontal=True, vertical_alignment="center"):
        say(
            f"This page opens on {' against '.join(TELLING_PAIR)}, scaled within runs: a pair "
            f"hard enough for a leak to show. The other pages open on {shared}.",
            width="content",
        )
        fields = differing_fields(spec, usual)
        change_button(f"Show {shared}", fields, key="usual_pair", on_click=set_spec, args=(usual,))


def show_design(view: View, result: DecodingResult) -> None:
    """Show runs by blocks, with one fold drawn over them."""
    subject, spec, n_folds = view.subject, view.spec, len(result.fold_scores)
    fold = _choose_fold(n_folds)
    tested = result.folds["runs"].iloc[fold]
    show_figure(
        view,
        "design",
        lambda theme: plot_timeline(
            subject.volumes,
            theme,
            selected=spec.conditions,
            tested=volumes_tested(subject, result, fold),
            each=subject.each,
        ),
        f"{CV_SCHEMES[spec.cv].label}, fold {fold + 1} of {n_folds}. The strip above a box is "
        f"strong where it is tested (run{'s' if ',' in tested else ''} {tested}) and faint where "
        f"it is learnt from. {reading_timeline(subject.volumes, spec.conditions, subject.each)}",
        lambda: blocks_table(subject.volumes),
        depends_on=fold,
    )


def _choose_fold(n_folds: int) -> int:
    """Let the visitor choose the fold that is drawn, from 0; the link carries it."""
    if n_folds == 1:
        return 0
    st.session_state["validate_fold"] = get_setting(FOLD, range(1, n_folds + 1))
    chosen: int = st.slider(
        FOLD.label, 1, n_folds, key="validate_fold", width=280,
        on_change=lambda: set_setting(FOLD, st.session_state["validate_fold"]),
    )  # fmt: skip
    return chosen - 1
