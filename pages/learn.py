"""Learn: how decoding works, a step at a time, and its traps."""

from html import escape

import streamlit as st

from decoding.output.learn.lessons import LESSONS
from decoding.output.learn.steps import STEPS
from decoding.output.text.glossary import GLOSSARY
from pages.components.learn.guess import play
from pages.components.learn.lessons import show_lesson
from pages.components.learn.state import choose_lesson
from pages.components.learn.steps import show_step
from pages.components.page import start_page
from pages.components.section import section

with start_page("Learn") as view:
    chosen = choose_lesson()
    with section():
        if chosen in STEPS:
            show_step(view, chosen)
        elif chosen in LESSONS:
            show_lesson(view, chosen)
        elif chosen == "guess":
            play(view)
        else:
            st.header("What the words mean", anchor=False)
            rows = (f"<dt>{escape(t)}</dt><dd>{escape(m)}</dd>" for t, m in GLOSSARY.items())
            st.html(f'<dl class="glossary">{"".join(rows)}</dl>')
