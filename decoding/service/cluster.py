"""Work on the workers of a Dask cluster, and here where they cannot do it.

The rules, so that nobody has to guess:

- A worker is sent the work, not the data that it is about: work opens these itself. What is
  somebody's own is never sent: a worker could not read it.
- Equal keys are one task of the cluster, whichever server asks.
- Work that a lost worker held is done again by another. Work that ended several workers is given
  up, and not done here: it would end the server too.
- Where the scheduler does not answer, has no worker, or a worker fails for any other reason than
  the data or the choices, the work is done here, one at a time, and the log says so. The next work
  goes to the cluster again.
- What work has so far stays with the worker: results are seen when they are whole.
- Work that nobody waits for any more is stopped, as is that of a server that went.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from decoding.errors import Cancelled, DecodingError
from decoding.service.job import Reporter

T = TypeVar("T")
LOG = logging.getLogger("voxelscope.cluster")
PROGRESS = "voxelscope-progress"
"""The topic under which workers tell how far they are."""
WAITING = (0, 0, "Waiting for a worker")
STEP_S = 0.5
"""So often a worker tells how far it is, and is asked to."""
PATIENCE_S = 3.0
"""So long a scheduler is waited for."""
LOST_S = 30.0
"""So long a cluster may be without a worker: one that died is started anew meanwhile."""


class Cluster:
    """A Dask cluster as a queue's `Backend`; `distributed` is imported with the first work.

    Parameters
    ----------
    address : str
        Of the scheduler, ``tcp://...``.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._connecting = threading.Lock()
        self._one_here = threading.Lock()
        self._told: dict[str, tuple[int, int, str]] = {}

    def __call__(
        self, work: Callable[[Reporter], T], report: Reporter, *, key: Hashable, owner: str
    ) -> T:
        """Return what `work` returns or raise what it raises, wherever it is done."""
        if not owner:
            try:
                return self._there(work, report, key)
            except (Cancelled, DecodingError):
                raise
            except Exception as error:  # whatever a cluster can do to work
                why = " ".join(f"{type(error).__name__}: {error}".split())
                LOG.warning("%s does not do it (%s); done here instead", self._address, why)
        while not self._one_here.acquire(timeout=STEP_S):
            report(0, 0, "Waiting for other work")
        try:
            return work(report)
        finally:
            self._one_here.release()

    def _there(self, work: Callable[[Reporter], T], report: Reporter, key: Hashable) -> T:
        from dask.tokenize import tokenize
        from distributed import KilledWorker

        client, name = self._connected(), f"voxelscope-{tokenize(key)}"
        future, ended = client.submit(_do, work, key=name), threading.Event()
        future.add_done_callback(lambda _: ended.set())
        try:
            self._follow(name, ended, report)
            return future.result()  # type: ignore[no-any-return]
        except KilledWorker as error:
            raise DecodingError(
                "This computation ended several workers, one after another; it may need more "
                "memory than they have."
            ) from error
        finally:
            future.release()  # a task that no server holds is stopped
            self._told.pop(name, None)

    def _connected(self) -> Any:  # noqa: ANN401 - distributed is not typed
        """Return a client whose cluster has workers; raise where there is none."""
        from distributed import Client

        with self._connecting:
            if self._client is not None and self._client.status != "running":
                self._client.close(timeout=0)
                self._client = None
            if self._client is None:
                self._client = Client(self._address, timeout=PATIENCE_S, set_as_default=False)
                self._client.subscribe_topic(PROGRESS, self._hear)
            if not self._client.nthreads():
                raise ConnectionError("it has no worker")
            return self._client

    def _hear(self, event: tuple[float, tuple[str, int, int, str]]) -> None:
        name, done, total, message = event[1]
        if name in self._told:
            self._told[name] = done, total, message

    def _follow(self, name: str, ended: threading.Event, report: Reporter) -> None:
        """Report how far a worker is, until the task has ended."""
        last_seen = time.monotonic()
        while not ended.wait(STEP_S):
            report(*self._told.setdefault(name, WAITING))
            if self._client.nthreads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > LOST_S:
                raise ConnectionError("its workers are gone")


def _do(work: Callable[[Reporter], T]) -> T:
    """Do work as a task of a worker."""
    return work(_Teller())


class _Teller:
    """Tells the scheduler how far a worker is; ends a task that nobody waits for any more."""

    def __init__(self) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._name = self._worker.get_current_task()
        self._last = 0.0

    def __call__(self, done: int, total: int, message: str = "") -> None:
        from distributed import Reschedule

        if time.monotonic() - self._last < STEP_S:
            return
        self._last = time.monotonic()
        task = self._worker.state.tasks.get(self._name)
        if task is None or task.state != "executing":
            # Asked for again in this very moment, it is done; else it is forgotten.
            raise Reschedule
        self._worker.log_event(PROGRESS, (self._name, done, total, message))
