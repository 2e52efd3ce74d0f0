"""Haxby's subjects: used where they lie, unpacked where they were dropped, fetched on request."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from loopback import closed_port, serving
from makers import ROOT, folder_digest, two_runs, write_subject, write_sums, write_tarball

from decoding import files as cache
from decoding.datasets import archive, haxby, load_subject
from decoding.datasets.haxby import Haxby, fetch_haxby_subject, tarball_name
from decoding.errors import (
    Cancelled,
    DataError,
    DataMissingError,
    FetchError,
    UnknownChoiceError,
)

TARBALL = tarball_name("2")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Keep home, cache and nilearn's folders of each test in its own place."""
    for name in ("NILEARN_DATA", "NILEARN_SHARED_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def made(tmp_path):
    """Return the folder of a made subject 2."""
    return write_subject(tmp_path / "made" / "subj2", two_runs())


@pytest.fixture
def shelf(tmp_path, made):
    """Return the folder of a server: a tarball of 1.5 MB and its checksum file."""
    write_tarball(tmp_path / "server" / TARBALL, made, padding=1_500_000)
    write_sums(tmp_path / "server")
    return tmp_path / "server"


def names(folder):
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_folders_are_searched_in_nilearns_order(tmp_path, monkeypatch):
    """The shared folders, the user's, then home; a folder that is given stands alone."""
    from nilearn.datasets import get_data_dirs

    monkeypatch.setenv("NILEARN_SHARED_DATA", os.pathsep.join(["/a", "/b"]))
    monkeypatch.setenv("NILEARN_DATA", "/c")
    assert haxby.data_dirs() == tuple(Path(path) for path in get_data_dirs())
    assert haxby.data_dirs()[:3] == (Path("/a"), Path("/b"), Path("/c"))
    assert haxby.data_dirs(tmp_path) == (tmp_path,)


@pytest.mark.parametrize("place", ["NILEARN_DATA", "NILEARN_SHARED_DATA", "home", "data_dir"])
def test_subject_on_disk_is_used_without_network(tmp_path, monkeypatch, place):
    """Wherever nilearn would find a subject it loads, and the folder is as it was."""
    root = tmp_path / "home" / "nilearn_data" if place == "home" else tmp_path / "there"
    write_subject(root / "haxby2001" / "subj2", two_runs())
    if place.startswith("NILEARN"):
        monkeypatch.setenv(place, os.pathsep.join([str(tmp_path / "nothing"), str(root)]))
    before = folder_digest(root)
    data_dir = root if place == "data_dir" else None
    subject = load_subject("haxby", "2", data_dir)
    assert subject.bold == (root / "haxby2001" / "subj2" / "bold.nii.gz",)
    assert Haxby().subjects(data_dir) == ("2",)
    assert fetch_haxby_subject("2", data_dir=data_dir, url=closed_port()) == subject.bold[0].parent
    assert folder_digest(root) == before


def test_what_pages_say_needs_no_shell(tmp_path, monkeypatch):
    """The message itself, which pages show, names no command; the remedy does."""
    monkeypatch.delenv("NILEARN_SHARED_DATA", raising=False)
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataMissingError) as caught:
        load_subject("haxby", "2")
    message, remedy = str(caught.value), caught.value.remedy
    assert message == "Subject 2 of Haxby et al. 2001 is not on disk, nor is any other."
    assert "python -m decoding fetch haxby --subject 2'" in remedy
    assert "--dataset simulated" in remedy
    assert caught.value.one_line == f"{message} {remedy}"


def test_subject_that_is_nowhere_says_how_to_get_it(made):
    """The message gives the command, the size and the subjects that are here."""
    root = made.parent
    (root / "haxby2001").mkdir()
    made.rename(root / "haxby2001" / "subj2")
    with pytest.raises(DataMissingError, match=r"not on disk. Choose one of: '2'\.$") as caught:
        load_subject("haxby", "3", root)
    assert re.search(r"300 MB.*fetch haxby --subject 3 --data-dir.*download", caught.value.one_line)
    with pytest.raises(UnknownChoiceError, match=r"'7'. Choose from: 1, 2, 3, 4, 5, 6"):
        load_subject("haxby", "7", root)


