"""The style sheet of all pages."""

from pathlib import Path

import streamlit as st

_SHEET = Path(__file__).with_name("style.css")


def write_style() -> None:
    """Write the style sheet; call once a run."""
    st.html(_SHEET)
