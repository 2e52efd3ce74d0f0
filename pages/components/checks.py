"""The design checks as pages show them: an icon, a word, the cause and the remedy."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import streamlit as st

from decoding.analyses import check, decode
from decoding.analyses.check import Check, CheckResult
from decoding.analyses.record import NO, YES
from decoding.analyses.timecourse import analysis as timecourse
from decoding.null import Null
from decoding.numbers import number_text, score_text
from decoding.output.states import LOOKS, State, is_wrong, lag_state
from decoding.output.text.readings import reading_chosen_lag
from decoding.output.text.remedies import Step, honest_spec, honest_words, remedies
from decoding.output.text.wording import answer_text, wrongs
from decoding.relabel import read_draws, write_draws
from decoding.results import DecodingResult
from decoding.setting import Setting, read_number
from decoding.spec import DecodingSpec
from pages.components.aloud import tell
from pages.components.categories import in_named_order
from pages.components.display import show_metric
from pages.components.fixed import change_button
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, ready_result, result_for
from pages.components.terms import say
from pages.components.url_state import change_spec, full_query, get_setting

CHOSEN_LAG = Setting(
    name="chosen_lag", default=0.0, label="lag chosen by its score", parse=read_number
)
RELABELLED = Setting[tuple[int | None, int]](
    name="relabelled", default=(None, 0), label="relabellings of a time course",
    parse=read_draws, write=lambda draws: write_draws(*draws),
)  # fmt: skip
NESTED = Setting(name="nested", default=YES, label="lag chosen in training")


def say_answer(
    result: DecodingResult, null: Null | None = None, width: Literal["auto", "content"] = "auto"
) -> None:
    """Say the score in a plain sentence, struck through where it is wrong."""
    wrong = is_wrong(result.spec, circular=result.circular)
    with st.container(key="wrong_answer" if wrong else "plainly", width="content"):
        say(answer_text(result, null, in_named_order(result.classes)), width=width)


def show_accuracy(view: View, result: DecodingResult, comparison: str) -> None:
    """Show the accuracy; a wrong one is struck through, the honest one larger beside it."""
    score, spec = score_text(result.accuracy), view.spec
    tell_score(result)
    show_score(view, "Accuracy", score, comparison, lambda right: honest_accuracy(spec, right))


def tell_score(result: DecodingResult) -> None:
    """Have the page say the score aloud when it is new."""
    answer = answer_text(result, named=in_named_order(result.classes))
    tell(f"Accuracy {score_text(result.accuracy)}. {answer}")


def honest_accuracy(wrong: DecodingSpec, right: View) -> tuple[str, str]:
    """Return the accuracy of a view that mends a wrong spec, and its comparison."""
    found = result_for(decode.ANALYSIS, right)
    return score_text(found.accuracy), honest_words(wrong, found)


def show_score(
    view: View,
    label: str,
    score: str,
    comparison: str,
    honest: Callable[[View], tuple[str, str]] | None = None,
) -> None:
    """Show a score; a wrong one is struck through and small.

    Beside it stands the honest one, where there is one: `honest` returns it with its comparison.
    """
    name = label.lower().replace(" ", "_")
    with st.container(key=f"{'wrong' if view.is_wrong else 'score'}_{name}"):
        show_metric(label, score, comparison)
    if honest and (right := honest_spec(view.subject, view.spec)):
        with section():
            value, told = honest(replace(view, spec=right))
            show_metric(f"Honest {label[0].lower()}{label[1:]}", value, told)


def show_warnings(view: View, take: Callable[..., None] = change_spec) -> None:
    """Say above a score what its scheme or its mask does to it.

    What is wrong has a button with the remedy, which changes the page's own selection by `take`.
    """
    found = remedies(view.subject, view.spec)
    for name, why in wrongs(view.subject, view.spec).items():
        _show_state(name, "fail", why, found.get(name), take)


def show_lag_note(view: View) -> None:
    """Say below a score what the choice of its lag does to it: numbers stay where they are."""
    if note := lag_note(view):
        _show_state("lag", lag_state(chosen=is_lag_chosen(view)), note)


def _show_state(
    name: str,
    state: State,
    why: str,
    step: Step | None = None,
    take: Callable[..., None] = change_spec,
) -> None:
    """Show what is to be known of a score in its state's colour, with the step that mends it."""
    look = LOOKS[state]
    with st.container(key=f"{state}_{name}", horizontal=True, vertical_alignment="center"):
        say(why, width="stretch", before=f":{look.colour}[{look.icon}] ")
        if step is not None:
            change_button(
                plain(f"Fix it: {step.label[0].lower()}{step.label[1:]}"),
                step.changes,
                key=f"fix_{name}",
                on_click=take,
                kwargs=step.changes,
            )


def course_options() -> timecourse.Options:
    """Return how the link wants a time course: as many relabellings, with or without choice."""
    number, seed = get_setting(RELABELLED)
    nested = get_setting(NESTED, (YES, NO))
    return timecourse.Options(permutations=number, seed=seed, nested=nested)


def lag_note(view: View) -> str:
    """Say what a lag chosen by its score does to a score, or that nobody knows; else nothing."""
    lag = view.spec.lag
    if not lag:
        return ""
    found = ready_result(timecourse.ANALYSIS, view, course_options())
    nested = None if found is None else found.nested
    return reading_chosen_lag(lag, nested, known=is_lag_chosen(view))


def is_lag_chosen(view: View) -> bool:
    """Tell whether the lag was taken from the chart of its scores."""
    return bool(view.spec.lag) and view.spec.lag == get_setting(CHOSEN_LAG)


def show_checks(found: CheckResult) -> None:
    """Show what fails and warns in full; what passes, or does not apply, waits behind one line."""
    for status in ("fail", "warn"):
        for one in _of(found, status):
            _show_check(one)
    if found.worst == "pass":
        say(
            "Nothing that was looked at speaks against the score.",
            before=f":green[:material/check_circle:] **{found.sentence}** ",
        )
    passed, moot = _of(found, "pass"), _of(found, "moot")
    apart = f", {len(moot)} not applicable" if moot else ""
    words = f"{number_text(len(passed), 'check')} passed{apart}"
    with st.expander(words, icon=":material/check_circle:"):
        for one in [*passed, *moot]:
            _show_check(one)


def show_cautions(view: View) -> None:
    """Say below a score what its lag does to it, and label it by the worst check behind it."""
    show_lag_note(view)
    with section():
        _show_label(result_for(check.ANALYSIS, view))


def _show_label(found: CheckResult) -> None:
    look = LOOKS[found.worst]
    worst = _of(found, found.worst)
    words = found.sentence
    if found.worst != "pass":
        words = f"{words[:-1]} ({', '.join(check.title for check in worst)})."
    with st.container(
        key="label", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        say(words, width="content", before=f":{look.colour}[{look.icon}] ")
        st.page_link("pages/validate.py", label="Can I trust the score?", query_params=full_query())


def _of(found: CheckResult, status: str) -> list[Check]:
    return [check for check in found.checks if check.status == status]


def _show_check(check: Check) -> None:
    look = LOOKS[check.status]
    with st.container(key=f"{check.status}_{check.check}"):
        title = f":{look.colour}[{look.icon} {look.word}] **{check.title.capitalize()}.** "
        say(check.message, before=title)