@pytest.mark.recordings
@pytest.mark.parametrize("subject", haxby.SUBJECTS)
def test_each_real_timeline_is_read(tmp_path, recordings, subject):
    """All six have eight categories; subject 5 lacks one run's labels, subject 6 the anatomy."""
    labels = (recordings / "labels" / f"subj{subject}_labels.txt").read_text()
    folder = tmp_path / "haxby2001" / f"subj{subject}"
    write_subject(folder, labels, anatomy=subject != "6")
    loaded = load_subject("haxby", subject, tmp_path)
    assert len(loaded.conditions) == 8
    assert loaded.n_runs == 12
    assert len(loaded.volumes) == 1452
    assert (loaded.anatomy is None) == (subject == "6")
    blocks = loaded.volumes[loaded.volumes["block"] >= 0].groupby("run")["block"].nunique()
    expected = dict.fromkeys(range(12), 8)
    if subject == "5":
        del expected[8]
    assert blocks.to_dict() == expected


@pytest.mark.parametrize("place", ["haxby2001", "."])
def test_dropped_tarball_makes_the_subject_available(tmp_path, made, place):
    """A tarball in the study's folder or in the data folder is unpacked on load, and kept."""
    root = tmp_path / "data"
    tarball = write_tarball(root / place / TARBALL, made)
    before = tarball.read_bytes()
    assert Haxby().subjects(root) == ("2",)
    subject = load_subject("haxby", "2", root)
    assert subject.bold[0].parent == root / "haxby2001" / "subj2"
    assert subject.version == _version_of(made)
    assert tarball.read_bytes() == before
    assert set(names(root / "haxby2001")) - {TARBALL} == {"subj2"}
    digest = folder_digest(root)
    assert load_subject("haxby", "2", root).version == subject.version
    assert folder_digest(root) == digest


def _version_of(folder):
    """Return the version of the same files read from where they were made."""
    from decoding.datasets.layout import StudyFolder, read_subject

    study = StudyFolder(root=folder.parent)
    return read_subject(study, "2", dataset="haxby").version


def test_tarball_in_a_folder_that_cannot_be_written_goes_to_the_cache(tmp_path, made, monkeypatch):
    """Where the data folder is read-only the subject is unpacked once, into our cache."""
    root = tmp_path / "data"
    write_tarball(root / "haxby2001" / TARBALL, made)
    file_lock = cache.FileLock
    made_in = []

    def refuse_data_folder(path):
        if path.is_relative_to(root):
            raise PermissionError(13, "Permission denied")
        made_in.append(path.parent)
        return file_lock(path)

    monkeypatch.setattr(cache, "FileLock", refuse_data_folder)
    before = folder_digest(root)
    subject = load_subject("haxby", "2", root)
    assert subject.bold[0].is_relative_to(tmp_path / "cache" / "unpacked")
    assert load_subject("haxby", "2", root).bold == subject.bold
    assert len(made_in) == 1
    assert folder_digest(root) == before


def test_half_a_subject_beside_its_tarball_is_left_alone(tmp_path, made):
    """A folder that lacks the recording is not touched; the tarball's subject loads."""
    root = tmp_path / "data"
    write_tarball(root / "haxby2001" / TARBALL, made)
    (root / "haxby2001" / "subj2").mkdir()
    (root / "haxby2001" / "subj2" / "labels.txt").write_text("mine")
    before = folder_digest(root)
    assert load_subject("haxby", "2", root).conditions == ("cat", "face")
    assert folder_digest(root) == before


def test_damaged_tarball_is_named_with_the_remedy(tmp_path):
    """A half-copied tarball is a DataError, and nothing is left of it in the folder."""
    root = tmp_path / "data" / "haxby2001"
    root.mkdir(parents=True)
    (root / TARBALL).write_bytes(b"\x1f\x8b\x08 half")
    with pytest.raises(DataError, match=r"subj2-2010.01.14.tar.gz is damaged.*Delete it"):
        load_subject("haxby", "2", root.parent)
    assert names(root) == [TARBALL]


