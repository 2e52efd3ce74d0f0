"""From names to subjects and from requests to results: the only place that caches."""

import time
from collections.abc import Callable

import streamlit as st

from decoding.analyses import decode, weights
from decoding.datasets import Subject, load_subject
from decoding.progress import Progress
from decoding.spec import DecodingSpec, Request

PATIENCE_S = 0.5
"""Work that takes longer shows how far it is."""

RUNS: dict[str, Callable[[Subject, Request, Progress], object]] = {
    "decode": lambda subject, request, tell: decode.run(subject, request.spec, None, tell),
    "weights": lambda subject, request, tell: weights.run(subject, request.spec, tell),
}


def subject_for(spec: DecodingSpec) -> Subject:
    """Return the subject that a spec names: the only place that turns names into a subject.

    Raises
    ------
    DecodingError
        If there is none of that name, or it is not on disk, or cannot be read.
    """
    return _subject(spec.dataset, spec.subject)


def result_for(request: Request) -> object:
    """Return the result of a request, computed once for everybody who asks for it.

    Raises
    ------
    DecodingError
        If it cannot be computed; the message says what to change.
    """
    subject = subject_for(request.spec)
    return _result(request, subject.version, owner_of(request.spec))


def owner_of(spec: DecodingSpec) -> str:
    """Return whose data a spec names: empty for public recordings."""
    return ""


# A recording may be replaced or fetched while the server runs, hence the short life.
@st.cache_resource(max_entries=32, ttl=30, show_spinner=False)
def _subject(dataset: str, name: str) -> Subject:
    return load_subject(dataset, name)


@st.cache_resource(max_entries=48, show_spinner=False)
def _result(request: Request, version: str, owner: str) -> object:
    subject = subject_for(request.spec)
    bar = _Bar()
    try:
        return RUNS[request.analysis](subject, request, bar.tell)
    finally:
        bar.close()


class _Bar:
    """A progress bar that appears only once the work has taken a while."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.slot: st.delta_generator.DeltaGenerator | None = None

    def tell(self, done: int, total: int) -> None:
        """Show how far the work is; a widget changed meanwhile stops it here."""
        if time.monotonic() - self.since > PATIENCE_S:
            self.slot = self.slot or st.empty()
            self.slot.progress(min(done / max(total, 1), 1.0), text=f"{done} of {total}")

    def close(self) -> None:
        """Take the bar away."""
        if self.slot is not None:
            self.slot.empty()
