"""How many threads our own compiled work may use; no result depends on it."""

import os


def n_threads() -> int:
    """Return ``OMP_NUM_THREADS`` where it is set, otherwise the cores this process may use."""
    configured = os.environ.get("OMP_NUM_THREADS", "")
    if configured.isdecimal() and int(configured) > 0:
        return int(configured)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
