"""How pages lie on a screen, in a real browser: no word is cut, nothing moves under the pointer."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import LONG, START, Visitor, whole_link

from decoding.spec import link_to
from pages.components.display import ROW_PX
from pages.components.frame import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (1920, 1440, 1024, 390)
NAMES = [page.path for page in PAGES]
QUICK = ("", "data", "decode", "searchlight")  # they answer a choice within seconds
CONTROLS = (
    "[data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stSlider], "
    "label:has([role=switch])"
)
CATEGORIES = ("scrambledpix", "scissors", "house", "face", "chair", "cat", "bottle", "shoe")

_CUT = """(within) => {
  const seen = { opacityProperty: true, visibilityProperty: true }, known = new Map();
  const look = (part) => {
    if (!known.has(part)) {
      const style = getComputedStyle(part), whole = part === document.body;
      const cuts = (side) => whole && side === "X"
        || ["hidden", "clip"].includes(style[`overflow${side}`]);
      const rolls = (side) => ["auto", "scroll"].includes(style[`overflow${side}`]);
      known.set(part, {
        heard: style.clipPath.startsWith("inset") || style.clip.startsWith("rect"),
        x: cuts("X"), y: cuts("Y"), rollsX: rolls("X"), rollsY: rolls("Y"),
        box: part.getBoundingClientRect(),
      });
    }
    return known.get(part);
  };
  const isCut = (text) => {
    if (!text.data.trim() || !text.parentElement.checkVisibility(seen)) return false;
    const range = document.createRange();
    range.selectNodeContents(text);
    const rows = [...range.getClientRects()];
    let out = false, rollsX = false, rollsY = false;
    for (let part = text.parentElement; part; part = part.parentElement) {
      const { heard, x, y, box, ...rolls } = look(part);
      if (heard) return false;
      out ||= rows.some((row) =>
        x && !rollsX && (row.right > box.right + 1 || row.left < box.left - 1)
        || y && !rollsY && (row.bottom > box.bottom + 4 || row.top < box.top - 4));
      rollsX ||= rolls.rollsX;
      rollsY ||= rolls.rollsY;
    }
    return out;
  };
  const found = [], root = document.querySelector(within);
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (isCut(texts.currentNode)) found.push(texts.currentNode.data);
  for (const at of root.querySelectorAll("input:not([type=range], [type=checkbox], [type=file])")) {
    if (at.scrollWidth > at.clientWidth + 1 && at.checkVisibility()) found.push(at.value);
  }
  for (const chart of root.querySelectorAll(".js-plotly-plot")) {
    const boxes = (which) => [...chart.querySelectorAll(which)]
      .map((text) => [text, text.getBoundingClientRect()]).filter(([, box]) => box.width);
    const over = chart.querySelector(".legend .bg")?.getBoundingClientRect();
    if (boxes(".nsewdrag").some(([, box]) => over?.bottom > box.top + 1)) found.push("a legend");
    const words = boxes(".legendtext, .xtitle, .ytitle, .xtick text, .ytick text");
    for (const [text, box] of boxes(".legendtext, .xtitle, .ytitle")) {
      const legend = text.closest(".legend")?.querySelector(".bg").getBoundingClientRect();
      if (legend && box.right > legend.right + 1) found.push(text.textContent);
      for (const [other, its] of words) {
        const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        if (other !== text && across > 1 && down > 3)
          found.push(`${text.textContent} on ${other.textContent}`);
      }
    }
  }
  const main = document.querySelector("[data-testid=stMain]");
  if (main && main.scrollWidth > main.clientWidth) found.push("the page is wider than the window");
  return found;
}"""
"""The words that what hides all that sticks out of it cuts off, or that lie on others."""

_UNREADABLE = """input => {
  const pen = document.createElement("canvas").getContext("2d"), style = getComputedStyle(input);
  pen.font = style.font;
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const isCovered = (option) => {
    const list = option.closest("[role=listbox]").getBoundingClientRect();
    const { left, top, width, height } = option.getBoundingClientRect();
    const y = top + height / 2, rolledAway = y < list.top || y > list.bottom;
    return !rolledAway && !option.contains(document.elementFromPoint(left + width / 2, y));
  };
  const words = (option) => option.innerText.split("\\n")[0];
  return [...document.querySelectorAll("[role=option]")].filter((option) => isCovered(option)
    || input.type !== "search" && pen.measureText(words(option)).width > room + 1).map(words);
}"""
"""The options of an open list that something covers, or that its selector, closed, would cut."""

_CENTRE = """control => control.closest(".st-key-sentence")
  ? document.querySelector("[data-testid=stMain]").scrollTo(0, 0)
  : control.scrollIntoView({ block: "center", behavior: "instant" })"""
_IS_OWN = "control => !control.closest('.st-key-sentence')"
_FOLLOW = """used => {
  const sentence = used.closest(".st-key-sentence")?.querySelectorAll("input, p, button") ?? [];
  const key = [...used.closest("[class*=st-key-]").classList].find((one) => /^st-key/.test(one));
  const control = () => used.isConnected ? used : document.querySelector(`.${key}`);
  const place = () => [control(), ...sentence].map((part) => part.getBoundingClientRect())
    .filter((box) => box.width).map((box) => [box.x, box.y]);
  const first = place();
  window.farthest = 0;
  const look = () => {
    const now = place();
    const gone = now.length !== first.length ? 1e4 : Math.max(...now.flatMap(
      ([x, y], part) => [Math.abs(x - first[part][0]), Math.abs(y - first[part][1])]));
    window.farthest = gone;
    window.watching = requestAnimationFrame(look);
  };
  look();
}"""
"""Follow a control, and with one of the sentence each of its words, while the page answers."""

_ON_SCREEN = """links => links.map((link) => link.getBoundingClientRect())
  .filter(({ left, right, width }) => width && left >= 0 && right <= innerWidth).length"""
_NAMED = "picture => picture.title || picture.closest('[aria-label]')?.ariaLabel"
_EMPTY = """frame => frame.getBoundingClientRect().height
  - frame.contentDocument.body.getBoundingClientRect().height"""
"""How many pixels of a brain's frame are empty."""


