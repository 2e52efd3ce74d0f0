"""Recordings that come without this visitor's asking: how far they are, and that they are there."""

import streamlit as st

from decoding.datasets import DATASETS
from decoding.datasets.haxby import SUBJECTS
from decoding.numbers import duration_text, list_text
from decoding.service.job import Job
from pages.components.fetch import AWAITED, MEGABYTE, offer_fetched, others_fetch
from pages.components.section import TICK_S
from pages.components.service import View
from pages.components.url_state import draw_anew

HAXBY = DATASETS["haxby"]


def show_on_its_way(view: View) -> None:
    """Say how far recordings are that others fetch, and offer those that have come meanwhile.

    What is shown stays selected: who looks at a result keeps it. Nothing is drawn where nothing is
    on its way.
    """
    coming = [name for name in SUBJECTS if others_fetch(name) is not None]
    awaited = st.session_state[AWAITED] = {*st.session_state.get(AWAITED, ()), *coming}
    arrived = awaited.difference(coming).intersection(HAXBY.subjects() if awaited else ())
    if view.spec.dataset == HAXBY.name:
        arrived.discard(view.spec.subject)
    if not coming and not arrived:
        return
    with st.container(key="on_its_way"):
        for name in sorted(arrived):
            offer_fetched(name)
        if coming:
            _follow(coming, another=bool(arrived) or view.spec.dataset == HAXBY.name)


@st.fragment(run_every=TICK_S)
def _follow(names: list[str], *, another: bool) -> None:
    """Draw how far they are; once one has come or failed the page is drawn anew, and offers it."""
    jobs = {name: job for name in names if (job := others_fetch(name)) is not None}
    if len(jobs) < len(names):
        draw_anew()
    now = next((name for name, job in jobs.items() if job.state == "running"), names[0])
    later = [name for name in names if name != now]
    which = f"subject {now} of {HAXBY.label}, {_far(jobs[now])}"
    words = [f"A{'nother' if another else ''} real recording is on its way: {which}."]
    if later:
        words.append(f"Then {'comes' if len(later) == 1 else 'come'} subject {list_text(later)}.")
    st.progress(jobs[now].progress.fraction, text=" ".join(words))


def _far(job: Job[object]) -> str:
    """Say how much of a recording has arrived, and how long the rest takes."""
    done, total = job.progress.done, job.progress.total
    if not done:
        return "about to begin"
    if done == total:
        return "all of it here and now unpacked"
    words = f"{done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB" if total else "begun"
    left = job.seconds_left
    return words if left is None or left < 2 else f"{words}, about {duration_text(left)} left"
