"""Choices: whether the score is the brain's, or that of how it was decoded."""

from functools import partial

import streamlit as st

from decoding.analyses import decode
from decoding.analyses.choices import analysis as choices
from pages.components.checks import show_lag_note, show_warnings
from pages.components.choices.curve import (
    follow_joint,
    late_joint,
    say_spread,
    show_curve,
    show_files,
    show_moves,
    show_numbers,
)
from pages.components.choices.ticks import choose_values, sound_view, values_of
from pages.components.page import start_page
from pages.components.section import section
from pages.components.service import result_for

with start_page("Choices") as selected:
    view = sound_view(selected)
    values = values_of(view)
    joint = late_joint(view, values)
    show_warnings(view)
    own = result_for(decode.ANALYSIS, view)
    joint.show(partial(show_numbers, view, own))
    show_lag_note(view)
    choose_values(view, values)
    with section():
        scores = result_for(choices.SCORES, view, values)
        say_spread(view, scores)
        curve, moves = st.columns([3, 1], gap="large")
        with curve:
            st.header("Every combination, from lowest to highest", anchor=False)
            joint.show(partial(show_curve, view, values, scores))
        with moves:
            st.header("What moves it", anchor=False)
            show_moves(view, values, scores)
        st.header("Is the best of them luck?", anchor=False)
        follow_joint(view, values, joint)
        st.header("Take it away", anchor=False)
        joint.show(lambda found: show_files(view, found or scores))
