"""Who is let in: no more visitors at once than the operator allows."""

import threading

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from decoding.limits import SESSIONS

AGAIN_S = 60.0
_INSIDE: set[str] = set()
"""The sessions that were let in, each an open tab."""
_DOOR = threading.Lock()


def let_in() -> None:
    """Go on with the page of a visitor for whom there is room, now or before; stop all others'."""
    if not _is_inside():
        _say_full()
        st.stop()


def _is_inside() -> bool:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not exists():
        return True
    is_there = get_instance().is_active_session
    with _DOOR:
        _INSIDE.difference_update([one for one in _INSIDE if not is_there(one)])
        if len(_INSIDE) < SESSIONS.value:
            _INSIDE.add(context.session_id)
        return context.session_id in _INSIDE


@st.fragment(run_every=AGAIN_S)
def _say_full() -> None:
    if _is_inside():
        st.rerun()
    st.info(
        f"It is full here: {SESSIONS.value} tabs are open, as many as this server can take. Leave "
        "this one open: it tries again every minute.",
        icon=":material/group:",
    )
