"""What a visitor sees first, drawn before the libraries that compute are imported.

A new server imports for a second or two when its first visitor comes. Page files draw their frame
above all other imports, so that the browser fetches and readies what it needs meanwhile.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.style import write_style

ICON = Path(__file__).with_name("icon.svg")
HEAVY = "decoding.analyses"
"""Whoever imported this has imported the libraries that take long."""
DRAWN, FIRST_DRAW_S = "first_drawn", 1.3


@dataclass(frozen=True, kw_only=True)
class Page:
    """One question: its file, its name in the navigation, its title."""

    file: str
    name: str
    question: str


PAGES = (
    Page(file="app.py", name="Home", question="What was this brain looking at?"),
    Page(file="pages/data.py", name="Data", question="What was measured?"),
    Page(
        file="pages/decode.py",
        name="Decode",
        question="Can we read the category from the activity?",
    ),
    Page(file="pages/validate.py", name="Validate", question="Can I trust the score?"),
    Page(file="pages/searchlight.py", name="Searchlight", question="Where is the information?"),
    Page(file="pages/timecourse.py", name="Timecourse", question="When is the information there?"),
)
"""All pages in the order of the navigation: a new page is a file and a line here."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A page's frame, and the order in which a new visitor's browser draws it.

    Parameters
    ----------
    masthead : container
        Where the navigation goes.
    spare : container
        What is taken away once everything is imported.
    waiting : list of callable
        Draw what a new visitor's browser need not draw before the first numbers.
    """

    masthead: DeltaGenerator
    spare: DeltaGenerator
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def let_first_draw(self) -> None:
        """Give a new visitor's browser a moment to draw what it has, before more is sent.

        While a page goes on arriving a browser only takes it in: measured by `benchmarks.service`,
        the first numbers and the chart are drawn sooner with this pause.
        """
        if is_new():
            time.sleep(FIRST_DRAW_S)
        self.draw_waiting()

    def draw_waiting(self) -> None:
        """Draw what waited for the first numbers, or for the error in their place."""
        st.session_state[DRAWN] = True
        while self.waiting:
            self.waiting.pop(0)()


def is_new() -> bool:
    """Tell whether this visitor's browser has drawn no page yet."""
    return not st.session_state.get(DRAWN, False)


def draw_frame(name: str) -> Frame:
    """Draw what needs no subject: settings, style and title.

    Parameters
    ----------
    name : str
        A name in ``PAGES``.
    """
    page = next(page for page in PAGES if page.name == name)
    st.set_page_config(
        page_title=f"{page.name}, Voxelscope",
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    write_style()
    masthead = st.container(
        key="masthead", horizontal=True, gap="medium", vertical_alignment="center"
    )
    st.title(page.question, anchor=False)
    return Frame(masthead=masthead, spare=_spare_chart())


def _spare_chart() -> DeltaGenerator:
    """Have a new server's first visitor load the library of charts while ours are imported.

    It is the largest part of a page. The chart that asks for it is never seen (style.css).
    """
    spare = st.container(key="spare").empty()
    if HEAVY not in sys.modules:
        spare.plotly_chart({"data": [{"type": "scatter", "y": [0]}]}, key="spare_chart")
    return spare
