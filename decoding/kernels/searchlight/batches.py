"""A whole brain in batches: some spheres, the voxels they reach, and threads to work on them."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numba import njit

from decoding.kernels.searchlight.spheres import Members, Spheres
from decoding.service.threads import leave_cores

ReadVoxels: TypeAlias = Callable[[int, int], np.ndarray]
Voxels: TypeAlias = np.ndarray | ReadVoxels
"""Samples of each voxel: an array (n_voxels, n_samples), or a function that returns rows ``start``
to ``stop`` of it. Such a function is asked for at most `READ_ROWS` rows at a time, and from several
threads at once."""

READ_ROWS = 1024
THREAD_BYTES = 20_000_000
MIN_SPHERES = 256

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Consecutive spheres and the range of voxels that they reach.

    Parameters
    ----------
    start, stop : int
        The spheres, counted in the whole.
    first, last : int
        The voxels ``first`` to ``last - 1``, counted in the mask.
    members : Members
        The voxels of the spheres, counted from `first`.
    """

    start: int
    stop: int
    first: int
    last: int
    members: Members

    @property
    def n_spheres(self) -> int:
        """Number of spheres."""
        return self.stop - self.start

    @property
    def n_voxels(self) -> int:
        """Number of voxels in the range."""
        return self.last - self.first


def cut_batches(spheres: Spheres, n_spheres: int) -> Iterator[Batch]:
    """Cut spheres into batches of at most `n_spheres`, as even as can be."""
    n_batches = math.ceil(spheres.n_spheres / n_spheres)
    edges = np.linspace(0, spheres.n_spheres, n_batches + 1).astype(int)
    for start, stop in itertools.pairwise(edges):
        indptr, indices = spheres.rows(start, stop)
        first = int(indices.min())
        yield Batch(
            start=int(start),
            stop=int(stop),
            first=first,
            last=int(indices.max()) + 1,
            members=Members(indptr, indices.astype(np.int64) - first),
        )


def spheres_per_batch(bytes_per_voxel: float, budget: int = THREAD_BYTES) -> int:
    """Return how many spheres a thread may take at once.

    A batch reaches beyond its own centres, so a third of the budget is kept for its margins.
    """
    return max(MIN_SPHERES, int(budget / 1.5 / bytes_per_voxel))


def read_voxels(voxels: Voxels, first: int, last: int, *, centre: bool = True) -> np.ndarray:
    """Return the rows ``first`` to ``last - 1`` as float64, each centred on its mean.

    Centring keeps sums of squares precise. It changes no score but those that compare voxels with
    each other. Values that are not finite become 0, as nilearn makes them.
    """
    read = voxels if callable(voxels) else lambda start, stop: voxels[start:stop]
    X: np.ndarray | None = None
    for start in range(first, last, READ_ROWS):
        stop = min(start + READ_ROWS, last)
        rows = np.asarray(read(start, stop))
        if X is None:
            X = np.empty((last - first, rows.shape[1]))
        _copy_rows(rows, X[start - first : stop - first], centre)
    assert X is not None
    return X


@njit(cache=True, nogil=True)
def _copy_rows(rows: np.ndarray, copied: np.ndarray, centre: bool) -> None:
    """Copy rows, less their mean if asked for, with 0 for what is not finite."""
    for row in range(len(rows)):
        total = 0.0
        for place in range(rows.shape[1]):
            value = float(rows[row, place])
            copied[row, place] = value if math.isfinite(value) else 0.0
            total += copied[row, place]
        if centre:
            copied[row] -= total / rows.shape[1]


@njit(cache=True, nogil=True)
def find_constant(X: np.ndarray, members: Members) -> np.ndarray:
    """Find the spheres in which no voxel varies over the samples, bool (n_spheres,)."""
    varies = np.zeros(len(X), dtype=np.bool_)
    for voxel in range(len(X)):
        for value in X[voxel]:
            if value != X[voxel, 0]:
                varies[voxel] = True
                break
    constant = np.empty(len(members.indptr) - 1, dtype=np.bool_)
    for sphere in range(len(constant)):
        voxels = members.indices[members.indptr[sphere] : members.indptr[sphere + 1]]
        constant[sphere] = not varies[voxels].any()
    return constant


def run_in_threads(
    work: Callable[[T], R], tasks: Iterable[T], n_threads: int
) -> Iterator[tuple[T, R]]:
    """Work on tasks in threads; yield each with its result, in the order in which they end.

    `work` is compiled code that frees the GIL. Tasks are made when needed: at most two a thread
    wait at any time. After an exception, of `work` or of the caller's loop, no further task is
    begun, and those under way are waited for.
    """
    tasks = iter(tasks)
    under_way: dict[Future[R], T] = {}
    pool = ThreadPoolExecutor(n_threads, "searchlight", initializer=leave_cores)
    try:
        while True:
            for task in itertools.islice(tasks, 2 * n_threads - len(under_way)):
                under_way[pool.submit(work, task)] = task
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                yield under_way.pop(future), future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
