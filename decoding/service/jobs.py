"""Background work: bounded, shared by key, with progress, cancelled when asked, results kept.

The rules, so that nobody has to guess:

- Who asks for a key that is waiting, running or done gets that same job.
- Who leaves a job no longer waits for it. It stops when nobody else does: when nobody else has
  looked at it for a minute. So does a job that nobody has looked at for so long.
- A job that was stopped is forgotten: asking again starts from nothing. Its work ends at its next
  progress report.
- Short work passes long work in line, and who has asked for much lets others pass: see `_due`.
- What no page shows any more waits behind what pages show, and gives its place up to it where who
  has left it waits for both: see `pass_over`.
- Who has as many jobs as a visitor may have gives up the one not looked at for longest, if nobody
  has looked at it for some seconds; else one more is refused.
- A job that failed keeps its exception for all who ask, until it is discarded.
- Results stay within a budget of bytes, the least recently used going first; the latest one stays
  whatever its size, or the page that waited for it would ask for it for ever.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from decoding.errors import Cancelled, DecodingError
from decoding.service.job import UNSEEN_S, Backend, Job, Reporter
from decoding.service.memory import return_freed, size_in_bytes
from decoding.service.threads import call_at_exit, give_way

T = TypeVar("T")
N_REMEMBERED = 500  # ended jobs at most, however small
LOOKED_S = 10.0
"""Who looked at a job so lately waits for it: a page looks once a second, if the server is fast."""


class BusyError(DecodingError):
    """Too many computations wait already."""


class JobRunner:
    """Run jobs in a fair order on few threads, and keep their results.

    Parameters
    ----------
    max_workers : int
        How many jobs run at once.
    byte_budget : int
        How many bytes of results are kept.
    max_waiting : int
        How many jobs may wait; one more is refused.
    most_each : int
        How many of one visitor's jobs may wait or run.
    size_of : callable
        Tells the bytes of a result.
    gives_way : bool
        Whether other threads come before those of the work.
    backend : Backend, optional
        Where work is done; by default in the queue's own threads.
    unseen_s : float
        After so many seconds in which nobody asked for a job, it stops.
    clock : callable
        Tells the time in seconds.
    """

    def __init__(
        self,
        *,
        max_workers: int = 1,
        byte_budget: int = 256 << 20,
        max_waiting: int = 64,
        most_each: int = 64,
        size_of: Callable[[Any], int] | None = None,
        gives_way: bool = False,
        backend: Backend | None = None,
        unseen_s: float = UNSEEN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = ThreadPoolExecutor(
            max_workers, thread_name_prefix="job", initializer=give_way if gives_way else None
        )
        self._max_workers = max_workers
        self._backend = backend
        self._unseen_s = unseen_s
        self._byte_budget = byte_budget
        self._max_waiting = max_waiting
        self._most_each = most_each
        self._size_of = size_of or size_in_bytes
        self._clock = clock
        self._closed = False
        self._lock = threading.RLock()
        # Least recently asked for first. The waiting ones are also in line, in their order.
        self._jobs: OrderedDict[tuple[str, Hashable], Job[Any]] = OrderedDict()
        self._line: list[Job[Any]] = []
        self._at_work: list[Job[Any]] = []
        call_at_exit(self.close)

    def ask(
        self,
        key: Hashable,
        work: Callable[[Reporter], T],
        *,
        owner: str = "",
        visitor: str = "",
        seconds: float | None = None,
    ) -> Job[T]:
        """Return the job of this key, started if there is none.

        Parameters
        ----------
        key : hashable
            What is computed; equal keys of one owner share one job.
        work : callable
            Called as ``work(report)`` in another thread, or wherever the backend does it.
        owner : str
            Whose it is; empty for what everybody may share, and what alone may leave this process.
        visitor : str
            Who asks; empty where all are served alike.
        seconds : float, optional
            How long the work takes, about.

        Raises
        ------
        BusyError
            If too many jobs wait, of all or of this visitor, or the runner is closed.
        """
        with self._lock:
            if job := self.peek(key, owner=owner, visitor=visitor):
                return job
            if self._closed:
                raise BusyError("The server is closing; try again in a minute.")
            self._drop_unseen()
            if visitor:
                self._keep_to_share(visitor)
            if len(self._line) >= self._max_waiting:
                raise BusyError(
                    f"{len(self._line)} computations are waiting already, as many as may; "
                    "try again in a minute."
                )
            if self._backend is not None:
                work = partial(self._backend, work, key=key, owner=owner)
            job = Job(work, self._clock, unseen_s=self._unseen_s, seconds=seconds, visitor=visitor)
            job.due, job.ahead = self._due(job), partial(self.ahead, job)
            self._jobs[owner, key] = job
            self._line.append(job)
            self._line.sort(key=lambda waiting: waiting.turn)
            self._start_next()
            return job

    def peek(self, key: Hashable, *, owner: str = "", visitor: str | None = "") -> Job[Any] | None:
        """Return the job of this key, None where there is none; nothing is started.

        That a visitor looks at a job keeps it going; a visitor of None does not count.
        """
        with self._lock:
            job = self._jobs.get((owner, key))
            if job is None or job.state == "cancelled":
                return None
            if visitor is not None:
                job.look(visitor)
            self._jobs.move_to_end((owner, key))
            return job

    def ahead(self, job: Job[Any]) -> tuple[int, float | None]:
        """Return how many jobs come before a waiting one, and in how many seconds they are done.

        The seconds are None where nobody knows them.
        """
        with self._lock:
            self._drop_unseen()
            if job not in self._line:
                return 0, 0.0
            first = [*self._at_work, *self._line[: self._line.index(job)]]
            first = [other for other in first if other.is_under_way]
            known = [left for other in first if (left := other.seconds_left) is not None]
            total = sum(known) / self._max_workers if len(known) == len(first) else None
            return len(first), total

    def leave(
        self,
        key: Hashable,
        *,
        owner: str = "",
        visitor: str = "",
        is_there: Callable[[str], bool] = bool,
    ) -> None:
        """Let a visitor wait no longer; the job stops if nobody else does, an ended one stays.

        `is_there` tells whether another visitor still has a page open.
        """
        with self._lock:
            if job := self._jobs.get((owner, key)):
                job.leave(visitor, is_there)
                self._drop_unseen()

    def pass_over(self, visitor: str, since: float) -> None:
        """Have what a visitor's page, drawn `since` then, did not ask for wait behind what it did.

        What runs stops, if nobody else waits for it and it keeps this visitor's page waiting.
        """
        with self._lock:
            for job in (*self._at_work, *self._line):
                job.pass_over(visitor, since)
            self._line.sort(key=lambda waiting: waiting.turn)
            if any(job.is_shown(visitor) for job in self._line):
                for job in self._at_work:
                    if job.is_left_by(visitor):
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
        job.fail(Cancelled())

    def _keep_to_share(self, visitor: str) -> None:
        """Have a visitor with as many jobs as one may have give one up, or refuse one more."""
        both = (*self._at_work, *self._line)
        jobs = [job for job in both if job.visitor == visitor and job.is_under_way]
        if len(jobs) < self._most_each:
            return
        if (oldest := min(jobs, key=lambda job: job.seen)).seen > self._clock() - LOOKED_S:
            raise BusyError(
                f"You wait for {len(jobs)} computations already, as many as one visitor may at "
                "once. Wait for one of them, or stop it."
            )
        self._stop(oldest)

    def _due(self, job: Job[Any]) -> float:
        """Return when a job would end that begins now, or when its visitor's others are due.

        Who is due first is served first. So short work passes long work, but none that has waited
        for longer than it takes itself, and nobody's many jobs keep those of others from coming.
        """
        others = [
            other.due
            for other in (*self._at_work, *self._line)
            if job.visitor and other.visitor == job.visitor and other.is_shown()
        ]
        return max([self._clock(), *others]) + (job.seconds or 0.0)

    def _drop_unseen(self) -> None:
        self._line = [job for job in self._line if not job.end_if_unseen()]

    def _start_next(self) -> None:
        self._drop_unseen()
        while self._line and len(self._at_work) < self._max_workers:
            job = self._line.pop(0)
            self._at_work.append(job)
            self._pool.submit(self._run, job)

    def _run(self, job: Job[Any]) -> None:
        try:
            job.run()
            if job.state == "done":
                job.n_bytes = self._size_of(job.result())
        finally:
            return_freed()
            with self._lock:
                self._make_room(job)
                self._at_work.remove(job)
                self._start_next()

    def _make_room(self, latest: Job[Any]) -> None:
        """Drop ended jobs, those not asked for longest first, until the rest is within bounds."""
        n_bytes, n_jobs = latest.n_bytes, 1
        for name, job in reversed(list(self._jobs.items())):
            if job is latest or job.is_under_way:
                continue
            if n_bytes + job.n_bytes > self._byte_budget or n_jobs >= N_REMEMBERED:
                del self._jobs[name]
            else:
                n_bytes, n_jobs = n_bytes + job.n_bytes, n_jobs + 1
