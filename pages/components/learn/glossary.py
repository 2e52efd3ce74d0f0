"""The glossary: every term with its meaning, first of all the one that a link asks for."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from decoding.output.text.glossary import GLOSSARY, GROUPS
from decoding.setting import Setting
from pages.components.plain import plain
from pages.components.terms import TERM_KEY
from pages.components.url_state import get_setting

TERM = Setting(name=TERM_KEY, default="", label="Term")


def show_glossary() -> None:
    """List all terms by what they are about, below the one by whose link somebody came."""
    st.header("What the words mean", anchor=False)
    if asked := get_setting(TERM, GLOSSARY):
        _list({asked: GLOSSARY[asked]})
    sought = st.text_input("Find a word", key="find_word", width=300).strip()
    found = {about: _matching(sought, terms) for about, terms in GROUPS.items()}
    for about, terms in found.items():
        if terms:
            st.subheader(about, anchor=False)
            _list(terms)
    if not any(found.values()):
        st.info(f"No word here has to do with '{plain(sought)}'.", icon=":material/info:")


def _matching(sought: str, terms: Mapping[str, str]) -> dict[str, str]:
    """Return the terms that hold a text, or whose meaning does."""
    text = sought.lower()
    return {term: one for term, one in terms.items() if text in f"{term}: {one}".lower()}


def _list(meanings: Mapping[str, str]) -> None:
    rows = (f"<dt>{escape(term)}</dt><dd>{escape(one)}</dd>" for term, one in meanings.items())
    st.html(f'<dl class="glossary">{"".join(rows)}</dl>')
