"""Pictures and charts, each drawn once for all who may see it."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
WORDS = "Drawing the brain"
N_PICTURES, N_FIGURES = 96, 256
"""So much of each is kept: what thirty visitors look at, as `benchmarks.service` has them.

With 30 and 128 they drove each other's out, and answers that take 0.1 s took 1 s and more. A
picture is 0.3 to 0.6 MB.
"""


def picture_for(what: Hashable, version: str, owner: str, theme: str, draw: Callable[[], T]) -> T:
    """Return a picture of a result, `what`; that of an upload is kept by its owner's session."""
    return (_own_picture if owner else _picture)(what, version, owner, theme, draw)


def figure_for(what: Hashable, version: str, owner: str, theme: str, draw: Callable[[], T]) -> T:
    """Return a chart of a result, `what`: it is shared as a picture is, and never changed."""
    return (_own_figure if owner else _figure)(what, version, owner, theme, draw)


def _drawn(what: Hashable, version: str, owner: str, theme: str, _draw: Callable[[], T]) -> T:
    return _draw()


_picture = st.cache_data(max_entries=N_PICTURES, show_spinner=WORDS)(_drawn)
_figure = st.cache_resource(max_entries=N_FIGURES, show_spinner=False)(_drawn)
_own_picture = st.cache_data(scope="session", max_entries=30, show_spinner=WORDS)(_drawn)
_own_figure = st.cache_resource(scope="session", max_entries=128, show_spinner=False)(_drawn)
