"""An upload that every page is to show: read to its end first, on whatever page its owner waits."""

from dataclasses import replace

import streamlit as st

from decoding.choices import give_way
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.files import is_whole
from decoding.recording.voxels import open_voxels, table_folder
from decoding.spec import differing_fields
from pages.components.fixed import why_fixed
from pages.components.opening import open_table
from pages.components.own import PENDING, OwnScan, keep, read_scan
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View
from pages.components.terms import say
from pages.components.url_state import draw_anew, set_spec

_ASKED, _NOT_SHOWN = "own_asked", "own_not_shown"


def ask_for(scan: OwnScan) -> None:
    """Note that every page is to show an upload, as soon as it is read."""
    st.session_state[_ASKED] = scan.received.folder


def is_asked_for(scan: OwnScan) -> bool:
    """Tell whether every page is to show an upload that is not kept yet."""
    return bool(st.session_state.get(_ASKED) == scan.received.folder)


def adopt(view: View, scan: OwnScan) -> None:
    """Keep an upload and have every page show it.

    `Unfinished` while it is being read; a `DecodingError` where it cannot be: so that what is wrong
    with it is said before it is used.
    """
    subject = read_scan(scan)
    try:
        open_table(replace(view, subject=subject))
        keep(scan.name, scan.received, scan.categories)
    except DecodingError:
        del st.session_state[_ASKED]
        raise
    del st.session_state[PENDING]
    select(view, subject)


def select(view: View, subject: Subject) -> None:
    """Have every page show a subject, by the method that is selected.

    Where the link fixes a choice that it has not, the pages go on as they are: see `say_not_shown`.
    """
    spec = replace(view.spec, dataset=subject.dataset, subject=subject.name)
    spec = give_way(spec, subject, {"mask", "conditions"})
    faults = open_voxels(subject).faults if is_whole(table_folder(subject)) else {}
    if spec.mask in faults:  # no brain was found: a mask that came with the scans is taken
        spec = replace(spec, mask=next(name for name in subject.masks if name not in faults))
    if why := why_fixed(differing_fields(view.spec, spec)):
        st.session_state[_NOT_SHOWN] = (
            f"{subject.name} is here, but not shown. {why} Open the page Your data without that "
            "link to look at it."
        )
    else:
        set_spec(spec)
    draw_anew()


def say_not_shown() -> None:
    """Say why a subject that was to be shown is not, if the link has kept it from being."""
    if told := st.session_state.pop(_NOT_SHOWN, ""):
        st.info(plain(told), icon=":material/lock:")


def adopt_elsewhere(view: View) -> None:
    """Adopt an upload on another page than its own; until then, say what this page shows."""
    say_not_shown()
    scan: OwnScan | None = st.session_state.get(PENDING)
    if scan is None or not is_asked_for(scan):
        return
    with section():
        say(
            "is still being read. Until then this page shows "
            f"{plain(credits_of(view.subject).label)}, subject {plain(view.subject.name)}.",
            before=f"**{plain(scan.name)}** ",
        )
        adopt(view, scan)
