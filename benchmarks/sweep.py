"""A sweep of 200 specs on the worker processes of a Dask cluster: two against one.

``python -m benchmarks.sweep`` prints row `sweep`. Each worker has one thread, and OpenBLAS one, so
that two workers have twice the cores of one. The tables are compared row for row.
"""

import os
import tempfile
import time
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy

import pandas as pd
from distributed import Client, LocalCluster

from benchmarks.measuring.rows import print_row
from decoding.analyses import permute
from decoding.sweep import expand, sweep

LISTS: dict[str, list[Any]] = {
    "dataset": ["simulated"],
    "subject": ["1", "2"],
    "conditions": list(combinations(("bottle", "cat", "chair", "face", "house"), 2)),
    "samples": ["block"],
    "standardize": ["run", "all"],
    "estimator": ["svc", "ridge"],
    "mask": ["vt", "face", "house"],
}  # fmt: skip
REPEATS = 3


def seconds(client: Client, n_workers: int) -> tuple[float, pd.DataFrame]:
    """Return how long the sweep takes on the cluster's workers as they are, and its rows."""
    client.wait_for_workers(n_workers)
    specs = expand(LISTS)[:200]
    with tempfile.TemporaryDirectory() as folder, client.get_executor() as workers:
        begin = time.perf_counter()
        rows = sweep(
            specs, Path(folder) / "F.parquet", workers, options=permute.Options(permutations=500)
        )
        return time.perf_counter() - begin, rows


def main() -> None:
    """Print the row; both sides in turn, each on warm workers."""
    times: dict[int, list[float]] = {1: [], 2: []}
    tables = {}
    clusters = {
        n: LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None) for n in times
    }
    clients = {n: Client(cluster) for n, cluster in clusters.items()}
    for n, client in clients.items():
        seconds(client, n)  # makes subjects and tables, and loads compiled kernels
    for _ in range(REPEATS):
        for n, client in clients.items():
            spent, tables[n] = seconds(client, n)
            times[n].append(spent)
    for n in times:
        clients[n].close()
        clusters[n].close()
    pd.testing.assert_frame_equal(tables[1], tables[2])
    note = f"{len(tables[1])} specs, 500 relabellings each, one thread a worker; the same table"
    two, one = median(times[2]), median(times[1])
    print_row("sweep", "a sweep, two workers against one", two, one, "s", 1.7, note)


if __name__ == "__main__":
    main()
