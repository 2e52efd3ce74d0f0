"""Data: what was measured, from the scan to the matrix that is decoded."""

import streamlit as st

from decoding.output import figures
from decoding.spec import Request
from pages.components.data.parts import (
    show_matrix,
    show_recording,
    show_series,
    show_shapes,
    show_take_away,
)
from pages.components.display import show_figure, theme_name
from pages.components.page import start_page
from pages.components.section import section
from pages.components.service import result_for

with start_page("Data") as (spec, subject):
    measured = result_for(Request(analysis="data", spec=spec))
    show_shapes(measured, subject)
    st.header("Where it was measured", anchor=False)
    brain = st.container(key="brain_data")

    st.header("When each category was shown", anchor=False)
    show_figure(
        figures.plot_timeline(subject.volumes, theme_name(), selected=spec.conditions),
        figures.reading_timeline(subject.volumes, spec.conditions),
        lambda: figures.blocks_table(subject.volumes),
        "blocks",
        spec,
    )
    with st.expander("The labels, one row a volume"):
        st.dataframe(subject.volumes, height=320, alt="Condition, run and block of each volume")

    st.header("Voxels over time", anchor=False)
    show_series(measured, subject, spec)

    st.header("The masked matrix", anchor=False)
    show_matrix(measured, subject, spec)

    st.header("Take it away", anchor=False)
    with section():
        show_take_away(subject, spec)
    with brain, section():
        show_recording(subject, spec)
