"""Work that takes long waits for a click: a link alone does not start it."""

import streamlit as st

from decoding.numbers import duration_text
from pages.components.service import STARTS_ALONE_S, Ticket

CLICKED = "clicked"
"""Where a visitor's session keeps the tickets of long work that it asked for."""


def may_start(ticket: Ticket, seconds: float) -> bool:
    """Tell whether work of so many seconds starts by itself, was asked for, or is there."""
    asked = ticket in st.session_state.get(CLICKED, ())
    return asked or seconds < STARTS_ALONE_S or ticket.job is not None


def offer_start(label: str, ticket: Ticket, seconds: float, key: str) -> None:
    """Offer to start long work, with its time."""
    st.button(f"{label}, about {duration_text(seconds)}", key=key, on_click=start, args=(ticket,))


def start(ticket: Ticket) -> None:
    """Have long work start, as somebody asked for it."""
    st.session_state[CLICKED] = {*st.session_state.get(CLICKED, ()), ticket}
