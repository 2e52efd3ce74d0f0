"""From names to subjects and from requests to results: the only place that caches."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decoding.analyses import ANALYSES, data, weights
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.spec import DecodingSpec, Request

PATIENCE_S = 0.5
"""Work that takes longer shows how far it is."""

PAGE_ANALYSES: dict[str, Callable[[Subject, DecodingSpec, Progress], Any]] = {
    "data": data.run,
    "weights": weights.run,
}
"""What only pages ask for; everything else is in ``ANALYSES``."""


def subject_for(spec: DecodingSpec) -> Subject:
    """Return the subject that a spec names: the only place that turns names into a subject.

    Raises
    ------
    DecodingError
        If there is none of that name, or it is not on disk, or cannot be read.
    """
    return _subject(spec.dataset, spec.subject)


def result_for(request: Request) -> Any:  # noqa: ANN401 - each analysis has its own
    """Return the result of a request, computed once for everybody who asks for it.

    Raises
    ------
    DecodingError
        If it cannot be computed; the message says what to change.
    """
    subject = subject_for(request.spec)
    cached = _large_result if request.analysis in PAGE_ANALYSES else _result
    return cached(request, subject.version, owner_of(request.spec))


def picture_for(request: Request, what: str, theme: str, make: Callable[[], str]) -> str:
    """Return a picture of a result as HTML, drawn once for everybody who looks at it.

    Parameters
    ----------
    request : Request
    what : str
        What of the result is drawn; with request and theme it names the picture.
    theme : str
    make : callable
        Draws it.
    """
    subject = subject_for(request.spec)
    return _picture(request, subject.version, owner_of(request.spec), what, theme, make)


def owner_of(spec: DecodingSpec) -> str:
    """Return whose data a spec names: empty for public recordings."""
    return ""


# A recording may be replaced or fetched while the server runs, hence the short life.
@st.cache_resource(max_entries=32, ttl=30, show_spinner=False)
def _subject(dataset: str, name: str) -> Subject:
    return load_subject(dataset, name)


@st.cache_resource(max_entries=200, show_spinner=False)
def _result(request: Request, version: str, owner: str) -> Any:  # noqa: ANN401
    return _compute(request)


@st.cache_resource(max_entries=6, show_spinner=False)
def _large_result(request: Request, version: str, owner: str) -> Any:  # noqa: ANN401
    return _compute(request)


@st.cache_data(max_entries=30, show_spinner=False)
def _picture(
    request: Request, version: str, owner: str, what: str, theme: str, _make: Callable[[], str]
) -> str:
    return _make()


def _compute(request: Request) -> Any:  # noqa: ANN401
    subject, spec = subject_for(request.spec), request.spec
    bar = _Bar()
    try:
        if request.analysis in PAGE_ANALYSES:
            return PAGE_ANALYSES[request.analysis](subject, spec, bar.tell)
        analysis = ANALYSES[request.analysis]
        return analysis.run(subject, spec, request.options or analysis.Options(), bar.tell)
    finally:
        bar.close()


class _Bar:
    """A progress bar that appears only once the work has taken a while."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.slot: DeltaGenerator | None = None

    def tell(self, done: int, total: int) -> None:
        """Show how far the work is; a widget changed meanwhile stops it here."""
        if time.monotonic() - self.since > PATIENCE_S:
            self.slot = self.slot or st.empty()
            self.slot.progress(min(done / max(total, 1), 1.0), text=f"{done} of {total}")

    def close(self) -> None:
        """Take the bar away."""
        if self.slot is not None:
            self.slot.empty()
