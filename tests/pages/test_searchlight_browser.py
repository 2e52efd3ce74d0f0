"""The searchlight's long job in a real browser: it outlives pages, reloads and visitors."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Visitor, server_pid

from decoding.service.jobs import UNSEEN_S
from decoding.spec import DecodingSpec, link_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SPEC = DecodingSpec(dataset="simulated", subject="1")
# Four categories in the whole brain take minutes: long enough to leave and come back.
LONG = DecodingSpec(
    dataset="simulated", subject="1", conditions=("cat", "face", "house", "shoe"), estimator="gnb"
)


def share_done(somebody):
    """Return how far the job is that the page shows, in percent."""
    bar = somebody.page.get_by_test_id("stProgress").get_by_role("progressbar")
    expect(bar.first).to_be_visible(timeout=60_000)
    return float(bar.first.get_attribute("aria-valuenow"))


def wait_until_done(somebody, least):
    """Wait until more than `least` percent are done."""
    for _ in range(600):
        if (done := share_done(somebody)) > least:
            return done
        somebody.page.wait_for_timeout(200)
    raise AssertionError("the job does not move")


def start_correction(somebody, spec, extra):
    """Open the page and press the button."""
    somebody.open(link_to("searchlight", spec, extra))
    correct = re.compile("^Correct for having looked everywhere: ")
    button = somebody.page.get_by_role("button", name=correct)
    expect(button).to_be_visible(timeout=120_000)
    button.click()


def leave(somebody):
    """Stop waiting for the correction."""
    somebody.page.get_by_role("button", name="Stop waiting").click()
    left = somebody.page.get_by_text("You stopped waiting for this result.")
    expect(left.first).to_be_visible(timeout=20_000)


def cpu_seconds(pid):
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def assert_idle(somebody, pid):
    """Assert that a process rests for two seconds, but for a page that is still being drawn."""
    before = cpu_seconds(pid)
    somebody.page.wait_for_timeout(2000)
    assert cpu_seconds(pid) - before < 0.5  # work that goes on takes 2 s and more


def test_a_corrected_map_arrives_by_itself(visitor):
    """Naive Bayes is corrected while the visitor waits; the page then rests."""
    start_correction(visitor, SPEC, {"within": "vt"})
    threshold = visitor.page.get_by_text(re.compile("a score of 0"))
    expect(threshold.first).to_be_visible(timeout=120_000)
    assert int(visitor.metric("Significant spheres")) > 0
    frames = []

    def listen(socket):
        # Playwright marks handlers, which a method of a list does not allow.
        socket.on("framereceived", lambda frame: frames.append(len(frame)))

    visitor.page.on("websocket", listen)
    visitor.page.reload()
    visitor.settle()
    expect(threshold.first).to_be_visible(timeout=60_000)
    visitor.page.wait_for_timeout(8000)
    frames.clear()
    visitor.page.wait_for_timeout(10_000)
    assert frames == []


def test_a_long_job_outlives_pages_and_reloads(visitor, browser, server):
    """Pages, reloads and a second browser find its progress; it ends when both have left."""
    start_correction(visitor, LONG, {})
    before = wait_until_done(visitor, 2)
    visitor.go("Data")  # not Decode: its permutation test would keep the processor busy
    visitor.choose("mask", "face-responsive (localizer)")
    assert visitor.page.locator("iframe").count() > 0
    visitor.go("Searchlight")
    assert share_done(visitor) >= before
    visitor.page.reload()
    again = share_done(visitor)
    assert again >= before

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    second = Visitor(context.new_page(), server)
    second.page.goto(visitor.page.url)
    assert share_done(second) >= again

    leave(visitor)
    assert share_done(second) >= again
    leave(second)
    visitor.page.wait_for_timeout(2000)
    assert_idle(visitor, server_pid(server))
    context.close()
    assert visitor.metric("Significant spheres") == "not tested"
    visitor.page.get_by_role("button", name="Start again").first.click()
    assert share_done(visitor) <= max(again, 2) / 2
    leave(visitor)


def test_a_closed_tab_frees_those_who_wait(visitor, browser, server):
    """A map passes long work; a correction says what is ahead, and its turn comes after a stop."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    somebody = Visitor(context.new_page(), server)
    start_correction(somebody, replace(LONG, conditions=("bottle", "cat", "chair", "face")), {})
    wait_until_done(somebody, 1)
    visitor.open(link_to("searchlight", SPEC, {"within": "vt"}))
    the_map = visitor.page.get_by_text(re.compile("best of 224 spheres"))
    expect(the_map.first).to_be_visible(timeout=10_000)
    start_correction(visitor, LONG, {})
    ahead = visitor.page.get_by_text(re.compile(r"^1 ahead of you, about \d+ (s|min|h)"))
    expect(ahead.first).to_be_visible(timeout=20_000)
    context.close()
    expect(ahead.first).to_be_hidden(timeout=(UNSEEN_S + 10.0) * 1000)
    wait_until_done(visitor, 0)
    leave(visitor)
