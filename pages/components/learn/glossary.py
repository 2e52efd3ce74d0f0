"""The glossary: every term with its meaning, first of all the one that a link asks for."""

from html import escape

import streamlit as st

from decoding.output.text.glossary import GLOSSARY
from decoding.setting import Setting
from pages.components.terms import TERM_KEY
from pages.components.url_state import get_setting

TERM = Setting(name=TERM_KEY, default="", label="Term")


def show_glossary() -> None:
    """List all terms, below the one by whose link somebody came."""
    st.header("What the words mean", anchor=False)
    if asked := get_setting(TERM, GLOSSARY):
        _list({asked: GLOSSARY[asked]})
        st.subheader("All words", anchor=False)
    _list(GLOSSARY)


def _list(meanings: dict[str, str]) -> None:
    rows = (f"<dt>{escape(term)}</dt><dd>{escape(one)}</dd>" for term, one in meanings.items())
    st.html(f'<dl class="glossary">{"".join(rows)}</dl>')
