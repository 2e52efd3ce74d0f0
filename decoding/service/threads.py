"""How many threads our own compiled work may use; no result depends on it."""

import os

import joblib


def n_threads() -> int:
    """Return ``OMP_NUM_THREADS`` where it is set, otherwise the cores this process may use.

    joblib counts those that it is pinned to, and the share that a container's quota leaves.
    """
    configured = os.environ.get("OMP_NUM_THREADS", "")
    if configured.isdecimal() and int(configured) > 0:
        return int(configured)
    return int(joblib.cpu_count())
