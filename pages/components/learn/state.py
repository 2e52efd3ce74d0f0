"""Where on the page a visitor is: a part and a lesson of it, both from the link."""

from collections.abc import Mapping

import streamlit as st

from decoding.output.learn.lessons import LESSONS
from decoding.output.learn.steps import STEPS
from decoding.output.text.next_steps import Seen
from decoding.setting import Setting
from pages.components.learn.guess import seed_link
from pages.components.service import View
from pages.components.step import seen_of_score
from pages.components.url_state import get_setting, set_setting

PARTS: Mapping[str, Mapping[str, str]] = {
    "The six steps": {name: step.label for name, step in STEPS.items()},
    "The traps": {name: lesson.label for name, lesson in LESSONS.items()},
    "Guess": {"guess": ""},
    "Glossary": {"glossary": ""},
}
"""Each part by its label, with what it holds: by the name that a link has for it, its label."""
LESSON = Setting(name="lesson", default=next(iter(STEPS)), label="Lesson")


def choose_lesson() -> str:
    """Let the visitor choose a part, and what of it; return its name. The link carries it."""
    chosen = get_setting(LESSON, [name for part in PARTS.values() for name in part])
    part = next(label for label, names in PARTS.items() if chosen in names)
    st.session_state["choose_part"] = part
    st.segmented_control(
        "Part",
        list(PARTS),
        key="choose_part",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: _take(next(iter(PARTS[st.session_state["choose_part"]]))),
    )
    if len(names := PARTS[part]) > 1:
        # Only here: a browser that still has the pills of before would tell of them as changed.
        st.session_state["choose_lesson"] = chosen
        st.pills(
            part,
            list(names),
            key="choose_lesson",
            required=True,
            format_func=names.__getitem__,
            label_visibility="collapsed",
            on_change=lambda: _take_of(part, st.session_state["choose_lesson"]),
        )
    return chosen


def seen_of_step(name: str, view: View) -> Seen | None:
    """Return what a step shows of the selection; None elsewhere, where nothing follows from it."""
    return seen_of_score(name, view) if get_setting(LESSON) in STEPS else None


def show_way_on(name: str) -> None:
    """Offer what comes after a lesson."""
    part = next(label for label, names in PARTS.items() if name in names)
    names = [one for of_part in PARTS.values() for one in of_part]
    following = names[(names.index(name) + 1) % len(names)]
    if following in PARTS[part]:
        label = PARTS[part][following]
    else:
        label = next(label for label, own in PARTS.items() if following in own)
    st.button(f"Go on: {label}", key="go_on", on_click=_take, args=(following,))


def _take_of(part: str, name: str) -> None:
    """Take a lesson of a part, unless the part was left: a browser may tell of its list late."""
    if get_setting(LESSON) in PARTS[part]:
        _take(name)


def _take(name: str) -> None:
    if name == "guess":
        seed_link()
    set_setting(LESSON, name, LESSON.default)
