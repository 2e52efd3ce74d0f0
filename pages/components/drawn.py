"""Pictures and charts, each drawn once for all who may see it."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
WORDS = "Drawing the brain"


def picture_for(what: Hashable, version: str, owner: str, theme: str, draw: Callable[[], T]) -> T:
    """Return a picture of a result, `what`; that of an upload is kept by its owner's session."""
    return (_own_picture if owner else _picture)(what, version, owner, theme, draw)


def figure_for(what: Hashable, version: str, owner: str, theme: str, draw: Callable[[], T]) -> T:
    """Return a chart of a result, `what`: it is shared as a picture is, and never changed."""
    return (_own_figure if owner else _figure)(what, version, owner, theme, draw)


def _drawn(what: Hashable, version: str, owner: str, theme: str, _draw: Callable[[], T]) -> T:
    return _draw()


_picture = st.cache_data(max_entries=30, show_spinner=WORDS)(_drawn)
_figure = st.cache_resource(max_entries=128, show_spinner=False)(_drawn)
_own_picture = st.cache_data(scope="session", max_entries=30, show_spinner=WORDS)(_drawn)
_own_figure = st.cache_resource(scope="session", max_entries=128, show_spinner=False)(_drawn)
