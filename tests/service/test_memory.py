"""Memory is handed back once it is free."""

import asyncio
import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from makers import ROOT
from numba import njit
from own_loop import run_async

from decoding.kernels.logistic import loss
from decoding.service.memory import collect_now_and_then, return_freed

PROGRAM = """
import numpy as np
from decoding.service.memory import return_large_arrays

def resident():
    pages = open("/proc/self/statm").read().split()[1]
    return int(pages) * 4096 / 2**20

return_large_arrays()
np.ones((20 << 20) // 8)  # once it is freed, glibc by itself keeps the next ones in its heap
before = resident()
large, small = [], []
for _ in range(5):  # small ones between the large, so that a heap could not shrink
    large.append(np.ones((20 << 20) // 8))
    small.append(np.ones((100 << 10) // 8))
del large
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="tells memory by /proc")
def test_large_arrays_go_back():
    """Freed arrays of 20 MB do not stay with the process, small ones between them or not."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert float(done.stdout) < 10


HEAPS = """
import ctypes, sys, threading
import pages.components.service

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = ctypes.c_int, ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]

def heaps():
    told = libc.fopen(sys.argv[1].encode(), b"w")
    libc.malloc_info(0, told)
    libc.fclose(told)
    return open(sys.argv[1]).read().count("<heap nr")

def work():
    kept = [bytes(100_000) for _ in range(50)]
    all_there.wait()

all_there, before = threading.Barrier(21), heaps()
threads = [threading.Thread(target=work) for _ in range(20)]
[thread.start() for thread in threads]
all_there.wait()
print(heaps() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="glibc's own")
def test_the_threads_of_a_server_share_heaps(tmp_path):
    """Importing the pages' service is in time: threads that start afterwards get none of their own.

    Each heap keeps its pieces, so with many a server held 170 MB more that nothing used.
    """
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, str(tmp_path / "heaps.xml")],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert int(done.stdout) <= 1


def test_modules_are_set_aside_once():
    """What imports made is not looked through again; what is made afterwards still is."""
    program = (
        "import gc, pandas; from decoding.service.memory import set_modules_aside; "
        "set_modules_aside(); first = gc.get_freeze_count(); "
        "made = [[] for _ in range(1000)]; set_modules_aside(); "
        "print(first > 10_000, gc.get_freeze_count() <= first)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "True"]


def test_packed_kernels_run_and_are_merged_into_new_ones():
    """What is packed goes on as before, and what calls it can still be compiled."""
    values = np.arange(5.0)
    assert loss.dot(values, values) == 30.0
    (library,) = {made.library for made in loss.dot.overloads.values()}
    library._get_module_for_linking()  # as where another kernel was compiled that calls it
    return_freed()
    assert library._shared_module is None
    assert loss.dot(values, values) == 30.0
    for factor in (2.0, 3.0):
        times = njit(lambda a, factor: factor * loss.dot(a, a))
        assert times(values, factor) == 30.0 * factor
    assert library._shared_module is None


def test_garbage_is_collected_now_and_then():
    """What refers to itself goes within the time, without a collection by the interpreter."""

    class Ring:
        pass

    async def wait_for_it():
        ring = Ring()
        ring.own, seen = ring, weakref.ref(ring)
        gc.collect()  # it is among the old ones then, which the interpreter hardly looks at
        collecting = asyncio.create_task(collect_now_and_then(0.05))
        del ring
        made = [[] for _ in range(5000)]
        for _ in range(200):
            await asyncio.sleep(0.05)
            if seen() is None:
                break
        collecting.cancel()
        return seen(), len(made)

    assert run_async(wait_for_it) == (None, 5000)
