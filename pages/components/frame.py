"""What a visitor sees first, drawn before the libraries that compute are imported.

A new server imports for a second or two when its first visitor comes. Page files draw their frame
above all other imports, so that the browser fetches and readies what it needs meanwhile.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.style import write_style

ICON = Path(__file__).with_name("icon.svg")
HEAVY = "decoding.analyses"
"""Whoever imported this has imported the libraries that take long."""


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
    """A page's frame: where its navigation goes, and what is taken away once all is imported."""

    masthead: DeltaGenerator
    spare: DeltaGenerator


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
