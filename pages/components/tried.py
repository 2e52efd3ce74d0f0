"""What was scored in a session, kept over reloads: the best of many is high by luck alone."""

import streamlit as st

from decoding.analyses.record import Analysis, OptionsT, ResultT, Tried
from decoding.datasets.own.dataset import OWN
from decoding.spec import DecodingSpec
from pages.components.url_state import session_name


def tried(spec: DecodingSpec) -> list[Tried]:
    """Return what this session has scored of the recording of a spec."""
    scored = {**_tried_in(session_name()), **_tried_on_uploads()}
    return [one for one in scored if _recording(one[0]) == _recording(spec)]


def _recording(spec: DecodingSpec) -> tuple[str, str]:
    return spec.dataset, spec.subject


def count_tried(analysis: Analysis[OptionsT, ResultT], result: ResultT) -> None:
    """Count the scores that a result shows among those of the session, each once."""
    for spec, what in analysis.tried(result):
        kept = _tried_on_uploads() if spec.dataset == OWN.name else _tried_in(session_name())
        kept[spec, what] = None


@st.cache_resource(max_entries=1000, show_spinner=False)
def _tried_in(session: str) -> dict[Tried, None]:
    return {}


# By a link's name for a session others could come by it.
@st.cache_resource(scope="session", show_spinner=False)
def _tried_on_uploads() -> dict[Tried, None]:
    return {}
