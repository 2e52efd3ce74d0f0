"""The pages of the app, and what needs no subject: a page's settings, style and title."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

ICON = Path(__file__).with_name("icon.svg")
STYLE_SHEET = Path(__file__).with_name("style.css")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One question: its file, its name and group in the navigation, its title."""

    file: str
    name: str
    group: str
    question: str

    @property
    def path(self) -> str:
        """The page's path in a link, empty for Home."""
        return "" if self.file == "app.py" else Path(self.file).stem


SEEN, TRUST, ASPECTS, TURN = (
    "What was seen?", "Can I trust it?", "Which, where, when, who?", "Your turn",
)  # fmt: skip
"""The groups of the navigation, each by the words above its links."""

PAGES = (
    Page(file="app.py", name="Home", group=SEEN, question="What was this brain looking at?"),
    Page(file="pages/data.py", name="Data", group=SEEN, question="What was measured?"),
    Page(
        file="pages/decode.py",
        name="Decode",
        group=SEEN,
        question="Can we read the category from the activity?",
    ),
    Page(file="pages/validate.py", name="Validate", group=TRUST, question="Can I trust the score?"),
    Page(
        file="pages/choices.py",
        name="Choices",
        group=TRUST,
        question="Did the choice make the score?",
    ),
    Page(
        file="pages/pairs.py",
        name="Pairs",
        group=ASPECTS,
        question="Which categories look alike to this brain?",
    ),
    Page(
        file="pages/searchlight.py",
        name="Searchlight",
        group=ASPECTS,
        question="Where is the information?",
    ),
    Page(
        file="pages/timecourse.py",
        name="Timecourse",
        group=ASPECTS,
        question="When is the information there?",
    ),
    Page(
        file="pages/group.py",
        name="Group",
        group=ASPECTS,
        question="Does it hold for every subject?",
    ),
    Page(
        file="pages/your_data.py",
        name="Your data",
        group=TURN,
        question="Can I use it on my scans?",
    ),
    Page(
        file="pages/learn.py",
        name="Learn",
        group=TURN,
        question="How does it work, and what are the traps?",
    ),
)
"""All pages in the order of the navigation: a new page is a file and a line here."""


def page_called(name: str) -> Page:
    """Return the page of ``PAGES`` that is called so."""
    return next(page for page in PAGES if page.name == name)


def draw_frame(name: str) -> DeltaGenerator:
    """Draw settings, style and title of a page in ``PAGES``; return where the navigation goes."""
    page = page_called(name)
    st.set_page_config(
        page_title=f"{page.name}, Voxelscope",
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.html(STYLE_SHEET)
    masthead = st.container(
        key="masthead", horizontal=True, gap="medium", vertical_alignment="bottom"
    )
    st.title(page.question, anchor=False)
    return masthead
