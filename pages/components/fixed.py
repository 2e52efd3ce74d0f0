"""What changes the selection from elsewhere than its sentence leaves alone what a link fixes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from decoding.numbers import list_text
from pages.components.plain import plain
from pages.components.teach import CHOICES, HIDE, LOCK, PREPARATION, heading
from pages.components.url_state import get_setting


def why_fixed(fields: Iterable[str]) -> str:
    """Say which of some fields of the spec the link locks or hides; nothing where none is."""
    parts = {field if field in CHOICES else PREPARATION for field in fields}
    fixed = parts & {*get_setting(LOCK), *get_setting(HIDE)}
    names = [heading(part).lower() for part in CHOICES if part in fixed]
    return f"Whoever made this link fixed: {list_text(names)}." if names else ""


def change_button(
    label: str,
    fields: Iterable[str],
    *,
    on_click: Callable[..., None],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    key: str | None = None,
    type: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """Draw a button that changes fields of the selection; where one is fixed it says so instead."""
    why = why_fixed(fields)
    st.button(
        label, key=key, type=type, disabled=bool(why),
        on_click=on_click, args=tuple(args), kwargs=dict(kwargs or {}),
    )  # fmt: skip
    if why:
        st.caption(plain(why), width="content")


def change_link(
    file: str, label: str, fields: Iterable[str], query: Mapping[str, list[str]]
) -> None:
    """Draw a link with a whole query that differs in fields, as `change_button` draws a button."""
    why = why_fixed(fields)
    st.page_link(file, label=label, query_params=query, disabled=bool(why))
    if why:
        st.caption(plain(why))
