"""What reading left out, merged or assumed: said wherever a recording is looked at."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from decoding.analyses import notes
from decoding.datasets.base import Note
from decoding.numbers import number_text
from decoding.settings import control_text
from pages.components.plain import plain
from pages.components.service import View, result_for

FEW, ALL = 3, 99
"""So many notes are open at once; the others are one click away."""


def show_notes(view: View, *, few: int = FEW) -> None:
    """List the notes of reading, each with an example and what to do; nothing where none is."""
    found = result_for(notes.ANALYSIS, view).notes
    list_notes(found, lambda note: control_text(note, view.subject), few=few)


def list_notes(found: Sequence[Note], remedy: Callable[[Note], str], *, few: int = FEW) -> None:
    """List notes, each with what to choose for its `remedy`; so `few` are open at once.

    Notes of runs that were lost stand before them, always in sight.
    """
    for note in found:
        if note.lost:
            st.warning(plain(f"{note.line} {remedy(note)}"), icon=":material/warning:")
    found = [note for note in found if not note.lost]
    if not found:
        return
    with st.expander(
        f"{number_text(len(found), 'note')} on how it was read", expanded=len(found) <= few
    ):
        items = "".join(
            f"<li>{escape(note.note)} <small>For example {escape(note.example)}. "
            f"{escape(f'{note.remedy} {remedy(note)}')}</small></li>"
            for note in found
        )
        st.html(f'<ul class="notes">{items}</ul>')
