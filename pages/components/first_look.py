"""A visitor's first page: numbers and their chart come first, then a brain, then all else.

Nothing that comes later moves what is there: it stands beside or below, or takes the same place.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

FIRST_DRAW_S = float(os.environ.get("FIRST_DRAW_S", "1.5"))
"""So long the first page of a visitor pauses below its first numbers."""
VISITED, LATER, WAITING = "visited", "drawn_later", "place_of_progress"
BRAIN_NEXT = "brain_next"


def begin_page(*, numbers_first: bool) -> None:
    """Begin a page, on which much is drawn later if its numbers come first to a new visitor."""
    st.session_state[LATER] = [] if numbers_first and VISITED not in st.session_state else None
    st.session_state[BRAIN_NEXT] = False
    st.session_state[WAITING] = st.container(key="waiting").empty()


def place_of_progress() -> DeltaGenerator:
    """Return where the page says how far work is that it waits for: over itself, at its foot.

    It is there on every run: a place made only where work is slow would move all below it.
    """
    place: DeltaGenerator = st.session_state.get(WAITING) or st.empty()
    return place


@contextmanager
def until_opened() -> Iterator[None]:
    """Show a new visitor what a page will hold, while a server opens its recording."""
    place = st.empty()  # on every run, for all that follows to stay the same in the browser
    if VISITED in st.session_state:
        yield
        return
    st.session_state[VISITED] = True
    place.html('<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>')
    try:
        yield
    finally:
        place.empty()


def draw_later(
    draw: Callable[[], None], meanwhile: Callable[[], None] | None = None, *, fits: bool = False
) -> None:
    """Draw something here: at once, or on a visitor's first page after its first numbers.

    What stands there `meanwhile` gives way to it; it takes no more width than it needs if it
    `fits`.
    """
    waiting: list[Callable[[], None]] | None = st.session_state.get(LATER)
    contain = st.container if waiting is None else st.empty().container

    def fill(draw: Callable[[], None]) -> None:
        with contain(width="content" if fits else "stretch"):
            draw()

    if waiting is None:
        fill(draw)
        return
    if meanwhile is not None:
        fill(meanwhile)
    waiting.append(lambda: fill(draw))


def let_first_draw() -> None:
    """Give a new visitor's browser a moment to draw what it has, before more is sent.

    While a page goes on arriving a browser only takes it in: without this pause the first numbers
    are drawn together with the brain, as `benchmarks.service` measured.
    """
    if st.session_state.get(LATER):
        time.sleep(FIRST_DRAW_S)
        draw_what_waits()
        st.session_state[BRAIN_NEXT] = True


def let_brain_draw() -> None:
    """Give it another after its first brain, half as long.

    All that a page holds below takes a browser a second, in which it draws no brain: in one run of
    `benchmarks.service` its canvas came 2.9 s after the request with this pause, 4.7 s without.
    """
    if st.session_state.pop(BRAIN_NEXT, False):
        time.sleep(FIRST_DRAW_S / 2)


def draw_what_waits() -> None:
    """Draw what a first page has left for later, each in its place."""
    for draw in st.session_state.pop(LATER, None) or ():
        draw()
