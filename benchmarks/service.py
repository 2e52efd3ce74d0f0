"""The app as a visitor meets it: first numbers, first brain, reload, and the server's memory.

``python -m benchmarks.service`` needs chromium. Each time is a median of five, from the browser's
request; the server starts with simulated subject 1 and its table made, as `make run` leaves them.
Beside them stands what a bare Streamlit page of one number and one chart takes on the same machine.
Memory is the peak of the server process with a full-size recording, two visitors, every page and
one searchlight of each kind; then the same again with an empty cache. Last come 30 visitors at
once, on every page and on every page with scans of their own, while whole-brain maps are made.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from unittest.mock import patch

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring.recording import full_size_folder, full_size_subject
from benchmarks.measuring.rows import print_row
from benchmarks.visitors.thirty import N_VISITORS, pages, time_answers
from decoding import prepare
from decoding.analyses.searchlight.engines import searchable
from decoding.spec import DecodingSpec, link_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from visitor import CHROMIUM, FLAGS, Visitor, app_server, server_pid

REPEATS = 5
BRAIN = "iframe[srcdoc]"
NUMBERS = "[data-testid=stMetricValue]"
CHART = ".js-plotly-plot .main-svg"
BARE_PAGE = """
import plotly.graph_objects as go
import streamlit as st

st.metric("Accuracy", "0.500")
st.plotly_chart(go.Figure(go.Scatter(x=[1, 2], y=[1, 2])))
"""


def until_numbers(page: Page, go: Callable[[], object]) -> float:
    """Return the seconds from the request to the first number and the chart of folds."""
    start = perf_counter()
    go()
    page.locator(NUMBERS).first.wait_for()
    page.locator(CHART).first.wait_for()
    return perf_counter() - start


def until_brain(page: Page, start: float) -> float:
    """Return the seconds since `start` until a brain's canvas is drawn."""
    page.frame_locator(BRAIN).first.locator("canvas").first.wait_for()
    return perf_counter() - start


@contextmanager
def new_page(browser: Browser) -> Iterator[Page]:
    """Give a page of a browser that was never here."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(90_000)
        yield page


def visit(page: Page, address: str) -> tuple[float, float]:
    """Open the page Decode; return the seconds to numbers and to the brain."""
    start = perf_counter()
    numbers = until_numbers(page, lambda: page.goto(f"{address}/decode", wait_until="commit"))
    return numbers, until_brain(page, start)


def time_visits(browser: Browser, folder: Path) -> dict[str, list[float]]:
    """Time cold servers, and warm ones with a new browser and a reload; beside them a bare page."""
    times: dict[str, list[float]] = {
        key: [] for key in ("cold", "cold brain", "warm", "warm brain", "reload", "bare")
    }
    for repeat in range(REPEATS):
        with app_server(folder, folder / f"server{repeat}.log") as address:
            for kind in ("cold", "warm"):
                with new_page(browser) as page:
                    numbers, brain = visit(page, address)
                    times[kind].append(numbers)
                    times[f"{kind} brain"].append(brain)
                    if kind == "warm":
                        reload = until_numbers(page, lambda: page.reload(wait_until="commit"))
                        times["reload"].append(reload)
        times["bare"].append(time_bare_page(browser, folder))
    return times


def time_bare_page(browser: Browser, folder: Path) -> float:
    """Return the seconds to a bare page's number and chart, at its second visit."""
    script = folder / "bare.py"
    script.write_text(BARE_PAGE)
    with app_server(folder, folder / "bare.log", script) as address:
        for _ in range(2):
            with new_page(browser) as page:
                seconds = until_numbers(page, lambda: page.goto(address, wait_until="commit"))
    return seconds


def peak_memory(browser: Browser, folder: Path, cache: dict[str, str]) -> float:
    """Return the server's peak (VmHWM, MB) after two visitors saw every page at full size.

    `cache` are the variables that name the server's caches, empty for those of this process.
    """
    subject, data = full_size_subject(), full_size_folder()
    spec = DecodingSpec(subject=subject.name)
    with (
        patch.dict(os.environ, cache),
        app_server(data, folder / "memory.log") as address,
        new_page(browser) as first,
        new_page(browser) as second,
    ):
        for page in (first, second):
            visitor = Visitor(page, address)
            for name in pages():
                visitor.open(link_to(name, spec))
                until_done(page)
            for engine in searchable():
                visitor.open(link_to("searchlight", spec, {"classifier": engine}))
                until_done(page)
        status = Path(f"/proc/{server_pid(address)}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def caches_in(folder: Path) -> dict[str, str]:
    """Return the variables of a server that keeps its caches in a folder of their own."""
    parts = {"DECODING_CACHE": "", "NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib"}
    return {name: str(folder / part) for name, part in parts.items()}


def until_done(page: Page) -> None:
    """Wait until no bar has been on the page for three seconds."""
    quiet = 0
    while quiet < 6:
        page.wait_for_timeout(500)
        quiet = 0 if page.get_by_test_id("stProgress").count() else quiet + 1


def print_browser_rows(folder: Path) -> None:
    """Print what a visitor with a browser waits for, and what the server takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        times = time_visits(browser, folder)
        bare = median(times["bare"])
        note = f"median of {REPEATS}; a bare page of a number and a chart, warm: {bare:.1f} s"
        for id, row, key, mark in (
            ("first_numbers", "cold server, numbers and folds", "cold", 5.0),
            ("first_brain", "cold server, brain drawn", "cold brain", 9.0),
            ("first_numbers", "warm server, new browser", "warm", 3.0),
            ("first_brain", "warm server, new browser", "warm brain", 4.5),
            ("first_numbers", "reload", "reload", 2.0),
        ):
            print_row(id, row, median(times[key]), None, "s", mark, note)
        note = (
            f"full-size recording, two visitors, all pages, searchlights: {', '.join(searchable())}"
        )
        for id, row, cache in (
            ("service_memory", "peak of the server", {}),
            ("service_memory_fresh", "the same, empty cache", caches_in(folder / "cache")),
        ):
            memory = peak_memory(browser, folder, cache)
            print_row(id, row, memory, None, "MB", 690, note)
        browser.close()


def print_session_rows(folder: Path) -> None:
    """Print what 30 visitors wait for, who need no browser."""
    with app_server(full_size_folder(), folder / "sessions.log") as address:
        by_page = asyncio.run(time_answers(address, "1"))
    times = [seconds for own in by_page.values() for seconds in own]
    each = ", ".join(f"{name} {median(own):.2f}" for name, own in by_page.items())
    note = f"{N_VISITORS} sessions, {len(times)} answers, no error; SVM searchlights meanwhile; "
    note += f"medians: {each}"
    row = "a choice already computed"
    print_row("service_median", row, median(times), None, "s", 0.5, note)
    print_row("service_p95", row, quantiles(times, n=20)[-1], None, "s", 2.0, note)


def main() -> None:
    """Print the rows."""
    prepare.main()
    with tempfile.TemporaryDirectory() as scratch:
        print_browser_rows(Path(scratch))
        print_session_rows(Path(scratch))


if __name__ == "__main__":
    main()
