"""The selection as a sentence: what stands in it, in which words."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from decoding.datasets.base import Subject
from decoding.output.text.wording import SENTENCE, preparation_text
from decoding.setting import Setting
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec
from pages.components.categories import CATEGORIES, own_categories, say_categories
from pages.components.plain import plain
from pages.components.teach import HIDE, PREPARATION
from pages.components.url_state import get_extra, get_setting

T = TypeVar("T")
LEADS = {"mask": "in", "conditions": "decoding", "cv": "under", "estimator": "with"}
"""The word of the sentence before a choice."""
Own = Mapping[str, Setting[Any]]
"""A page's own settings that stand in the sentence, by the field of the spec they stand in for;
one that stands in for no field follows the estimator."""


def say_spec(spec: DecodingSpec, subject: Subject, own: Own) -> None:
    """Write as words what the selectors show."""
    hidden, words = get_setting(HIDE), []
    for field in (field for field in SENTENCE if field not in hidden):
        words += [f"*{LEADS[field]}*"] if field in LEADS else []
        words.append(said(field, spec, subject, own))
    for setting in besides(own):
        chosen = chosen_among(setting, choices_of(setting, subject), setting.default)
        words += [f"*{setting.label.lower()}*", plain(setting.option_words(chosen, subject))]
    if PREPARATION not in hidden:
        words += ["*preparation:*", preparation_text(spec, subject)]
    with st.container(key="words"):
        st.markdown(" ".join(words))


def said(field: str, spec: DecodingSpec, subject: Subject, own: Own) -> str:
    """Return what the selector of a field shows, in words."""
    value = own_fields(own, spec, subject).get(field, getattr(spec, field))
    if field == "conditions":
        return plain(say_categories(value or subject.conditions, subject))
    return plain(own.get(field, SETTINGS[field]).option_words(value, subject))


def besides(own: Own) -> list[Setting[Any]]:
    """Return a page's own settings that stand in for no field."""
    return [setting for field, setting in own.items() if field not in SETTINGS]


def own_fields(own: Own, spec: DecodingSpec, subject: Subject) -> dict[str, Any]:
    """Return the fields of the spec that a page's own settings stand in for."""
    return {
        field: chosen_among(setting, choices_of(setting, subject), getattr(spec, field))
        for field, setting in own.items()
        if field in SETTINGS and setting is not CATEGORIES
    } | ({"conditions": own_categories(subject)} if "conditions" in own else {})


def chosen_among(setting: Setting[T], options: Sequence[T], default: T) -> T:
    """Return the option that the link asks for; else the usual one, or `default` without it."""
    asked = get_extra(setting.name)
    usual = setting.default if setting.default in options else default
    return next((option for option in options if setting.write(option) == asked), usual)


def choices_of(setting: Setting[T], subject: Subject) -> Sequence[T]:
    """Return what can be chosen of a setting for a subject; a switch makes the variants."""
    variants = setting.variant[1].values()
    choices = setting.choices(subject) if setting.choices else ()
    return [choice for choice in choices if choice not in variants]
