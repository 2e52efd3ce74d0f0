"""Decode: whether the category can be read from the activity."""

from functools import partial

import streamlit as st

from decoding.analyses import decode
from pages.components.checks import show_cautions, show_warnings
from pages.components.confusion import show_confusion
from pages.components.decode.other_looks import show_controls
from pages.components.decode.scores import (
    show_downloads,
    show_fold_scores,
    show_scores,
    show_tutorial_schemes,
)
from pages.components.display import place_of_brain
from pages.components.first_look import let_first_draw
from pages.components.maps import show_maps
from pages.components.null import late_test, show_null, show_tried
from pages.components.page import let_step_follow, start_page
from pages.components.pin import comparable, pinned_view
from pages.components.replay import place_of_replay, show_replay
from pages.components.section import section
from pages.components.service import result_for

with start_page("Decode", numbers_first=True) as view:
    result = result_for(decode.ANALYSIS, view)
    test, (pinned, reference) = late_test(view), pinned_view()
    let_step_follow(test)
    show_warnings(view)
    test.show(lambda found: show_scores(view, result, found, reference))
    show_cautions(view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Score of each fold", anchor=False)
        beside = comparable(result, reference)
        test.show(lambda found: show_fold_scores(view, result, found, beside))
        let_first_draw()
    luck, taken = left.container(key="late_luck"), right.container(key="late_taken")
    with section():
        show_tutorial_schemes(view)
    # Sent before what stands above it: a new visitor waits for a brain the longest.
    st.header("What does the decision rest on?", anchor=False)
    with place_of_brain("decode"), section():
        show_maps(view, pinned)
    with luck:
        st.header("Could this be luck?", anchor=False)
        test.follow(lambda found: show_null(view, found), "null")
        tried = st.container()
    with taken:
        st.header("What was taken for what", anchor=False)
        show_confusion(view, result)
    with tried:
        test.show(partial(show_tried, view), "tried")  # last, for all that is scored above counts

    show_replay(view, place_of_replay())
    show_controls(view, result)
    st.header("Take it away", anchor=False)
    test.show(lambda found: show_downloads(view, result, found))
