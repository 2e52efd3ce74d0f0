"""What reading left out, merged or assumed: said where the recording is shown."""

from html import escape

import streamlit as st

from decoding.analyses import notes
from decoding.numbers import number_text
from pages.components.service import View, result_for

FEW = 3
"""So many notes are read at once; more are one click away."""


def show_notes(view: View) -> None:
    """List the notes of reading, each with an example and what to do; nothing where none is."""
    found = result_for(notes.ANALYSIS, view).notes
    if not found:
        return
    with st.expander(
        f"{number_text(len(found), 'note')} on how it was read", expanded=len(found) <= FEW
    ):
        items = "".join(
            f"<li>{escape(note.note)} <small>For example {escape(note.example)}. "
            f"{escape(note.remedy)}</small></li>"
            for note in found
        )
        st.html(f'<ul class="notes">{items}</ul>')