def test_whole_fetch_needs_one_server_and_no_brain_mask(tmp_path, shelf):
    """A fetch asks for checksums and tarball, nothing else; the subject loads, mask computed."""
    seen = []
    with serving(shelf) as server:
        folder = fetch_haxby_subject(
            "2", data_dir=tmp_path / "data", url=server.url, on_progress=lambda *n: seen.append(n)
        )
        assert [request["path"] for request in server.requests] == [
            "/data/MD5SUMS",
            f"/data/{TARBALL}",
        ]
    assert folder == tmp_path / "data" / "haxby2001" / "subj2"
    assert seen[-1] == ((shelf / TARBALL).stat().st_size,) * 2
    assert names(folder.parent) == ["subj2"]
    subject = load_subject("haxby", "2", tmp_path / "data")
    assert not subject.masks["brain"].files
    assert subject.version == _version_of(tmp_path / "made" / "subj2")


def test_fetch_goes_to_the_first_nilearn_folder_that_can_be_written(tmp_path, shelf, monkeypatch):
    """A folder that cannot be made is passed over, the next one is taken."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NILEARN_SHARED_DATA", str(tmp_path / "file"))
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path / "own"))
    with serving(shelf) as server:
        folder = fetch_haxby_subject("2", url=f"{server.url}/")
    assert folder == tmp_path / "own" / "haxby2001" / "subj2"


def test_no_folder_to_write_is_told(tmp_path):
    """Where nothing can be written the folders and the remedy are named."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match=r"No data folder can be written: .*file/") as caught:
        fetch_haxby_subject("2", data_dir=tmp_path / "file", url=closed_port())
    assert "--data-dir" in caught.value.one_line


def test_cancelled_fetch_is_resumed(tmp_path, shelf):
    """Cancel keeps the part file; a second fetch asks for the rest and gives the subject."""

    def stop(done, total):
        if done > 500_000:
            raise Cancelled

    with serving(shelf) as server:
        with pytest.raises(Cancelled):
            fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url, on_progress=stop)
        part = tmp_path / "data" / "haxby2001" / f"{TARBALL}.part"
        kept = part.stat().st_size
        fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url)
        (_, first), (asked, second) = server.gets()
    assert asked == f"bytes={kept}-"
    assert kept > 500_000
    assert first >= kept
    assert second == (shelf / TARBALL).stat().st_size - kept
    assert load_subject("haxby", "2", tmp_path / "data").conditions == ("cat", "face")


def test_wrong_checksum_leaves_nothing_and_says_what_to_do(tmp_path, shelf):
    """A tarball that is not the one in MD5SUMS is deleted; the message names a way on."""
    (shelf / "MD5SUMS").write_text(f"{'0' * 32}  {TARBALL}\n")
    with (
        serving(shelf) as server,
        pytest.raises(FetchError, match=r"was deleted") as caught,
    ):
        fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url)
    assert "--url, or put subj2-2010.01.14.tar.gz" in caught.value.one_line
    left = names(tmp_path / "data" / "haxby2001")
    assert left == []


def test_published_checksum_serves_where_the_server_has_none(tmp_path, shelf, monkeypatch):
    """Without MD5SUMS the published value decides, so that a made tarball is refused."""
    import hashlib

    (shelf / "MD5SUMS").unlink()
    with serving(shelf) as server:
        with pytest.raises(FetchError, match=haxby.PUBLISHED_MD5["2"]):
            fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url)
        made = hashlib.md5((shelf / TARBALL).read_bytes()).hexdigest()
        monkeypatch.setitem(haxby.PUBLISHED_MD5, "2", made)
        fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url)
    assert load_subject("haxby", "2", tmp_path / "data").n_runs == 2


