"""Validate: whether the score can be trusted, and how one goes wrong."""

import streamlit as st

from decoding.analyses import check, decode
from decoding.analyses.schemes import telling
from pages.components.checks import show_checks, show_lag_note, show_warnings
from pages.components.null import late_test, show_null
from pages.components.page import let_step_follow, start_page
from pages.components.service import result_for
from pages.components.terms import say_short
from pages.components.validate.controls import (
    late_controls,
    show_controls,
    show_idea,
    with_own,
)
from pages.components.validate.plan import choose_study, late_plan, show_plan
from pages.components.validate.schemes import (
    band_text,
    late_schemes,
    show_explanations,
    show_plain_word,
    show_schemes,
    with_selected,
)
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
    say_short(
        "The mark is the score of the real labels, the band that of shuffled ones: its null. Read "
        "the mark against its own band. Against chance it may be read only where the band lies "
        f"around chance and no response to these categories chose the mask. {band_text(view)}"
    )
    schemes = late_schemes(view)
    schemes.follow(
        lambda done: show_schemes(view, with_selected(done, view, test.result)), "schemes"
    )
    show_plain_word()
    schemes.show(
        lambda done: show_explanations(view, done and with_selected(done, view, test.result))
    )

    st.header("What else could tell them apart?", anchor=False)
    show_idea()
    others = late_controls(view)
    others.follow(lambda done: show_controls(view, with_own(done, test.result)), "controls")

    st.header("Before you scan", anchor=False)
    choose_study()
    late_plan(view).follow(lambda done: show_plan(view, done), "plan")
