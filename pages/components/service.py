"""From names to subjects and from requests to results: the only place that caches."""

import os
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from decoding.analyses.circularity import is_circular
from decoding.analyses.record import Analysis, OptionsT, ResultT
from decoding.datasets import subject_of
from decoding.datasets.anatomy import check_whole
from decoding.datasets.base import Subject
from decoding.datasets.own.dataset import OWN
from decoding.limits import JOBS, VISITOR_JOBS
from decoding.numbers import duration_text
from decoding.output.states import is_wrong
from decoding.regions.label import values_there
from decoding.samples.confounds import read_tables
from decoding.service.cluster import Cluster
from decoding.service.job import Job, Reporter
from decoding.service.jobs import JobRunner
from decoding.service.memory import return_large_arrays
from decoding.spec import DecodingSpec
from decoding.work import Work
from pages.components.first_look import place_of_progress
from pages.components.own import FORGOTTEN, until_gone
from pages.components.tried import count_tried
from pages.components.url_state import unlike_selected

T = TypeVar("T")

PATIENCE_S = 0.5
"""Work that takes longer shows how far it is."""
INLINE_S = 3.0
"""Work that takes longer lets the rest of the page go on without it."""
EARLY_S = 0.3
"""So long a page waits for work that is known to take longer than that."""
LATE_S = 3.0
"""Work that is expected to take longer is hardly waited for."""
FETCH = "fetch"
LEFT = "left"
"""Where a visitor's session keeps the tickets of work that it no longer waits for."""
STARTS_ALONE_S = 600.0
"""A link may start work of so many seconds; longer work waits for a click."""
QUEUES = {"quick": 1.0, "short": 10.0, "medium": 100.0, "long": float("inf")}
"""The server's queues of computations, each with the seconds that its work takes at most."""
SCHEDULER = "VOXELSCOPE_SCHEDULER"
"""Names the scheduler of a Dask cluster that medium and long work is handed to, ``tcp://...``."""
N_FAR = 16
"""So much work of a queue is handed out at once; more waits here, in its fair order."""

return_large_arrays()  # here, as it is too late once the server has its threads