@pytest.mark.parametrize("trouble", ["away", "404"])
def test_server_trouble_is_one_line_with_the_remedy(tmp_path, shelf, trouble):
    """A server that is away or lacks the subject gives a plain line, and no folder."""
    with serving(shelf) as server:
        url = closed_port() if trouble == "away" else server.url
        reason = "cannot be reached" if trouble == "away" else "answered 404"
        with pytest.raises(FetchError, match=rf"{reason}.*Try again later\.$") as caught:
            fetch_haxby_subject("3", data_dir=tmp_path / "data", url=url)
    assert "--url" in caught.value.one_line
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data" / "haxby2001" / "subj3").exists()


def test_unknown_subject_is_refused_before_the_network(tmp_path):
    """Subjects are 1 to 6."""
    with pytest.raises(UnknownChoiceError, match="'7'"):
        fetch_haxby_subject("7", data_dir=tmp_path, url=closed_port())
    with pytest.raises(UnknownChoiceError, match=r"'\.\./x'"):
        fetch_haxby_subject("../x", data_dir=tmp_path, url=closed_port())


def test_a_fetch_that_the_operator_forbids_asks_no_server(tmp_path, shelf, monkeypatch):
    """The reason is told; what is on disk is used all the same."""
    monkeypatch.setenv("VOXELSCOPE_FETCH", "https://data.pymvpa.org")
    with serving(shelf) as server:
        with pytest.raises(FetchError, match=r"fetches from https://data\.pymvpa\.org/ only"):
            fetch_haxby_subject("3", data_dir=tmp_path / "data", url=server.url)
        monkeypatch.setenv("VOXELSCOPE_FETCH", server.url)
        there = fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url)
    monkeypatch.setenv("VOXELSCOPE_FETCH", "nowhere")
    assert fetch_haxby_subject("2", data_dir=tmp_path / "data") == there


CHILD = """
import sys
from pathlib import Path
from decoding.datasets.haxby import fetch_haxby_subject
print(fetch_haxby_subject("2", data_dir=Path(sys.argv[1]), url=sys.argv[2]))
"""


def test_two_processes_share_one_download(tmp_path, shelf):
    """Of two processes that fetch at once one downloads, and both get the same folder."""
    with serving(shelf, delay=0.05) as server:
        command = [sys.executable, "-c", CHILD, str(tmp_path / "data"), server.url]
        children = [
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        answers = [child.communicate(timeout=120)[0].strip() for child in children]
        assert [child.returncode for child in children] == [0, 0]
        assert len(server.gets()) == 1
    assert set(answers) == {str(tmp_path / "data" / "haxby2001" / "subj2")}


def test_who_waits_for_a_download_sees_it_move_and_may_leave(tmp_path, shelf):
    """The second of two sees the part file grow, and cancelling it does not stop the first."""
    seen, first = [], []

    def watch(done, total):
        seen.append(done)
        if done > seen[0]:
            raise Cancelled

    def run_first(url):
        first.append(fetch_haxby_subject("2", data_dir=tmp_path / "data", url=url))

    with serving(shelf, delay=0.4) as server:
        thread = threading.Thread(target=run_first, args=(server.url,))
        thread.start()
        while not server.gets():
            thread.join(0.05)
        with pytest.raises(Cancelled):
            fetch_haxby_subject("2", data_dir=tmp_path / "data", url=server.url, on_progress=watch)
        server.delay = 0.0
        thread.join()
        assert len(server.gets()) == 1
    assert seen[-1] < (shelf / TARBALL).stat().st_size
    assert first == [tmp_path / "data" / "haxby2001" / "subj2"]


def test_two_threads_that_open_a_dropped_tarball_unpack_it_once(tmp_path, made, monkeypatch):
    """Two who load at once get the same folder, unpacked by one of them."""
    root = tmp_path / "data"
    write_tarball(root / "haxby2001" / TARBALL, made)
    calls, loaded = [], []
    unpack_members = archive._unpack_members

    def count(*args):
        calls.append(args)
        return unpack_members(*args)

    monkeypatch.setattr(archive, "_unpack_members", count)
    threads = [
        threading.Thread(target=lambda: loaded.append(load_subject("haxby", "2", root)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert {subject.bold for subject in loaded} == {(root / "haxby2001/subj2/bold.nii.gz",)}
