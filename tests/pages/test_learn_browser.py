"""What a newcomer does in a real browser: from Home to a lesson, to a game, to files and a link."""

import re

import nbformat
import nibabel as nib
import numpy as np
import pytest
from visitor import Visitor, app_server

from decoding.analyses import weights
from decoding.datasets import load_subject
from decoding.settings import spec_from_query
from decoding.spec import DecodingSpec

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def saved(page, label, path):
    """Click a download and return where it was saved."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    waiting.value.save_as(path)
    return path


def test_a_newcomer_learns_plays_takes_files_and_shares(browser, tmp_path, monkeypatch):
    """The lesson explains with its own numbers, files are the core's, the link opens the same."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    with app_server(tmp_path, tmp_path / "log.txt") as address:
        visitor = Visitor(page, address)
        visitor.open("/")
        visitor.go("Learn")

        page.get_by_role("radio", name="The traps").click()
        explanation = page.get_by_text("Scans of one block are almost copies.")
        explanation.wait_for()
        visitor.settle()
        numbers = page.get_by_test_id("stMetricValue").all_inner_texts()
        assert len(numbers) == 6
        assert all(number in explanation.inner_text() for number in numbers), numbers
        page.get_by_role("link", name="Open it on the page Validate").click()
        page.wait_for_url(re.compile("/validate"))
        leaky = page.get_by_test_id("stMetricValue").filter(has_text=numbers[0])
        leaky.first.wait_for()
        visitor.back()

        page.get_by_role("radio", name="Guess").click()
        for number in (1, 2, 3):
            page.get_by_role("heading", name=f"Round {number} of 10").wait_for()
            page.get_by_role("button", name="It was face").click()
            page.get_by_text(f"Round {number}: it was").wait_for()
            visitor.settle()

        visitor.go("Decode")
        visitor.choose("estimator", "ridge")
        spec, _ = spec_from_query(visitor.query, DecodingSpec())
        assert spec.estimator == "ridge"
        image = nib.load(saved(page, "Weights, NIfTI", tmp_path / "weights.nii.gz"))
        maps = weights.run(load_subject(spec.dataset, spec.subject), spec)
        expected = weights.to_image(maps, maps.weights, "weights")
        assert np.array_equal(image.get_fdata(), expected.get_fdata())
        notebook = nbformat.read(saved(page, "Notebook", tmp_path / "it.ipynb"), as_version=4)
        nbformat.validate(notebook)
        assert "estimator=ridge" in "".join(cell.source for cell in notebook.cells)

        page.get_by_role("button", name="Copy link").click()
        page.get_by_role("button", name="Link copied").wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        seen = visitor.widgets, visitor.query, visitor.metric("Accuracy")
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cold"))
    with app_server(tmp_path, tmp_path / "cold.txt") as address:
        other = Visitor(context.new_page(), address)
        other.open(link[link.index("/decode") :])
        assert (other.widgets, other.query, other.metric("Accuracy")) == seen
    context.close()
