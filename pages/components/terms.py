"""Sentences on pages: a term's first use has its meaning on hover and tap, a long one has "more".

`st.markdown` has no such thing for a word: its `help` belongs to a whole text and takes no tap.
"""

import re
from html import escape
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from decoding.output.text.glossary import GLOSSARY, find_terms

LONG = 190
"""A note of more characters shows its first sentence; the others are a tap away."""
_MARKED = "marked_terms"
_LATER = re.compile(r"(?<=[a-z0-9)%][.]) (?=[A-Z])|(?<=[a-z)%][.]) (?<! al[.] )(?=\d)")


def forget_marks() -> None:
    """Let each term be marked again where it first comes: on the page, or in the part drawn anew.

    What a part of a page has marked is its own, so that it is marked again when it is drawn again.
    """
    part, marks = _part(), st.session_state.get(_MARKED, {})
    kept = {term: owner for term, owner in marks.items() if part and owner != part}
    st.session_state[_MARKED] = kept


def say(text: str, width: Literal["auto", "stretch", "content"] = "auto") -> None:
    """Write a sentence with its terms marked."""
    st.markdown(mark_terms(text), unsafe_allow_html=True, width=width)


def say_short(text: str) -> None:
    """Write a text with its terms marked: of a long one the first sentence, and "more"."""
    st.markdown(_shortened(text), unsafe_allow_html=True)


def say_small(text: str) -> None:
    """Write small print as `say_short` writes a text."""
    st.caption(_shortened(text), unsafe_allow_html=True)


def _shortened(text: str) -> str:
    first, *others = _LATER.split(text, maxsplit=1) if len(text) > LONG else [text]
    if not others:
        return mark_terms(first)
    more = f"<details><summary>more</summary>\n\n{mark_terms(others[0])}\n\n</details>"
    return f"{mark_terms(first)}\n\n{more}"


def mark_terms(text: str) -> str:
    """Return a text as HTML in markdown, in which a term's first use on the page has its meaning.

    Nothing that the text itself holds is taken for HTML.
    """
    parts, end = [], 0
    for found, term in find_terms(text):
        if _is_first(term):
            meaning = escape(GLOSSARY[term])
            parts += [escape(text[end : found.start()], quote=False),
                      f'<abbr tabindex="0" data-meaning="{meaning}" aria-description="{meaning}">'
                      f"{found[0]}</abbr>"]  # fmt: skip
            end = found.end()
    return "".join([*parts, escape(text[end:], quote=False)])


def meanings(label: str, comparison: str) -> str | None:
    """Return the help of a number: what the terms of its label and of its comparison mean.

    Those of the label are always said, so that a number has its mark before it comes and after.
    """
    own = dict.fromkeys(term for _, term in find_terms(label))
    new = [term for _, term in find_terms(f"{label}; {comparison}") if _is_first(term)]
    terms = dict.fromkeys([*own, *new])
    lines = [f"**{term[0].upper()}{term[1:]}**: {GLOSSARY[term]}" for term in terms]
    return "\n\n".join(lines) or None


def _is_first(term: str) -> bool:
    marks: dict[str, str] = st.session_state.setdefault(_MARKED, {})
    new = term not in marks
    marks.setdefault(term, _part())
    return new


def _part() -> str:
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    return ThreadState.get().fragment_id or ""
