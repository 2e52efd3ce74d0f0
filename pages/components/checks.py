"""The design checks as pages show them: an icon, a word, the cause and the remedy."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import streamlit as st

from decoding.analyses import decode
from decoding.analyses.check import Check, CheckResult
from decoding.analyses.circularity import circularity, is_circular
from decoding.analyses.timecourse import analysis as timecourse
from decoding.cross_validation import CV_SCHEMES
from decoding.null import Null
from decoding.numbers import number_text, score_text
from decoding.output.figures.scores import is_wrong
from decoding.output.text.next_steps import Step, remedies
from decoding.output.text.readings import reading_chosen_lag
from decoding.output.text.wording import answer_text, compared_text
from decoding.relabel import read_draws, write_draws
from decoding.results import DecodingResult
from decoding.settings import SETTINGS, Setting, read_number
from pages.components.display import show_metric
from pages.components.section import section
from pages.components.service import View, ready_result, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import change_spec, full_query, get_setting

CHOSEN_LAG = Setting(
    name="chosen_lag", default=0.0, label="lag chosen by its score", parse=read_number
)
RELABELLED = Setting[tuple[int | None, int]](
    name="relabelled", default=(None, 0), label="relabellings of a time course",
    parse=read_draws, write=lambda draws: write_draws(*draws),
)  # fmt: skip
NESTED = Setting(name="nested", default=timecourse.YES, label="lag chosen in training")


class Look(NamedTuple):
    """How a status appears."""

    icon: str
    word: str
    colour: str


LOOKS = {
    "fail": Look(":material/cancel:", "Failed", "red"),
    "warn": Look(":material/warning:", "Warning", "orange"),
    "pass": Look(":material/check_circle:", "Passed", "green"),
}


def say_answer(
    result: DecodingResult, null: Null | None = None, width: Literal["auto", "content"] = "auto"
) -> None:
    """Say the score in a plain sentence, struck through where it is wrong."""
    with st.container(key="wrong_answer" if is_wrong(result) else "plainly", width="content"):
        say(answer_text(result, null), width=width)


def show_accuracy(view: View, result: DecodingResult, comparison: str) -> None:
    """Show the accuracy; a wrong one is struck through, the honest one larger beside it."""
    found = remedies(view.subject, view.spec)
    with st.container(key="wrong_score" if found else "score"):
        show_metric("Accuracy", score_text(result.accuracy), comparison)
    if found:
        with section():
            right = view.on(**{name: step.changes[name] for name, step in found.items()})
            honest = result_for(decode.ANALYSIS, right)
            how = ", ".join(SETTINGS[name].words(getattr(right.spec, name)) for name in found)
            told = f"{how}; {compared_text(honest)}"
            show_metric("Honest accuracy", score_text(honest.accuracy), told)


def show_warnings(view: View, take: Callable[..., None] = change_spec) -> None:
    """Say beside a score what its scheme, its mask, or the choice of its lag does to it.

    What is wrong has a button with the remedy, which changes the page's own selection by `take`.
    """
    spec, subject = view.spec, view.subject
    found = remedies(subject, spec)
    scheme = CV_SCHEMES[spec.cv]
    if scheme.leaks:
        _show_wrong(f"{scheme.help} This score says nothing about new runs.", found["cv"], take)
    if is_circular(subject, spec):
        _, message = circularity(subject, spec)
        _show_wrong(f"Circular. {message}", found.get("mask"), take)
    if note := lag_note(view):
        if get_setting(CHOSEN_LAG) == spec.lag:
            st.info(note, icon=":material/rule:")
        else:
            say_small(note)


def _show_wrong(why: str, step: Step | None, take: Callable[..., None]) -> None:
    name = "" if step is None else next(iter(step.changes))
    with st.container(key=f"wrong_{name}", horizontal=True, vertical_alignment="center"):
        say(f":red[:material/cancel:] {why}", width="stretch")
        if step is not None:
            st.button(
                f"Fix it: {step.label[0].lower()}{step.label[1:]}", key=f"fix_{name}",
                on_click=take, kwargs=dict(step.changes),
            )  # fmt: skip


def course_options() -> timecourse.Options:
    """Return how the link wants a time course: as many relabellings, with or without choice."""
    number, seed = get_setting(RELABELLED)
    nested = get_setting(NESTED, (timecourse.YES, timecourse.NO))
    return timecourse.Options(permutations=number, seed=seed, nested=nested)


def lag_note(view: View) -> str:
    """Say what a lag chosen by its score does to a score, or that nobody knows; else nothing."""
    lag = view.spec.lag
    if not lag:
        return ""
    found = ready_result(timecourse.ANALYSIS, view, course_options())
    nested = None if found is None else found.nested
    return reading_chosen_lag(lag, nested, known=lag == get_setting(CHOSEN_LAG))


def show_checks(found: CheckResult) -> None:
    """Show what fails and warns in full; what passes waits behind one line."""
    for status in ("fail", "warn"):
        for check in _of(found, status):
            _show_check(check)
    passed = _of(found, "pass")
    if len(passed) == len(found.checks):
        say(
            f":green[:material/check_circle:] **All {len(passed)} design checks passed.** Nothing "
            "in the design speaks against the score."
        )
    with st.expander(f"{number_text(len(passed), 'check')} passed", icon=":material/check_circle:"):
        for check in passed:
            _show_check(check)


def show_label(found: CheckResult) -> None:
    """Label a score by the worst check behind it, with the way to the page that explains."""
    look = LOOKS[found.worst]
    worst = _of(found, found.worst)
    if found.worst == "pass":
        words = f"All {len(worst)} design checks passed."
    else:
        names = ", ".join(check.title for check in worst)
        words = f"Design checks: {found.summary} ({names})."
    with st.container(
        key="label", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        say(f":{look.colour}[{look.icon}] {words}", width="content")
        st.page_link("pages/validate.py", label="Can I trust the score?", query_params=full_query())


def _of(found: CheckResult, status: str) -> list[Check]:
    return [check for check in found.checks if check.status == status]


def _show_check(check: Check) -> None:
    look = LOOKS[check.status]
    say(f":{look.colour}[{look.icon} {look.word}] **{check.title.capitalize()}.** {check.message}")
