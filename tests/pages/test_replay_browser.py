"""The film of a held-out run in a real browser: it plays, keys scrub it, it fits a phone."""

import pytest
from playwright.sync_api import expect
from visitor import Visitor

from decoding.analyses import replay
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec, link_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SPEC = DecodingSpec(dataset="simulated", subject="1")
LINE = "chart => Number(chart.querySelector('.playhead').children[1].getAttribute('x'))"


class Viewer:
    """Somebody in front of the film of a page."""

    def __init__(self, page):
        self.page = page
        self.film = page.get_by_role("group", name="Film of run 4")
        self.scrub = self.film.get_by_role("slider")
        self.play = self.film.get_by_role("button")
        self.chart = page.locator(".st-key-replay .js-plotly-plot")

    @property
    def place(self):
        """The volume that is shown, and where the line stands on the chart."""
        return int(self.scrub.input_value()), self.chart.evaluate(LINE)

    def press(self, key, where):
        """Press a key on a part of the film."""
        where.press(key)
        self.page.wait_for_timeout(100)


@pytest.mark.parametrize(
    ("page", "width", "motion"),
    [("", 1440, "no-preference"), ("decode", 390, "no-preference"), ("", 390, "reduce")],
)
def test_the_film_plays_in_the_page_and_by_keys(browser, server, page, width, motion):
    """Still amid a known category, it plays from its beginning without the server; a key is a scan.

    What the film says of a scan is what `replay` says. Where less motion is asked for, the line
    goes from scan to scan. On a phone nothing is wider than the window.
    """
    rows = replay.run(load_subject("simulated", "1"), SPEC, replay.Options(run=4)).as_json()
    context = browser.new_context(viewport={"width": width, "height": 844}, reduced_motion=motion)
    sent = []
    tab = context.new_page()
    tab.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.extend([frame])))
    visitor = Visitor(tab, server)
    visitor.open_whole(link_to(page, SPEC, {"replayed": "4"}))
    seen = Viewer(tab)
    expect(seen.scrub).to_have_attribute("max", str(len(rows) - 1))
    seen.film.scroll_into_view_if_needed()
    tab.wait_for_timeout(1200)
    (volume, first), asked = seen.place, len(sent)
    known = [index for index, row in enumerate(rows) if row["shown"] in SPEC.conditions]
    assert rows[volume]["shown"] == rows[known[0]]["shown"] and known[0] < volume < known[0] + 9
    assert "Run 4 from left to right" in seen.chart.evaluate(
        "chart => chart.closest('[aria-label]').ariaLabel"
    )
    expect(seen.play).to_have_accessible_name("Play run 4")
    seen.press("Enter", seen.play)
    lines = []
    for _ in range(12):
        tab.wait_for_timeout(100)
        lines.append(seen.place[1])
    seen.press("Enter", seen.play)
    expect(seen.play).to_have_accessible_name("Play run 4")
    volume, line = seen.place
    assert volume > 2 and lines[0] < first and lines[0] <= lines[-1] <= line
    step = seen.chart.evaluate("chart => chart._fullLayout._size.w") / len(rows)
    whole = [abs((place - first) / step % 1 - 0.5) < 0.01 for place in lines]  # first: amid one
    assert all(whole) == (motion == "reduce")
    for _ in range(3):
        seen.press("ArrowRight", seen.scrub)
        volume += 1
        row = rows[volume]
        told = f"{row['time']:g} s: shown {row['shown']}, decoded {row['decoded']}"
        expect(seen.scrub).to_have_attribute("aria-valuetext", told)
    seen.press("End", seen.scrub)
    assert seen.place[0] == len(rows) - 1
    assert len(sent) == asked
    main = "document.querySelector('[data-testid=stMain]')"
    assert tab.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    assert visitor.outside == []
    context.close()
