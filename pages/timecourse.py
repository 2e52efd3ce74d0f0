"""Timecourse: when the information is there, and what a sample of it may be."""

import streamlit as st

from decoding.analyses import sample_kinds
from decoding.analyses.timecourse import analysis as timecourse
from pages.components.checks import course_options, show_lag_note, show_warnings
from pages.components.display import place_of_brain
from pages.components.late import Late
from pages.components.page import let_step_follow, start_page
from pages.components.section import section
from pages.components.timecourse.course import (
    say_no_rest,
    seen_of_course,
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

with start_page("Timecourse", seen=seen_of_course) as view:
    if not say_no_rest(view.subject):
        course = Late(timecourse.ANALYSIS, view, course_options())
        let_step_follow(course)
        show_warnings(view)
        course.show(lambda found: show_time_scores(view, found))
        show_lag_note(view)

        st.header("Around the onset of a block", anchor=False)
        course.show(lambda found: show_course(view, found))
        st.header("How late is the response?", anchor=False)
        lags = st.container()
        st.header("Does one pattern last?", anchor=False)
        matrix = st.container()
        st.header("Where the onsets come from", anchor=False)
        with section():
            show_onsets(view)

        st.header("The response as a linear model", anchor=False)
        model = choose_model()
        with section():
            show_design_matrix(view, model)
        maps = place_of_brain("response")
        st.header("Volumes, block means or betas?", anchor=False)
        kinds = st.container()
        with matrix:
            course.show(lambda found: show_generalization(view, found), "generalization")
        with lags:
            course.follow(lambda found: show_lags(view, found), "lags")
        with maps, section():
            show_response_map(view, model)
        with kinds:
            Late(sample_kinds.ANALYSIS, view).follow(lambda found: show_kinds(view, found), "kinds")
