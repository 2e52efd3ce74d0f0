"""Files appear whole or not at all, are made once, and what killed makers left is cleared."""

import errno
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from makers import python_environment, two_runs, write_study, write_subject, write_tarball

from decoding import files
from decoding.datasets import load_subject
from decoding.datasets.haxby import tarball_name
from decoding.errors import CannotWriteError
from decoding.files import check_writable, make_once, one_at_a_time, whole_file
from decoding.samples.beta_table import open_betas

WORDS = {"problem": "The table cannot be written", "remedy": "Free some space."}


def fill(folder):
    """Make a folder of one file."""
    (folder / "numbers").write_text("1 2 3")


def fail(*_):
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def read_only(folder):
    """Let nobody write to a folder, not even root."""
    user = os.geteuid()
    chain = [folder, *folder.parents]
    modes = {path: path.stat().st_mode for path in chain if path.stat().st_uid == user}
    for path, mode in modes.items():
        path.chmod(mode | 0o555)
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("sealed", [True, False])
def test_only_a_sealed_folder_that_was_changed_is_made_anew(tmp_path, monkeypatch, sealed):
    """What we keep is compared with its seal, once a process; what is somebody's stays as it is."""
    target = tmp_path / "made"

    def make(scratch):
        (scratch / "below").mkdir()
        (scratch / "below" / "file").write_bytes(bytes(3000))

    def again():
        make_once(target, make, problem="no", sealed=sealed)
        return (target / "below" / "file").read_bytes()

    assert again() == bytes(3000)
    for change in (b"x" * 3000, b"x"):
        monkeypatch.setattr(files, "_CHECKED", set())
        (target / "below" / "file").write_bytes(change)
        assert again() == (bytes(3000) if sealed else change)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_folder_is_made_once_and_nothing_else_stays(tmp_path):
    """The first call makes it, the second does nothing; neither lock nor scratch is left."""
    made = []
    for _ in range(2):
        make_once(tmp_path / "new" / "table", lambda it: made.append(fill(it)), **WORDS)
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["table"]
    assert (tmp_path / "new" / "table" / "numbers").read_text() == "1 2 3"


def test_of_many_threads_one_makes_even_after_a_failure(tmp_path):
    """Eight at once: the first fails, one of the others makes it, the rest find it there."""
    made, barrier = [], threading.Barrier(8)

    def make(scratch):
        made.append(scratch)
        if len(made) == 1:
            fail()
        fill(scratch)

    def visit(_):
        barrier.wait()
        try:
            make_once(tmp_path / "table", make, **WORDS)
        except CannotWriteError as error:
            return str(error)
        return (tmp_path / "table" / "numbers").read_text()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(visit, range(8)))
    assert answers == ["1 2 3"] * 7 + [
        "The table cannot be written (No space left on device). Free some space."
    ]
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


@pytest.mark.parametrize("content", ["old", None])
def test_a_file_is_whole_or_as_it_was(tmp_path, content):
    """A file whose writing fails is as before; one that ends well replaces it."""
    path = tmp_path / "report.html"
    if content:
        path.write_text(content)
    words = r"report.html cannot be written \(No space left"
    with pytest.raises(CannotWriteError, match=words), whole_file(path) as scratch:
        scratch.write_text("half")
        fail()
    assert [file.read_text() for file in tmp_path.iterdir()] == ([content] if content else [])
    with whole_file(path) as scratch:
        scratch.write_text("whole")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["whole"]


def test_a_read_only_folder_gives_one_plain_line(tmp_path):
    """Without a right to write, each way of writing says so, with the reason and a remedy."""
    target = tmp_path / "table"
    words = r"cannot be written \(Permission denied\)\. Free some"
    with read_only(tmp_path):
        with pytest.raises(CannotWriteError, match=words):
            make_once(target, fill, **WORDS)
        with pytest.raises(CannotWriteError, match=words):
            check_writable(target)
        with pytest.raises(CannotWriteError, match=words), whole_file(target) as scratch:
            scratch.write_text("")
    check_writable(target)
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_is_said_for_a_simulated_subject(tmp_path, monkeypatch):
    """The message names the place, the reason and the remedy on one line."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "file"))
    with pytest.raises(CannotWriteError, match=r"file.*Not a directory.*DECODING_CACHE") as caught:
        load_subject("simulated", "1")
    assert "\n" not in str(caught.value)


def test_one_at_a_time_tells_those_who_wait(tmp_path):
    """While one works the other is called back, so that it can show progress or give up."""
    waited = threading.Event()

    def wait():
        with one_at_a_time(tmp_path / "table", waited.set):
            return True

    with ThreadPoolExecutor(1) as pool:
        with one_at_a_time(tmp_path / "table"):
            second = pool.submit(wait)
            assert waited.wait(timeout=60)
            assert not second.done()
        assert second.result(timeout=60)
    assert not list(tmp_path.iterdir())


KILLED_WITH_BETAS = """
from decoding.samples import beta_table
fit, calls = beta_table.fit_betas, []
def fit_then_die(*arguments, **options):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return fit(*arguments, **options)
beta_table.fit_betas, beta_table.FITTED_BYTES = fit_then_die, 1
beta_table.voxels_at_once = lambda n_volumes: 2
beta_table.open_betas(load_subject("haxby", "1", {data!r}), "lss")
"""
KILLED_UNPACKING = """
from decoding.datasets import archive
copy = archive.shutil.copyfileobj
def copy_then_die(*arguments):
    copy(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
archive.shutil.copyfileobj = copy_then_die
load_subject("haxby", "2", {data!r})
"""


def die(code, data, cache):
    """Run code in a process that kills itself in the middle."""
    head = "import os, signal\nfrom pathlib import Path\nfrom decoding.datasets import load_subject"
    code = head + code.format(data=str(data)).replace(repr(str(data)), f"Path({str(data)!r})")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=python_environment(cache),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_betas_of_a_killed_maker_leave_nothing(tmp_path, monkeypatch):
    """After SIGKILL half-way the next fit, of whatever kind, clears lock and scratch."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    write_study(tmp_path / "data")
    die(KILLED_WITH_BETAS, tmp_path / "data", tmp_path / "cache")
    left = sorted(path.name for path in (tmp_path / "cache").rglob(".betas-*"))
    assert [name.rpartition(".")[2] for name in left] == ["lock", "new"]  # of "lss"
    betas = open_betas(load_subject("haxby", "1", tmp_path / "data"), "run_beta")
    folder = betas.voxels.folder
    assert not list(folder.glob(".*"))
    open_betas(load_subject("haxby", "1", tmp_path / "data"), "lss")
    assert not list(folder.glob(".*"))
    assert len(list(folder.glob("betas-*"))) == 2


def test_tarball_of_a_killed_maker_leaves_nothing(tmp_path, monkeypatch):
    """After SIGKILL half-way the next load unpacks all, and only that stays beside the tarball."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    made = write_subject(tmp_path / "made" / "subj2", two_runs())
    tarball = write_tarball(tmp_path / "data" / "haxby2001" / tarball_name("2"), made)
    die(KILLED_UNPACKING, tmp_path / "data", tmp_path / "cache")
    left = sorted(path.name for path in tarball.parent.iterdir())
    assert left == [".subj2.lock", ".subj2.new", tarball.name]
    load_subject("haxby", "2", tmp_path / "data")
    assert sorted(path.name for path in tarball.parent.iterdir()) == ["subj2", tarball.name]
    assert not (tmp_path / "cache").exists()
