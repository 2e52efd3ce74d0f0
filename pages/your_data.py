"""Your data: one's own scans, what was read of them, and whether they are fit to be decoded."""

from itertools import count

import streamlit as st

from decoding.datasets import credits_of
from decoding.datasets.own.dataset import OWN
from pages.components.own import PENDING, own_scans
from pages.components.page import start_page
from pages.components.section import section
from pages.components.terms import say_small
from pages.components.your_data.files import show_uploader
from pages.components.your_data.masks import show_masks
from pages.components.your_data.onward import show_onward
from pages.components.your_data.quality import show_quality
from pages.components.your_data.read import show_read
from pages.components.your_data.scans import list_scans, seen_beside_draft, show_kept, show_pending

steps = count(1)


def begin(step: str) -> None:
    """Head a step, with its number among those that there are now."""
    st.header(f"{next(steps)}. {step}", anchor=False)


with start_page("Your data", seen=seen_beside_draft) as view:
    begin("Your files")
    are_files_waiting = False
    with section():
        list_scans(view)
        are_files_waiting = show_uploader()
    scan = own_scans().get(view.spec.subject) if view.spec.dataset == OWN.name else None
    if pending := st.session_state.get(PENDING):
        begin("What your files hold")
        show_pending(view, pending)
    else:
        begin("What was read")
        if scan is None:
            whose = f"{credits_of(view.subject).label}, subject {view.subject.name}"
            say_small(f"Until your own scans are here, all below is shown of {whose}.")
        elif are_files_waiting:
            say_small(f"Until the files above are read, all below is of {scan.name!r}.")
        with section():
            show_read(view)
        if scan is not None:
            begin("What counts as a category")
            with section():
                show_kept(view, scan)
        begin("Where to look")
        with section():
            show_masks(view)
        begin("Is the recording steady?")
        with section():
            show_quality(view)
        begin("Decode it")
        show_onward()