class Looker(Visitor):
    """Somebody who notes each cut word, and each control that moves when it is used."""

    def __init__(self, page, address):
        super().__init__(page, address)
        self.cut: set[str] = set()
        self.moved: dict[str, float] = {}

    def widen(self, width):
        """Look through a window of another width."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_timeout(400)

    def look(self, where):
        """Note cut words on the page and in its brains; see its links, and each picture's name."""
        for frame in self.page.frames:
            self.look_into("body", where, frame)
        masthead = self.page.locator(".st-key-masthead")
        assert masthead.locator("a").evaluate_all(_ON_SCREEN) == len(PAGES) + 1
        for page in PAGES:
            group = masthead.get_by_role("group", name=page.group, exact=True)
            expect(group.get_by_role("link", name=page.name, exact=True)).to_be_visible()
        pictures = self.page.locator("iframe, .js-plotly-plot")
        assert all(picture.evaluate(_NAMED) for picture in pictures.all()), where

    def look_into(self, part, where, frame=None):
        """Note the words that are cut now in a part of the page, or of a frame in it."""
        for _ in range(20):  # a chart comes to rest some time after its window
            if not (found := (frame or self.page).evaluate(_CUT, part)):
                return
            self.page.wait_for_timeout(150)
        self.cut |= {f"{where}: {words}" for words in found}

    def look_around(self, where):
        """Look at a page that is whole: no brain has an empty edge, no table ends within a row."""
        self.look(where)
        frames = self.page.locator("iframe[srcdoc]")
        assert all(0 <= frame.evaluate(_EMPTY) < 2 for frame in frames.all()), where
        for table in self.page.locator("[data-testid=stDataFrame]:visible").all():
            assert (table.bounding_box()["height"] - 2) % ROW_PX == 0, where  # no part of a row
        self.save_picture(where)

    def use(self, control, name, act):
        """Change a choice; note by how many pixels the control is elsewhere then."""
        control.evaluate(_FOLLOW)
        act()
        self.settle()
        for _ in range(20):  # what is late hides the old before it goes
            if (gone := self.page.evaluate("window.farthest")) <= 1:
                break
            self.page.wait_for_timeout(100)
        else:
            self.moved[name] = gone
        self.page.evaluate("cancelAnimationFrame(window.watching)")

    def read_list(self, control, where):
        """Open a list and read it whole."""
        selector = control.get_by_role("combobox")
        while selector.get_attribute("aria-expanded") != "true":
            selector.click()
            self.page.wait_for_timeout(150)  # a list closes while the page rolls
        self.page.get_by_role("option").last.wait_for()
        self.look_into("[data-trigger=ComboBox]", where)
        if control.get_attribute("data-testid") == "stSelectbox":
            self.cut |= {f"{where}: {words}" for words in selector.evaluate(_UNREADABLE)}

    def close_list(self, *keys):
        """Press keys in an open list, then Escape if it stays open.

        Enter closes most lists, in a moment; an Escape in that moment would close what is around.
        """
        options = self.page.get_by_role("option")
        for key in keys:
            if options.count():
                self.page.keyboard.press(key)
        for _ in range(10 if keys else 0):
            if options.count():
                self.page.wait_for_timeout(100)
        if options.count():
            self.page.keyboard.press("Escape")
        options.first.wait_for(state="hidden")

    def try_all(self, place, where, is_used):
        """Read each list of a place and use the used; of the sentence only those are read.

        The sentence comes last: what it changes may be late, and move what stands below it.
        """
        for number, control in reversed(list(enumerate(place.locator(CONTROLS).all()))):
            is_own = control.evaluate(_IS_OWN)
            if not (is_own or is_used(number, is_own)):
                continue
            control.evaluate(_CENTRE)
            knob, name = control.locator("input").first, f"{where} {number}"
            if control.get_by_role("combobox").count():
                self.read_list(control, name)
                if is_used(number, is_own):
                    self.use(control, name, lambda: self.close_list("ArrowDown", "Enter"))
                self.close_list()
            elif is_used(number, is_own):
                slides = control.get_attribute("data-testid") == "stSlider"
                act = (lambda knob=knob: knob.press("ArrowRight")) if slides else control.click
                self.use(control, f"{name} {control.inner_text()}", act)

    def try_popover(self, name, where, is_used):
        """Open a popover of the sentence and read it; use what is in it, a category in and out."""
        self.page.locator(f".st-key-{name} button:visible").first.click()
        body = self.page.get_by_test_id("stPopoverBody")
        body.wait_for()
        self.page.wait_for_timeout(250)  # until it has taken the keyboard
        self.look_into("[data-testid=stPopoverBody]", where)
        self.try_all(body, where, is_used)
        for pill in 2 * body.get_by_role("button", name="shoe", exact=True).all():
            self.use(pill, f"{where} category", pill.click)
        body.press("Escape")
        body.wait_for(state="hidden")

    def unfold(self):
        """Open all that is said under "more", and each expander."""
        self.page.evaluate("document.querySelectorAll('p ~ details').forEach(d => d.open = true)")
        closed = self.page.locator("[data-testid=stExpander] details:not([open])")
        for last in reversed(closed.all()):  # those before it keep their places
            last.locator("summary").click()
        self.page.wait_for_timeout(700)  # until it has opened

    def save_picture(self, name):
        """Keep a picture of the whole page where the environment asks for one."""
        if folder := os.environ.get("VOXELSCOPE_SHOTS"):
            size = self.page.viewport_size
            tall = self.page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
            self.page.set_viewport_size({**size, "height": tall})
            self.page.wait_for_timeout(700)
            self.page.screenshot(path=Path(folder) / f"{name}.png")
            self.page.set_viewport_size(size)


