"""Work that takes long: how far it is, and a way to stop it, while the page stays usable."""

import streamlit as st

from pages.components.service import Ticket, draw_progress

TICK_S = 1.0
"""How often a job that is under way is looked at."""


def show_job(ticket: Ticket) -> None:
    """Show a job that a page cannot be drawn without; the page is drawn once it has ended."""
    job = ticket.job
    if job is not None and job.state == "cancelled":
        offer_again(ticket)
    else:
        _follow(ticket)


@st.fragment(run_every=TICK_S)
def _follow(ticket: Ticket) -> None:
    if not is_under_way(ticket):
        st.rerun()
    draw_job(ticket)


def is_under_way(ticket: Ticket) -> bool:
    """Tell whether a job waits or runs."""
    job = ticket.job
    return job is not None and job.state in ("waiting", "running")


def draw_job(ticket: Ticket) -> None:
    """Draw how far a job is, and the button that stops it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if job := ticket.job:
            draw_progress(job, st.empty())
        st.button("Cancel", key=f"cancel_{hash(ticket)}", type="tertiary", on_click=ticket.cancel)


def offer_again(ticket: Ticket) -> None:
    """Say that a job was stopped, and offer to start it again."""
    st.info("This computation was stopped.", icon=":material/stop_circle:")
    st.button("Start again", key=f"again_{hash(ticket)}", on_click=ticket.forget)
