"""Fixtures shared by all tests: where the recordings are, and a cache of their own."""

import os
from pathlib import Path

# Before NumPy: threads of its products spin while they wait, which starves tests run side by side.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("FIRST_DRAW_S", "0")  # no test waits for a browser to draw
os.environ.setdefault("JOB_NICE", "0")  # what gives way would starve beside other tests

import pytest
from visitor import CHROMIUM, FLAGS, Visitor, app_server

ROOT = Path(__file__).parents[1]
RECORDINGS = Path(os.environ.get("VOXELSCOPE_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(items):
    """Begin with the browser tests: their files take longest, and would keep a worker waiting."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Add to a failed browser test what was on its pages: CI keeps no pictures."""
    report = yield
    if report.failed and report.when == "call" and "browser" in item.funcargs:
        pages = [page for context in item.funcargs["browser"].contexts for page in context.pages]
        for page in pages:
            report.sections.append((page.url, page.locator("body").inner_text()))
    return report


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep voxel tables and simulated subjects of a test session out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["DECODING_CACHE"] = str(folder)
    return folder


@pytest.fixture
def quick_reports(monkeypatch):
    """Let reports combine few choices, and plan with few simulated studies."""
    from decoding.analyses.choices import universe
    from decoding.analyses.plan import power

    monkeypatch.setattr(power, "SIMULATIONS", 4)
    monkeypatch.setattr(power, "FEW_SIMULATIONS", 4)
    monkeypatch.setattr(universe, "USUAL", {"estimator": ("ridge", "correlation")})


@pytest.fixture(scope="session")
def recordings():
    """Return the folder of the real recordings; in CI a missing one is a failure."""
    if RECORDINGS.is_dir():
        return RECORDINGS
    if os.environ.get("CI"):
        pytest.fail(f"No recordings in {RECORDINGS}; CI must have them.")
    return pytest.skip(f"no recordings in {RECORDINGS}")


@pytest.fixture(scope="session")
def browser():
    """Return a running Chromium; in CI a missing one is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("No chromium; .ci/run must install it.")
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def server(own_cache, tmp_path_factory):
    """Return the address of a server on a machine without recordings."""
    folder = tmp_path_factory.mktemp("server")
    with app_server(folder, folder / "log.txt") as address:
        yield address


@pytest.fixture
def visitor(browser, server):
    """Return somebody who opens a new browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    yield (somebody := Visitor(context.new_page(), server))
    context.close()
    assert somebody.outside == []
