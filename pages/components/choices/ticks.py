"""Which values are combined, and which shuffled labels all combinations share."""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from decoding.analyses.choices.analysis import TICKS, Options, Values, read_joint, write_joint
from decoding.analyses.choices.universe import (
    CHOICES,
    choice_words,
    read_tick,
    values_for,
    write_tick,
)
from decoding.cross_validation import CV_SCHEMES
from decoding.numbers import list_text
from decoding.output.text.choices import NAMES
from decoding.setting import Setting
from decoding.settings import SETTINGS
from pages.components.plain import plain
from pages.components.service import View
from pages.components.terms import say_small
from pages.components.url_state import get_setting, set_extras, set_setting

RIGHT = "leave_one_run_out"
TRIED: dict[str, Setting[Any]] = {
    name: Setting(
        name=f"{TICKS}{name}",
        default=(),
        label=f"values ticked for {NAMES[name]}",
        parse=partial(read_tick, name),
        write=partial(write_tick, name),
    )
    for name in CHOICES
}
"""The values of each choice that are combined; none: the usual ones and the visitor's own."""
JOINT = Setting[Options](
    name="joint",
    default=Options(),
    label="shuffled labels that all combinations share",
    parse=read_joint,
    write=write_joint,
)


def sound_view(view: View) -> View:
    """Return the view under a scheme that leaves whole runs out; say so where another is chosen."""
    if CV_SCHEMES[view.spec.cv].by_run:
        return view
    label = CV_SCHEMES[RIGHT].label.lower()
    say_small(f"Choices are compared with whole runs left out: {label} stands in here.")
    return view.on(cv=RIGHT)


def values_of(view: View) -> Values:
    """Return the values that the link asks for, all of them named."""
    asked = {name: get_setting(setting) for name, setting in TRIED.items()}
    return Values(**values_for(view.subject, Values(**asked).on(view.spec)))


def joint_options(values: Values) -> Options:
    """Return the shared relabellings that the link asks for, of these values."""
    return replace(get_setting(JOINT), **vars(values))


def choose_values(view: View, values: Values) -> None:
    """Let the visitor tick the values that are combined."""
    combined = [
        f"{NAMES[name]} ({len(ticked)})"
        for name in CHOICES
        if len(ticked := getattr(values, name)) > 1
    ]
    say_small("The specification curve shows every sound combination of these choices.")
    with st.expander(f"Choices that are combined: {list_text(combined or ['none'])}"):
        for name in CHOICES:
            _choose(name, view, getattr(values, name))


def _choose(name: str, view: View, ticked: tuple[Any, ...]) -> None:
    setting = SETTINGS[name]
    offered = setting.choices(view.subject) if setting.choices else ()
    options = list(dict.fromkeys((*offered, *ticked)))
    if len(options) < 2:
        return
    key = f"choose_{TRIED[name].name}"
    st.session_state[key] = list(ticked)
    st.pills(
        setting.heading,
        options,
        selection_mode="multi",
        key=key,
        format_func=lambda value: plain(choice_words(name, value)),
        on_change=_take,
        args=(name, options),
    )


def _take(name: str, options: list[Any]) -> None:
    chosen = st.session_state[f"choose_{TRIED[name].name}"]
    set_setting(TRIED[name], tuple(value for value in options if value in chosen))


def keep_values(values: Values) -> None:
    """Put all values into the link, so that another selection leaves them as they are."""
    set_extras({TRIED[name].name: TRIED[name].write(getattr(values, name)) for name in CHOICES})
