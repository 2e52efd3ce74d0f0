"""Group: does it hold for every subject, and what do these subjects say of other people."""

from functools import partial

import streamlit as st

from pages.components.checks import show_lag_note, show_warnings
from pages.components.group.chosen import choose_more
from pages.components.group.members import open_members
from pages.components.group.others import show_across
from pages.components.group.scores import (
    find_scores,
    follow_scores,
    say_orders,
    show_answer,
    show_chart,
    show_prevalence,
)
from pages.components.page import start_page
from pages.components.section import section
from pages.components.step import seen_of_selection

with start_page("Group", seen=seen_of_selection) as view:
    show_warnings(view)
    choose_more(view)
    members = open_members(view)
    found = find_scores(view, members)
    found.work.show(partial(show_answer, found), "answer")
    show_lag_note(view)
    say_orders(members)
    st.header("The score of every subject", anchor=False)
    found.work.show(partial(show_chart, found), "subjects")
    follow_scores(found)
    st.header("What do they say of other people?", anchor=False)
    found.work.show(partial(show_prevalence, found), "prevalence")
    st.header("Does what the others showed name what one saw?", anchor=False)
    with section():
        show_across(view, members)
