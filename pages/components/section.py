"""A part of a page that may fail, or be late, without taking the rest with it."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from decoding import __version__
from decoding.errors import DecodingError
from pages.components.plain import plain
from pages.components.service import Ticket, Unfinished, draw_progress

LOG = logging.getLogger("voxelscope")
TICK_S = 1.0
"""How often a job that is under way is looked at."""


@contextmanager
def section() -> Iterator[None]:
    """Show what the user can mend as it stands; log anything else and show its id only."""
    try:
        yield
    except Unfinished as waiting:
        show_job(waiting.ticket)
    except DecodingError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except Exception:
        number = secrets.token_hex(3)
        LOG.exception("error %s, version %s, %s", number, __version__, dict(st.query_params))
        st.error(
            f"Something went wrong, and it is not your doing. It is logged as {number}. Please "
            "report it with the address of this page.",
            icon=":material/bug_report:",
        )


def show_job(ticket: Ticket) -> None:
    """Show a job that a page cannot be drawn without; the page is drawn once it has ended."""
    if ticket.is_left:
        offer_again(ticket)
    else:
        _follow(ticket)


@st.fragment(run_every=TICK_S)
def _follow(ticket: Ticket) -> None:
    if not is_under_way(ticket):
        st.rerun()
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
