"""Learn: how decoding works, a step at a time, and its traps."""

import streamlit as st

from decoding.output.learn.lessons import LESSONS
from decoding.output.learn.steps import STEPS
from pages.components.learn.glossary import show_glossary
from pages.components.learn.guess import play
from pages.components.learn.lessons import show_lesson
from pages.components.learn.state import choose_lesson, seen_of_step
from pages.components.learn.steps import show_step
from pages.components.page import start_page
from pages.components.section import section

with start_page("Learn", seen=seen_of_step) as view:
    chosen = choose_lesson()
    with st.container(key="lesson"), section():
        if chosen in STEPS:
            show_step(view, chosen)
        elif chosen in LESSONS:
            show_lesson(view, chosen)
        elif chosen == "guess":
            play(view)
        else:
            show_glossary()
