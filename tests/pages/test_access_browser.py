"""Keyboard and screen readers in a real browser, by axe-core and by the keys alone."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect
from visitor import Visitor, whole_link

from decoding.spec import DecodingSpec, link_to, spec_to_text
from pages.components.frame import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SPEC = DecodingSpec(dataset="simulated", subject="1")
WIDTHS = (1920, 1440, 1024, 390)
NAMES = [page.path for page in PAGES]


def violations(page):
    """Return what axe-core finds grave in a page and each of its frames: rule, selector, why."""
    found = []
    for frame in page.frames:
        frame.evaluate(AXE_SCRIPT)
        told = frame.evaluate("axe.run(document, {iframes: false, resultTypes: ['violations']})")
        found += [
            (rule["id"], str(node["target"]), node["failureSummary"])
            for rule in told["violations"]
            for node in rule["nodes"]
            if node["impact"] in ("serious", "critical") or rule["id"] == "heading-order"
        ]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", NAMES)
def test_nothing_grave_keeps_anybody_out(browser, server, page, scheme):
    """No serious or critical violation and no jump of headings, in page and brains, any width."""
    context = browser.new_context(viewport={"width": 1920, "height": 900}, color_scheme=scheme)
    visitor = Visitor(context.new_page(), server)
    visitor.open_whole(whole_link(page, SPEC))
    grave = {}
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.wait_for_timeout(500)
        visitor.settle()
        for rule, place, why in violations(visitor.page):
            grave[rule, place] = f"{width}: {why}"
    context.close()
    assert grave == {}


_FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}"""
_NAME = """at => (at.ariaLabel || (at.getAttribute("aria-labelledby") || "").split(" ").map(
  id => document.getElementById(id)?.textContent || "").join(" ").trim()
  || at.title || at.innerText || "").trim().replace(/\\s+/g, " ")"""
_RING = """at => { for (let box = at, up = 0; box && up < 4; box = box.parentElement, up++) {
  const { outlineStyle, outlineWidth, boxShadow, borderBottomWidth } = getComputedStyle(box);
  if (outlineStyle !== "none" && outlineWidth !== "0px") return true;
  if (boxShadow !== "none" || parseFloat(borderBottomWidth) > 1.5) return true;
  if (box.matches("iframe, [role=group]")) return box.matches("iframe");
} return false; }"""


class Typist:
    """Somebody with a keyboard only."""

    def __init__(self, visitor):
        self.page, self.visitor = visitor.page, visitor
        self.unseen: set[str] = set()

    def press(self, key):
        """Press a key; return the name of what has the focus then."""
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(60)
        at = self.page.evaluate_handle(_FOCUSED)
        name = at.evaluate(_NAME)
        if key.endswith("Tab") and not at.evaluate(_RING):
            self.unseen.add(name)
        return name

    def reach(self, name, key="Tab", most=60):
        """Tab until something of that name has the focus; return after how many."""
        passed = []
        for _ in range(most):
            passed.append(self.press(key))
            if re.search(name, passed[-1]):
                return len(passed)
        raise AssertionError(f"{name} is not among {passed}")


def test_the_keyboard_alone_changes_pins_and_saves(visitor):
    """From Home by keys alone to another lag, a pinned comparison and a saved chart.

    The keyboard stays on what it reached, letters jump in a selector, arrows go from mark to mark.
    """
    hands = Typist(visitor)
    visitor.open(link_to("", SPEC))
    hands.reach(r"raw volumes|^volumes")
    hands.press("Enter")
    visitor.page.wait_for_timeout(500)
    assert hands.reach("A sample is") <= 2
    hands.reach("^Lag")
    for _ in range(3):
        hands.press("ArrowDown")
    hands.press("Enter")
    visitor.settle()
    lag = float(visitor.query["lag"][0])
    assert lag > 0
    hands.press("Escape")
    hands.reach("^Decode$", "Shift+Tab")
    hands.press("Enter")
    visitor.page.wait_for_url("**/decode**")
    visitor.settle()
    expect(visitor.page.locator("h1")).to_be_focused()
    assert hands.reach("Pin this result") < 20
    hands.press("Space")
    visitor.page.get_by_text("This is the pinned result").wait_for()
    unpin = visitor.page.get_by_role("button", name="Unpin")
    expect(unpin).to_be_focused()
    expect(unpin).to_have_css("outline-color", "rgb(11, 110, 110)")
    hands.reach("^Classifier", "Shift+Tab")
    hands.press("r")
    visitor.page.wait_for_timeout(300)
    hands.press("Enter")
    visitor.page.get_by_text("Against the pinned result").wait_for()
    visitor.settle()
    assert visitor.query["estimator"] == ["ridge"]
    hands.reach("^Help for Accuracy$")
    assert hands.press("ArrowRight") == "Help for p-value"
    assert visitor.query["pin"] == [spec_to_text(replace(SPEC, lag=lag))]
    hands.reach("^SVG: Accuracy of each fold$")
    with visitor.page.expect_download() as download:
        hands.press("Enter")
    assert Path(download.value.path()).read_bytes().startswith(b"<svg")
    assert hands.unseen == set()


def test_a_new_score_is_said_once(visitor):
    """A live region is empty at first, says a changed score, and not again on the next page."""
    said = visitor.page.get_by_role("status").filter(has_text="Accuracy")
    visitor.open(link_to("", SPEC))
    expect(visitor.page.get_by_role("navigation", name="Pages")).to_have_count(1)
    visitor.choose("estimator", "ridge")
    accuracy = visitor.metric("Accuracy")
    expect(said).to_have_text(re.compile(rf"^Accuracy {accuracy}\. \d+ % of the scans"))
    visitor.go("Decode")
    assert visitor.metric("Accuracy") == accuracy
    visitor.page.wait_for_timeout(1000)
    expect(said).to_have_count(0)
    expect(visitor.page.get_by_role("navigation", name="Pages")).to_have_count(1)


@pytest.mark.parametrize("page", NAMES)
def test_no_two_buttons_have_one_name(visitor, page):
    """Whoever hears a page's buttons in a list can tell them apart."""
    visitor.open_whole(whole_link(page, SPEC))
    heard = visitor.page.locator("body").aria_snapshot()
    names = re.findall(r'^ *- \'?button "(.*?)"', heard, flags=re.MULTILINE)
    assert len(names) > 10
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_on_a_phone_a_late_p_moves_nothing_and_a_list_shows_that_it_goes_on(browser, server):
    """The next heading stays where it is when p arrives; a list fades where more is below."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visitor = Visitor(context.new_page(), server)
    visitor.page.goto(server + link_to("validate", replace(SPEC, conditions=("bottle", "chair"))))
    heading = visitor.page.get_by_role("heading", name="Is the design sound?")
    number = visitor.page.locator(".st-key-p_value").get_by_test_id("stMetricValue")
    expect(number).to_have_text("…")
    visitor.page.wait_for_timeout(1500)  # until selectors have taken the place of words
    expect(number).to_have_text("…")
    before = heading.bounding_box()
    # the work of visitors who have left goes on for a minute before this one's begins
    expect(number).not_to_have_text("…")
    visitor.page.wait_for_timeout(300)
    assert heading.bounding_box() == before
    visitor.settle()
    visitor.page.get_by_role("combobox", name="Cross-validation", exact=True).click()
    listed = visitor.page.get_by_role("listbox")
    expect(listed).to_have_css("mask-image", re.compile("gradient"))
    listed.evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(listed).to_have_css("mask-image", "none")
    context.close()
