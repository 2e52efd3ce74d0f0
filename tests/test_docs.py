"""README and docs: each figure is printed by a command named beside it; links lead somewhere."""

import re

import pytest

from benchmarks.__main__ import MEASURED, MODULES
from benchmarks.measuring import store
from benchmarks.tables.performance import performance_table
from docs import make, pictures
from pages.components.frame import PAGES

FIGURE = re.compile(r"(?<![\w.])\d+(?:,\d{3})*\.\d+|\d[\d,.]*(?= ?(?:%|MB|GB|kB|s\b|ms\b))")
NO_PROSE = (
    re.compile(r"```.*?```", re.DOTALL),
    re.compile(r"`[^`\n]*`"),
    re.compile(r"<[^>]*>"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"https?://\S+"),
    re.compile(r"Python \d\.\d+"),
    re.compile(r"(?:doi|arXiv):\S+"),
)
pages = pytest.mark.parametrize("page", make.PAGES, ids=lambda page: page.name)


def prose_of(text):
    """Return a page's text without blocks, code and addresses."""
    for part in (make.BLOCK, *NO_PROSE):
        text = part.sub(" ", text)
    return text


@pages
@pytest.mark.slow
def test_a_page_says_what_its_commands_print(page):
    """`make docs` would change nothing."""
    assert make.difference(page) == ""


@pages
def test_a_figure_in_prose_stands_in_a_block(page):
    """A decimal, a share, a size or a time in prose is one that a command of that page printed."""
    text = page.read_text(encoding="utf-8")
    printed = " ".join(block[3] for block in make.BLOCK.finditer(text))
    known = set(re.findall(r"\d+(?:[.,]\d+)*", printed))
    found = {figure.rstrip(".,") for figure in FIGURE.findall(prose_of(text))}
    assert found - known == set()


@pages
def test_links_lead_to_files_that_exist(page):
    """A link or a picture of a page is a file of ours, or an address."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    for link in (first or second for first, second in links):
        if not link.startswith(("http", "#")):
            assert (page.parent / link.partition("#")[0]).exists(), link


def test_every_page_of_the_app_has_its_paragraph():
    """The README says of each page what it is for."""
    text = (make.ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"\n**{page.name}** " not in text] == []


def test_every_picture_is_there_in_both_themes_and_small():
    """`make pictures` was run for every scene."""
    files = {path.stem: path.stat().st_size for path in pictures.FOLDER.glob("*.png")}
    assert set(files) == {
        f"{name}_{theme}" for name in pictures.SCENES for theme in pictures.THEMES
    }
    assert max(files.values()) <= 200_000
    assert (pictures.FOLDER / "beside_others.jpg").stat().st_size <= 600_000


def test_a_difference_is_found_and_mended(tmp_path):
    """A number that a command no longer prints is told, and `make docs` writes what it prints."""
    page = tmp_path / "page.md"
    page.write_text(
        "Text.\n<!-- command: echo 0.8 -->\n\n```\necho 0.8\n\n0.7\n```\n\n<!-- end -->\n"
    )
    assert "-0.7\n+0.8" in make.difference(page)
    page.write_text(make.rewritten(page.read_text()))
    assert make.difference(page) == ""
    assert "0.8\n```" in page.read_text()


def test_what_fails_or_does_not_end_is_told():
    """A command that fails, and a block without an end, are no block."""
    with pytest.raises(SystemExit, match="false"):
        make.rewritten("<!-- command: false -->\n<!-- end -->")
    with pytest.raises(AssertionError, match="without an end"):
        make.rewritten("<!-- command: true -->\n")


def test_the_table_of_benchmarks_tells_what_is_missing():
    """A row stands with its ratio and mark; a benchmark that was not run is named."""
    line = {"id": "a", "row": "work", "ours": 2.0, "peer": 9.0, "unit": "s", "ratio": 4.5,
            "mark": 4, "met": True, "note": "two jobs"}  # fmt: skip
    on = {"day": "2026-01-01", "cores": 2, "processor": "P", "python": "3.11", "version": "0.1.0",
          "libraries": {"numpy": "2.0"}}  # fmt: skip
    text = performance_table({"x": {"a": line}, "machine": {"x": on}}, ["x", "y"])
    assert "| `a` | work | 2.0 s | 9.0 s | 4.5 x | 4 x | yes |" in text
    assert "`a`, work: two jobs." in text
    assert "Not measured: `y`." in text
    limit = {**line, "peer": None, "ratio": None, "met": False}
    assert "| none |  | at most 4 s | **no** |" in performance_table(
        {"x": {"a": limit}, "machine": {"x": on}}, ["x"]
    )


def test_what_was_measured_are_benchmarks():
    """Each part that is kept is a benchmark of today, and says when and on what."""
    measured = store.read(MEASURED)
    machines = measured.pop("machine", {})
    assert set(measured) == set(machines) <= set(MODULES)
