"""Background work: bounded, shared by key, with progress, cancelled when asked, results kept.

The rules, so that nobody has to guess:

- Who asks for a key that is waiting, running or done gets that same job.
- Cancelling stops a job for everybody who shares it: it stays as "cancelled" until somebody asks
  for it again, which starts from nothing. Work stops at its next progress report.
- A job that failed keeps its exception for all who ask, until it is discarded.
- Results stay within a budget of bytes, the least recently used going first; the latest one stays
  whatever its size, or the page that waited for it would ask for it for ever.
"""

import sys
import threading
import time
import traceback
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd

from decoding.errors import Cancelled, DecodingError

T = TypeVar("T")
State = Literal["waiting", "running", "done", "failed", "cancelled"]
# So many ended jobs are remembered at most, however small.
N_REMEMBERED = 500


class BusyError(DecodingError):
    """Too many computations wait already."""


class Reporter(Protocol):
    """What work calls to report; raises `Cancelled` when it shall stop."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Tell that `done` of `total` steps are finished."""


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """How far a job is.

    Parameters
    ----------
    done, total : int
        Finished steps and all steps; a total of 0 means that it is not known yet.
    message : str
        What is being done.
    """

    done: int = 0
    total: int = 0
    message: str = ""

    @property
    def fraction(self) -> float:
        """The share that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


class Job(Generic[T]):
    """One computation and those who wait for it. Made by `JobRunner.ask`; safe in all threads."""

    def __init__(self, work: Callable[[Reporter], T], clock: Callable[[], float]) -> None:
        self.n_bytes = 0
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
    def progress(self) -> JobProgress:
        """The last report."""
        return self._progress

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far, None while there is no pace yet.

        Work in several phases gets a new estimate with each: when its steps begin anew.
        """
        phase, progress = self._phase, self._progress
        if phase is None or self.state != "running":
            return None
        first, last, done_at_first = phase
        steps = progress.done - done_at_first
        if steps <= 0 or last <= first:
            return None
        left = (last - first) / steps * (progress.total - progress.done)
        return max(left - (self._clock() - last), 0.0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; tell whether it has."""
        try:
            self._future.exception(timeout)
        except TimeoutError:
            return False
        return True

    def result(self, timeout: float | None = None) -> T:
        """Return the result, waiting for it.

        Raises
        ------
        Cancelled
            If the job was cancelled.
        TimeoutError
            If it has not ended after `timeout` seconds.
        Exception
            Whatever the work raised; where it was raised stands in its notes.
        """
        error = self._future.exception(timeout)
        if error is not None:
            # Without this each raise would lengthen the traceback, and hold the frames of askers.
            raise error.with_traceback(None)
        return self._future.result()

    def _run(self) -> None:
        with self._lock:
            work, self._work = self._work, None  # what the work closes over goes with it
            if work is None or self._future.done():
                return
            self._future.set_running_or_notify_cancel()
        try:
            result = work(self._report)
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            self._fail(_without_frames(error))
        else:
            with self._lock:
                if not self._future.done():
                    self._future.set_result(result)

    def _report(self, done: int, total: int, message: str = "") -> None:
        if self._future.done():
            raise Cancelled
        now, before, phase = self._clock(), self._progress, self._phase
        goes_on = done >= before.done and total == before.total
        self._phase = (phase[0], now, phase[2]) if phase and goes_on else (now, now, done)
        self._progress = JobProgress(done=done, total=total, message=message)

    def _fail(self, error: BaseException) -> None:
        """End without a result, unless the job has ended already."""
        with self._lock:
            self._work = None
            if not self._future.done():
                self._future.set_exception(error)


class JobRunner:
    """Run jobs first come, first served, on few threads, and keep their results.

    Parameters
    ----------
    max_workers : int
        How many jobs run at once.
    byte_budget : int
        How many bytes of results are kept.
    max_waiting : int
        How many jobs may wait; one more is refused.
    size_of : callable
        Tells the bytes of a result.
    clock : callable
        Tells the time in seconds.
    """

    def __init__(
        self,
        *,
        max_workers: int = 1,
        byte_budget: int = 256 << 20,
        max_waiting: int = 64,
        size_of: Callable[[Any], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="job")
        self._free = max_workers
        self._byte_budget = byte_budget
        self._max_waiting = max_waiting
        self._size_of = size_of or size_in_bytes
        self._clock = clock
        self._closed = False
        self._lock = threading.RLock()
        # Least recently asked for first. The waiting ones are also in line, in their order.
        self._jobs: OrderedDict[tuple[str, Hashable], Job[Any]] = OrderedDict()
        self._line: deque[Job[Any]] = deque()
        _close_at_exit(self)

    def ask(self, key: Hashable, work: Callable[[Reporter], T], *, owner: str = "") -> Job[T]:
        """Return the job of this key, started if there is none or it was cancelled.

        Parameters
        ----------
        key : hashable
            What is computed; equal keys of one owner share one job.
        work : callable
            Called as ``work(report)`` in another thread.
        owner : str
            Whose it is; empty for what everybody may share.

        Raises
        ------
        BusyError
            If too many jobs wait, or the runner is closed.
        """
        with self._lock:
            job = self.peek(key, owner=owner)
            if job is not None and job.state != "cancelled":
                return job
            if self._closed:
                raise BusyError("The server is closing; try again in a minute.")
            if len(self._line) >= self._max_waiting:
                raise BusyError(
                    f"{len(self._line)} computations are waiting already, as many as may; "
                    "try again in a minute."
                )
            job = Job(work, self._clock)
            self._jobs[owner, key] = job
            self._line.append(job)
            self._start_next()
            return job

    def peek(self, key: Hashable, *, owner: str = "") -> Job[Any] | None:
        """Return the job of this key, None where there is none; nothing is started."""
        with self._lock:
            job = self._jobs.get((owner, key))
            if job is not None:
                self._jobs.move_to_end((owner, key))
            return job

    def n_ahead(self, job: Job[Any]) -> int:
        """Return how many jobs wait before this one."""
        with self._lock:
            return self._line.index(job) if job in self._line else 0

    def cancel(self, key: Hashable, *, owner: str = "") -> None:
        """Stop a job that waits or runs, for everybody who shares it; an ended one stays."""
        with self._lock:
            if job := self._jobs.get((owner, key)):
                self._stop(job)

    def discard(self, key: Hashable, *, owner: str = "") -> None:
        """Forget the job of this key, stopped first if it runs, so that it can start anew."""
        with self._lock:
            if job := self._jobs.pop((owner, key), None):
                self._stop(job)

    def forget(self, owner: str) -> None:
        """Stop and delete all jobs and results of one owner."""
        with self._lock:
            for _, key in [name for name in self._jobs if name[0] == owner]:
                self.discard(key, owner=owner)

    def close(self) -> None:
        """Stop everything and take no more work."""
        with self._lock:
            self._closed = True
            for job in self._jobs.values():
                self._stop(job)
            self._pool.shutdown(wait=False)

    @property
    def n_bytes(self) -> int:
        """The bytes of all results kept."""
        with self._lock:
            return sum(job.n_bytes for job in self._jobs.values())

    def _stop(self, job: Job[Any]) -> None:
        if job in self._line:
            self._line.remove(job)
        job._fail(Cancelled())

    def _start_next(self) -> None:
        while self._free and self._line:
            self._free -= 1
            self._pool.submit(self._run, self._line.popleft())

    def _run(self, job: Job[Any]) -> None:
        try:
            job._run()
            if job.state == "done":
                job.n_bytes = self._size_of(job.result())
        finally:
            with self._lock:
                self._make_room(job)
                self._free += 1
                self._start_next()

    def _make_room(self, latest: Job[Any]) -> None:
        """Drop ended jobs, those not asked for longest first, until the rest is within bounds."""
        n_bytes, n_jobs = latest.n_bytes, 1
        for name, job in reversed(list(self._jobs.items())):
            if job is latest or job.state in ("waiting", "running"):
                continue
            if n_bytes + job.n_bytes > self._byte_budget or n_jobs >= N_REMEMBERED:
                del self._jobs[name]
            else:
                n_bytes, n_jobs = n_bytes + job.n_bytes, n_jobs + 1


def size_in_bytes(value: object) -> int:
    """Return about how many bytes a result holds: its arrays, its tables, and what carries them."""
    return _size(value, set())


def _size(value: object, seen: set[int]) -> int:
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return 0 if isinstance(value, np.memmap) else value.nbytes
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if isinstance(value, pd.Series | pd.Index):
        return int(value.memory_usage(deep=True))
    if isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list | set | frozenset):
        parts = list(value)
    else:
        parts = list(getattr(value, "__dict__", {}).values())
    return sys.getsizeof(value) + sum(_size(part, seen) for part in parts)


def _without_frames(error: BaseException) -> BaseException:
    """Turn an error's traceback into a note: frames would keep all that the work held alive."""
    error.add_note("".join(traceback.format_exception(error)))
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


def _close_at_exit(runner: JobRunner) -> None:
    """Stop running work when the interpreter ends, which waits for the threads of all pools.

    `atexit` comes too late, after that wait.
    """
    at_exit = getattr(threading, "_register_atexit", None)
    close = weakref.WeakMethod(runner.close)
    if at_exit:
        at_exit(lambda: (method := close()) and method())
