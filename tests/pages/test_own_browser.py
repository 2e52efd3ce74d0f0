"""Uploads in a real browser: two visitors with files of the same names, and what each leaves."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from playwright.sync_api import expect
from visitor import ROOT, Visitor, app_server, server_pid

from decoding.analyses import weights
from decoding.datasets import load_subject
from decoding.datasets.own.home import FOLDER
from decoding.numbers import p_text, score_text
from decoding.output.brain import view
from decoding.output.brain.background import mean_scan_image
from decoding.output.text.readings import MAP_USES
from decoding.recording.voxels import open_voxels
from decoding.spec import DecodingSpec

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.recordings]
NAME = "it's </script><script>x"
THEIRS = ("scissors", "tongs")
"""A category of each one's that the other has not."""
PICTURES = {"Decode": ("weights", "activation pattern"), "Data": ("mean scan",)}


@pytest.fixture
def folders(recordings, tmp_path):
    """Return two BIDS folders of the same names.

    In the second one the runs' scans are swapped and smaller, and a category is called otherwise.
    """
    one, other = tmp_path / "one" / "study", tmp_path / "other" / "study"
    for folder in (one, other):
        shutil.copytree(recordings / "bids" / "ds000105-slice", folder)
    scans = sorted(one.rglob("*_bold.nii.gz"))
    for scan, next_one in zip(scans, [*scans[1:], scans[0]], strict=True):
        nib.save(nib.load(next_one).slicer[6:], other / scan.relative_to(one))
    for events in other.rglob("*_events.tsv"):
        events.write_text(events.read_text().replace(*THEIRS))
    return one, other


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Return the address of a server with a cache of its own."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    with app_server(tmp_path, tmp_path / "server.log") as found:
        yield found


def printed(command, folder, *words):
    """Return what a command prints of a folder's subject."""
    what = ["--dataset", "bids", "--data-dir", folder, "--subject", "1", "--mask", "brain"]
    done = subprocess.run(
        [sys.executable, "-m", "decoding", command, *what, *words, "--json"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def numbers_of(folder):
    """Return a number of each of four pages, as the command line has them and the page writes."""
    scores, test = printed("decode", folder), printed("permute", folder)
    pairs = printed("pairs", folder, "--conditions", "--permutations", "19")
    return {
        ("Decode", "Accuracy"): score_text(scores["accuracy"]),
        ("Data", "Selection"): f"{scores['n_samples']} x {scores['n_voxels']}",
        ("Validate", "p-value"): p_text(test["p_value"]),
        ("Pairs", "Accuracy of all 8 at once"): score_text(pairs["accuracy"]),
    }


def pictures_of(folder):
    """Return a folder's mean scan and maps by page, as the core draws them."""
    subject = load_subject("bids", "1", folder)
    mean = mean_scan_image(subject)
    maps = weights.run(subject, DecodingSpec(dataset="bids", subject="1", mask="brain"))
    drawn = [view.map_html(maps, maps.values(what), mean, theme="light") for what in MAP_USES]
    return {"Decode": [*map(_slice, drawn)], "Data": [_slice(view.mean_html(mean, theme="light"))]}


def pictures_on(visitor, page):
    """Return the pictures that a visitor sees on a page."""
    titles = [f"iframe[title^='Brain view of the {what}']" for what in PICTURES[page]]
    return [_slice(visitor.page.locator(title).get_attribute("srcdoc")) for title in titles]


def _slice(html):
    return re.search(r'class="slice"[^>]* src="(data:image/png;base64,[^"]+)"', html)[1]


def mean_scan(visitor, folder, path):
    """Download a visitor's mean scan, which is the folder's; return its address."""
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="Mean scan, NIfTI").click()
    waiting.value.save_as(path)
    own = open_voxels(load_subject("bids", "1", folder)).mean_image()
    assert np.array_equal(nib.load(path).get_fdata(), own.get_fdata())
    assert visitor.page.request.get(waiting.value.url).ok
    return waiting.value.url


def bring(visitors, folders):
    """Upload the files of each one's folder at the same time, and use them on every page."""
    for visitor, folder in zip(visitors, folders, strict=True):
        visitor.open("/your_data")
        files = [path for path in folder.rglob("*") if path.is_file()]
        visitor.page.locator("input[type=file]").set_input_files(files)
    for visitor in visitors:
        visitor.page.get_by_label("Call it").fill(NAME)
        visitor.page.get_by_label("Call it").press("Enter")
    for name in ("Read these files", "Use them on every page"):
        for visitor in visitors:
            visitor.page.get_by_role("button", name=name).wait_for()
            visitor.settle()
        for visitor in visitors:
            visitor.page.get_by_role("button", name=name).click()
        for visitor in visitors:
            visitor.page.get_by_role("button", name=name).wait_for(state="detached")
            visitor.settle()


def look(visitors, page):
    """Go to a page at the same time; return what each one finds there."""
    for visitor in visitors:
        visitor.page.locator(".st-key-masthead").get_by_role("link", name=page, exact=True).click()
    for visitor in visitors:
        visitor.page.wait_for_url(f"**/{page.lower()}?**")
        visitor.settle()
        if page == "Validate":
            number = visitor.page.locator(".st-key-p_value").get_by_test_id("stMetricValue")
            expect(number).not_to_have_text("…")
        assert visitor.query["subject"] == [NAME]
    return [visitor.page.content() for visitor in visitors]


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
    """Each has numbers and pictures of the own folder alone; who has left leaves nothing."""
    cache, told = tmp_path / "cache", []
    contexts = [browser.new_context(), browser.new_context()]
    visitors = [Visitor(context.new_page(), address) for context in contexts]
    scripts = []
    for visitor in visitors:
        visitor.page.on("dialog", lambda dialog: scripts.append(dialog.message))
        visitor.open("/decode")
    before = memory_of(address)
    with ThreadPoolExecutor(2) as both:
        numbers = [*both.map(numbers_of, folders)]
    pictures = [pictures_of(folder) for folder in folders]
    for what in numbers[0]:
        assert numbers[0][what] != numbers[1][what], what
    for page in PICTURES:
        assert not {*pictures[0][page]} & {*pictures[1][page]}
    bring(visitors, folders)
    for page in ("Decode", "Data", "Decode", "Validate", "Pairs", "Data"):
        for seen, theirs in zip(look(visitors, page), reversed(THEIRS), strict=True):
            assert theirs not in seen
        for visitor, own in zip(visitors, numbers, strict=True):
            for (where, label), number in own.items():
                assert where != page or visitor.metric(label) == number
        if page in PICTURES:
            shown = [pictures_on(visitor, page) for visitor in visitors]
            assert shown == [own[page] for own in pictures]
        if page == "Pairs":
            for visitor, own in zip(visitors, THEIRS, strict=True):
                assert own in visitor.page.content()
    told.append(f"two visitors: {numbers}, on disk {kept(cache)}, memory {memory_of(address)}")
    assert len(kept(cache)) == 2
    mean_scan(visitors[1], folders[1], tmp_path / "other.nii.gz")
    file = mean_scan(visitors[0], folders[0], tmp_path / "one.nii.gz")
    contexts[0].close()
    deadline = time.monotonic() + 30
    while len(kept(cache)) > 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    told.append(f"one has closed the browser: on disk {kept(cache)}")
    assert len(kept(cache)) == 1
    assert visitors[1].page.request.get(file).status == 404
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
