"""The recording that the benchmarks read: simulated, of exactly Haxby's size, made once."""

import sys
from pathlib import Path

from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.datasets.simulated.parameters import SimulationParameters
from decoding.datasets.simulated.write import simulate_subject
from decoding.files import cache_dir


def full_size_subject() -> Subject:
    """Return subject 1 at full size (40 x 64 x 64 x 1452), made first where it is missing."""
    folder = full_size_folder()
    if not (folder / "haxby2001" / "subj1").is_dir():
        print("making a recording of Haxby's size, once ...", file=sys.stderr)
        simulate_subject(folder, SimulationParameters(size="full"))
    return load_subject("simulated", "1", folder)


def full_size_folder() -> Path:
    """Return the data folder of the full-size recording."""
    return cache_dir() / "benchmarks" / "full"
