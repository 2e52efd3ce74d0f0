"""Uploads in the app: shown on every page to the session that they belong to, and gone with it."""

import gzip
import time
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest
import streamlit as st
from apptest import link_of, metric
from makers import ROOT, design, signal, write_image
from streamlit.runtime import caching
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1 import local_script_runner as runner

from decoding.analyses import decode
from decoding.datasets.own.home import FOLDER, server_folder
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.upload import sort_files
from decoding.numbers import score_text
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import own
from pages.components import service as cache
from pages.components.frame import PAGES
from pages.components.own import until_gone

# Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SPEC = DecodingSpec(dataset="own", subject="mine", mask="brain", samples="block")


def upload():
    """Receive what the test has put into the session, and keep it."""
    import streamlit as st

    from decoding.datasets.own.upload import sort_files
    from pages.components.own import keep, receive_scan

    name = st.session_state.to_dict().get("called", "mine")
    keep(name, receive_scan(sort_files(st.session_state["files"])))


def files_of(folder, seed, categories=("cat", "face", "shoe")):
    """Return a recording with labels: the names are the same whatever the seed."""
    conditions, runs = design(n_runs=4, categories=categories)
    values = signal(conditions, seed=seed, strength=2.0)
    scan = write_image(folder / "scan.nii", values).read_bytes()
    lines = [f"{kind} {run}" for kind, run in zip(conditions, runs, strict=True)]
    labels = "\n".join(["labels chunks", *lines]).encode()
    return [("scan.nii.gz", BytesIO(gzip.compress(scan))), ("labels.txt", BytesIO(labels))]


@pytest.fixture
def as_session(monkeypatch, tmp_path):
    """Return what opens an app as a session of some name; sessions end with the test."""
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    began, names = runner.ScriptRunner.__init__, set()

    def open_as(name, test, **state):
        names.add(name)
        monkeypatch.setattr(
            runner.ScriptRunner,
            "__init__",
            lambda self, **given: began(self, **{**given, "session_id": name}),
        )
        for key, value in state.items():
            test.session_state[key] = value
        return test.run(timeout=120)

    yield open_as
    for name in names:
        end(name)
    for queue in cache.queues().values():
        queue.close()
    st.cache_resource.clear()


def end(name):
    """End a session as Streamlit does."""
    caching.clear_session_data_cache(name)
    caching.clear_session_resource_cache(name)


def owned_bytes():
    """Return the bytes of all results that belong to a session."""
    jobs = [item for queue in cache.queues().values() for item in queue._jobs.items()]
    return sum(job.n_bytes for (owner, _), job in jobs if owner)


def page(name, spec=SPEC):
    """Return a page with a link to a spec."""
    at = AppTest.from_file(str(ROOT / "app.py"))
    for key, values in spec_to_query(spec).items():
        at.query_params[key] = values
    return at if name == "app.py" else at.switch_page(name)


def test_two_sessions_never_meet_and_nothing_of_one_outlives_it(as_session, tmp_path):
    """Under equal names each sees its own numbers; a third is told; then no byte is left."""
    files = {name: files_of(tmp_path / name, seed) for seed, name in enumerate("ab")}
    for name in files:
        sent = as_session(name, AppTest.from_function(upload), files=files[name])
        assert not sent.exception and not sent.error
    for name in files:
        expected = read_own(receive(sort_files(files[name]), tmp_path / f"own-{name}"), "mine")
        score = score_text(decode.run(expected, SPEC).accuracy)
        at = as_session(name, page("pages/decode.py"))
        assert not at.exception and not at.error
        assert metric(at, "Accuracy") == score
    other = as_session("c", page("pages/decode.py"))
    assert any("'mine' was uploaded in a visit that has ended" in one.value for one in other.info)
    assert link_of(other)["dataset"] == ["simulated"]
    folders = [path for path in server_folder().iterdir() if path.is_dir()]
    assert len(folders) == 2
    assert owned_bytes() > 0
    for name in files:
        end(name)
    for _ in range(100):
        if not any(server_folder().iterdir()):
            break
        time.sleep(0.1)
    assert not any(server_folder().iterdir())
    assert owned_bytes() == 0


def test_what_was_downloaded_goes_with_its_session(as_session, tmp_path, monkeypatch):
    """A file made of an upload has no address once the visitor has left, and nobody else came."""
    as_session("a", AppTest.from_function(upload), files=files_of(tmp_path, 0))
    media = MediaFileManager(MemoryMediaFileStorage("/media"))
    media.execute_deferred(media.add_deferred(lambda: b"mean scan", "application/gzip", "0"))
    (file,) = media._file_metadata
    monkeypatch.setattr(own, "exists", lambda: True)
    monkeypatch.setattr(own, "get_instance", lambda: SimpleNamespace(media_file_mgr=media))
    assert media.read_file(file)
    end("a")
    assert media.read_file(file) is None


def test_work_that_outlives_its_session_leaves_nothing():
    """A table that is finished only after the visitor has left goes as soon as it is there."""
    home = server_folder() / "left"

    def work(report):
        (home / "tables").mkdir(parents=True)
        return "done"

    assert until_gone("left", work)(lambda done, total, message="": None) == "done"
    assert not home.exists()


def test_a_server_that_can_keep_no_uploads_says_so_and_shows_all_else(
    as_session, tmp_path, monkeypatch
):
    """The uploader gives way to a line with the reason and a remedy before a byte is sent."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path))
    (tmp_path / FOLDER).write_text("")  # in place of a folder
    at = as_session("a", page("pages/your_data.py", DecodingSpec(dataset="simulated", subject="1")))
    assert not at.exception
    (told,) = [one.value for one in at.error]
    assert "can keep no uploads" in told and "File exists" in told and "DECODING_CACHE" in told
    assert not at.get("file_uploader")
    assert len(at.header) == 5, [one.value for one in at.header]


ODD = "</script><script>a =1+1 *b* $x$ :red[x]"


@pytest.mark.slow
@pytest.mark.parametrize("file", [page.file for page in PAGES])
def test_every_page_works_on_an_upload_whatever_it_is_called(file, as_session, tmp_path):
    """No page fails on it, and its name and those of its categories stay text."""
    files = files_of(tmp_path, 0, categories=("it's", "<b>face", "=1+1"))
    sent = as_session("a", AppTest.from_function(upload), files=files, called=ODD)
    assert not sent.exception and not sent.error
    spec = replace(SPEC, subject=ODD, conditions=("<b>face", "it's"))
    at = as_session("a", page(file, spec))
    assert not at.exception
    assert not [one.value for one in at.error]
    assert link_of(at)["subject"] == [ODD]
    shown = [one.proto.body for one in at.get("html")] + [one.value for one in at.markdown]
    assert not [one for one in shown if "<script>a" in one]