@dataclass(frozen=True, kw_only=True)
class View:
    """What a page shows: one selection, and one version of the subject that it names."""

    spec: DecodingSpec
    subject: Subject

    @property
    def owner(self) -> str:
        """Whose data these are: empty for public recordings, which everybody may share."""
        return self.subject.owner

    @property
    def is_wrong(self) -> bool:
        """Whether its scores are leaky or circular: they look wrong wherever they are shown."""
        return is_wrong(self.spec, circular=is_circular(self.subject, self.spec))

    def on(self, **changes: object) -> "View":
        """Return a view of the same subject by another choice of method or mask."""
        return replace(self, spec=replace(self.spec, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What names a job: equal tickets share one; the owner is as that of a `View`.

    What the job is `about` is read out with the buttons of those who wait for it.
    """

    key: Hashable
    owner: str = ""
    about: str = field(default="", compare=False)

    @property
    def job(self) -> Job[Any] | None:
        """The job, if it was started and is not forgotten."""
        looker = None if self.is_left else visitor()
        for queue in queues().values():
            if job := queue.peek(self.key, owner=self.owner, visitor=looker):
                return job
        return None

    @property
    def is_left(self) -> bool:
        """Whether this visitor has stopped waiting for the job."""
        return self in st.session_state.get(LEFT, ())

    def ask(
        self, queue: str, work: Callable[[Reporter], T], seconds: float | None = None
    ) -> Job[T]:
        """Return the job, started in a queue if there is none; it may take so many seconds."""
        runner = queues()[queue]
        work = until_gone(self.owner, work) if self.owner else work
        return runner.ask(self.key, work, owner=self.owner, visitor=visitor(), seconds=seconds)

    def leave(self) -> None:
        """Stop waiting; the job ends if nobody else waits for it."""
        st.session_state[LEFT] = {*st.session_state.get(LEFT, ()), self}
        is_there = get_instance().is_active_session if exists() else bool
        for queue in queues().values():
            queue.leave(self.key, owner=self.owner, visitor=visitor(), is_there=is_there)

    def come_back(self) -> None:
        """Wait again; asking then finds the job of others, or starts it anew."""
        st.session_state[LEFT] = {*st.session_state.get(LEFT, ())} - {self}

    def forget(self) -> None:
        """Forget the job, so that asking starts it anew."""
        for queue in queues().values():
            queue.discard(self.key, owner=self.owner)


def visitor() -> str:
    """Return who asks: the session."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


class Unfinished(Exception):  # noqa: N818 - not an error: the result is on its way, or was left
    """Raised where a result is not there yet; the page goes on without it."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(str(ticket.key))
        self.ticket = ticket


def _close(old: dict[str, JobRunner]) -> None:
    for queue in old.values():
        queue.close()


@st.cache_resource(max_entries=1, show_spinner=False, on_release=_close)
def queues() -> dict[str, JobRunner]:
    """Return the server's queues of work, each with its results."""
    make = partial(JobRunner, most_each=VISITOR_JOBS.value)
    return {
        FETCH: make(max_workers=1, unseen_s=float("inf")),
        "quick": make(max_workers=4 * JOBS.value, byte_budget=96 << 20),
        "short": make(max_workers=JOBS.value, byte_budget=32 << 20, gives_way=True),
        "medium": _far_queue(),
        "long": _far_queue(),
    }


def _far_queue() -> JobRunner:
    """Return a queue whose work is done on the operator's cluster, where there is one.

    `SCHEDULER` names its scheduler, in the environment or at the top of Streamlit's secrets, which
    Streamlit puts there too.
    """
    address = os.environ.get(SCHEDULER)
    return JobRunner(
        max_workers=N_FAR if address else JOBS.value,
        byte_budget=64 << 20,
        most_each=VISITOR_JOBS.value,
        gives_way=True,
        backend=Cluster(address) if address else None,
    )


def view_of(spec: DecodingSpec) -> View:
    """Return a view of the subject that a spec names; see `subject_for`."""
    return View(spec=spec, subject=subject_for(spec))


def subject_for(spec: DecodingSpec) -> Subject:
    """Return the subject that a spec names: the only place that turns names into a subject.

    A `DecodingError` where there is none of that name, or it is not on disk, or cannot be read.
    """
    if spec.dataset == OWN.name:
        return subject_of(spec)  # never among what all share
    named = DecodingSpec(dataset=spec.dataset, subject=spec.subject)
    return _subject(replace(named, space=spec.space, merge_gap=spec.merge_gap))


def result_for(
    analysis: Analysis[OptionsT, ResultT],
    view: View,
    options: OptionsT | None = None,
    *,
    patient: bool = True,
) -> ResultT:
    """Return the result of an analysis, computed once for everybody who asks for it.

    `Unfinished` where it takes long, or the visitor stopped waiting, or is not `patient`; a
    `DecodingError` where it cannot be computed.
    """
    ticket, seconds = ticket_for(analysis, view, options), seconds_for(analysis, view, options)
    request = analysis.request(view.spec, options)
    known = ticket.job
    if ticket.is_left and (known is None or known.state != "done"):
        raise Unfinished(ticket)
    job: Job[ResultT] = known or ticket.ask(
        next(name for name, most in QUEUES.items() if seconds <= most),
        Work(
            request=request,
            reading=view.spec.reading,
            version=view.subject.version,
            subject=view.subject,
        ),
        seconds,
    )
    if patient:
        _wait(job) if seconds <= LATE_S else job.wait(EARLY_S)
    if job.state == "failed":
        ticket.forget()  # what was wrong may be mended by the next time
    if job.state not in ("done", "failed"):
        raise Unfinished(ticket)
    count_tried(analysis, result := job.result())
    return result


def ready_result(
    analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
) -> ResultT | None:
    """Return a result if it is there already, else None: nothing is started, nor waited for."""
    job = ticket_for(analysis, view, options).job
    if job is None or job.state != "done":
        return None
    return result_for(analysis, view, options)


def ticket_for(
    analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
) -> Ticket:
    """Return what names the job of an analysis; nothing is started."""
    request = analysis.request(view.spec, options)
    about = ", ".join([analysis.question, *unlike_selected(view.spec)])
    return Ticket(key=(request, view.subject.version), owner=view.owner, about=about)


def seconds_for(
    analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
) -> float:
    """Return about how long an analysis takes."""
    request = analysis.request(view.spec, options)
    return analysis.seconds(view.subject, request.spec, request.options)


# A recording may be replaced or fetched while the server runs, hence the short life.
@st.cache_resource(max_entries=32, ttl=30, show_spinner="Opening the recording")
def _subject(named: DecodingSpec) -> Subject:
    return subject_of(named)


def _forget(owner: str) -> None:
    """Forget what was computed of an upload that is gone."""
    for queue in queues().values():
        queue.forget(owner)
    for read in (read_tables, values_there, check_whole):
        read.cache_clear()


FORGOTTEN.append(_forget)


def _wait(job: Job[Any]) -> None:
    """Give the job a moment; a widget changed meanwhile takes the visitor elsewhere at once."""
    since = time.monotonic()
    if job.wait(PATIENCE_S):
        return
    slot = place_of_progress()
    while not job.wait(0.1) and time.monotonic() - since < INLINE_S:
        draw_progress(job, slot)
    slot.empty()


def draw_progress(job: Job[Any], slot: DeltaGenerator) -> None:
    """Draw how far a job is or, while it waits, how many come first."""
    progress, left = job.progress, job.seconds_left
    words = [progress.message or "Computing"]
    if job.state == "waiting":
        n_ahead, left = job.ahead()
        words = [f"{n_ahead} ahead of you"] if n_ahead else ["Next in line, then computing"]
        left = left if n_ahead else job.seconds
    if left is not None and left >= 2:
        words.append(f"about {duration_text(left)}" + (" left" if job.state == "running" else ""))
    slot.progress(progress.fraction, text=", ".join(words))
