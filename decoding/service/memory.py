"""Memory: what a result takes, and handing back to the system what nothing uses."""

import asyncio
import ctypes
import gc
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # mallopt's names for them, in malloc.h
N_ARENAS = 2
LARGE_BYTES = 4 << 20
MANY_MODULES = 64


def return_large_arrays() -> None:
    """Have the C library give arrays of 4 MB or more back as soon as they are freed.

    By itself glibc raises that limit to 32 MB once such an array was freed, and keeps a heap for
    each of many threads: after one searchlight of each kind the server held 150 MB that nothing
    used. It counts its heaps once, when a thread first asks for its own, so this must come before
    a server's many threads: a minute later they had 16, with 170 MB in pieces that nothing used.
    Where the C library is another one this does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_ARENA_MAX, N_ARENAS)


def return_freed() -> None:
    """Pack loaded kernels, and have the C library give back what lies free.

    After a visit of every page 150 MB of what the server held lay free.
    """
    _pack_kernels()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _pack_kernels() -> None:
    """Keep the compiler's form of each kernel as bytes, which take a fifth: 20 MB for all were 4.

    Numba parses it with every kernel that it loads, but it is only for kernels that are compiled
    later and call that one: then it is parsed again.
    """
    for library in _libraries():
        module = getattr(library, "_shared_module", None)
        if module is not None:
            parse = import_module("llvmlite.binding").parse_bitcode
            library._get_module_for_linking = partial(parse, module.as_bitcode())
            library._shared_module = None


def _libraries() -> Iterator[Any]:
    """Yield numba's library of each of our kernels that is loaded."""
    for name, module in list(sys.modules.items()):
        if name.startswith("decoding.kernels."):
            for value in list(vars(module).values()):
                for made in list(getattr(value, "overloads", {}).values()):
                    yield made.library


async def collect_now_and_then(every_s: float = 5.0) -> None:
    """Collect garbage every few seconds for as long as a server lives, if any can have come.

    In place of Streamlit's own collection after every run of a page or a part of one: with thirty
    visitors it held the interpreter two thirds of the time, and all pages waited for it.
    """
    while True:
        await asyncio.sleep(every_s)
        if any(gc.get_count()[1:]):  # an idle server makes nothing new
            gc.collect()


def set_modules_aside() -> None:
    """Keep the garbage collector from looking through what imports left, again and again.

    Most of what a collection looks through are the objects of imported libraries, which never go:
    190 of the 310 ms that an answer took when each was followed by one. What lives now is never
    looked at again, so this does something only where many modules were imported since the last
    time.
    """
    _set_aside(len(sys.modules) // MANY_MODULES)


@lru_cache
def _set_aside(_level: int) -> None:
    gc.freeze()


def size_in_bytes(value: object, seen: set[int] | None = None) -> int:
    """Return about how many bytes a result holds: its arrays, its tables, and what carries them.

    `joblib` and `dask` estimate single arrays and tables; a result nests them in dataclasses. What
    is `seen` already is not counted again.
    """
    seen = set() if seen is None else seen
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
    return sys.getsizeof(value) + sum(size_in_bytes(part, seen) for part in parts)
