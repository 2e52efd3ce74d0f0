"""Data: what was measured, from the scan to the matrix that is decoded."""

import streamlit as st

from decoding.analyses import data
from decoding.output.figures.timeline import blocks_table, plot_timeline, reading_timeline
from pages.components.data.matrix import show_matrix, show_series, show_shapes
from pages.components.data.recording import show_recording, show_take_away
from pages.components.display import place_of_brain, show_figure, table_height
from pages.components.notes import show_notes
from pages.components.page import start_page
from pages.components.section import section
from pages.components.service import result_for

with start_page("Data") as view:
    volumes = view.subject.volumes
    measured = result_for(data.ANALYSIS, view)
    show_shapes(view, measured)
    with section():
        show_notes(view)
    st.header("Where it was measured", anchor=False)
    brain = place_of_brain("data")

    maps = view.subject.maps
    shown = "Which image is of which category" if maps else "When each category was shown"
    st.header(shown, anchor=False)
    show_figure(
        view,
        "blocks",
        lambda theme: plot_timeline(
            volumes, theme, selected=view.spec.conditions, each=view.subject.each
        ),
        reading_timeline(volumes, view.spec.conditions, view.subject.each),
        lambda: blocks_table(volumes),
    )
    with st.expander("Table of labels"):
        st.dataframe(
            volumes,
            height=table_height(len(volumes), 8),
            alt=f"Category, run and block of each {view.subject.each}",
        )

    st.header("Voxels over images" if maps else "Voxels over time", anchor=False)
    show_series(view, measured)

    st.header("The matrix that is decoded", anchor=False)
    show_matrix(view, measured)

    st.header("Take it away", anchor=False)
    with section():
        show_take_away(view)
    with brain, section():
        show_recording(view)
