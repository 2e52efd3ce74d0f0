"""Charts, brains and the theme in a real browser: saved, moved together, switched at once."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Visitor

from decoding.spec import DecodingSpec, link_to

pytestmark = pytest.mark.browser

SPEC = DecodingSpec(dataset="simulated", subject="1")


def saved(visitor, kind):
    """Return a chart's file as its button saves it."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=f"{kind}: Accuracy of each fold").click()
    assert download.value.suggested_filename.endswith(f"_scores.{kind.lower()}")
    return Path(download.value.path()).read_bytes()


def test_a_saved_chart_says_what_it_shows(visitor):
    """The files hold the chart, its title, n, scheme and credit; enlarged, it fills the window."""
    visitor.open(link_to("decode", SPEC))
    svg = ET.fromstring(saved(visitor, "SVG"))
    lines = [text.text for text in svg.findall("{*}text")]
    assert lines[0] == "Accuracy of each fold"
    words = "".join(lines)
    for part in ("216 samples of 24 blocks", "Leave one run out", "Licence: CC0 1.0", "mask=vt"):
        assert part in words
    assert "mean 0.847" in "".join(svg.itertext())
    edge = float(svg.get("width"))
    assert all(16 + float(text.get("textLength", 0)) < edge for text in svg.findall("{*}text"))
    assert 'url("data:font/woff2' in svg.find("{*}style").text  # or another font cuts lines off
    png = saved(visitor, "PNG")
    assert png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    assert width == 2 * int(float(svg.get("width")))
    chart = visitor.page.locator(".st-key-scores .js-plotly-plot")
    visitor.page.get_by_role("button", name="Enlarge: Accuracy of each fold").click()
    expect(chart.locator("[data-title='Close fullscreen']")).to_be_visible()
    assert chart.bounding_box()["height"] > 0.8 * visitor.page.viewport_size["height"]
    visitor.page.keyboard.press("Escape")
    expect(chart.locator("[data-title='Fullscreen']")).to_be_hidden()


PLACE = "words => words.map(w => w.textContent).join()"


def cuts(visitor, n):
    """Return where each of the first `n` views of the page is cut, once all are drawn."""
    frames = visitor.page.locator("iframe")
    expect(frames).to_have_count(n)
    views = [frames.nth(i).content_frame for i in range(n)]
    for view in views:
        expect(view.locator(".words span").last).to_contain_text("mm")
    return [view.locator(".words span").evaluate_all(PLACE) for view in views]


_DRAWN = """() => {
  const { context, overlay: { sprite } } = brainView, { X: width } = brainView.widthCanvas;
  const { X: height, max } = brainView.heightCanvas;
  const points = (pen, ...box) => pen.getImageData(...box).data;
  const all = points(context, 0, Math.ceil((max - height) / 2), width, height), at = (i) =>
    all.slice(4 * i, 4 * i + 3), coloured = ([r, g, b]) =>
    Math.max(r, g, b) - Math.min(r, g, b) > 60 && Math.abs(g - b) > 25; // the cross: g = b
  const own = points(sprite.getContext("2d"), 0, 0, sprite.width, sprite.height);
  const colours = new Set();
  for (let i = 0; i < own.length; i += 4) if (own[i + 3]) colours.add(own.slice(i, i + 3).join());
  let values = 0, plain = 0, tissue = 0, stepped = 0;
  for (let i = 1; i < all.length / 4; i += 1) {
    if (coloured(at(i))) { values += 1; plain += colours.has(at(i).join()); }
    else if (at(i)[0] > 40 && at(i)[0] < 235) {
      tissue += 1;
      stepped += at(i).join() === at(i - 1).join();
    }
  }
  return [values, plain / values, tissue, stepped / tissue];
}"""
"""Of the sagittal slice: how much of it is values, in a value's own colour; tissue, in steps."""


@pytest.mark.slow
def test_the_tissue_is_smooth_and_values_are_voxels(visitor):
    """No pixel of a value has a colour between two values; neighbours in the tissue differ."""
    visitor.open(link_to("decode", SPEC))
    view = visitor.page.locator("iframe").first.content_frame
    view.locator(".value").get_by_text("at the cross").wait_for()
    values, plain, tissue, stepped = view.locator("canvas").evaluate(_DRAWN)
    assert values > 100 and tissue > 5000
    assert plain > 0.8  # the cross lies over some
    assert stepped < 0.5


@pytest.mark.slow
def test_brains_move_together_and_the_link_keeps_the_cut(visitor, browser, server):
    """A key in one view moves the others; whoever is sent the link sees the same cut and value."""
    visitor.open(link_to("decode", SPEC))
    first = cuts(visitor, 3)
    steps = visitor.page.evaluate("history.length")
    view = visitor.page.locator("iframe").first.content_frame
    for _ in range(2):  # a voxel is up to two steps high
        view.locator("canvas").press("PageUp")
    visitor.page.wait_for_url("**cut=**")
    moved = cuts(visitor, 3)
    assert len(set(moved)) == 1
    assert moved[0] != first[0]
    assert visitor.page.evaluate("history.length") == steps
    said = view.locator(".value").inner_text()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    colleague = Visitor(context.new_page(), server)
    colleague.open(visitor.page.url.removeprefix(server))
    for words in moved[0].split(","):
        theirs = colleague.page.locator("iframe").first.content_frame.locator(".words")
        expect(theirs).to_contain_text(words)
    expect(colleague.page.locator("iframe").first.content_frame.locator(".value")).to_have_text(
        said
    )
    context.close()


def test_the_theme_is_switched_at_once(visitor):
    """The button of the masthead changes page, charts and brains, and a reload keeps it."""
    visitor.open(link_to("decode", SPEC))
    cuts(visitor, 3)
    ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    before = visitor.page.evaluate(ground)
    visitor.page.get_by_role("button", name="Dark theme").click()
    visitor.page.wait_for_function(f"{ground} !== {before!r}")
    body = visitor.page.locator("iframe").first.content_frame.locator("body")
    expect(body).to_have_css("background-color", "rgb(17, 23, 25)")
    text = visitor.page.locator(".st-key-scores .xtick text").first
    expect(text).to_have_css("fill", "rgb(154, 163, 165)")
    visitor.page.reload()
    visitor.settle()
    expect(visitor.page.get_by_role("button", name="Light theme")).to_be_visible()
    visitor.page.wait_for_function(f"{ground} === 'rgb(17, 23, 25)'")
