"""Fixtures shared by all tests: where the recordings are, and a cache of their own."""

import os
from pathlib import Path

# Before NumPy: threads of its products spin while they wait, which starves tests run side by side.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

ROOT = Path(__file__).parents[1]
RECORDINGS = Path(os.environ.get("VOXELSCOPE_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep voxel tables and simulated subjects of a test session out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["DECODING_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def recordings():
    """Return the folder of the real recordings; in CI a missing one is a failure."""
    if RECORDINGS.is_dir():
        return RECORDINGS
    if os.environ.get("CI"):
        pytest.fail(f"No recordings in {RECORDINGS}; CI must have them.")
    return pytest.skip(f"no recordings in {RECORDINGS}")
