"""A real recording at one click, its size said beforehand."""

import streamlit as st

from decoding.choices import default_spec
from decoding.datasets import DATASETS
from decoding.datasets.haxby import ABOUT_BYTES, SUBJECTS, URL, fetch_haxby_subject
from decoding.limits import fetch_refusal
from decoding.progress import Progress
from decoding.service.job import Reporter
from pages.components.section import show_job
from pages.components.service import FETCH, Ticket
from pages.components.terms import say, say_small
from pages.components.url_state import change_spec

MEGABYTE = 1_000_000


def offer_fetch(*, another: bool = False) -> None:
    """Offer the subjects of Haxby's that are not on disk, and follow a fetch under way.

    It is `another` real recording where one is shown.
    """
    haxby = DATASETS["haxby"]
    here = haxby.subjects()
    missing = [name for name in SUBJECTS if name not in here]
    with st.container(key="fetch"):
        for name in SUBJECTS:
            _follow(name)
        if not missing:
            return
        if refusal := fetch_refusal(URL):
            say_small(refusal)
            return
        say(
            f"{haxby.label}: six people, 12 runs each, eight categories. "
            f"About {ABOUT_BYTES / MEGABYTE:.0f} MB each, licence {haxby.licence}, kept in "
            "nilearn's data folder.",
            before=f"**{'Another' if another else 'A'} real recording.** ",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            preferred = missing.index("2") if "2" in missing else 0
            name = st.selectbox(
                "Subject to fetch",
                missing,
                index=preferred,
                key="fetch_subject",
                format_func=lambda name: f"subject {name}",
                label_visibility="collapsed",
                width=160,
            )
            st.button(
                f"Fetch subject {name} (about {ABOUT_BYTES / MEGABYTE:.0f} MB)",
                key="fetch_start",
                on_click=_start,
                args=(name,),
            )


def _ticket(name: str) -> Ticket:
    return Ticket(key=(FETCH, "haxby", name), about=f"subject {name}")


def _start(name: str) -> None:
    ticket = _ticket(name)
    ticket.forget()
    ticket.come_back()
    ticket.ask(
        FETCH, lambda report: fetch_haxby_subject(name, on_progress=_in_megabytes(name, report))
    )


def _in_megabytes(name: str, report: Reporter) -> Progress:
    def tell(done: int, total: int) -> None:
        message = f"Subject {name}: {done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
        report(done, total, message)

    return tell


def _follow(name: str) -> None:
    """Show a fetch that runs or failed; select the subject once it has come."""
    ticket = _ticket(name)
    job = ticket.job
    if job is None or ticket.is_left:
        return
    if job.state in ("waiting", "running"):
        show_job(ticket)
        say_small("What has arrived is kept. The next fetch goes on from there.")
        return
    ticket.forget()
    job.result()  # raises what went wrong
    change_spec(dataset="haxby", subject=name, mask=default_spec().mask)
    st.rerun()
