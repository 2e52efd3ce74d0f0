"""The page of pairs as Streamlit runs it: its numbers are the core's, its categories its own."""

from dataclasses import replace
from urllib.parse import parse_qs

import numpy as np
import pytest
from apptest import SPEC, link_of, metric, says
from makers import design, write_study

from decoding.analyses.pairs import analysis as pairs
from decoding.analyses.pairs import masks, models, scores
from decoding.analyses.pairs.cross import cross_decode
from decoding.datasets import load_subject
from decoding.numbers import p_text
from decoding.output.text.alike import alike_text, cross_text, n_told_apart, pairs_table
from decoding.output.text.follows import reading_masks, reading_models
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import offer
from pages.components import service as cache

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGE = "pages/pairs.py"
FEW = replace(SPEC, samples="block", estimator="ridge")
THREE = ("cat", "face", "house")


def core(spec, **changes):
    """Return what the core says of a spec's pairs."""
    return scores.run(load_subject("haxby", spec.subject), replace(spec, **changes))


def test_all_categories_are_compared_and_the_selection_stays(open_page):
    """Numbers, sentence and table are the core's of all eight; the shared pair is what it was."""
    at = open_page(PAGE, SPEC)
    assert not at.exception and not at.error
    found = core(SPEC, conditions=())
    assert metric(at, "Accuracy of all 8 at once") == f"{found.together.accuracy:.3f}"
    table = pairs_table(found)
    assert metric(at, "Most alike") == f"{table['accuracy'].min():.3f}"
    assert metric(at, "Least alike") == f"{table['accuracy'].max():.3f}"
    assert metric(at, "Pairs told apart") == "…"
    assert says(at, alike_text(found, comparable=True))
    (shown,) = [one.value for one in at.dataframe if "p_corrected" in one.value]
    assert shown["accuracy"].tolist() == [f"{score:.3f}" for score in table["accuracy"]]
    assert set(shown["p_corrected"]) == {"…"}
    assert link_of(at) == spec_to_query(SPEC)
    at = at.pills(key="choose_categories").set_value(list(THREE)).run()
    assert metric(at, "Accuracy of all 3 at once") != metric(at, "Most alike")
    assert link_of(at) == {**spec_to_query(SPEC), "categories": ["cat~face~house"]}
    at = at.pills(key="choose_categories").set_value(["cat", "face"]).run()
    assert at.pills(key="choose_categories").value == list(THREE)


