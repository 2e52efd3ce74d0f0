"""Timecourse: when the information is there, and what a sample of it may be."""

import streamlit as st

from pages.components.decode.scores import show_scheme_note
from pages.components.page import start_page
from pages.components.section import section
from pages.components.timecourse.course import (
    ready_course,
    say_no_rest,
    show_course,
    show_generalization,
    show_lags,
    show_onsets,
    show_time_scores,
)
from pages.components.timecourse.model import (
    choose_model,
    show_design_matrix,
    show_kinds,
    show_response_map,
)

with start_page("Timecourse") as (spec, subject):
    if not say_no_rest(subject):
        found = ready_course(spec)
        show_scheme_note(spec)
        with section():
            show_time_scores(spec, found)

        st.header("Around the onset of a block", anchor=False)
        with section():
            show_course(spec, subject, found)
        st.header("How late is the response?", anchor=False)
        lags = st.container()
        st.header("Does one pattern last?", anchor=False)
        matrix = st.container()
        st.header("Where the onsets come from", anchor=False)
        with section():
            show_onsets(spec, subject)

        st.header("The response as a linear model", anchor=False)
        model = choose_model()
        with section():
            show_design_matrix(subject, spec, model)
        maps = st.container(key="brain_response")
        st.header("Volumes, block means or betas?", anchor=False)
        kinds = st.container()
        with lags, section():
            show_lags(spec, found)
        with matrix:
            show_generalization(spec, found)
        with maps, section():
            show_response_map(subject, spec, model)
        with kinds, section():
            show_kinds(spec)
