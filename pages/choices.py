"""Choices: whether the score is the brain's, or that of how it was decoded."""

from functools import partial

import streamlit as st

from decoding.analyses import decode
from pages.components.checks import show_lag_note, show_warnings
from pages.components.choices.curve import (
    find_combinations,
    follow_joint,
    say_spread,
    show_curve,
    show_files,
    show_moves,
    show_numbers,
)
from pages.components.choices.ticks import choose_values, sound_view, values_of
from pages.components.page import start_page
from pages.components.service import result_for

with start_page("Choices") as selected:
    view = sound_view(selected)
    values = values_of(view)
    show_warnings(view)
    own = result_for(decode.ANALYSIS, view)
    found = find_combinations(view, values)
    found.work.show(partial(show_numbers, found, own), "p_values")
    show_lag_note(view)
    choose_values(view, values)
    found.work.show(partial(say_spread, found), "spread")
    curve, moves = st.columns([3, 1], gap="large")
    with curve:
        st.header("Every combination, from lowest to highest", anchor=False)
        found.work.show(partial(show_curve, found), "curve")
    with moves:
        st.header("What moves it", anchor=False)
        found.work.show(partial(show_moves, found), "moves")
    st.header("Is the best of them luck?", anchor=False)
    follow_joint(found)
    st.header("Take it away", anchor=False)
    found.work.show(partial(show_files, found), "choices_files")
