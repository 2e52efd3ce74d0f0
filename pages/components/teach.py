"""Links for a class: they lock or hide choices, and open on a question."""

import streamlit as st

from decoding.output.text.wording import SENTENCE
from decoding.setting import Setting, read_names, write_names
from decoding.settings import SETTINGS
from pages.components.url_state import draw_anew, get_setting, set_extras

MOST_LETTERS = 200
PREPARATION = "preparation"
CHOICES = (*SENTENCE, PREPARATION)
"""What can be locked or hidden: the settings of the sentence, and how samples are prepared."""


def _read_choices(text: str) -> tuple[str, ...]:
    names = read_names(text)
    if not set(names) <= set(CHOICES):
        raise ValueError(text)
    return names


def _read_question(text: str) -> str:
    if len(text) > MOST_LETTERS:
        raise ValueError(text)
    return text.strip()


_AMONG = f"must be among {', '.join(CHOICES)}"
LOCK = Setting[tuple[str, ...]](
    name="lock", default=(), label="Locked choices", parse=_read_choices, write=write_names,
    must=f"What a link locks {_AMONG}",
)  # fmt: skip
HIDE = Setting[tuple[str, ...]](
    name="hide", default=(), label="Hidden choices", parse=_read_choices, write=write_names,
    must=f"What a link hides {_AMONG}",
)  # fmt: skip
QUESTION = Setting(
    name="question", default="", label="Question", parse=_read_question,
    must=f"A question must have at most {MOST_LETTERS} letters",
)  # fmt: skip


def show_question() -> None:
    """Show the question that the link asks."""
    if question := get_setting(QUESTION):
        with st.container(key="question"):
            st.caption("Whoever made this link asks:")
            st.text(question)  # and no markdown, which makes links of addresses


def teach_button() -> None:
    """Draw the button of what makes such a link."""
    if st.button("For a class", key="teach", type="tertiary"):
        _make_link()


@st.dialog("A link for your class")
def _make_link() -> None:
    st.text_input(
        "A question on top of the page",
        get_setting(QUESTION),
        key="class_question",
        max_chars=MOST_LETTERS,
    )
    for setting, label in ((LOCK, "Locked: words, and no selector"), (HIDE, "Hidden")):
        st.pills(
            label,
            CHOICES,
            format_func=heading,
            selection_mode="multi",
            default=get_setting(setting),
            key=f"class_{setting.name}",
        )
    st.caption("Copy the link then. Who opens it can open these choices again, here.")
    if st.button("Put it into the link", key="class_link", type="primary", on_click=_take):
        draw_anew()


def _take() -> None:
    settings = (QUESTION, LOCK, HIDE)
    set_extras({one.name: one.write(st.session_state[f"class_{one.name}"]) for one in settings})


def heading(name: str) -> str:
    """Return the label of what can be locked or hidden."""
    return SETTINGS[name].heading if name in SETTINGS else name.capitalize()
