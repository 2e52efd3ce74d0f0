"""An upload on its way to every page: how it is read, kept and listed."""

from dataclasses import replace

import streamlit as st

from decoding.choices import default_spec
from decoding.datasets import DATASETS
from decoding.datasets.base import Note, Subject
from decoding.datasets.own.columns import is_number, numbers_text, too_few_text
from decoding.datasets.own.dataset import OWN
from decoding.numbers import list_text, number_text, size_text
from decoding.output.text.next_steps import Seen
from decoding.settings import control_text, mask_label
from decoding.spec import RECORDED, DecodingSpec
from pages.components.adopt import adopt, ask_for, is_asked_for, say_not_shown, select
from pages.components.notes import ALL, list_notes
from pages.components.own import (
    MOST_LETTERS,
    PENDING,
    OwnScan,
    discard,
    forget,
    keep,
    own_scans,
    read_otherwise,
    read_scan,
    replaced_text,
)
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, subject_for
from pages.components.step import seen_of_score
from pages.components.terms import say
from pages.components.url_state import draw_anew, set_spec
from pages.components.your_data.categories import choose_categories

SERVED = ("bids", "images")
"""Datasets whose subjects whoever runs the server has named."""


def show_pending(view: View, scan: OwnScan) -> None:
    """Show how an upload is read, each note with its remedy, before anything is decoded from it."""
    with section():
        categories = choose_categories(scan)
        scan = st.session_state[PENDING] = replace(scan, categories=categories)
        subject = read_scan(scan)
        say(_counts(subject))
        if numbers := numbers_text(scan.received, subject):
            say(numbers)
        list_notes(subject.notes, lambda note: _later_text(note, subject), few=ALL)
        if too_few := too_few_text(scan.received, subject):
            st.error(plain(too_few), icon=":material/error:")
        elif replaced := replaced_text(scan.name):
            st.warning(plain(replaced), icon=":material/warning:")
        if st.button(
            "Use them on every page", type="primary", key="own_use", disabled=bool(too_few)
        ):
            ask_for(scan)
        if is_asked_for(scan) and not too_few:
            adopt(view, scan)
    if st.button("Throw these files away", key="own_discard"):
        discard(scan.received)
        del st.session_state[PENDING]
        draw_anew()


def seen_beside_draft(name: str, view: View) -> Seen | None:
    """Return what suggests the page's next step; None while an upload waits for its own."""
    return None if PENDING in st.session_state else seen_of_score(name, view)


def show_kept(view: View, scan: OwnScan) -> None:
    """Let the categories of an upload that is looked at be changed."""
    categories = choose_categories(scan)
    if categories != scan.categories:
        select(view, keep(scan.name, scan.received, categories))


def _later_text(note: Note, subject: Subject) -> str:
    """Say what to choose for a note's remedy: the line at the top is not of this upload yet."""
    chosen = control_text(note, subject)
    return f"Use the files first. {chosen}" if chosen else ""


def _counts(subject: Subject) -> str:
    shown = subject.trials["condition"].value_counts(sort=False).sort_index()
    trials = "" if subject.maps else f", with {number_text(len(subject.trials), 'trial')}"
    counts = (
        f"{name!r} {n} times" if is_number(str(name)) else f"{n} {name}"
        for name, n in shown.items()
    )
    masks = [mask_label(name) for name in subject.masks]
    return (
        f"{number_text(len(subject.volumes), subject.each)} in "
        f"{number_text(subject.n_runs, 'run')}{trials}: {list_text(counts)}. "
        f"{'Mask' if len(masks) == 1 else 'Masks'}: {list_text(masks)}."
    )


def list_scans(view: View) -> None:
    """List the scans of this visit, and those of the server; each can be looked at."""
    say_not_shown()
    for name, scan in own_scans().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            size = size_text(scan.n_bytes)
            say(f"{size}, in this visit only", width="content", before=f"**{plain(name)}** ")
            is_shown = (view.spec.dataset, view.spec.subject) == (OWN.name, name)
            if not is_shown and st.button(f"Look at {plain(name)}", key=f"own_look_{name}"):
                _open(view, OWN.name, name)
            if st.button(f"Delete {plain(name)}", key=f"own_forget_{name}"):
                forget(name)
                set_spec(default_spec() if is_shown else view.spec)
                draw_anew()
    served = [(kind, name) for kind in SERVED for name in DATASETS[kind].subjects()]
    if not served:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind, name = st.selectbox(
            "Scans on this server",
            served,
            format_func=lambda one: f"{DATASETS[one[0]].label}, subject {one[1]}",
            width=320,
        )
        if st.button("Look at these", key="served_look"):
            _open(view, kind, name)
        if kind == "bids" and st.button("Choose their categories", key="served_own"):
            _read_served(replace(view.spec, dataset=kind, subject=name, space=RECORDED))


def _read_served(spec: DecodingSpec) -> None:
    """Have a subject of the server read as an upload is: with categories of the visitor's own."""
    if pending := st.session_state.pop(PENDING, None):
        discard(pending.received)
    received = read_otherwise(subject_for(spec))
    name = f"subject {spec.subject}"[:MOST_LETTERS]
    st.session_state[PENDING] = OwnScan(name=name, received=received)
    draw_anew()


def _open(view: View, dataset: str, name: str) -> None:
    named = replace(view.spec, dataset=dataset, subject=name, space=RECORDED)
    select(replace(view, spec=named), subject_for(named))
