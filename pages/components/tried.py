"""What was scored in a session, kept over reloads: the best of many is high by luck alone."""

import streamlit as st

from decoding.analyses.record import Analysis, OptionsT, ResultT, Tried
from pages.components.url_state import session_name


def tried() -> dict[Tried, None]:
    """Return what this session has scored, in its order; what is scored later is added to it."""
    return _tried_in(session_name())


def count_tried(analysis: Analysis[OptionsT, ResultT], result: ResultT) -> None:
    """Count the scores that a result shows among those of the session, each once."""
    tried().update(dict.fromkeys(analysis.tried(result)))


@st.cache_resource(max_entries=1000, show_spinner=False)
def _tried_in(session: str) -> dict[Tried, None]:
    return {}
