"""A real recording at one click, its size said beforehand, or as the operator wants it."""

import logging
from functools import partial
from typing import Any

import streamlit as st

from decoding.choices import default_spec
from decoding.datasets import DATASETS
from decoding.datasets.haxby import ABOUT_BYTES, SUBJECTS, fetch_haxby_subject, server
from decoding.errors import DecodingError
from decoding.limits import AT_START, fetch_refusal
from decoding.progress import Progress
from decoding.service.job import Job, Reporter
from pages.components.fixed import change_button, why_fixed
from pages.components.section import show_job
from pages.components.service import FETCH, Ticket
from pages.components.terms import say, say_small
from pages.components.url_state import change_spec, draw_anew

MEGABYTE = 1_000_000
ASKED = "fetches_asked_for"
"""Where a visitor's session keeps which subjects it has asked for and not seen arrive."""
AWAITED = "awaited_subjects"
"""Where a visitor's session keeps which subjects it has seen on their way."""
FETCHED = ("dataset", "subject")
"""What a fetched subject changes of the selection, beside a mask that it has."""


def fetch_at_start() -> None:
    """Begin to fetch the subjects that the operator wants there, one after the other."""
    here = DATASETS["haxby"].subjects() if AT_START.value else ()
    for name in (name for name in AT_START.value if name not in here):
        _ticket(name).ask(FETCH, partial(_fetch_for_all, name))


def _fetch_for_all(name: str, report: Reporter) -> None:
    """Fetch a subject that nobody has asked for: what goes wrong is the operator's to read."""
    try:
        fetch_haxby_subject(name, on_progress=_in_megabytes(name, report))
    except DecodingError as error:
        logging.getLogger("voxelscope").error(
            "subject %s was not fetched at the start: %s", name, error.one_line
        )


def offer_fetch(*, another: bool = False) -> None:
    """Offer the subjects of Haxby's that are not on disk, and follow a fetch under way.

    It is `another` real recording where one is shown.
    """
    haxby = DATASETS["haxby"]
    here = haxby.subjects()
    missing = [name for name in SUBJECTS if name not in here and others_fetch(name) is None]
    with st.container(key="fetch"):
        for name in SUBJECTS:
            _follow(name)
        if not missing:
            return
        if refusal := fetch_refusal(server()):
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
    ticket.come_back()
    if (job := ticket.job) is not None and not job.is_under_way:
        ticket.forget()
    st.session_state[ASKED] = {*_asked(), name}
    ticket.ask(
        FETCH, lambda report: fetch_haxby_subject(name, on_progress=_in_megabytes(name, report))
    )


def _in_megabytes(name: str, report: Reporter) -> Progress:
    def tell(done: int, total: int) -> None:
        message = f"Subject {name}: {done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
        report(done, total, message)

    return tell


def _follow(name: str) -> None:
    """Show a fetch that this visitor asked for; select the subject once it has come."""
    ticket = _ticket(name)
    job = ticket.job
    if ticket.is_left or name not in _asked():
        return
    if job is None:
        if name in DATASETS["haxby"].subjects():
            offer_fetched(name)
        return
    if job.is_under_way:
        show_job(ticket)
        say_small("What has arrived is kept. The next fetch goes on from there.")
        return
    ticket.forget()
    if job.state != "done":
        st.session_state[ASKED] = _asked() - {name}
    job.result()  # raises what went wrong
    if not why_fixed(FETCHED):
        _select_fetched(name)
    draw_anew()


def offer_fetched(name: str) -> None:
    """Offer a subject that has come; what a link fixes stays, and is said."""
    with st.container(horizontal=True, vertical_alignment="center"):
        say(
            f"Subject {name} of {DATASETS['haxby'].label} has arrived: a real recording.",
            width="content",
        )
        change_button(
            "Show it", FETCHED, key=f"show_{name}", on_click=_select_fetched, args=(name,)
        )


def _select_fetched(name: str) -> None:
    for waited in (ASKED, AWAITED):
        st.session_state[waited] = {*st.session_state.get(waited, ())} - {name}
    mask = {} if why_fixed(["mask"]) else {"mask": default_spec().mask}
    change_spec(dataset="haxby", subject=name, **mask)


def others_fetch(name: str) -> Job[Any] | None:
    """Return the fetch of a subject while it is under way, if this visitor did not ask for it."""
    job = None if name in _asked() else _ticket(name).job
    return job if job is not None and job.is_under_way else None


def _asked() -> frozenset[str]:
    return frozenset(st.session_state.get(ASKED, ()))
