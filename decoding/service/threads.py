"""Threads: how many our own compiled work may use, and how they give way to pages."""

import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import joblib

NICE = int(os.environ.get("JOB_NICE", "10"))
"""How much nicer than all else work is that gives way; 0: it does not."""


def n_threads() -> int:
    """Return ``OMP_NUM_THREADS`` where it is set, otherwise the cores this process may use.

    joblib counts those that it is pinned to, and the share that a container's quota leaves.
    """
    configured = os.environ.get("OMP_NUM_THREADS", "")
    if configured.isdecimal() and int(configured) > 0:
        return int(configured)
    return int(joblib.cpu_count())


def give_way() -> None:
    """Give this thread, and those that it starts, a tenth of what a page's thread gets of a core.

    No less: the interpreter's lock is handed over by whoever holds it, so a thread that other
    programs keep from running keeps all pages waiting. On a full machine pages got a seventh as
    far beside work under the idle policy. Only Linux has this for single threads.
    """
    if sys.platform == "linux":
        os.nice(NICE)


def leave_cores() -> None:
    """Run this thread only where no other asks for the core, if its work is to give way.

    That is what the threads of compiled loops begin with: they hardly ever hold the interpreter's
    lock, so that nobody waits for one that stands still. Only Linux has this for single threads.
    """
    if sys.platform != "linux":
        return
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    if own > os.getpriority(os.PRIO_PROCESS, os.getpid()):
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


@contextmanager
def spread(n_jobs: int, name: str) -> Iterator[Callable[..., Iterator[Any]]]:
    """Give a ``map`` for compiled loops: in threads that `leave_cores`, or here if that is one."""
    if n_jobs == 1:
        yield map
        return
    pool = ThreadPoolExecutor(n_jobs, name, initializer=leave_cores)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def call_at_exit(method: Callable[[], object]) -> None:
    """Call an object's method, if it is still there, before the interpreter waits for its threads.

    `atexit` comes too late, after that wait.
    """
    at_exit = getattr(threading, "_register_atexit", None)
    found = weakref.WeakMethod(method)
    if at_exit:
        at_exit(lambda: (method := found()) and method())
