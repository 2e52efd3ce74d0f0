"""Memory is handed back once it is free."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import numpy as np
from decoding.memory import return_large_arrays

def resident():
    pages = open("/proc/self/statm").read().split()[1]
    return int(pages) * 4096 / 2**20

return_large_arrays()
for _ in range(3):  # by itself glibc would raise its limit after the first
    np.ones((20 << 20) // 8)
before = resident()
kept = []
for _ in range(20):
    array = np.ones((20 << 20) // 8)
    kept.append(np.ones(1000))  # between the large ones, so that a heap could not shrink
    array = None
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="tells memory by /proc")
def test_large_arrays_go_back():
    """Freed arrays of 20 MB do not stay with the process, small ones between them or not."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert float(done.stdout) < 10
