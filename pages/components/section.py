"""A part of a page that may fail, or be late, without taking the rest with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from decoding.errors import DecodingError
from pages.components.faults import log_fault
from pages.components.plain import plain
from pages.components.service import Ticket, Unfinished, draw_progress
from pages.components.url_state import draw_anew

TICK_S = 1.0
"""How often a job that is under way is looked at."""


@contextmanager
def section() -> Iterator[None]:
    """Show what goes wrong in a part of a page in its place; see `show_fault`."""
    try:
        yield
    except Exception as error:
        show_fault(error)


def show_fault(error: Exception) -> bool:
    """Show what the user can mend as it stands; log anything else and show its id only.

    It is shown, so True: Streamlit asks that of what it calls for errors outside every section.
    """
    if isinstance(error, Unfinished):
        show_job(error.ticket)
    elif isinstance(error, DecodingError):
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.error(
            f"Something went wrong, and it is not your doing. It is logged as {log_fault(error)}. "
            "Please report it with the address of this page.",
            icon=":material/bug_report:",
        )
    return True


def show_job(ticket: Ticket) -> None:
    """Show a job that a page cannot be drawn without; the page is drawn once it has ended."""
    if ticket.is_left:
        offer_again(ticket)
    else:
        _follow(ticket)


@st.fragment(run_every=TICK_S)
def _follow(ticket: Ticket) -> None:
    if not is_under_way(ticket):
        draw_anew()
    draw_job(ticket)


def is_under_way(ticket: Ticket) -> bool:
    """Tell whether a job waits or runs, and this visitor waits for it."""
    job = ticket.job
    return job is not None and job.state in ("waiting", "running") and not ticket.is_left


def draw_job(ticket: Ticket, leave: Callable[[], None] | None = None) -> None:
    """Draw how far a job is, and the button of those who wait no longer, for it or for more."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if job := ticket.job:
            draw_progress(job, st.empty())
        st.button(
            f"Stop waiting *for: {plain(ticket.about)}*",
            key=f"leave_{hash(ticket)}",
            type="tertiary",
            help="The work ends, unless somebody else waits for it too.",
            on_click=leave or ticket.leave,
        )


def offer_again(ticket: Ticket, come_back: Callable[[], None] | None = None) -> None:
    """Say that the visitor stopped waiting for a job, and offer to go back to it, or to more."""
    st.info("You stopped waiting for this result.", icon=":material/stop_circle:")
    st.button(
        f"Start again *on: {plain(ticket.about)}*",
        key=f"again_{hash(ticket)}",
        on_click=come_back or ticket.come_back,
    )
