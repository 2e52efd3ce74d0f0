"""Work that leaves files, done in a process of its own that may be killed: see `test_killed.py`."""

import hashlib
import json
import os
import resource
import shutil
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from decoding.analyses import permute
from decoding.datasets import load_subject
from decoding.datasets.haxby import fetch_haxby_subject
from decoding.datasets.own.home import begin_server_folder, server_folder
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.upload import sort_files
from decoding.errors import DecodingError
from decoding.recording.voxels import open_voxels
from decoding.room import make_room
from decoding.samples.beta_table import open_betas
from decoding.service.jobs import JobRunner
from decoding.spec import DecodingSpec
from decoding.work import Work

EVERY_ROW = slice(None)


def table(data, url):
    """Make the voxel table."""
    return open_voxels(load_subject("haxby", "1", data)).read(EVERY_ROW)


def betas(data, url):
    """Fit the betas, on a voxel table that is made first."""
    store = open_betas(load_subject("haxby", "1", data), "lss")
    return store.read(np.arange(store.voxels.n_rows))


def job(data, url):
    """Have a job of the app make a permutation test from nothing."""
    subject = load_subject("haxby", "1", data)
    spec = DecodingSpec(subject="1", estimator="ridge")
    request = permute.ANALYSIS.request(spec, permute.Options(permutations=200))
    work = Work(request=request, reading=spec.reading, version=subject.version, subject=subject)
    return JobRunner().ask("key", work).result(120).null.scores


def fetch(data, url):
    """Fetch a subject from a server on loopback, and read it."""
    fetch_haxby_subject("2", data_dir=data, url=url)
    return open_voxels(load_subject("haxby", "2", data)).read(EVERY_ROW)


def upload(data, url):
    """Take in a study that somebody uploads, read it, and let go of it as when a visit ends."""
    begin_server_folder()
    home = server_folder() / "visit"
    top = data / "haxby2001" / "subj1"
    names = ("bold.nii.gz", "labels.txt", "mask4_vt.nii.gz")
    files = [(name, (top / name).open("rb")) for name in names]
    received = receive(sort_files(files), home / "scan")
    values = open_voxels(read_own(received, "mine", home)).read(EVERY_ROW)
    shutil.rmtree(home)
    return values


def nothing(data, url):
    """Do nothing: all that there is to import is imported then."""
    return np.zeros(1)


WORK = {function.__name__: function for function in (table, betas, job, fetch, upload, nothing)}


def do(name, data, cache, url, told, most_bytes=None):
    """Do some work in a cache folder; tell when it begins, then its result or its error.

    No file may be larger than `most_bytes`: a disk that is full, wherever one runs.
    """
    os.environ["DECODING_CACHE"] = str(cache)
    Path(told).mkdir()
    (Path(told) / "begun").touch()
    since = time.monotonic()
    with suppress(OSError):
        make_room()  # as a server does when it starts
    if most_bytes is not None:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most))
    try:
        result = hashlib.sha256(np.ascontiguousarray(WORK[name](data, url)).tobytes()).hexdigest()
    except DecodingError as error:
        result = error.one_line
    found = json.dumps([result, time.monotonic() - since])
    (Path(told) / "found.new").write_text(found)
    (Path(told) / "found.new").rename(Path(told) / "found")
