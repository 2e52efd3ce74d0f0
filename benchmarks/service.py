"""The app as a visitor meets it: first numbers, first brain, reload, and the server's memory.

``python -m benchmarks.service`` needs chromium. Each time is a median of five, from the browser's
request; the server starts with simulated subject 1 and its table made, as `make run` leaves them.
Memory is the peak of the server process with a full-size recording, two visitors, every page.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks._recording import full_size_folder, full_size_subject
from benchmarks._report import print_row
from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec, link_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from visitor import CHROMIUM, FLAGS, Visitor, app_server, server_pid

REPEATS = 5
BRAIN = "iframe[srcdoc]"
NUMBERS = "[data-testid=stMetricValue]"
CHART = ".js-plotly-plot .main-svg"


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
    """Time cold servers, and warm ones with a new browser and a reload."""
    times: dict[str, list[float]] = {
        key: [] for key in ("cold", "cold brain", "warm", "warm brain", "reload")
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
    return times


def peak_memory(browser: Browser, folder: Path) -> float:
    """Return the server's peak (VmHWM, MB) after two visitors saw every page at full size."""
    subject = full_size_subject()
    spec = DecodingSpec(subject=subject.name)
    with (
        app_server(full_size_folder(), folder / "memory.log") as address,
        new_page(browser) as first,
        new_page(browser) as second,
    ):
        for page in (first, second):
            visitor = Visitor(page, address)
            for name in pages():
                visitor.open(link_to(name, spec))
                page.wait_for_timeout(20_000)
        status = Path(f"/proc/{server_pid(address)}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def pages() -> list[str]:
    """Return the addresses of all pages."""
    folder = Path(__file__).parents[1] / "pages"
    return ["", *sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")]


def main() -> None:
    """Print the rows."""
    decode.run(load_subject("simulated", "1"), DecodingSpec(dataset="simulated", subject="1"))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        folder = Path(scratch)
        times = time_visits(browser, folder)
        for id, row, key, mark in (
            ("first_numbers", "cold server, numbers and folds", "cold", 5.0),
            ("first_brain", "cold server, brain drawn", "cold brain", 9.0),
            ("first_numbers", "warm server, new browser", "warm", 3.0),
            ("first_brain", "warm server, new browser", "warm brain", 4.5),
            ("first_numbers", "reload", "reload", 2.0),
        ):
            print_row(id, row, median(times[key]), None, "s", mark, f"median of {REPEATS}")
        memory = peak_memory(browser, folder)
        note = f"full-size recording, two visitors, pages {', '.join(pages())}"
        print_row("service_memory", "peak of the server", memory, None, "MB", 690, note)
        browser.close()


if __name__ == "__main__":
    main()
