"""Validate: whether the score can be trusted, and how one goes wrong."""

import streamlit as st

from decoding.analyses.schemes import telling
from decoding.spec import Request
from pages.components.checks import checks_for, show_checks
from pages.components.decode.scores import show_scheme_note
from pages.components.null import count_tried, ready_test, show_null
from pages.components.page import start_page
from pages.components.section import section
from pages.components.service import result_for
from pages.components.validate.parts import (
    offer_telling_pair,
    say_first_look,
    show_design,
    show_explanations,
    show_plain_word,
    show_schemes,
    show_verdict,
)

with start_page("Validate", first=telling) as (spec, subject):
    found = checks_for(spec)
    result = result_for(Request(analysis="decode", spec=spec))
    count_tried(spec)
    test = ready_test(spec)
    say_first_look(spec)
    show_scheme_note(spec)
    show_verdict(result, test, found)
    offer_telling_pair(result, subject)

    st.header("Is the design sound?", anchor=False)
    show_checks(found)
    show_design(subject, result)

    st.header("Would labels that mean nothing score as high?", anchor=False)
    with section():
        show_null(result, test)

    st.header("The same samples under every scheme", anchor=False)
    st.markdown(
        "Each row is scored on the real labels (the mark) and on labels that mean nothing, blocks "
        "relabelled 200 times (the band). Only where the band is centred on the chance line "
        "may the mark be read against chance."
    )
    schemes = None
    with section():
        schemes = show_schemes(spec, test)
    show_plain_word()
    show_explanations(subject, schemes)
