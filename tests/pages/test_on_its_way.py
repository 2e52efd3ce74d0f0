"""A real recording at once: fetched when the server starts, told on Home, offered, never forced."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
from loopback import closed_port, serving
from makers import write_subject, write_sums, write_tarball
from own_loop import run_async
from playwright.sync_api import expect
from visitor import app_server, server_pid

from decoding.datasets import DATASETS
from decoding.datasets.haxby import tarball_name
from decoding.spec import DecodingSpec
from pages.components import fetch, server

SIMULATED = DecodingSpec(dataset="simulated", subject="1")


@pytest.fixture
def start(open_page, tmp_path, monkeypatch):
    """Return what starts a server that has no recordings and fetches a subject."""
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VOXELSCOPE_FETCH_AT_START", "2")
    monkeypatch.setattr(server, "compile_kernels", lambda: None)

    async def begin():
        async with server.prepared(None):
            return

    return lambda: run_async(begin)


def progress_of(at):
    """Return what the progress on a page says."""
    return [bar.proto.text for bar in at.get("progress")]


def test_what_a_server_fetches_is_told_and_offered(
    start, open_page, recordings, tmp_path, monkeypatch
):
    """Home says how far it is; who looks at something else keeps it and is offered what came."""
    released = threading.Event()

    def arrives(name, *, on_progress):
        while not released.wait(0.01):
            on_progress(120_000_000, 300_000_000)
        source = recordings / "slice" / "haxby2001"
        shutil.copytree(source / "subj1", tmp_path / "data" / "haxby2001" / f"subj{name}")

    monkeypatch.setattr(fetch, "fetch_haxby_subject", arrives)
    start()
    at = open_page("app.py", SIMULATED)
    (told,) = progress_of(at)
    assert told.startswith("A real recording is on its way: subject 2 of Haxby et al. 2001, 120 of")
    buttons = [button.label for button in at.button]
    assert "Fetch subject 1 (about 300 MB)" in buttons
    assert not [label for label in buttons if "Stop waiting" in label or label == "Show it"]
    released.set()
    fetch._ticket("2").job.wait(60)
    at.run()
    assert not at.exception and not at.error and not progress_of(at)
    assert at.selectbox(key="choose_dataset").value == "simulated"
    assert "Haxby et al. 2001" in at.selectbox(key="choose_dataset").options
    at.button(key="show_2").click().run()
    assert at.selectbox(key="choose_dataset").value == "haxby"
    assert at.selectbox(key="choose_subject").value == "2"
    assert [metric.value for metric in at.metric if metric.label == "Accuracy"] == ["0.625"]
    assert not [button for button in at.button if button.label == "Show it"]


@pytest.mark.parametrize("allowed", ["anywhere", "nowhere"])
def test_what_cannot_be_fetched_troubles_no_visitor(start, open_page, monkeypatch, caplog, allowed):
    """One line of the log says why; pages are as without it, and offer what they offer always."""
    monkeypatch.setenv("VOXELSCOPE_SERVER", closed_port())
    monkeypatch.setenv("VOXELSCOPE_FETCH", allowed)
    start()
    fetch._ticket("2").job.wait(60)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "voxelscope"]
    why = {"anywhere": "cannot be reached", "nowhere": "fetches no recordings"}[allowed]
    assert line.startswith("subject 2 was not fetched at the start: ") and why in line
    assert "\n" not in line
    at = open_page("app.py", SIMULATED)
    assert at.metric and not at.exception and not at.error and not at.warning
    assert not progress_of(at)
    offered = "Fetch subject 2 (about 300 MB)" in [button.label for button in at.button]
    assert offered == (allowed == "anywhere")


def test_nothing_is_fetched_unasked(start, monkeypatch):
    """Without the operator's word, and of what is there, no fetch begins."""
    monkeypatch.delenv("VOXELSCOPE_FETCH_AT_START")
    start()
    assert fetch._ticket("2").job is None


@pytest.mark.slow
@pytest.mark.browser
def test_a_server_that_was_killed_goes_on_with_the_rest(browser, tmp_path):
    """The setting stands in Streamlit's secrets; after SIGKILL the next start asks for the rest.

    Who looks on sees it come without a reload, and goes on seeing what was chosen.
    """
    shelf, data = tmp_path / "shelf", tmp_path / "home"
    labels = "labels chunks\n" + "".join(
        f"{name} {run}\n" for run in range(3) for name in ("rest", "face", "rest", "cat") * 2
    )
    write_tarball(shelf / tarball_name("2"), write_subject(tmp_path / "subj2", labels), 3_000_000)
    write_sums(shelf)
    whole = (shelf / tarball_name("2")).stat().st_size
    (data / ".streamlit").mkdir(parents=True)
    secrets = data / ".streamlit" / "secrets.toml"
    part = data / "haxby2001" / f"{tarball_name('2')}.part"
    with serving(shelf, delay=0.2) as far:
        secrets.write_text(f'VOXELSCOPE_FETCH_AT_START = "2"\nVOXELSCOPE_SERVER = "{far.url}"\n')
        with app_server(data, tmp_path / "first.log") as address:
            wait_until(lambda: part.is_file() and part.stat().st_size > whole / 4)
            os.kill(server_pid(address), signal.SIGKILL)
        kept = part.stat().st_size
        assert 0 < kept < whole
        far.delay = 2.0
        with app_server(data, tmp_path / "second.log") as address:
            page = browser.new_page()
            page.goto(address)
            expect(page.get_by_text("A real recording is on its way: subject 2")).to_be_visible()
            page.evaluate("window.loadedOnce = true")
            far.delay = 0.0
            expect(page.get_by_text("has arrived: a real recording")).to_be_visible()
            assert "dataset=simulated" in page.url and page.evaluate("window.loadedOnce")
            page.get_by_role("button", name="Show it").click()
            expect(page.get_by_text("has arrived")).to_have_count(0)
            page.wait_for_url("**dataset=haxby&subject=2**")
            page.close()
        (asked, sent) = far.gets()[-1]
    assert asked == f"bytes={kept}-"
    assert sent == whole - kept
    assert DATASETS["haxby"].subjects(Path(data)) == ("2",)


def wait_until(holds):
    """Wait until something holds, at most a minute."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")
