"""Handing memory back to the system: a server that stays lean is one that a small host keeps."""

import ctypes

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # mallopt's names for them, in malloc.h
N_ARENAS = 2
LARGE_BYTES = 4 << 20


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
