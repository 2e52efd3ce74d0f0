"""Terms on pages: each has its meaning where it first stands, once, and nothing else is HTML."""

import re
from dataclasses import replace
from itertools import product

import pytest
from apptest import SPEC
from streamlit.testing.v1 import AppTest

from decoding.analyses import schemes
from decoding.analyses.timecourse import analysis as timecourse
from decoding.datasets import layout
from decoding.output.text.glossary import GLOSSARY, find_terms
from pages.components import service as cache
from pages.components.frame import PAGES

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def terms_of(text):
    """Return the terms in a text."""
    return {term for _, term in find_terms(text)}


MARK = re.compile(r"<abbr [^>]*>([^<]+)</abbr>")
SAY = """
from pages.components.terms import forget_marks, say, say_small
forget_marks()
say("A voxel & <script>alert(1)</script>, another voxel.")
say_small("A run of <b>voxels</b> " + "is long. It is long. " * 30)
"""


def test_pages_mark_the_first_use_of_each_term(open_page, monkeypatch):
    """No term is marked twice on a page but in a number's label; all are met on some page."""
    met = set()
    for module in (timecourse, schemes):
        monkeypatch.setattr(module, "RELABELLINGS", 4)
    monkeypatch.setattr(layout, "OMNIBUS", layout.LOCALIZER)  # of all eight a mask is circular
    eight = replace(SPEC, conditions=(), samples="block", lag=5.0)
    fast = replace(SPEC, samples="block", estimator="ridge")
    last = [page for page in PAGES if page.name in ("Timecourse", "Group")]
    others = [page for page in PAGES if page not in last]
    scored = [page for page in PAGES if page.name in ("Home", "Decode", "Validate")]
    more = [page for page in PAGES if page.name in ("Validate", "Choices")]
    late = product(
        [*last, *more], [fast]
    )  # with all that comes late; before others' jobs stand in line
    last_step = next(page for page in PAGES if page.name == "Learn"), replace(SPEC, estimator="gnb")
    for page, spec in [*late, *product(others, [SPEC]), *product(scored, [eight]), last_step]:
        monkeypatch.setattr(cache, "EARLY_S", 120.0 if spec == fast else 0.0)
        lesson = {"lesson": "map"} if spec is last_step[1] else {}
        at = open_page(page.file, spec, **lesson)
        assert not at.exception
        marked = [
            next(term for _, term in find_terms(words))
            for element in [*at.markdown, *at.caption]
            for words in MARK.findall(element.value)
        ]
        helped = [
            (found[0].lower() + found[1:] if found not in GLOSSARY else found, element.label)
            for element in at.metric
            for found in re.findall(r"\*\*(.+?)\*\*: ", element.proto.help)
        ]
        met |= {*marked, *(term for term, _ in helped)}
        compared = [one for one, label in helped if one not in terms_of(label)]
        assert len(marked + compared) == len({*marked, *compared}), page.name
        for element in at.metric:  # also of a number that is on its way
            assert terms_of(element.label) <= {
                one for one, label in helped if label == element.label
            }
    assert sorted(set(GLOSSARY) - met) == []


def test_a_text_brings_no_html_of_its_own():
    """What a text holds is read, not run; a long note is one sentence and "more"."""
    at = AppTest.from_string(SAY).run()
    (first,), (second,) = at.markdown, at.caption
    assert "<script>" not in first.value and "&lt;script&gt;" in first.value
    assert MARK.findall(first.value) == ["voxel"]
    assert "<b>" not in second.value and MARK.findall(second.value) == ["run"]
    assert second.value.partition("\n\n<details>")[0].endswith("voxels&lt;/b&gt; is long.")
    assert second.value.count("<details>") == second.value.count("</details>") == 1
