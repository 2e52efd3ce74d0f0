"""What stands around every page's content: navigation, selection, errors and footer."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import streamlit as st

from decoding import __version__
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.output.text.next_steps import Seen
from decoding.service.memory import set_modules_aside
from decoding.spec import DecodingSpec
from pages.components.controls import Own, change_own, choose_spec, own_fields, say_spec
from pages.components.cut import carry_cut
from pages.components.frame import PAGES, draw_frame
from pages.components.pin import remind_of_pin
from pages.components.section import section
from pages.components.service import View, subject_for
from pages.components.step import seen_of_score, show_next_step
from pages.components.terms import forget_marks
from pages.components.theme import redraw_on_switch, theme_switch
from pages.components.url_state import full_query, read_selection

FIRST_DRAW_S = float(os.environ.get("FIRST_DRAW_S", "1.8"))
"""So long the first page of a visitor pauses below its first numbers."""
PIN_PAGE = "Decode"
"""Where a pin is set, and compared beside the scores; other pages say it above all else."""
VISITED, WORDS = "visited", "words"


@contextmanager
def start_page(
    name: str,
    *,
    first: Callable[[DecodingSpec], DecodingSpec] | None = None,
    numbers_first: bool = False,
    own: Own | None = None,
    seen: Callable[[str, View], Seen] = seen_of_score,
) -> Iterator[View]:
    """Draw everything above the content of a page in ``PAGES``, and the footer below; yield a view.

    All that the view selects exists; `first` makes of the default what somebody sees who has chosen
    nothing; `own` are the page's own settings in the sentence; `seen` tells what the page shows, of
    its name and view: the step at its end follows from that. Where numbers come first a new
    visitor reads the selection as words until `let_first_draw`. With selectors in their place a
    browser works half as long again for the first numbers (2.9 s of a processor and not 2.0; 1.6 s
    for a bare page of a number and a chart).
    """
    set_modules_aside()
    forget_marks()
    masthead = draw_frame(name)
    with section():
        spec, subject, problems = read_selection(subject_for, first)
        with masthead:
            _navigation()
        view = View(spec=spec, subject=subject)
        own = own or {}
        draw = partial(choose_spec, spec, subject, own)
        shown = view.on(**own_fields(own, spec, subject))
        _draw_selection(view, draw, as_words=numbers_first and VISITED not in st.session_state)
        if problems:
            st.info("\n\n".join(problems), icon=":material/info:")
        with section():
            if name != PIN_PAGE:
                remind_of_pin(view)
        with section():
            yield shown
        _draw_selectors()
        show_next_step(seen(name, shown), partial(change_own, own))
        _footer(subject)


def let_first_draw() -> None:
    """Give a new visitor's browser a moment to draw what it has, before more is sent.

    While a page goes on arriving a browser only takes it in: without this pause the first numbers
    are drawn together with the brain, as `benchmarks.service` measured.
    """
    if WORDS in st.session_state:
        time.sleep(FIRST_DRAW_S)
        _draw_selectors()


def _draw_selection(view: View, draw: Callable[[], None], *, as_words: bool) -> None:
    st.session_state[VISITED] = True
    place = st.empty()
    st.session_state[WORDS] = place, draw
    if as_words:
        with place.container():
            say_spec(view.spec, view.subject)
    else:
        _draw_selectors()


def _draw_selectors() -> None:
    """Draw the selectors in their place, unless they are there."""
    place, draw = st.session_state.pop(WORDS, (None, None))
    if place is not None:
        with place.container():
            draw()


def _navigation() -> None:
    query = full_query()
    with st.container(key="wordmark", width="content"):
        st.page_link(PAGES[0].file, label="Voxelscope", query_params=query)
    for page in PAGES:
        st.page_link(page.file, label=page.name, query_params=query)
    theme_switch()


def _footer(subject: Subject) -> None:
    credit = credits_of(subject)
    with st.container(key="footer"):
        st.caption(
            f"{credit.label}, subject {subject.name}. {credit.citation} Licence: {credit.licence}."
        )
        st.caption(f"Voxelscope {__version__}")
        redraw_on_switch()
        carry_cut(subject)
