"""From names to subjects and from requests to results: the only place that caches."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decoding.analyses import ANALYSES, data, mean_signal, schemes, split_half, truth, weights
from decoding.analyses import sample_kinds as kinds
from decoding.analyses.searchlight.analysis import is_long
from decoding.analyses.timecourse import block_responses
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.service.job import Job, Reporter
from decoding.service.jobs import JobRunner
from decoding.service.memory import return_large_arrays
from decoding.spec import DecodingSpec, Request

PATIENCE_S = 0.5
"""Work that takes longer shows how far it is."""
INLINE_S = 3.0
"""Work that takes longer lets the rest of the page go on without it."""
EARLY_S = 0.3
"""So long a page waits for what may come later, such as a p-value."""


def _response_maps(
    subject: Subject,
    spec: DecodingSpec,
    model: Any,  # noqa: ANN401
    report: Reporter | None,
) -> Any:  # noqa: ANN401
    from decoding.analyses import response_maps  # brings nilearn.glm, which few pages need

    return response_maps.run(subject, spec.mask, model, report)


PAGE_ANALYSES: dict[str, Callable[[Subject, DecodingSpec, Reporter], Any]] = {
    "data": data.run,
    "weights": weights.run,
    "truth": truth.run,
    "mean_signal": mean_signal.run,
    "split_half": split_half.run,
    "schemes": schemes.run,
}
"""What only pages ask for; everything else is in ``ANALYSES``."""
PAGE_ANALYSES_WITH_OPTIONS: dict[str, Callable[[Subject, DecodingSpec, Any, Reporter], Any]] = {
    "block_responses": block_responses.run,
    "kinds": kinds.run,
    "response_maps": _response_maps,
}
"""Those of them that have options of their own."""
LINES = {
    "kinds": "long",
    "permute": "tests",
    "schemes": "long",
    "searchlight": "maps",
    "timecourse": "long",
}
"""Which line does an analysis; all others are quick and wait for nobody's long work."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What names a job: equal tickets share one, whoever holds them.

    Parameters
    ----------
    line : str
        Which of the server's lines of work does it.
    key : hashable
    owner : str
        Whose data it is about; empty for what everybody may share.
    """

    line: str
    key: Hashable
    owner: str = ""

    @property
    def job(self) -> Job[Any] | None:
        """The job, if it was started and is not forgotten."""
        return lines()[self.line].peek(self.key, owner=self.owner)

    def ask(self, work: Callable[[Reporter], Any]) -> Job[Any]:
        """Return the job, started if there is none."""
        return lines()[self.line].ask(self.key, work, owner=self.owner)

    def cancel(self) -> None:
        """Stop the job for everybody who waits for it."""
        lines()[self.line].cancel(self.key, owner=self.owner)

    def forget(self) -> None:
        """Forget the job, so that asking starts it anew."""
        lines()[self.line].discard(self.key, owner=self.owner)


class Unfinished(Exception):  # noqa: N818 - not an error: the result is on its way, or was stopped
    """Raised where a result is not there yet; the page goes on without it."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(str(ticket.key))
        self.ticket = ticket


def _close(old: dict[str, JobRunner]) -> None:
    for line in old.values():
        line.close()


@st.cache_resource(max_entries=1, show_spinner=False, on_release=_close)
def lines() -> dict[str, JobRunner]:
    """Return the server's lines of work, each with its results."""
    return_large_arrays()
    return {
        "fetch": JobRunner(max_workers=1),
        "quick": JobRunner(max_workers=4, byte_budget=96 << 20),
        "tests": JobRunner(max_workers=1, byte_budget=32 << 20, gives_way=True),
        "maps": JobRunner(max_workers=1, byte_budget=32 << 20, gives_way=True),
        "long": JobRunner(max_workers=1, byte_budget=96 << 20, gives_way=True),
    }


def subject_for(spec: DecodingSpec) -> Subject:
    """Return the subject that a spec names: the only place that turns names into a subject.

    Raises
    ------
    DecodingError
        If there is none of that name, or it is not on disk, or cannot be read.
    """
    return _subject(spec.dataset, spec.subject)


