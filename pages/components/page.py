"""What frames every page: its settings, the navigation, the selection, errors and the footer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from decoding import __version__
from decoding.datasets import Subject, credits_of
from decoding.memory import set_modules_aside
from decoding.spec import DecodingSpec
from pages.components.cache import subject_for
from pages.components.controls import choose_spec, circular
from pages.components.section import section
from pages.components.selection import full_query, read_selection
from pages.components.style import write_style

ICON = Path(__file__).with_name("icon.svg")


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


@contextmanager
def start_page(
    name: str, *, first: Callable[[DecodingSpec], DecodingSpec] | None = None
) -> Iterator[tuple[DecodingSpec, Subject]]:
    """Frame a page: everything above its content, and the footer below.

    Parameters
    ----------
    name : str
        A name in ``PAGES``.
    first : callable, optional
        Makes of the default what somebody sees who has chosen nothing.

    Yields
    ------
    spec : DecodingSpec
        The shared selection; all of it exists.
    subject : Subject
    """
    set_modules_aside()
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
    with section():
        spec, subject, problems = read_selection(subject_for, first)
        with masthead:
            _navigation()
        choose_spec(spec, subject)
        if problems:
            st.warning("\n\n".join(problems), icon=":material/info:")
        if mark := circular(spec, subject):
            st.warning(mark, icon=":material/cycle:")
        with section():
            yield spec, subject
        _footer(subject)


def _navigation() -> None:
    query = full_query()
    with st.container(key="wordmark", width="content"):
        st.page_link(PAGES[0].file, label="Voxelscope", query_params=query)
    for page in PAGES:
        st.page_link(page.file, label=page.name, query_params=query)


def _footer(subject: Subject) -> None:
    credit = credits_of(subject)
    with st.container(key="footer"):
        st.caption(
            f"{credit.label}, subject {subject.name}. {credit.citation} Licence: {credit.licence}."
        )
        st.caption(f"Voxelscope {__version__}")
