"""The categories of the sentence: two pickers for a pair, a list to click for three and more."""

from collections.abc import Sequence

import streamlit as st

from decoding.datasets.base import Subject
from decoding.setting import Setting
from pages.components.plain import plain
from pages.components.url_state import change_spec, get_extra, set_setting

FIRST = Setting(name="first", default="", label="Category named first")
"""Which category of a pair the sentence names first: of all else a pair has no order."""


def say_categories(shown: Sequence[str], subject: Subject) -> str:
    """Return the categories as the sentence names them, in full."""
    if len(shown) == 2:
        return " against ".join(_named(shown))
    everything = "all " if len(shown) == len(subject.conditions) else ""
    return f"among {everything}{len(shown)}: {', '.join(shown)}"


def choose_categories(shown: Sequence[str], subject: Subject, width: int) -> None:
    """Draw the pickers of a pair, `width` pixels each, and the list of all categories."""
    is_pair = len(shown) == 2
    with st.container(key="pair", horizontal=True, vertical_alignment="center", width="content"):
        if is_pair:
            _choose_pair(*_named(shown), subject, width)
    label = "more" if is_pair else say_categories(shown, subject)
    about = "Decode among three categories or more"
    with st.popover(plain(label), key="categories", wrap=True, help=about):
        key = "choose_conditions"
        st.session_state[key] = list(shown)
        st.pills(
            "Categories, two at least",
            subject.conditions,
            format_func=plain,
            selection_mode="multi",
            key=key,
            on_change=_take_all,
            args=(subject,),
        )


def name_first(name: str, other: str) -> None:
    """Have the sentence name one category of a pair before the other; the link says so."""
    set_setting(FIRST, "" if name > other else name)


def in_named_order(classes: Sequence[str], first: str | None = None) -> tuple[str, ...]:
    """Return categories in the order in which the sentence names them, or named one `first`."""
    return _named(classes, first) if len(classes) == 2 else tuple(reversed(classes))


def _named(pair: Sequence[str], first: str | None = None) -> tuple[str, str]:
    first = get_extra(FIRST.name) if first is None else first
    one, other = sorted(pair, key=lambda name: (name == first, name), reverse=True)
    return one, other


def _choose_pair(first: str, second: str, subject: Subject, width: int) -> None:
    for name, heading in ((first, "First category"), (second, "Second category")):
        if name == second:
            st.markdown("*against*", width="content")
        key = f"choose_{heading.split()[0].lower()}"
        st.session_state[key] = name
        st.selectbox(
            heading,
            subject.conditions,
            key=key,
            on_change=_take_pair,
            args=((first, second), subject),
            label_visibility="collapsed",
            filter_mode=None,
            width=width,
        )
    st.button(
        "swap",
        key="swap",
        type="tertiary",
        on_click=name_first,
        args=(second, first),
        help=f"Name {plain(second)} first. It is the same question: only the words change.",
    )


def _take_pair(before: tuple[str, str], subject: Subject) -> None:
    """Take what the pickers show; who chooses the other's category has them change places."""
    first, second = st.session_state["choose_first"], st.session_state["choose_second"]
    if first == second:
        second, first = before
    _take((first, second), subject)
    name_first(first, second)


def _take_all(subject: Subject) -> None:
    """Take two or more categories; the last two stay until another is added."""
    if len(chosen := st.session_state["choose_conditions"]) >= 2:
        _take(chosen, subject)


def _take(chosen: Sequence[str], subject: Subject) -> None:
    change_spec(conditions=() if set(chosen) == set(subject.conditions) else tuple(chosen))