def test_a_link_restores_the_page_with_its_tests(open_page, monkeypatch):
    """Categories, measure, square, pairs and relabellings come back; tests and p are the core's."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    spec = replace(FEW, conditions=THREE)
    train, test = ("face", "house"), ("cat", "face")
    options = pairs.Options(permutations=19, seed=3, train=train, test=test)
    own = pairs.ANALYSIS.page_settings(spec, options)
    at = open_page(PAGE, FEW, **own, measure="crossnobis", square="cat~house")
    assert not at.exception and not at.error
    subject = load_subject("haxby", "1")
    found = pairs.run(subject, spec, options)
    assert metric(at, "Pairs told apart") == f"{n_told_apart(found)} of 3"
    (shown,) = [one.value for one in at.dataframe if "p_corrected" in one.value]
    table = pairs_table(found.scores, found)
    assert shown["p_corrected"].tolist() == list(map(p_text, table["p_corrected"]))
    assert says(
        at, "None could be told from luck: corrected for 3 tests, p cannot get smaller than"
    )
    assert says(at, "no corrected p of 0.05 is within reach here: the smallest is 0.15. More rel")
    assert at.selectbox(key="choose_measure").value == "crossnobis"
    (link,) = [one.proto for one in at.get("page_link") if "cat against house" in one.proto.label]
    assert parse_qs(link.query_string)["conditions"] == ["cat", "house"]
    crossed = cross_decode(subject, spec, train, test)
    assert metric(at, "Accuracy across pairs") == f"{crossed.accuracy:.3f}"
    assert metric(at, "Balanced accuracy across pairs") == f"{crossed.balanced_accuracy:.3f}"
    assert says(at, cross_text(crossed, comparable=True))
    at = at.selectbox(key="cross_test_first").set_value("face").run()
    assert link_of(at)["test"] == ["face~cat"]  # the two change places
    turned = cross_decode(subject, spec, train, ("face", "cat"))
    assert metric(at, "Accuracy across pairs") == f"{turned.accuracy:.3f}"
    np.testing.assert_allclose(turned.accuracy, 1 - crossed.accuracy)


def test_what_a_link_has_in_vain_is_said(open_page):
    """Unknown categories, measures and squares fall back, and a leaky scheme looks wrong."""
    spec = replace(FEW, cv="shuffled_kfold")
    at = open_page(PAGE, spec, categories="cat~dog~face", measure="magic", square="x", train="a")
    assert not at.exception
    told = [one.value for one in at.caption if "Unknown" in one.value]
    assert len(told) == 2 and "all 8 are shown" in told[0]
    assert not {"categories", "measure"} & set(link_of(at))
    assert says(at, "This score says nothing about new runs.")
    assert at.button(key="fix_cv") and metric(at, "Most alike")
    columns = next(one.proto.columns for one in at.dataframe if "p_corrected" in one.value)
    assert '"Accuracy (wrong)"' in columns


def test_long_tests_wait_for_a_click(open_page, monkeypatch):
    """Tests that take long are offered with their time."""
    monkeypatch.setattr(offer, "STARTS_ALONE_S", 0.0)
    at = open_page(PAGE, FEW, categories="cat~face~house")
    assert metric(at, "Pairs told apart") == "not tested"
    assert "Test every pair, about" in at.button(key="test_pairs").label


def test_two_categories_are_one_pair(open_page, monkeypatch, tmp_path):
    """A recording of two categories has nothing to compare: that is said, with a way on."""
    conditions, runs = design(categories=("cat", "face"))
    write_study(tmp_path, conditions=conditions, runs=runs)
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    at = open_page(PAGE, DecodingSpec(subject="1"))
    assert not at.exception and not at.metric
    assert says(at, "This recording has two categories, cat and face. They are one pair")


def test_models_and_masks_stand_below(open_page, monkeypatch):
    """Their tables and sentences are the core's; three categories have no models."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page(PAGE, FEW, measure="correlation")
    assert not at.exception and not at.error
    subject, spec = load_subject("haxby", "1"), replace(FEW, conditions=())
    found = models.run(subject, spec, models.Options(measure="correlation"))
    (shown,) = [one.value for one in at.dataframe if "rho" in one.value]
    assert shown["rho"].tolist() == [f"{fit.rho:.3f}" for fit in found.fits]
    assert shown["p_value"].tolist() == [p_text(fit.p_value) for fit in found.fits]
    assert says(at, reading_models(found))
    areas = masks.run(subject, spec, masks.Options())
    (shown,) = [one.value for one in at.dataframe if "condition" in one.value]
    assert shown["vt"].tolist() == [
        f"{areas.masks[0].auc[name]:.3f}" for name in shown["condition"]
    ]
    assert says(at, reading_masks(areas))
    at = open_page(PAGE, FEW, categories="cat~chair~face~house", own_model="9_1_2_3_4_5")
    own = (0, 9, 1, 2), (9, 0, 3, 4), (1, 3, 0, 5), (2, 4, 5, 0)
    spec = replace(FEW, conditions=("cat", "chair", "face", "house"))
    found = models.run(subject, spec, models.Options(own=own))
    (shown,) = [one.value for one in at.dataframe if "rho" in one.value]
    assert shown["label"].tolist()[-1] == "Your own"
    assert shown["rho"].tolist() == [f"{fit.rho:.3f}" for fit in found.fits]
    at = open_page(PAGE, FEW, categories="cat~chair~face~house", own_model="9_1_2")
    assert [one.value for one in at.info if "3 numbers, and 4 categories have 6 pairs" in one.value]
    assert "own_model" not in link_of(at)
    at = open_page(PAGE, FEW, categories="cat~face~house")
    assert says(at, "A model needs 4 categories or more. Choose more above.")
