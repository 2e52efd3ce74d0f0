"""Decode: whether the category can be read from the activity."""

import streamlit as st

from decoding.output import figures
from decoding.spec import Request
from pages.components.cache import result_for
from pages.components.decode_parts import (
    show_downloads,
    show_scheme_note,
    show_scores,
    show_tutorial_schemes,
)
from pages.components.display import show_figure, theme_name
from pages.components.maps import show_maps
from pages.components.page import start_page
from pages.components.section import section

with start_page("Decode") as (spec, subject):
    result = result_for(Request(analysis="decode", spec=spec))
    show_scheme_note(spec)
    show_scores(result)

    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Score of each fold", anchor=False)
        show_figure(
            figures.plot_fold_scores(result, theme_name()),
            figures.reading_fold_scores(result),
            lambda: figures.fold_scores_table(result),
            "scores",
            spec,
        )
    with right:
        st.subheader("What was taken for what", anchor=False)
        show_figure(
            figures.plot_confusion(result, theme_name()),
            figures.reading_confusion(result),
            lambda: figures.confusion_table(result),
            "confusion",
            spec,
        )
    with section():
        show_tutorial_schemes(spec)

    st.header("What the decision rests on", anchor=False)
    maps = st.container(key="brain_decode")
    st.header("Take it away", anchor=False)
    show_downloads(subject, result)
    with maps, section():
        show_maps(subject, spec)
