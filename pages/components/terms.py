"""Sentences on pages: a term's first use has its meaning on hover and tap, a long one has "more".

With the meaning comes a way to the glossary, in a tab of its own: a visit is not left by it.
`st.markdown` has no such thing for a word: its `help` belongs to a whole text and takes no tap.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Literal
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from decoding.output.text.glossary import GLOSSARY, find_terms
from pages.components.plain import mark_free

LONG = 190
"""A note of more characters shows its first sentence; the others are a tap away."""
TERM_KEY = "term"
"""Names a term in a link to the glossary."""
_MARKED = "marked_terms"
_LATER = re.compile(r"(?<=[a-z0-9)%][.]) (?=[A-Z])|(?<=[a-z)%][.]) (?<! al[.] )(?=\d)")


def forget_marks() -> None:
    """Let each term be marked again where it first comes: on the page, or in the part drawn anew.

    What a part of a page has marked is its own, so that it is marked again when it is drawn again.
    """
    part, marks = _part(), st.session_state.get(_MARKED, {})
    kept = {term: owner for term, owner in marks.items() if part and owner != part}
    st.session_state[_MARKED] = kept


def say(
    text: str, width: Literal["auto", "stretch", "content"] = "auto", *, before: str = ""
) -> None:
    """Write a plain text with its terms marked, after words `before` it that are markdown."""
    said = f"{mark_terms(before, _as_marked)}{mark_terms(text)}".rstrip()
    st.markdown(said, unsafe_allow_html=True, width=width)


def say_short(text: str, *, before: str = "") -> None:
    """Write as `say` does: of a long text the first sentence, and "more"."""
    st.markdown(_shortened(text, before), unsafe_allow_html=True)


def say_small(text: str) -> None:
    """Write small print as `say_short` writes a text."""
    st.caption(_shortened(text), unsafe_allow_html=True)


def _shortened(text: str, before: str = "") -> str:
    whole = len(before) + len(text) > LONG
    first, *others = _LATER.split(text, maxsplit=1) if whole else [text]
    begin = f"{mark_terms(before, _as_marked)}{mark_terms(first)}"
    if not others:
        return begin
    more = f"<details><summary>more</summary>\n\n{mark_terms(others[0])}\n\n</details>"
    return f"{begin}\n\n{more}"


def mark_terms(text: str, written: Callable[[str], str] = mark_free) -> str:
    """Return a text as HTML in markdown, in which a term's first use on the page has its meaning.

    Nothing that the text itself holds is taken for HTML or for markdown; a text that is markdown is
    `written` otherwise.
    """
    text = " ".join(text.split()) if written is mark_free else text
    parts, end = [], 0
    for found, term in find_terms(text):
        if _is_first(term):
            parts += [written(text[end : found.start()]), _marked(term, found[0])]
            end = found.end()
    return "".join([*parts, written(text[end:])])


def _marked(term: str, word: str) -> str:
    # The link has no words of its own: a text is read, heard and copied as it stands.
    meaning, link = escape(GLOSSARY[term]), urlencode({"lesson": "glossary", TERM_KEY: term})
    return (
        f'<span class="term"><abbr tabindex="0" data-meaning="{meaning}" '
        f'aria-description="{meaning}">{word}</abbr>'
        f'<a href="learn?{escape(link)}" aria-label="{escape(term)} in the glossary"></a></span>'
    )


def _as_marked(markdown: str) -> str:
    return escape(markdown, quote=False)


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
