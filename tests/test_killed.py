"""Work that is killed at any moment, or finds no room: what comes next finds nothing of it."""

import json
import multiprocessing
import os
import shutil
import signal
import time

import killed
import numpy as np
import pytest
from loopback import serving
from makers import ROOT, design, two_runs, write_study, write_subject, write_sums, write_tarball
from makers import signal as made_signal

from decoding.datasets.haxby import tarball_name
from decoding.datasets.own.home import FOLDER

pytestmark = pytest.mark.slow
KILLS = 20
NAMES = [name for name in killed.WORK if name != "nothing"]
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """Return what starts a process from one that has imported all there is to import."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killed"])

    def start(*arguments, **options):
        process = context.Process(target=killed.do, args=arguments, kwargs=options)
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:  # its server does not take over our sys.path
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "tests"))))
        start("nothing", "", "", "", tmp_path_factory.mktemp("told") / "nothing").join()
    return start


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server on loopback with a subject's tarball, which comes piece by piece."""
    folder = tmp_path_factory.mktemp("server")
    made = write_subject(tmp_path_factory.mktemp("made") / "subj2", two_runs())
    write_tarball(folder / tarball_name("2"), made, padding=3_000_000)
    write_sums(folder)
    with serving(folder) as state:
        yield state.url


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a folder with a recording that takes a moment to read."""
    conditions, runs = design(n_runs=6, block=6, categories=("cat", "face", "shoe", "house"))
    folder = tmp_path_factory.mktemp("study")
    values = made_signal(conditions, shape=(20, 20, 16))
    write_study(folder, values=values, conditions=conditions, runs=runs)
    return folder


def finish(begin, name, data, cache, url, told, **options):
    """Do some work to its end; return its result and the seconds that it took."""
    process = begin(name, data, cache, url, told, **options)
    process.join(PATIENCE_S)
    assert process.exitcode == 0
    return json.loads((told / "found").read_text())


def left_over(*folders):
    """Return what is there of files that are being made: scratch, locks, parts, tarballs, uploads.

    The last one's folder of uploads is there, and empty: its process does not end as a server does.
    """
    paths = [path for folder in folders for path in folder.rglob("*")]
    uploads = [path for path in paths if path.parent.name == FOLDER and path.is_dir()]
    inside = [path for folder in uploads for path in folder.iterdir()]
    made = [path for path in paths if path.name.startswith(".") or path.suffix == ".part"]
    tarballs = [path for path in paths if path.name.endswith(".tar.gz")]
    return [*uploads[1:], *inside, *made, *tarballs]


def data_for(name, study, top):
    """Return the data folder of some work: of a download one of its own."""
    if name != "fetch":
        return study
    (top / "data").mkdir(parents=True)
    return top / "data"


@pytest.mark.parametrize("name", NAMES)
def test_after_a_kill_all_is_as_from_an_empty_cache(tmp_path, study, server, begin, name):
    """Killed at 20 moments all over the work, the next one finds the same and leaves no scratch."""
    top = tmp_path / "whole"
    whole = data_for(name, study, top)
    expected, _ = finish(begin, name, whole, top / "cache", server, tmp_path / "told")
    assert len(expected) == 64, expected  # a digest, and no error
    shutil.rmtree(top / "cache", ignore_errors=True)
    shutil.rmtree(top / "data", ignore_errors=True)
    whole = data_for(name, study, top)
    _, seconds = finish(begin, name, whole, top / "cache", server, tmp_path / "again")
    rng, n_killed = np.random.default_rng(0), 0
    for kill in range(KILLS):
        folder = tmp_path / f"{kill}"
        data = data_for(name, study, folder)
        process = begin(name, data, folder / "cache", server, tmp_path / f"begun{kill}")
        while not (tmp_path / f"begun{kill}" / "begun").exists():
            time.sleep(0.001)
        time.sleep(seconds * (kill + rng.random()) / KILLS)
        process.kill()
        process.join(PATIENCE_S)
        n_killed += process.exitcode == -signal.SIGKILL
        found, _ = finish(begin, name, data, folder / "cache", server, tmp_path / f"told{kill}")
        assert found == expected, kill
        assert not left_over(folder, study), kill
        shutil.rmtree(folder)
    assert n_killed >= KILLS / 2


@pytest.mark.parametrize("name", NAMES)
def test_no_room_and_no_right_to_write_are_told(tmp_path, study, server, begin, name):
    """A disk that fills, and a cache that is a file: one line with a reason and a remedy."""
    data = data_for(name, study, tmp_path)
    told, _ = finish(
        begin, name, data, tmp_path / "cache", server, tmp_path / "a", most_bytes=20_000
    )
    assert "File too large" in told and ("disk space" in told or name == "fetch"), told
    if name != "upload":  # it goes when the visit ends
        assert [path for path in left_over(tmp_path, study) if path.suffix != ".part"] == []
    if name == "fetch":
        return  # its place is the data folder
    (tmp_path / "file").write_text("")
    told, _ = finish(begin, name, data, tmp_path / "file", server, tmp_path / "b")
    assert "Not a directory" in told and "DECODING_CACHE" in told, told
