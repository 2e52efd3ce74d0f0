"""The report on A4: a first page that is a summary alone, and nothing wider than the paper."""

import io
import re
from dataclasses import replace
from html import unescape
from unicodedata import normalize

import pytest
from makers import design, half_mask, signal, write_study
from pypdf import PdfReader

from decoding.analyses.permute import Options
from decoding.datasets import load_subject
from decoding.output.report.html import render_report
from decoding.output.report.parts import compute_report
from decoding.output.text.wording import wrongs
from decoding.spec import DecodingSpec

pytestmark = pytest.mark.usefixtures("quick_reports")

WORST = {"cv": "resubstitution", "mask": "face", "conditions": ()}
FEW = {"dataset": "haxby", "samples": "block"}
KINDS = {
    "good": {},
    "circular": {"mask": "face"},
    "leaky": {"cv": "shuffled_kfold"},
    "everything wrong among eight": WORST,
    "few runs": FEW,
}
NOTE = "The lag of 5 s was chosen by its score. " * 4


def make_parts(folder, changes):
    """Return the parts of a report on a simulated subject, or on one of three runs."""
    spec = DecodingSpec(**{"dataset": "simulated", "subject": "1", "estimator": "ridge", **changes})
    if spec.dataset == "haxby":
        conditions, runs = design(n_runs=3, categories=("cat", "face"))
        values = signal(conditions)
        masks = {name: half_mask(values.shape[:3]) for name in ("mask4_vt", "mask8b_face_vt")}
        write_study(folder, values=values, conditions=conditions, runs=runs, masks=masks)
    subject = load_subject(spec.dataset, "1", folder if spec.dataset == "haxby" else None)
    parts = compute_report(subject, spec, Options(permutations=60))
    return replace(parts, lag_note=NOTE if changes == WORST else "")


def text_of(html):
    """Return what a reader reads, words between single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_what_is_wrong_stands_where_the_number_stands(tmp_path):
    """Summary and score name both faults; the summary has the number, one chart and one map."""
    parts = make_parts(tmp_path, {**FEW, "cv": "shuffled_kfold", "mask": "face"})
    summary, details = render_report(parts).split("</section>", 1)
    score = details[details.index("The score") : details.index("Could this be luck?")]
    told = wrongs(parts.subject, parts.result.spec)
    assert set(told) == {"cv", "mask"}
    for place in (summary, score):
        assert all(why in text_of(place) for why in told.values())
    assert summary.count("<svg") == summary.count("<img") == 1
    assert parts.checks.summary in text_of(summary)
    assert "it cannot get smaller than 0.25" in text_of(summary)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_printed_report_opens_with_its_summary(browser, tmp_path, kind):
    """Printed, page one holds the summary alone, each heading has its figure, and all is inside."""
    html = render_report(make_parts(tmp_path, KINDS[kind]))
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.set_content(html)
    page.emulate_media(media="print")
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    first, *others = [normalize("NFKC", sheet.extract_text()) for sheet in sheets]
    summary = text_of(html[html.index("<section") :].split("</section>")[0])
    assert "".join(first.split()).endswith("".join(summary.split())[-60:])
    assert "The analysis" not in first
    assert others[0].startswith("The analysis")
    figures = {"The design": "Blocks of other", "Could this be luck?": "Solid:"}
    for heading, words in figures.items():
        assert any(words in text.partition(heading)[2] for text in others), heading
    page.set_viewport_size({"width": round((210 - 2 * 16) / 25.4 * 96), "height": 900})
    assert page.evaluate(WIDER) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


WIDER = """() => [...document.querySelectorAll("body *")].filter((part) =>
  part.getBoundingClientRect().right > window.innerWidth + 0.5
    || part.getBoundingClientRect().left < -0.5).map((part) => part.outerHTML.slice(0, 80))"""
