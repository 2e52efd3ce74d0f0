"""The glossary: every term with its meaning, first of all the one that a link asks for."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from decoding.output.text.glossary import GLOSSARY, search_terms
from decoding.setting import Setting
from pages.components.plain import plain
from pages.components.terms import TERM_KEY, say_small
from pages.components.url_state import get_setting

TERM = Setting(name=TERM_KEY, default="", label="Term")


def show_glossary() -> None:
    """List all terms by what they are about, below the one by whose link somebody came."""
    st.header("What the words mean", anchor=False)
    if asked := get_setting(TERM, GLOSSARY):
        _list({asked: GLOSSARY[asked]})
    sought = st.text_input("Find a word", key="find_word", width=300).strip()
    held, found = search_terms(sought)
    if not found:
        st.info(f"No word here has to do with '{plain(sought)}'.", icon=":material/info:")
    elif held != sought.lower():
        say_small(f"Nothing here holds '{sought}'; this holds '{held}'.")
    for about, terms in found.items():
        st.subheader(about, anchor=False)
        _list(terms)


def _list(meanings: Mapping[str, str]) -> None:
    rows = (f"<dt>{escape(term)}</dt><dd>{escape(one)}</dd>" for term, one in meanings.items())
    st.html(f'<dl class="glossary">{"".join(rows)}</dl>')
