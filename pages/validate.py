"""Validate: whether the score can be trusted, and how one goes wrong."""

import streamlit as st

from decoding.analyses import check, decode
from decoding.analyses.schemes import telling
from pages.components.checks import show_checks, show_lag_note, show_warnings
from pages.components.null import late_test, show_null
from pages.components.page import let_step_follow, start_page
from pages.components.service import result_for
from pages.components.validate.controls import show_controls
from pages.components.validate.plan import plan_study
from pages.components.validate.schemes import show_every_scheme
from pages.components.validate.verdict import (
    offer_telling_pair,
    say_first_look,
    show_design,
    show_verdict,
)

with start_page("Validate", first=telling) as view:
    found = result_for(check.ANALYSIS, view)
    result = result_for(decode.ANALYSIS, view)
    test = late_test(view)
    let_step_follow(test)
    say_first_look(view.spec)
    show_warnings(view)
    test.show(lambda done: show_verdict(view, result, done, found))
    show_lag_note(view)
    offer_telling_pair(view, result)

    st.header("Is the design sound?", anchor=False)
    show_checks(found)
    show_design(view, result)

    st.header("Could this be luck?", anchor=False)
    test.follow(lambda done: show_null(view, done), "null")

    st.header("The same samples under every scheme", anchor=False)
    show_every_scheme(view, test)

    st.header("What else could tell them apart?", anchor=False)
    show_controls(view, test)

    st.header("Before you scan", anchor=False)
    plan_study(view)
