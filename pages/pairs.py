"""Pairs: which categories look alike to this brain, two by two and all at once."""

from functools import partial

import streamlit as st

from decoding.analyses.pairs import scores
from pages.components.categories import CATEGORIES, LEAST
from pages.components.checks import show_lag_note, show_warnings
from pages.components.confusion import show_confusion
from pages.components.controls import change_own
from pages.components.page import start_page
from pages.components.pairs.alike import choose_measure, show_arrangements, show_matrix
from pages.components.pairs.cross import show_cross
from pages.components.pairs.follows import show_masks, show_models
from pages.components.pairs.scores import (
    follow_tests,
    late_tests,
    say_one_pair,
    show_pair_scores,
    show_tested_pairs,
)
from pages.components.section import section
from pages.components.service import result_for
from pages.components.step import seen_of_selection

OWN = {"conditions": CATEGORIES}

with start_page("Pairs", own=OWN, seen=seen_of_selection) as view:
    if len(view.subject.conditions) < LEAST:
        say_one_pair(view.subject)
    else:
        show_warnings(view, partial(change_own, OWN))
        found = result_for(scores.ANALYSIS, view)
        tests = late_tests(view)
        tests.show(partial(show_pair_scores, view, found))
        show_lag_note(view)

        left, right = st.columns(2, gap="large")
        with left:
            st.header("How far apart are they?", anchor=False)
            measure = choose_measure(found)
            show_matrix(view, found, measure)
        with right:
            st.header("What was taken for what", anchor=False)
            show_confusion(view, found.together)
        st.header("Which lie near each other?", anchor=False)
        with section():
            show_arrangements(view, found, measure)

        st.header("Is each pair told apart?", anchor=False)
        tests.show(partial(show_tested_pairs, view, found))
        follow_tests(view, tests)
        with section():
            show_models(view, found, measure)
        show_masks(view)
        st.header("Does what tells one pair apart tell another?", anchor=False)
        with section():
            show_cross(view)
