"""Decode: whether the category can be read from the activity."""

import streamlit as st

from decoding.spec import Request
from pages.components.checks import checks_for, show_label
from pages.components.decode.confusion import show_confusion
from pages.components.decode.other_looks import show_controls
from pages.components.decode.scores import (
    show_downloads,
    show_fold_scores,
    show_scheme_note,
    show_scores,
    show_tutorial_schemes,
)
from pages.components.maps import show_maps
from pages.components.null import count_tried, ready_test, show_null, show_tried
from pages.components.page import let_first_draw, start_page
from pages.components.pin import pinned_result, show_pin
from pages.components.section import section
from pages.components.service import result_for

with start_page("Decode") as (spec, subject):
    result = result_for(Request(analysis="decode", spec=spec))
    n_tried, test, pinned = count_tried(spec), ready_test(spec), pinned_result()
    show_scheme_note(spec)
    show_scores(result, test, pinned)
    with st.container(key="beside_scores", horizontal=True, vertical_alignment="center"):
        with section():
            show_label(checks_for(spec))
        show_pin(result, pinned)

    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Score of each fold", anchor=False)
        show_fold_scores(result, test, pinned)
        let_first_draw()
        st.subheader("Would labels that mean nothing score as high?", anchor=False)
        with section():
            show_tried(show_null(result, test), n_tried)
    with right:
        st.subheader("What was taken for what", anchor=False)
        show_confusion(result)
    with section():
        show_tutorial_schemes(spec)

    st.header("What the decision rests on", anchor=False)
    maps = st.container(key="brain_decode")
    st.header("Two other looks at the same samples", anchor=False)
    show_controls(result, subject)
    st.header("Take it away", anchor=False)
    with section():
        show_downloads(subject, result, test)
    with maps, section():
        show_maps(subject, spec, None if pinned is None else pinned.spec)
