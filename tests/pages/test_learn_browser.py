"""A newcomer's way in a real browser: from Home to a trap, to the real page, and to the game."""

import re

import pytest
from playwright.sync_api import expect

from decoding.spec import DecodingSpec, link_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_newcomer_understands_the_leak_and_plays(visitor):
    """The explanation holds the numbers above it, and the real page opens on the same ones."""
    visitor.open(link_to("", DecodingSpec(dataset="simulated", subject="1")))
    visitor.go("Learn")
    page = visitor.page
    page.get_by_role("radio", name="The traps").click()
    told = page.get_by_text("Scans of one block are much alike.").first
    told.wait_for()
    visitor.settle()
    words, values = told.inner_text(), page.get_by_test_id("stMetricValue")
    numbers = [value.strip() for value in values.all_inner_texts()]
    assert len(numbers) == 6 and all(number in words for number in numbers)
    page.get_by_role("link", name="Open it on the page Validate").click()
    page.wait_for_url(re.compile("/validate"))
    for number in numbers[:3]:
        expect(values.filter(has_text=re.compile(f"^{re.escape(number)}$")).first).to_be_visible()
    page.go_back()
    page.get_by_role("radio", name="Guess").click()
    for number in range(1, 4):
        expect(page.get_by_role("heading", name=f"Round {number} of 10")).to_be_visible()
        page.get_by_role("button", name="It was face").click()
        expect(page.get_by_text(f"Round {number}: it was")).to_be_visible()
    assert "lesson=guess" in page.url
