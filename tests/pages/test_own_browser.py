"""Uploads in a real browser: two visitors with files of the same names, and what each leaves."""

import os
import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Visitor, app_server, server_pid

from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.datasets.own.home import FOLDER
from decoding.numbers import score_text
from decoding.spec import DecodingSpec

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.recordings]
NAME = "it's </script><script>x"


@pytest.fixture
def folders(recordings, tmp_path):
    """Return two BIDS folders of the same names: in the second one the runs' scans are swapped."""
    one, other = tmp_path / "one" / "study", tmp_path / "other" / "study"
    for folder in (one, other):
        shutil.copytree(recordings / "bids" / "ds000105-slice", folder)
    scans = sorted(one.rglob("*_bold.nii.gz"))
    for scan, next_one in zip(scans, [*scans[1:], scans[0]], strict=True):
        shutil.copyfile(next_one, other / scan.relative_to(one))
    return one, other


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Return the address of a server with a cache of its own."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    with app_server(tmp_path, tmp_path / "server.log") as found:
        yield found


def bring(visitor, folder):
    """Upload the files of a folder, and use them on every page."""
    visitor.open("/your_data")
    files = [path for path in folder.rglob("*") if path.is_file()]
    visitor.page.locator("input[type=file]").set_input_files(files)
    visitor.page.get_by_label("Call it").fill(NAME)
    visitor.page.get_by_label("Call it").press("Enter")
    visitor.settle()
    visitor.page.get_by_role("button", name="Read these files").click()
    use = visitor.page.get_by_role("button", name="Use them on every page")
    use.wait_for()
    visitor.settle()
    use.click()
    use.wait_for(state="detached")
    visitor.settle()


def kept(cache):
    """Return the folders of the sessions with uploads, each with its bytes.

    `os.walk`, unlike `Path.rglob`, passes over what the server deletes meanwhile.
    """
    sizes = {}
    for session in (cache / FOLDER).glob("*/*"):
        files = [Path(folder, name) for folder, _, names in os.walk(session) for name in names]
        sizes[session.name] = sum(_bytes_of(path) for path in files)
    return sizes


def _bytes_of(path):
    """Return the size of a file, none where it is gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def memory_of(address):
    """Return the bytes that the server holds."""
    status = Path(f"/proc/{server_pid(address)}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])


def test_two_visitors_with_the_same_names_never_meet(browser, folders, address, tmp_path, capsys):
    """Each has the numbers of the command line on its own folder; who has left leaves nothing."""
    cache, told = tmp_path / "cache", []
    contexts = [browser.new_context(), browser.new_context()]
    visitors = [Visitor(context.new_page(), address) for context in contexts]
    scripts = []
    for visitor in visitors:
        visitor.page.on("dialog", lambda dialog: scripts.append(dialog.message))
        visitor.open("/decode")
    before = memory_of(address)
    for visitor, folder in zip(visitors, folders, strict=True):
        bring(visitor, folder)
    numbers = []
    for visitor, folder in zip(visitors, folders, strict=True):
        visitor.go("Decode")
        subject = load_subject("bids", "1", folder)
        there = DecodingSpec(dataset="bids", subject="1", mask="brain")
        numbers.append(score_text(decode.run(subject, there).accuracy))
        assert visitor.metric("Accuracy") == numbers[-1]
        assert visitor.query["subject"] == [NAME]
    assert len({*numbers}) == 2
    told.append(f"two visitors: {numbers}, on disk {kept(cache)}, memory {memory_of(address)}")
    assert len(kept(cache)) == 2
    contexts[0].close()
    deadline = time.monotonic() + 30
    while len(kept(cache)) > 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    told.append(f"one has closed the browser: on disk {kept(cache)}")
    assert len(kept(cache)) == 1
    visitors[1].go("Pairs")
    assert not visitors[1].page.get_by_text("visit that has ended").count()
    visitors[1].page.reload()
    visitors[1].settle()
    expect(visitors[1].page.get_by_text("was uploaded in a visit that has ended")).to_be_visible()
    while kept(cache) and time.monotonic() < deadline + 30:
        time.sleep(0.2)
    told.append(f"the other has reloaded: on disk {kept(cache)}, memory {memory_of(address)}")
    assert kept(cache) == {}
    assert scripts == []
    log = (tmp_path / "server.log").read_text()
    assert "script>x" not in log and "objectviewing" not in log
    with capsys.disabled():
        print(f"before: memory {before}", *told, sep="\n")  # noqa: T201 - the sizes are asked for
    contexts[1].close()
