"""Work that takes long: how far it is, and a way to stop it, while the page stays usable."""

import streamlit as st

from pages.components.service import Ticket, draw_progress


def show_job(ticket: Ticket) -> None:
    """Show a job that is under way, or offer to start one again that was stopped."""
    job = ticket.job
    if job is not None and job.state == "cancelled":
        st.info("This computation was stopped.", icon=":material/stop_circle:")
        st.button("Start again", key=f"again_{hash(ticket)}", on_click=ticket.forget)
        return
    _follow(ticket)


@st.fragment(run_every=1.0)
def _follow(ticket: Ticket) -> None:
    """Follow a job; the page is drawn anew once it has ended, which ends the following."""
    job = ticket.job
    if job is None or job.state not in ("waiting", "running"):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_progress(job, st.empty())
        st.button("Cancel", key=f"cancel_{hash(ticket)}", type="tertiary", on_click=ticket.cancel)
