"""The sentence of selectors under each page's title: control, caption and link in one."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

import streamlit as st

from decoding.choices import default_spec
from decoding.datasets.base import Subject
from decoding.errors import DecodingError, quoted
from decoding.output.text.wording import SENTENCE, preparation_text
from decoding.regions import REGIONS, mask_of
from decoding.setting import Setting
from decoding.settings import SETTINGS, mask_label
from decoding.spec import AUTO, DecodingSpec
from pages.components.categories import (
    FIRST,
    choose_categories,
    choose_own_categories,
    names_width,
)
from pages.components.copy_link import copy_link_button
from pages.components.focus import follow_keyboard
from pages.components.plain import plain
from pages.components.present import present_button
from pages.components.sentence import (
    LEADS,
    Own,
    besides,
    choices_of,
    chosen_among,
    said,
)
from pages.components.teach import HIDE, LOCK, PREPARATION, teach_button
from pages.components.to_choices import to_choices_button
from pages.components.url_state import (
    change_spec,
    get_extra,
    get_setting,
    refuse_extra,
    refused_extra,
    set_setting,
    set_spec,
)

T = TypeVar("T")
_TYPED, _NO_REGION = "type_region", "no_region"
TUTORIAL = (
    "The first choices follow the classic introduction to fMRI decoding with nilearn on Haxby "
    "2001: mean scan, mask, linear SVM, cross-validation."
)
TUTORIAL_PAGE = "https://nilearn.github.io/stable/auto_examples/plot_decoding_tutorial.html"


def choose_spec(spec: DecodingSpec, subject: Subject, own: Own) -> None:
    """Draw the selectors as views of `spec`; a change replaces the session's selection.

    Of what the link locks there are words, of what it hides there is nothing.
    """
    locked, hidden = get_setting(LOCK), get_setting(HIDE)
    with st.container(key="sentence", horizontal=True, vertical_alignment="center"):
        for field in (field for field in SENTENCE if field not in hidden):
            if lead := LEADS.get(field):
                _word(lead)
            if field in locked:
                st.markdown(said(field, spec, subject, own), width="content")
            else:
                _choose_in_sentence(field, spec, subject, own)
        for setting in besides(own):
            _word(setting.label.lower())
            _choose_own(setting, setting.default, subject)
        if PREPARATION not in hidden:
            _word("preparation:")
            _prepare(spec, subject, own, locked=PREPARATION in locked)
        if not locked and not hidden:
            st.button(
                "As in the tutorial",
                key="preset",
                type="tertiary",
                on_click=_preset,
                help="Back to the tutorial's analysis. Your browser's back button undoes it.",
            )
        present_button()
        teach_button()
        copy_link_button()
        follow_keyboard()
        to_choices_button()
    _explain_options([own.get(field, setting) for field, setting in SETTINGS.items()], subject)


def change_own(own: Own, **changes: object) -> None:
    """Change fields of what a page shows: by its own settings where they stand in for a field."""
    for field in own.keys() & changes.keys():
        set_setting(own[field], changes.pop(field))
    change_spec(**changes)


def choose_setting(
    setting: Setting[T],
    options: Sequence[T],
    *,
    width: int,
    default: T | None = None,
    words: Callable[[T], str] | None = None,
    comes_and_goes: bool = False,
    label_visibility: Literal["visible", "collapsed"] = "visible",
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
        on_change=lambda: set_setting(setting, st.session_state[key], usual),
        filter_mode=None,
        label_visibility=label_visibility,
        width=width,
    )
    if asked and not found and not comes_and_goes:
        problem = f"Unknown {setting.label.lower()} {quoted(asked)}: {words(chosen)} is shown."
        refuse_extra(setting.name, problem)
    if problem := refused_extra(setting.name):
        st.caption(f":material/info: {plain(problem)}")
    return chosen


def _choose_in_sentence(field: str, spec: DecodingSpec, subject: Subject, own: Own) -> None:
    if field == "conditions" and field in own:
        choose_own_categories(subject)
    elif field == "conditions":
        choose_categories(spec.conditions or subject.conditions, subject)
    elif field in own:
        _choose_own(own[field], getattr(spec, field), subject)
    else:
        _choose(field, spec, subject)


def _prepare(spec: DecodingSpec, subject: Subject, own: Own, *, locked: bool) -> None:
    words = preparation_text(spec, subject)
    if locked:
        st.markdown(words, width="content")
        return
    with st.popover(words, key="preparation", wrap=True, help="How samples are prepared"):
        _choose_preparation(spec, subject)
        _type_region(subject, own)


def _choose_own(setting: Setting[Any], default: object, subject: Subject) -> None:
    options, words = choices_of(setting, subject), partial(setting.option_words, subject=subject)
    choose_setting(
        setting,
        options,
        default=chosen_among(setting, options, default),
        words=words,
        width=names_width(map(words, options)),
        label_visibility="collapsed",
    )


def _choose(field: str, spec: DecodingSpec, subject: Subject, *, visible: bool = False) -> None:
    """Draw the control of a field of the spec: a switch, a list of choices, or a place to type."""
    setting, key, value = SETTINGS[field], f"choose_{field}", getattr(spec, field)
    switch, variants = setting.variant
    plain = {other: one for one, other in variants.items()}
    take: dict[str, Any] = {"on_change": _take, "args": (field,)}
    shown = plain.get(value, value)
    st.session_state[key] = _in_widget(shown)
    if isinstance(value, bool):
        st.toggle(setting.heading, key=key, **take)
    elif setting.choices is not None:
        choices = choices_of(setting, subject)

        def words(option: object) -> str:
            return setting.option_words(_from_widget(option), subject)

        options = [*map(_in_widget, choices if shown in choices else [*choices, shown])]
        st.selectbox(
            setting.heading,
            options,
            key=key,
            format_func=words,
            label_visibility="visible" if visible else "collapsed",
            filter_mode=None,
            width="stretch" if visible else names_width(map(words, options)),
            **take,
        )
    elif isinstance(value, int | float):
        st.number_input(setting.heading, key=key, **take)
    else:
        st.text_input(setting.heading, key=key, **take)
    if shown in variants:
        st.session_state[f"switch_{field}"] = value != shown
        st.toggle(switch, key=f"switch_{field}", **take)


def _is_choice(field: str, spec: DecodingSpec, subject: Subject) -> bool:
    """Tell whether there is anything to choose: one possibility, already taken, is none."""
    return SETTINGS[field].choices is None or set(choices_of(SETTINGS[field], subject)) != {
        getattr(spec, field)
    }


def _word(text: str) -> None:
    st.markdown(f"*{text}*", width="content")


def _in_widget(value: object) -> object:
    """Return what stands for a value in a selector, to which None is no choice at all."""
    return AUTO if value is None else value


def _from_widget(option: object) -> object:
    return None if option == AUTO else option


def _take(field: str) -> None:
    chosen = _from_widget(st.session_state[f"choose_{field}"])
    if st.session_state.get(f"switch_{field}"):
        chosen = SETTINGS[field].variant[1].get(chosen, chosen)
    change_spec(**{field: chosen})


def _explain_options(settings: Iterable[Setting[Any]], subject: Subject) -> None:
    """Write below each option of an open selector what it is."""
    rules = [
        f'[role="listbox"][aria-label="{setting.heading}"] [data-key="{row}"]::after '
        f"{{ content: {json.dumps(help, ensure_ascii=False)}; }}"
        for setting in settings
        for row, option in enumerate(choices_of(setting, subject))
        if (help := setting.explain(option))
    ]
    st.html(f"<style>{' '.join(rules)}</style>")


def _choose_preparation(spec: DecodingSpec, subject: Subject) -> None:
    for name in SETTINGS:
        if name not in SENTENCE and _is_choice(name, spec, subject):
            _choose(name, spec, subject, visible=True)
    if not subject.has_rest:
        st.caption(f"There is no lag to choose, as {subject.lacks_time}.")


def _type_region(subject: Subject, own: Own) -> None:
    """Draw a place to type a mask that a text names; one that cannot be changes nothing."""
    if problem := st.session_state.pop(_NO_REGION, ""):
        st.caption(f":material/info: {plain(problem)}")
    st.text_input(
        "Or take a place as the mask",
        key=_TYPED,
        placeholder=next(iter(REGIONS.values())).form,
        help="  \n".join(f"`{kind.form}` {plain(kind.help)}" for kind in REGIONS.values()),
        on_change=_take_region,
        args=(subject, own),
    )


def _take_region(subject: Subject, own: Own) -> None:
    text = SETTINGS["mask"].parse(st.session_state[_TYPED])
    try:
        mask_of(subject, text, mask_label)
    except DecodingError as error:
        st.session_state[_NO_REGION] = str(error)
    else:
        st.session_state[_TYPED] = ""
        change_own(own, mask=text)


def _preset() -> None:
    set_spec(default_spec())
    set_setting(FIRST, "")
