"""Uploads: told by content, laid out under our names, read as the same files elsewhere are."""

import gzip
from io import BytesIO

import numpy as np
import pytest
from makers import SHAPE, write_image

from decoding.datasets.own.reading import event_columns, read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.upload import sort_files
from decoding.spec import Categories, Reading

EVENTS = (
    "onset\tduration\ttrial_type\tkind\n0\t5\tcat one\tanimal\n10\t5\tface\tperson\n"
    "20\t5\tcat two\tanimal\n30\t5\trest\tn/a\n"
)


def scan_bytes(path, seed, n_volumes=16):
    """Return the bytes of a small recording, unpacked."""
    values = np.random.default_rng(seed).normal(100, 5, (*SHAPE, n_volumes)).astype(np.float32)
    return write_image(path / "scan.nii", values).read_bytes()


@pytest.fixture
def files(tmp_path):
    """Two runs with events, under the names of somebody who does not know BIDS."""
    runs = [scan_bytes(tmp_path, seed) for seed in range(2)]
    return [
        ("my scan (10).NII.GZ", BytesIO(gzip.compress(runs[1]))),
        ("my scan (2).nii", BytesIO(gzip.compress(runs[0]))),
        ("what 2.tsv", BytesIO(EVENTS.encode())),
        ("what 10.tsv", BytesIO(EVENTS.encode())),
    ]


def test_what_a_file_is_is_told_by_what_it_holds(files, tmp_path):
    """Packed or not, in the order of the numbers in their names; no name of theirs is in a path."""
    received = receive(sort_files(files), tmp_path / "scan")
    names = [path.name for path in sorted(received.folder.rglob("*.nii*"))]
    assert names == [f"sub-1_task-own_run-0{run}_bold.nii.gz" for run in (1, 2)]
    assert received.names[names[1]] == "my scan (10).NII.GZ"
    assert received.told(f"{names[0]} is cut") == "my scan (2).nii is cut"


def test_categories_are_a_column_and_its_types_renamed_and_left_out(files, tmp_path):
    """They are read as if the files said so, and a note tells of each."""
    received = receive(sort_files(files), tmp_path / "scan")
    assert event_columns(received)["kind"] == {"animal": 4, "n/a": 2, "person": 2}
    kinds = read_own(received, "mine", reading=Reading(categories=Categories(column="kind")))
    assert kinds.conditions == ("animal", "person")
    asked = Categories(names=(("cat one", "cat"), ("cat two", "cat"), ("face", "")))
    grouped = read_own(received, "mine", reading=Reading(categories=asked))
    assert grouped.conditions == ("cat",)
    assert grouped.version != kinds.version
    told = [note.line for note in grouped.notes]
    assert any("'cat one' and 'cat two' are called 'cat' here" in line for line in told)
    assert any("'face' is left out" in line for line in told)
