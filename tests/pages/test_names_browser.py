"""Names that are code to a browser: on no page do they run, and each reads as it is written."""

from pathlib import Path

import pytest
from makers import design, write_study
from visitor import Visitor, app_server, link_to

from decoding.spec import DecodingSpec
from pages.components.frame import PAGES
from pages.components.plain import JOINER

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CODE = ("</script><script>hit()</script>", '<img/src="x"/onerror="hit()">', "[a](javascript:hit())")
MARKS = (":material/home:", "$\\frac{1}{2}$")
FEW = {"validate": {"null": "19_0"}, "pairs": {"null": "19_0"}}
"""Own settings of pages with which all that comes late comes soon."""
LONG = ("choices", "searchlight", "timecourse", "group")
DETECTOR = "window.hits = 0; window.hit = () => { window.hits += 1 };"


def hits(page):
    """Count what ran in a page and in each of its frames."""
    page.wait_for_timeout(500)
    return sum(frame.evaluate("window.hits") for frame in page.frames)


def test_no_name_runs_or_is_a_mark(browser, tmp_path):
    """Scripts, pictures, links, icons and formulas in names stay text, also in maps."""
    conditions, runs = design(categories=(*CODE, *MARKS))
    write_study(tmp_path, conditions=conditions, runs=runs)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(DETECTOR)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(f"{CODE[1]}<iframe srcdoc='<script>hit()</script>'></iframe>")
    assert hits(page) == 2  # the detector fires, in frames too
    spec = DecodingSpec(subject="1", conditions=(CODE[1], MARKS[1]), estimator="ridge")
    with app_server(tmp_path, tmp_path / "log.txt") as address:
        visitor = Visitor(page, address)
        for path in (Path(entry.file) for entry in PAGES):
            name = "" if path.name == "app.py" else path.stem
            # All is waited for where it comes soon.
            see = visitor.open if name in LONG else visitor.open_whole
            see(link_to(name, spec, FEW.get(name)))
            assert hits(page) == 0, name
            chosen = page.locator("input").evaluate_all("all => all.map(one => one.value)")
            text = " ".join([page.locator("body").inner_text(), *chosen]).replace(JOINER, "")
            icons = page.get_by_test_id("stIconMaterial").all_inner_texts()
            assert "home" not in icons and (name != "pairs" or MARKS[0] in text)
            assert all(one in text for one in spec.conditions), name
            assert not page.locator(".katex").count()
        logged = (tmp_path / "log.txt").read_text()
        assert not [one for one in (*CODE, *MARKS) if one in logged]
    context.close()
