"""One computation in the background, and those who wait for it."""

import math
import threading
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from decoding.errors import Cancelled

T = TypeVar("T")
State = Literal["waiting", "running", "done", "failed", "cancelled"]
# A minute and a little: browsers let a hidden tab ask once a minute.
UNSEEN_S = 65.0


class Reporter(Protocol):
    """What work calls to report; raises `Cancelled` when it shall stop.

    One that has `show` takes what the work has so far; see `decoding.progress.show_so_far`.
    """

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Tell that `done` of `total` steps are finished."""


class Backend(Protocol):
    """Where a queue's work is done."""

    def __call__(
        self, work: Callable[[Reporter], T], report: Reporter, *, key: Hashable, owner: str
    ) -> T:
        """Return ``work(report)``; what has an owner must not leave this process."""


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """Finished steps of all steps, a total of 0 where it is not known yet, and what is done."""

    done: int = 0
    total: int = 0
    message: str = ""

    @property
    def fraction(self) -> float:
        """The share that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


class _Listener(Generic[T]):
    """What the work of a job reports to."""

    def __init__(self, job: "Job[T]") -> None:
        self._job = job

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self._job.report(done, total, message)

    def show(self, look: Callable[[], T | None]) -> None:
        self._job.look_in = look


class Job(Generic[T]):
    """One computation and those who wait for it. Made by `JobRunner.ask`; safe in all threads.

    Parameters
    ----------
    work : callable
        Called as ``work(report)``.
    clock : callable
        Tells the time in seconds.
    unseen_s : float
        After so many seconds without a `look` the job ends.
    seconds : float or None
        About how long the work takes; None where nobody knows.
    visitor : str
        Who asked for it first.
    """

    def __init__(
        self,
        work: Callable[[Reporter], T],
        clock: Callable[[], float],
        *,
        unseen_s: float = math.inf,
        seconds: float | None = None,
        visitor: str = "",
    ) -> None:
        self.n_bytes = 0
        self.due = 0.0
        self.ahead: Callable[[], tuple[int, float | None]] = lambda: (0, 0.0)
        """Tells how many jobs come first, and in how many seconds they are done."""
        self.look_in: Callable[[], T | None] | None = None
        """Returns what there is of the result by now, where the work under way can tell."""
        self.visitor = visitor
        self.seconds = seconds
        self._unseen_s = unseen_s
        self._seen = {visitor: clock()}
        self._left: set[str] = set()
        self._work: Callable[[Reporter], T] | None = work
        self._clock = clock
        self._future: Future[T] = Future()
        self._lock = threading.Lock()  # held whenever the future changes its state
        self._progress = JobProgress()
        # When the current phase of the work first reported, when it last did, how far it was first.
        self._phase: tuple[float, float, int] | None = None

    @property
    def state(self) -> State:
        """Where the job is in its life."""
        if not self._future.done():
            return "running" if self._future.running() else "waiting"
        error = self._future.exception()
        if error is None:
            return "done"
        return "cancelled" if isinstance(error, Cancelled) else "failed"

    @property
    def is_under_way(self) -> bool:
        """Whether the job waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def progress(self) -> JobProgress:
        """The last report."""
        return self._progress

    @property
    def so_far(self) -> T | None:
        """The result, or what there is of it while the work goes on; None where nothing is."""
        if self.state == "done":
            return self.result()
        look = self.look_in
        return None if look is None else look()

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far; while there is no pace yet, what the work may take.

        Work in several phases gets a new estimate with each: when its steps begin anew.
        """
        phase, progress = self._phase, self._progress
        if self._future.done():
            return None
        first, last, done_at_first = phase or (0.0, 0.0, 0)
        steps = progress.done - done_at_first
        if steps <= 0 or last <= first:
            return self.seconds
        left = (last - first) / steps * (progress.total - progress.done)
        return max(left - (self._clock() - last), 0.0)

    @property
    def turn(self) -> tuple[bool, float]:
        """What sorts jobs in line: those that a page shows, then when they are due."""
        return not self.is_shown(), self.due

    def look(self, visitor: str = "") -> None:
        """Tell that somebody still wants the result."""
        if not self._future.done():
            self._seen[visitor] = self._clock()
            self._left.discard(visitor)

    def pass_over(self, visitor: str, since: float) -> None:
        """Tell that a visitor's page, drawn `since` then, does not show it: it may be left."""
        if self._seen.get(visitor, since) < since:
            self._left.add(visitor)

    def is_left_by(self, visitor: str) -> bool:
        """Tell whether a visitor has left it, and no page shows it to anybody else."""
        return visitor in self._left and not self.is_shown()

    def is_shown(self, visitor: str | None = None) -> bool:
        """Tell whether a page shows it, to this visitor or to anybody."""
        shown = self._seen.keys() - self._left
        return bool(shown) if visitor is None else visitor in shown

    def leave(self, visitor: str = "", is_there: Callable[[str], bool] = bool) -> None:
        """Tell that somebody wants it no longer; the job ends if nobody else waits for it.

        Who has looked lately waits, if `is_there`: a visitor whose page is closed is not.
        """
        for other in [*self._seen]:
            if other == visitor or not is_there(other):
                del self._seen[other]
        if not self._is_wanted(UNSEEN_S):
            self.fail(Cancelled())

    def end_if_unseen(self) -> bool:
        """End the job if nobody has looked for too long; tell whether it has ended."""
        if not self._is_wanted(self._unseen_s):
            self.fail(Cancelled())
        return self._future.done()

    @property
    def seen(self) -> float:
        """When somebody who still waits last looked, by the clock."""
        return max(self._seen.copy().values(), default=-math.inf)

    def _is_wanted(self, within: float) -> bool:
        return self._clock() - self.seen <= within

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; tell whether it has."""
        try:
            self._future.exception(timeout)
        except TimeoutError:
            return False
        return True

    def result(self, timeout: float | None = None) -> T:
        """Return the result, waiting for it at most `timeout` seconds.

        Raises
        ------
        Cancelled, TimeoutError
            If the job was cancelled, or has not ended by then.
        Exception
            Whatever the work raised; where it was raised stands in its notes.
        """
        error = self._future.exception(timeout)
        if error is not None:
            # Without this each raise would lengthen the traceback, and hold the frames of askers.
            raise error.with_traceback(None)
        return self._future.result()

    def run(self) -> None:
        """Do the work, unless the job has ended already."""
        with self._lock:
            work, self._work = self._work, None  # what the work closes over goes with it
            if work is None or self._future.done():
                return
            self._future.set_running_or_notify_cancel()
        try:
            result = work(_Listener(self))
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            self.fail(_without_frames(error))
        else:
            with self._lock:
                self.look_in = None
                if not self._future.done():
                    self._future.set_result(result)

    def report(self, done: int, total: int, message: str = "") -> None:
        """Take a report of the work; raise `Cancelled` where nobody waits for it any more."""
        if self.end_if_unseen():
            raise Cancelled
        now, before, phase = self._clock(), self._progress, self._phase
        goes_on = done >= before.done and total == before.total
        self._phase = (phase[0], now, phase[2]) if phase and goes_on else (now, now, done)
        self._progress = JobProgress(done=done, total=total, message=message)

    def fail(self, error: BaseException) -> None:
        """End without a result, unless the job has ended already."""
        with self._lock:
            self._work = self.look_in = None
            if not self._future.done():
                self._future.set_exception(error)


def _without_frames(error: BaseException) -> BaseException:
    """Turn an error's traceback into a note: frames would keep all that the work held alive."""
    error.add_note("".join(traceback.format_exception(error)))
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
