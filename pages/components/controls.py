"""The sentence of selectors under each page's title: control, caption and link in one."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from decoding.choices import default_spec
from decoding.datasets.base import Subject
from decoding.settings import SETTINGS, Setting, conditions_label
from decoding.spec import DecodingSpec
from pages.components.copy_link import copy_link_button
from pages.components.url_state import (
    change_spec,
    get_extra,
    refuse_extra,
    refused_extra,
    set_setting,
    set_spec,
)

T = TypeVar("T")
SENTENCE = ("dataset", "subject", "mask", "conditions", "cv", "estimator")
"""The settings that stand in the sentence; all others are how samples are prepared."""

TUTORIAL = (
    "The preset follows the classic introduction to fMRI decoding with nilearn on Haxby 2001: "
    "mean scan, mask, linear SVM, cross-validation."
)
TUTORIAL_PAGE = "https://nilearn.github.io/stable/auto_examples/plot_decoding_tutorial.html"

_DRAFT = "choose_conditions_draft"


def choose_spec(spec: DecodingSpec, subject: Subject) -> None:
    """Draw the selectors as views of `spec`; a change replaces the session's selection."""
    shown = spec.conditions or subject.conditions
    with st.container(key="sentence", horizontal=True, vertical_alignment="center"):
        _choose("dataset", spec, subject)
        _choose("subject", spec, subject)
        _word("in")
        _choose("mask", spec, subject)
        _word("decoding" if len(spec.conditions) == 2 else conditions_label(shown))
        _choose_conditions(shown, subject)
        _word("under")
        _choose("cv", spec, subject)
        _word("with")
        _choose("estimator", spec, subject)
        _word("on")
        with st.popover(preparation(spec), key="preparation", help="How samples are prepared"):
            _choose_preparation(spec, subject)
        st.button(
            "As in the tutorial",
            key="preset",
            type="tertiary",
            on_click=_preset,
            help=f"{TUTORIAL} Back to its own analysis: ventral temporal mask, face against cat, "
            "every volume, a linear SVM.",
        )
        copy_link_button()


def say_spec(spec: DecodingSpec, subject: Subject) -> None:
    """Write as words what the selectors show."""
    dataset, name, mask, cv, estimator = (
        SETTINGS[field].option_words(getattr(spec, field), subject)
        for field in ("dataset", "subject", "mask", "cv", "estimator")
    )
    shown = conditions_label(spec.conditions or subject.conditions)
    with st.container(key="words"):
        st.markdown(
            f"{dataset} {name} *in* {mask} *decoding* {shown} *under* {cv} *with* {estimator} "
            f"*on* {preparation(spec)}"
        )


def preparation(spec: DecodingSpec) -> str:
    """Return how samples are prepared: their kind, then every departure from the tutorial's way."""
    departures = [
        setting.departure_words(value)
        for name, setting in SETTINGS.items()
        if name not in (*SENTENCE, "samples") and (value := getattr(spec, name)) != setting.default
    ]
    return ", ".join([SETTINGS["samples"].words(spec.samples), *departures])


def choose_setting(
    setting: Setting[T],
    options: Sequence[T],
    *,
    width: int,
    default: T | None = None,
    words: Callable[[T], str] | None = None,
    comes_and_goes: bool = False,
) -> T:
    """Let the visitor choose a page's own setting among several; the link carries it.

    A link's value that is not among them is said and leaves the address, unless what there is to
    choose `comes_and_goes` with other choices. The default, shown where the link asks for nothing,
    and how options read in words are the setting's own where they are None; the width is in pixels.
    """
    words = words or setting.words
    key, asked = f"choose_{setting.name}", get_extra(setting.name)
    usual = setting.default if default is None else default
    found = [option for option in options if setting.write(option) == asked]
    chosen = st.session_state[key] = found[0] if found else usual
    st.selectbox(
        setting.label,
        options,
        key=key,
        format_func=words,
        on_change=lambda: set_setting(setting, st.session_state[key]),
        filter_mode=None,
        width=width,
    )
    if asked and not found and not comes_and_goes:
        problem = f"Unknown {setting.label.lower()} {asked!r}: {words(chosen)} is shown."
        refuse_extra(setting.name, problem)
    if problem := refused_extra(setting.name):
        st.caption(f":material/info: {problem}")
    return chosen


def _choose(field: str, spec: DecodingSpec, subject: Subject, *, visible: bool = False) -> None:
    """Draw the control of a field of the spec: a switch, a list of choices, or a place to type."""
    setting, key, value = SETTINGS[field], f"choose_{field}", getattr(spec, field)
    label = setting.control or setting.label.capitalize()
    take: dict[str, Any] = {"key": key, "on_change": _take, "args": (field,)}
    st.session_state[key] = value
    if isinstance(value, bool):
        st.toggle(label, **take)
    elif setting.choices is not None:
        choices, words = setting.choices(subject), partial(setting.option_words, subject=subject)
        options = choices if value in choices else sorted({*choices, value})
        st.selectbox(
            label,
            options,
            format_func=words,
            label_visibility="visible" if visible else "collapsed",
            filter_mode=None,
            width="stretch" if visible else 30 + _width(words(value)),
            **take,
        )
    elif isinstance(value, int | float):
        st.number_input(label, **take)
    else:
        st.text_input(label, **take)


def _width(label: str) -> int:
    """Return about how many pixels a label takes in the sentence."""
    return round(7.5 * len(label))


def _word(text: str) -> None:
    st.markdown(f"*{text}*", width="content")


def _take(field: str) -> None:
    st.session_state.pop(_DRAFT, None)
    change_spec(**{field: st.session_state[f"choose_{field}"]})


def _choose_conditions(shown: tuple[str, ...], subject: Subject) -> None:
    key = "choose_conditions"
    draft = st.session_state.get(_DRAFT)
    chosen = st.session_state[key] = list(shown if draft is None else draft)
    st.multiselect(
        "Categories",
        subject.conditions,
        key=key,
        on_change=_take_conditions,
        args=(subject.conditions,),
        placeholder="Choose categories",
        label_visibility="collapsed",
        width=min(30 + sum(34 + _width(name) for name in chosen), 330),
    )
    if draft is not None:
        st.caption(f"Choose two or more. Shown below: {conditions_label(shown)}.")


def _take_conditions(everything: tuple[str, ...]) -> None:
    """Take two or more categories; fewer are somebody half-way through a change."""
    chosen = tuple(st.session_state["choose_conditions"])
    if len(chosen) < 2:
        st.session_state[_DRAFT] = chosen
        return
    st.session_state.pop(_DRAFT, None)
    change_spec(conditions=() if set(chosen) == set(everything) else chosen)


def _choose_preparation(spec: DecodingSpec, subject: Subject) -> None:
    for name in SETTINGS:
        if name not in SENTENCE:
            _choose(name, spec, subject, visible=True)
    if not subject.has_rest:
        st.caption("This recording holds labelled volumes only, so there is no lag to choose.")


def _preset() -> None:
    st.session_state.pop(_DRAFT, None)
    set_spec(default_spec())