def result_for(request: Request, *, early: bool = False) -> Any:  # noqa: ANN401 - each has its own
    """Return the result of a request, computed once for everybody who asks for it.

    Parameters
    ----------
    request : Request
    early : bool
        Whether the page can do without it for now: it is started, and hardly waited for.

    Raises
    ------
    DecodingError
        If it cannot be computed; the message says what to change.
    Unfinished
        If it takes long, or somebody stopped it.
    """
    subject = subject_for(request.spec)
    ticket = ticket_for(request)
    job = ticket.job or ticket.ask(lambda report: _compute(request, subject, report))
    job.wait(EARLY_S) if early else _wait(job)
    if job.state == "failed":
        ticket.forget()  # what was wrong may be mended by the next time
    if job.state not in ("done", "failed"):
        raise Unfinished(ticket)
    return job.result()


def ticket_for(request: Request) -> Ticket:
    """Return what names a request's job; nothing is started."""
    takes_minutes = request.analysis == "searchlight" and is_long(request.spec, request.options)
    return Ticket(
        line="long" if takes_minutes else LINES.get(request.analysis, "quick"),
        key=(request, subject_for(request.spec).version),
        owner=owner_of(request.spec),
    )


def ready_result(request: Request) -> Any:  # noqa: ANN401 - each analysis has its own
    """Return a result if it is there already, else None: nothing is started, nor waited for."""
    job = ticket_for(request).job
    return job.result() if job is not None and job.state == "done" else None


def picture_for(request: Request, what: str, theme: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Return a picture of a result, drawn once for everybody who looks at it.

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


def figure_for(spec: DecodingSpec, what: Hashable, theme: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Return a chart of a spec's result, built once: building takes longer than the rest of a page.

    Parameters
    ----------
    spec : DecodingSpec
    what : hashable
        What is drawn, with all that it depends on besides spec and theme.
    theme : str
    make : callable
        Builds it. What it returns is shared, and never changed.
    """
    return _figure(spec, subject_for(spec).version, owner_of(spec), what, theme, make)


def owner_of(spec: DecodingSpec) -> str:
    """Return whose data a spec names: empty for public recordings."""
    return ""


# A recording may be replaced or fetched while the server runs, hence the short life.
@st.cache_resource(max_entries=32, ttl=30, show_spinner="Opening the recording")
def _subject(dataset: str, name: str) -> Subject:
    return load_subject(dataset, name)


@st.cache_data(max_entries=30, show_spinner="Drawing the brain")
def _picture(
    request: Request, version: str, owner: str, what: str, theme: str, _make: Callable[[], Any]
) -> Any:  # noqa: ANN401
    return _make()


@st.cache_resource(max_entries=128, show_spinner=False)
def _figure(
    spec: DecodingSpec,
    version: str,
    owner: str,
    what: Hashable,
    theme: str,
    _make: Callable[[], Any],
) -> Any:  # noqa: ANN401
    return _make()


def _compute(request: Request, subject: Subject, report: Reporter) -> Any:  # noqa: ANN401
    if request.analysis in PAGE_ANALYSES:
        return PAGE_ANALYSES[request.analysis](subject, request.spec, report)
    if run := PAGE_ANALYSES_WITH_OPTIONS.get(request.analysis):
        return run(subject, request.spec, request.options, report)
    analysis = ANALYSES[request.analysis]
    return analysis.run(subject, request.spec, request.options or analysis.Options(), report)


def _wait(job: Job[Any]) -> None:
    """Give the job a moment; a widget changed meanwhile takes the visitor elsewhere at once."""
    since = time.monotonic()
    if job.wait(PATIENCE_S):
        return
    slot = st.empty()
    while not job.wait(0.1) and time.monotonic() - since < INLINE_S:
        draw_progress(job, slot)
    slot.empty()


def draw_progress(job: Job[Any], slot: DeltaGenerator) -> None:
    """Draw how far a job is."""
    progress, left = job.progress, job.seconds_left
    words = [progress.message or ("Waiting in line" if job.state == "waiting" else "Computing")]
    if left is not None and left >= 2:
        words.append(f"about {left:.0f} s left")
    slot.progress(progress.fraction, text=", ".join(words))
