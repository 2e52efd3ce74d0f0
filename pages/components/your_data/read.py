"""What was read of the scans: counts, when what was shown, notes and design checks."""

import streamlit as st

from decoding.analyses import check
from decoding.numbers import list_text, number_text
from decoding.output.figures.timeline import blocks_table, plot_timeline, reading_timeline
from decoding.output.text.readings import spacing_text
from pages.components.checks import show_checks
from pages.components.display import show_figure
from pages.components.notes import ALL, show_notes
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say


def show_read(view: View) -> None:
    """Show what was read, each note and fault of it with its remedy."""
    subject = view.subject
    volumes, each = subject.volumes, subject.each
    say(
        f"{number_text(len(volumes), each)} in {number_text(subject.n_runs, 'run')}, "
        f"{spacing_text(subject)}. Categories: {list_text(subject.conditions)}."
    )
    show_figure(
        view,
        "blocks",
        lambda theme: plot_timeline(volumes, theme, selected=view.spec.conditions, each=each),
        reading_timeline(volumes, view.spec.conditions, each),
        lambda: blocks_table(volumes),
    )
    with section():
        show_notes(view, few=ALL)
    st.subheader("Is the design sound?", anchor=False)
    with section():
        show_checks(result_for(check.ANALYSIS, view))
