"""Handing memory back to the system: a server that stays lean is one that a small host keeps."""

import ctypes
import gc
import sys
from functools import lru_cache

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # mallopt's names for them, in malloc.h
N_ARENAS = 2
LARGE_BYTES = 4 << 20
MANY_MODULES = 64


def return_large_arrays() -> None:
    """Have the C library give arrays of 4 MB or more back as soon as they are freed.

    By itself glibc raises that limit to 32 MB once such an array was freed, and keeps a heap for
    each of many threads: after one searchlight of each kind the server held 150 MB that nothing
    used. Where the C library is another one this does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_ARENA_MAX, N_ARENAS)


def set_modules_aside() -> None:
    """Keep the garbage collector from looking through what imports left, again and again.

    Streamlit collects after every run of a page, and most of what is looked through are the
    objects of imported libraries, which never go: 190 of the 310 ms that an answer took. Does
    something only where many modules were imported since; what lives then is never looked at
    again, which is why it is not done each time.
    """
    _set_aside(len(sys.modules) // MANY_MODULES)


@lru_cache
def _set_aside(_level: int) -> None:
    gc.freeze()