@pytest.fixture
def looker(browser, server):
    """Return somebody who looks closely; in the end nothing was cut and nothing moved."""
    context = browser.new_context(viewport={"width": 1920, "height": 900}, color_scheme="light")
    yield (somebody := Looker(context.new_page(), server))
    context.close()
    found = sorted(somebody.cut), somebody.moved
    assert found == ([], {}), found


@pytest.mark.parametrize("page", NAMES)
def test_every_choice_is_readable_and_nothing_moves(looker, page):
    """Every word is whole in both themes, every list shows each choice in full, what is used stays.

    A page's own lists are read at every width, and each control used at one; over the quick pages
    those of the sentence at every width. What opens from it is the same on all pages.
    """
    for turn, width in enumerate(WIDTHS):
        looker.widen(width)
        looker.open_whole(whole_link(page, START))
        looker.unfold()
        looker.look_around(f"{page or 'home'}_{width}_light")

        def is_used(number, is_own, turn=turn):
            at = QUICK.index(page) if page in QUICK else 0
            return (is_own or page in QUICK) and (number + at) % len(WIDTHS) == turn

        looker.try_all(looker.page.get_by_test_id("stMain"), f"{page} {width}", is_used)
        for name in ("categories", "preparation") if page == "data" else ():
            looker.try_popover(name, f"{page} {width} {name}", is_used)
    looker.page.emulate_media(color_scheme="dark")
    looker.widen(WIDTHS[0])
    looker.open_whole(whole_link(page, START))
    looker.unfold()
    for width in reversed(WIDTHS):
        looker.widen(width)
        looker.look_around(f"{page or 'home'}_{width}_dark")


@pytest.mark.parametrize("page", NAMES)
def test_a_long_selection_is_whole(looker, page):
    """Three to eight categories are named in full; the selectors are in sight, or one tap away."""
    main, sentence = looker.page.get_by_test_id("stMain"), looker.page.locator(".st-key-sentence")
    for number in range(3, 9) if page == "data" else (8,):
        looker.open(link_to(page, replace(LONG, conditions=CATEGORIES[:number])))
        for width in WIDTHS:
            looker.widen(width)
            looker.look(f"{page} {width} {number}")
            box = sentence.bounding_box()
            most = 600 if width <= 640 else 290 if width == 1024 else 260  # 1024: a fourth line
            assert box["y"] + box["height"] < most
            main.evaluate("main => main.scrollTo(0, 1e6)")
            if width <= 640:
                looker.page.get_by_role("button", name="↑ Selection").click()
            expect(sentence).to_be_in_viewport(ratio=1)
            main.evaluate("main => main.scrollTo(0, 0)")
