"""A step's question, asked before anything of it is shown, and what became of the guess."""

import streamlit as st

from decoding.output.learn.steps import Quiz
from pages.components.plain import plain
from pages.components.terms import say, say_small
from pages.components.url_state import draw_anew

GUESSED = "learn_guessed"
"""Where a visit keeps, by the step, what was answered and the question as it was then."""


def ask(name: str, quiz: Quiz) -> bool:
    """Ask a step's question before anything of it is shown; tell whether it was answered."""
    guessed: dict[str, tuple[str, Quiz]] = st.session_state.setdefault(GUESSED, {})
    st.header(quiz.question, anchor=False)
    if name in guessed:
        say(quiz.told, before=_judged(*guessed[name], quiz))
        tried = [said == asked.right for said, asked in guessed.values() if said]
        if tried:
            say_small(f"Guesses right so far: {sum(tried)} of {len(tried)}.")
        return True
    answer = st.radio(
        "Your guess",
        list(quiz.answers),
        index=None,
        key=f"guess_{name}",
        format_func=plain,
        horizontal=True,
    )
    if answer is not None:
        guessed[name] = (answer, quiz)
        draw_anew()
    if st.button("Show me", key="show_me"):
        guessed[name] = ("", quiz)
        draw_anew()
    return False


def _judged(said: str, asked: Quiz, now: Quiz) -> str:
    """Judge a guess by the question that it answered, and say if its answer is another by now."""
    if not said:
        return ""
    right = said == asked.right
    mark = ":material/check: **Right" if right else ":material/close: **Not quite"
    if asked.right == now.right:
        return f"You said: {plain(said)}. {mark}.** "
    return (
        f"You said: {plain(said)}. {mark}** for what was chosen then. With what is chosen now the "
        f"answer is: {plain(now.right)}. "
    )
