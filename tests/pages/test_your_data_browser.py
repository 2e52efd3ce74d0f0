"""A recording through the real uploader, in a real browser: its folder's numbers, then gone."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect
from visitor import START, whole_link

from decoding.analyses import decode
from decoding.analyses.searchlight import analysis as searchlight
from decoding.datasets import load_subject
from decoding.numbers import score_text
from decoding.spec import DecodingSpec

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.recordings]


def test_uploaded_files_score_what_their_folder_does(visitor, recordings):
    """Four pages show what the command line finds in the same folder; a reload names the scan."""
    folder = recordings / "bids" / "ds000105-slice"
    files = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    page = visitor.page
    visitor.open_whole(whole_link("your_data", START))
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Read these files").click()
    page.get_by_text("1452 volumes in 12 runs, with 96 trials").wait_for()
    page.get_by_role("button", name="Use them on every page").click()
    page.get_by_role("heading", name="What counts as a category").wait_for()
    visitor.settle()
    subject, spec = load_subject("bids", "1", folder), DecodingSpec(dataset="bids", mask="brain")
    found, each = decode.run(subject, spec), decode.run(subject, replace(spec, conditions=()))
    best = searchlight.run(subject, spec, searchlight.Options()).scores.max()
    for name, label, expected in (
        ("Decode", "Accuracy", score_text(found.accuracy)),
        ("Data", "Masked matrix", f"1452 x {found.n_voxels}"),
        ("Pairs", "Accuracy of all 8 at once", score_text(each.accuracy)),
        ("Searchlight", "Highest score", score_text(best)),
    ):
        visitor.go(name)
        metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
        expect(metric.first.get_by_test_id("stMetricValue")).to_have_text(expected)
        assert visitor.warnings == [], name
    page.reload()
    visitor.settle()
    assert any("my scan" in words for words in visitor.warnings)
    assert visitor.query["dataset"] != ["own"]
