"""The design checks as pages show them: an icon, a word, the cause and the remedy."""

from typing import NamedTuple

import streamlit as st

from decoding.analyses.check import Check, CheckResult
from decoding.analyses.checks import circularity
from decoding.cross_validation import CV_SCHEMES
from pages.components.service import View
from pages.components.url_state import full_query


class Look(NamedTuple):
    """How a status appears."""

    icon: str
    word: str
    colour: str


LOOKS = {
    "fail": Look(":material/cancel:", "Fails", "red"),
    "warn": Look(":material/warning:", "Warning", "orange"),
    "pass": Look(":material/check_circle:", "Passes", "green"),
}


def show_warnings(view: View) -> None:
    """Say what is wrong with a scheme that is wrong on purpose, and with a localizer's mask."""
    spec, subject = view.spec, view.subject
    scheme = CV_SCHEMES[spec.cv]
    if scheme.leaks:
        st.warning(
            f"{scheme.help} This score says nothing about new runs.", icon=":material/warning:"
        )
    if spec.mask in subject.localizer_masks:
        status, message = circularity(subject, spec.mask, spec.conditions or subject.conditions)
        if status != "pass":
            st.warning(f"Circular. {message}", icon=":material/cycle:")


def summary(found: CheckResult) -> str:
    """Say how many checks fail, warn and pass."""
    counts = {status: len(_of(found, status)) for status in LOOKS}
    words = {"fail": "fail", "warn": "warn", "pass": "pass"}
    parts = [f"{n} {words[status]}{'s' if n == 1 else ''}" for status, n in counts.items() if n > 0]
    return ", ".join(parts)


def show_checks(found: CheckResult) -> None:
    """Show what fails and warns in full; what passes waits behind one line."""
    for status in ("fail", "warn"):
        for check in _of(found, status):
            _show_check(check)
    passed = _of(found, "pass")
    if len(passed) == len(found.checks):
        st.markdown(
            f":green[:material/check_circle:] **All {len(passed)} checks pass.** Nothing in the "
            "design stands against the score."
        )
    with st.expander(f"What passes: {len(passed)} checks", icon=":material/check_circle:"):
        for check in passed:
            _show_check(check)


def show_label(found: CheckResult) -> None:
    """Label a score by the worst check behind it, with the way to the page that explains."""
    look = LOOKS[found.worst]
    worst = _of(found, found.worst)
    if found.worst == "pass":
        words = f"All {len(worst)} design checks pass."
    else:
        names = ", ".join(_title(check).lower() for check in worst)
        words = f"Design checks: {summary(found)} ({names})."
    with st.container(
        key="label", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        st.markdown(f":{look.colour}[{look.icon}] {words}", width="content")
        st.page_link("pages/validate.py", label="Can I trust the score?", query_params=full_query())


def _of(found: CheckResult, status: str) -> list[Check]:
    return [check for check in found.checks if check.status == status]


def _show_check(check: Check) -> None:
    look = LOOKS[check.status]
    st.markdown(f":{look.colour}[{look.icon} {look.word}] **{_title(check)}.** {check.message}")


def _title(check: Check) -> str:
    return check.check.replace("_", " ").capitalize()
