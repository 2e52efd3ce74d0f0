"""What stands around every page's content: navigation, selection, errors and footer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from decoding import __version__
from decoding.datasets import Subject, credits_of
from decoding.service.memory import set_modules_aside
from decoding.spec import DecodingSpec
from pages.components.controls import choose_spec, circular, say_spec
from pages.components.frame import PAGES, Frame, is_new
from pages.components.section import section
from pages.components.service import subject_for
from pages.components.url_state import full_query, read_selection


@contextmanager
def start_page(
    frame: Frame,
    *,
    first: Callable[[DecodingSpec], DecodingSpec] | None = None,
    numbers_first: bool = False,
) -> Iterator[tuple[DecodingSpec, Subject]]:
    """Fill a page's frame: everything above its content, and the footer below.

    Parameters
    ----------
    frame : Frame
    first : callable, optional
        Makes of the default what somebody sees who has chosen nothing.
    numbers_first : bool
        Whether a new visitor reads the selection as words until the page lets the browser draw its
        first numbers: without the selectors those come a fifth sooner.

    Yields
    ------
    spec : DecodingSpec
        The shared selection; all of it exists.
    subject : Subject
    """
    set_modules_aside()
    frame.spare.empty()
    with section():
        spec, subject, problems = read_selection(subject_for, first)
        with frame.masthead:
            _navigation()
        _selection(frame, numbers_first, spec, subject)
        if problems:
            st.warning("\n\n".join(problems), icon=":material/info:")
        if mark := circular(spec, subject):
            st.warning(mark, icon=":material/cycle:")
        with section():
            yield spec, subject
        frame.draw_waiting()
        _footer(subject)


def _selection(frame: Frame, numbers_first: bool, spec: DecodingSpec, subject: Subject) -> None:
    """Draw the selectors, now or in place of their words once the first numbers are drawn."""
    if not (numbers_first and is_new()):
        with st.container():
            choose_spec(spec, subject)
        return
    place = st.empty()
    with place.container():
        say_spec(spec, subject)

    def draw() -> None:
        with place.container():
            choose_spec(spec, subject)

    frame.waiting.append(draw)


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
