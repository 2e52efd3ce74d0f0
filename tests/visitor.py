"""A visitor for browser tests: a server of the app's own, and what somebody does on its pages."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from decoding.spec import DecodingSpec, link_to

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FIELDS = {
    "dataset": "Dataset",
    "subject": "Subject",
    "mask": "Mask",
    "cv": "Cross-validation",
    "estimator": "Classifier",
}
PAIR = {"first": "First category", "second": "Second category"}
WAIT_MS = 540_000
"""A busy machine answers late: how fast pages are is for the benchmarks to tell.

Background work gives way to all else: beside other tests it was seen to take eight times as long.
"""
expect.set_options(timeout=WAIT_MS)
START = DecodingSpec(dataset="simulated", subject="1")
QUICK = replace(START, samples="block", estimator="ridge")
"""As little work as pages have, where a test is of no number in particular."""
LONG = DecodingSpec(
    dataset="simulated", subject="1", mask="house_little", conditions=(), samples="block",
    standardize="run", detrend=True, lag=5.0, select=100, estimator="logistic", cv="split_half",
)  # fmt: skip
"""As long as the sentence of selectors gets."""

FEWER = {"pairs": {"categories": "bottle~cat~face~shoe", "null": "19_0"}}
"""Own settings of pages with which all that comes late comes soon."""

_AT_REST = """document.querySelector("[data-test-script-state=notRunning]")
  && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")"""
"""Nothing runs, no element waits for its code from a busy server, and none is of a run before."""


def whole_link(page, spec):
    """Return a page's link for `Visitor.open_whole`."""
    return link_to(page, spec, FEWER.get(page))


@contextmanager
def app_server(data_dir, log, script="app.py"):
    """Run the app, or another script, on a free port; give its address."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = [
        "--server.fileWatcherType",
        "none",
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
    ]
    environment = {**os.environ, "NILEARN_DATA": str(data_dir), "HOME": str(data_dir)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def server_pid(address):
    """Return the process that serves an address of ours."""
    port = f"{urlsplit(address).port}"
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes().decode().split("\0")
        except OSError:
            continue
        if "streamlit" in words and port in words:
            return int(status.parent.name)
    raise AssertionError(f"no server on port {port}")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address, process, log):
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


class Visitor:
    """Somebody with a browser, at an address."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.outside: list[str] = []
        page.on("request", self._note)
        page.set_default_timeout(WAIT_MS)

    def _note(self, request):
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.outside.append(request.url)

    def open(self, path):
        """Open an address as somebody who was sent it."""
        self.page.goto(self.address + path)
        self.settle()

    def open_whole(self, path):
        """Open an address and wait until all that is late has come."""
        self.open(path)
        while True:
            expect(self.page.get_by_test_id("stProgress")).to_have_count(0)
            self.settle()
            if not self.page.get_by_test_id("stProgress").count():
                break
        for frame in self.page.locator("iframe[srcdoc]").all():
            frame.content_frame.locator("canvas, img").first.wait_for()
        self.settle()

    def settle(self):
        """Wait until the page has answered and is drawn, as `_AT_REST` tells for 0.3 s."""
        expect(self.page.locator("h1")).to_be_visible()
        quiet = 0
        for _ in range(WAIT_MS // 50):
            quiet = quiet + 1 if self.page.evaluate(_AT_REST) else 0
            if quiet >= 6:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("the page never came to rest")

    @contextmanager
    def _answered(self):
        """Wait until a choice is in the address bar: a link clicked before would carry the old."""
        before = self.page.url
        yield
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.settle()

    def go(self, name):
        """Follow a link of the navigation."""
        self.page.locator(".st-key-masthead").get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_timeout(100)
        self.settle()

    def back(self):
        """Press the browser's back button."""
        self.page.go_back()
        self.page.wait_for_timeout(150)
        self.settle()

    def forward(self):
        """Press the browser's forward button."""
        self.page.go_forward()
        self.page.wait_for_timeout(150)
        self.settle()

    def choose(self, field, option):
        """Choose an option of a selector of the sentence."""
        label = {**FIELDS, **PAIR}[field]
        self.page.get_by_role("combobox", name=label, exact=True).click()
        words = self.page.get_by_text(option, exact=True)
        with self._answered():
            self.page.get_by_role("option").filter(has=words).click()

    def click_category(self, name):
        """Add a category to the selection, or take it out, in the list of all."""
        self.page.locator(".st-key-categories button").first.click()
        everything = self.page.get_by_test_id("stPopoverBody")
        everything.wait_for()
        self.page.wait_for_timeout(250)  # until the list has taken the keyboard
        with self._answered():
            everything.get_by_role("button", name=name, exact=True).click()
        everything.press("Escape")  # elsewhere the key might change what has the focus there
        everything.wait_for(state="hidden")

    @property
    def path(self):
        """The page's path."""
        return urlsplit(self.page.url).path

    @property
    def query(self):
        """The address bar's query without the session's name."""
        query = parse_qs(urlsplit(self.page.url).query)
        query.pop("session", None)
        return query

    @property
    def widgets(self):
        """What the selectors show."""
        shown = {
            field: self.page.get_by_role("combobox", name=label, exact=True).input_value()
            for field, label in FIELDS.items()
        }
        pair = self.page.locator(".st-key-pair input").evaluate_all("all => all.map(i => i.value)")
        listed = self.page.locator(".st-key-categories button p").first.inner_text()
        shown["conditions"] = pair or listed.partition(": ")[2].split(", ")
        prepared = self.page.locator(".st-key-preparation button p").first
        shown["preparation"] = prepared.inner_text()
        return shown

    def metric(self, label):
        """Return the number under a label."""
        metric = self.page.get_by_test_id("stMetric").filter(
            has=self.page.get_by_text(re.compile(rf"^{label}$"))
        )
        return metric.first.get_by_test_id("stMetricValue").inner_text().strip()

    @property
    def warnings(self):
        """The messages on the page."""
        return self.page.get_by_test_id("stAlert").all_inner_texts()

    def brain_colours(self, title):
        """Return the number of coloured pixels of a brain's canvas, and a digest of them."""
        frame = self.page.frame_locator(f"iframe[title^='{title}']")
        frame.locator("canvas").first.wait_for()
        self.page.wait_for_timeout(500)
        return frame.locator("canvas").first.evaluate(
            """canvas => {
              const {data} = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
              let coloured = 0, digest = 0;
              for (let i = 0; i < data.length; i += 4) {
                const spread = Math.max(data[i], data[i+1], data[i+2])
                  - Math.min(data[i], data[i+1], data[i+2]);
                if (data[i+3] && spread > 40) {
                  coloured += 1;
                  digest = (digest * 31 + i + data[i] * 7 + data[i+1] * 3 + data[i+2]) >>> 0;
                }
              }
              return [coloured, digest];
            }"""
        )
