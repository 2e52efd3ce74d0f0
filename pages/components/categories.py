"""The categories of the sentence: two pickers for a pair, a list to click for three and more."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import streamlit as st

from decoding.datasets.base import Subject
from decoding.errors import quoted
from decoding.setting import Setting, read_names, write_names
from pages.components.plain import plain
from pages.components.url_state import (
    change_spec,
    get_extra,
    get_setting,
    refuse_extra,
    refused_extra,
    set_setting,
)

FIRST = Setting(name="first", default="", label="Category named first")
"""Which category of a pair the sentence names first: of all else a pair has no order."""

_WIDEST = 480
"""In pixels: of many labels of a subject's images some have long names."""
LEAST = 3
"""A page that compares categories needs so many."""
CATEGORIES = Setting[tuple[str, ...]](
    name="categories", default=(), label="Categories", parse=read_names, write=write_names
)
"""The categories of a page that compares all of them, or these: the selection keeps its own."""


def say_categories(shown: Sequence[str], subject: Subject) -> str:
    """Return the categories as the sentence names them, in full."""
    if len(shown) == 2:
        return " against ".join(_named(shown))
    everything = "all " if len(shown) == len(subject.conditions) else ""
    return f"among {everything}{len(shown)}: {', '.join(shown)}"


def choose_categories(shown: Sequence[str], subject: Subject) -> None:
    """Draw the pickers of a pair, and the list of all categories."""
    is_pair = len(shown) == 2
    with st.container(key="pair", horizontal=True, vertical_alignment="center", width="content"):
        if is_pair:
            _choose_pair(*_named(shown), subject)
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


def own_categories(subject: Subject) -> tuple[str, ...]:
    """Return the categories that the link's own setting names, three or more; empty: all."""
    names: tuple[str, ...] = get_setting(CATEGORIES)
    asked = set(names)
    fits = len(asked) >= LEAST and asked < set(subject.conditions)
    return tuple(sorted(asked)) if fits else ()


def choose_own_categories(subject: Subject) -> None:
    """Draw the list of a page's own categories; what a link has in vain is said, and leaves it."""
    shown = own_categories(subject) or subject.conditions
    about = f"Compare all categories, or {LEAST} and more of them; other pages keep theirs"
    with st.popover(plain(say_categories(shown, subject)), key="categories", wrap=True, help=about):
        st.session_state["choose_categories"] = list(shown)
        st.pills(
            f"Categories, {LEAST} at least",
            subject.conditions,
            format_func=plain,
            selection_mode="multi",
            key="choose_categories",
            on_change=_take_own,
            args=(subject,),
        )
    asked: tuple[str, ...] = get_setting(CATEGORIES)
    if asked and not own_categories(subject) and set(asked) != set(subject.conditions):
        names = ", ".join(asked)
        problem = f"Unknown categories {quoted(names)}: all {len(shown)} are shown."
        refuse_extra(CATEGORIES.name, problem)
    if problem := refused_extra(CATEGORIES.name):
        st.caption(f":material/info: {plain(problem)}")


def _take_own(subject: Subject) -> None:
    """Take three or more categories; the last three stay until another is added."""
    if len(chosen := st.session_state["choose_categories"]) >= LEAST:
        whole = len(chosen) == len(subject.conditions)
        set_setting(CATEGORIES, () if whole else tuple(chosen), ())


def names_width(labels: Iterable[str]) -> int:
    """Return about how many pixels a selector takes that shows any of some labels in full."""
    wide = {**dict.fromkeys("mwMW@%", 14), **dict.fromkeys("il .,'", 5)}
    letters = [[wide.get(one, 10 if one.isupper() else 8) for one in label] for label in labels]
    return min(32 + max(map(sum, letters), default=0), _WIDEST)


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


def _choose_pair(first: str, second: str, subject: Subject) -> None:
    headings = {"choose_first": "First category", "choose_second": "Second category"}
    pick_pair(headings, (first, second), subject, lambda *pair: _take_pair(pair, subject))
    st.button(
        "swap",
        key="swap",
        type="tertiary",
        on_click=name_first,
        args=(second, first),
        help=f"Name {plain(second)} first. It is the same question: only the words change.",
    )


def pick_pair(
    headings: Mapping[str, str],
    pair: tuple[str, str],
    subject: Subject,
    take: Callable[[str, str], None],
) -> None:
    """Draw two pickers, by their keys; `take` gets the pair that they show.

    Who chooses the other's category has the two change places.
    """
    keys = list(headings)

    def changed() -> None:
        first, second = (st.session_state[key] for key in keys)
        take(*(pair[::-1] if first == second else (first, second)))

    for key, name in zip(keys, pair, strict=True):
        if key == keys[1]:
            st.markdown("*against*", width="content")
        st.session_state[key] = name
        st.selectbox(
            headings[key],
            subject.conditions,
            key=key,
            on_change=changed,
            label_visibility="collapsed",
            filter_mode=None,
            width=names_width(subject.conditions),
        )


def _take_pair(pair: tuple[str, str], subject: Subject) -> None:
    _take(pair, subject)
    name_first(*pair)


def _take_all(subject: Subject) -> None:
    """Take two or more categories; the last two stay until another is added."""
    if len(chosen := st.session_state["choose_conditions"]) >= 2:
        _take(chosen, subject)


def _take(chosen: Sequence[str], subject: Subject) -> None:
    change_spec(conditions=() if set(chosen) == set(subject.conditions) else tuple(chosen))
