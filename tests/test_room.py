"""The cache stays within its limit: the least recently used goes, what anybody uses stays."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from makers import python_environment

from decoding import room
from decoding.datasets import load_subject
from decoding.files import SEAL, cache_dir
from decoding.limits import MEGABYTE
from decoding.recording.voxels import open_voxels
from decoding.room import hold_made, make_room
from decoding.samples.beta_table import open_betas

KB = 1 << 10


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty cache folder of 1 MB."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VOXELSCOPE_CACHE_MB", "1")
    return cache_dir()


def fill(n_bytes):
    """Return what makes a folder of so many bytes."""
    return lambda scratch: (scratch / "numbers").write_bytes(bytes(n_bytes))


def made(folder, n_bytes=400 * KB):
    """Make a folder that is held no longer."""
    hold_made(folder, fill(n_bytes), "no")
    return folder


def used_at(folder, seconds):
    """Say that a folder was last used then."""
    os.utime(folder, (seconds, seconds))


def names(cache):
    """Return what there is in the cache, left-behind files too."""
    return sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_dir())


def test_the_least_recently_used_goes_first(cache):
    """Of three folders that do not fit, the one not opened for longest; it can be made again."""
    folders = [made(cache / "tables" / name, 300 * KB) for name in "abc"]
    for seconds, folder in enumerate(folders, start=1):
        used_at(folder, seconds)
    made(folders[0])  # opened again
    made(cache / "tables" / "d", 300 * KB)
    assert names(cache) == ["tables", *(f"tables/{name}" for name in "acd")]
    made(folders[1], 300 * KB)
    assert names(cache) == ["tables", *(f"tables/{name}" for name in "abd")]


def test_what_is_held_stays_whatever_the_limit(cache):
    """A folder in use here or within one in use stays; it goes once nobody has a hold on it."""
    old = hold_made(cache / "old", fill(800 * KB), "no")
    used_at(cache / "old", 1)
    inner = hold_made(cache / "old" / "betas", fill(800 * KB), "no")
    used_at(cache / "old" / "betas", 1)
    made(cache / "new", 100 * KB)
    assert names(cache) == ["new", "old", "old/betas"]
    del inner
    make_room()
    assert names(cache) == ["new", "old"]
    made(cache / "third", 900 * KB)
    assert names(cache) == ["old", "third"]
    del old
    make_room()
    assert names(cache) == ["third"]


def test_only_what_we_sealed_goes_and_what_a_killed_server_left(cache):
    """Loose files stay, half a removed folder goes, and a seal that is lost counts nothing."""
    for folder in ("numba", "tables/.lost.gone"):
        (cache / folder).mkdir(parents=True)
        (cache / folder / "file").write_bytes(bytes(2 * MEGABYTE))
    made(cache / "tables" / "a")
    (cache / "tables" / "a" / SEAL).write_text("[")
    made(cache / "tables" / "b")
    assert names(cache) == ["numba", "tables", "tables/a", "tables/b"]


OTHER = """
import sys
from pathlib import Path
from decoding.room import hold_made
held = hold_made(Path(sys.argv[1]), lambda scratch: (scratch / "x").write_bytes(bytes(900_000)), "")
print("held", flush=True)
sys.stdin.read()
"""


def test_what_another_server_uses_stays_until_it_ends(cache):
    """A hold of another process counts; killed, it has none."""
    folder = cache / "theirs"
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)],
        env=python_environment(cache),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"held\n"
        used_at(folder, 1)
        made(cache / "ours")
        assert names(cache) == ["ours", "theirs"]
        other.kill()
    make_room()
    assert names(cache) == ["ours"]


def test_many_who_make_hold_and_remove_at_once_find_what_they_hold(cache):
    """Eight threads on six folders of which two fit: whatever is held is there, and whole."""

    def visit(seed):
        for step in range(12):
            folder = cache / f"{(seed * 7 + step * 5) % 6}"
            held = hold_made(folder, fill(400 * KB), "no")
            assert (folder / "numbers").stat().st_size == 400 * KB
            assert held.is_of(folder)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(visit, range(8)))
    make_room()
    assert len(names(cache)) <= 2


def test_tables_and_betas_and_simulated_subjects_go_and_come_back(tmp_path, monkeypatch):
    """All three are removed when nobody uses them, and give the same numbers when made anew."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path))
    subject = load_subject("simulated", "1")
    store = open_betas(subject, "run_beta")
    before = store.read(store.voxels.rows["face_little"])
    monkeypatch.setattr(room.CACHE.__class__, "value", 1)
    make_room()
    assert len([*tmp_path.rglob(SEAL)]) == 3  # all are in use
    version = subject.version
    del store
    make_room()
    assert [path.parent for path in tmp_path.rglob(SEAL)] == [subject.bold[0].parent]
    del subject
    make_room()
    assert not [*tmp_path.rglob(SEAL)]
    again = load_subject("simulated", "1")
    assert again.version == version
    store = open_betas(again, "run_beta")
    assert (store.read(store.voxels.rows["face_little"]) == before).all()
    assert open_voxels(again).folder == store.voxels.folder
