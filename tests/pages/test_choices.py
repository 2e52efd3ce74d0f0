"""The page Choices as Streamlit runs it: numbers and curve are the core's, the link says them."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from apptest import SPEC, link_of, metric, says, unescaped

from decoding.analyses import decode
from decoding.analyses.choices import analysis
from decoding.analyses.choices.analysis import ANALYSIS, Options, Values, run, run_scores
from decoding.datasets import load_subject
from decoding.numbers import p_text, score_text
from decoding.output.text.choices import (
    alone_text,
    joint_text,
    moves_text,
    spread_text,
    standing_text,
)
from decoding.spec import spec_to_query
from pages.components import service as cache

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
UNSCALED = "Logistic regression hardly converges on voxels that are not scaled."
PAGE = "pages/choices.py"
OWN = replace(SPEC, samples="block", estimator="ridge", standardize="run")
FEW = Options(standardize=("all", "run"), detrend=(False, True), samples=("block",), lag=(0.0,),
              select=(0,), mask=("vt",), estimator=("ridge", "gnb"),
              permutations=19, seed=3)  # fmt: skip


def test_a_link_restores_curve_and_joint_null(open_page, monkeypatch):
    """Ticks and relabellings come back; a combination taken and a tick set are in the link."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    settings = ANALYSIS.page_settings(OWN, FEW)
    at = open_page(PAGE, OWN, **settings)
    assert not at.exception and not at.error
    subject = load_subject("haxby", "1")
    found = run(subject, OWN, FEW)
    assert metric(at, "Accuracy") == score_text(decode.run(subject, OWN).accuracy)
    for name in ("best", "median"):
        assert metric(at, f"p of the {name}") == p_text(found.joint.statistics[name][1])
    assert says(at, f"{spread_text(found)} {standing_text(found, OWN)}")
    assert says(at, f"{joint_text(found)} {alone_text(found, OWN)}")
    assert "it cannot get smaller than 0.05." in joint_text(found)
    assert says(at, moves_text(found))
    box = at.selectbox(key="choose_combination")
    assert box.value == found.place_of(OWN)
    lowest = found.order[0]
    at = box.set_value(lowest).run()
    spec = found.combinations[lowest].spec
    assert link_of(at) == {**spec_to_query(spec), **{k: [v] for k, v in settings.items()}}
    at = at.pills(key="choose_try_detrend").set_value([True]).run()
    assert link_of(at)["try_detrend"] == ["yes"]
    assert says(at, spread_text(run_scores(subject, OWN, replace(FEW, detrend=(True,)))))


def test_scores_come_before_their_null_and_a_scheme_that_leaks_steps_back(open_page):
    """The curve stands while labels are shuffled; under shuffled folds another scheme stands in."""
    ticks = {"try_estimator": "gnb", "try_samples": "block"}
    at = open_page(PAGE, replace(OWN, cv="shuffled_kfold"), **ticks)
    assert not at.exception and not at.error
    assert says(at, "leave one run out stands in here")
    own = replace(OWN, estimator="gnb", cv="leave_one_run_out")
    found = run_scores(
        load_subject("haxby", "1"), own, Values(estimator=("gnb",), samples=("block",))
    )
    assert says(at, spread_text(found))
    assert says(at, "Yours is not among them: tick")
    assert np.isfinite(found.accuracies).all()


def test_scores_are_drawn_as_they_come(open_page, monkeypatch):
    """Three combinations of eight are a curve, with their number; the rest completes it."""
    gate, stands, score_all = threading.Event(), threading.Barrier(3), analysis.score_all

    def until_gate(*arguments, on_progress=None):
        for number, one in enumerate(score_all(*arguments)):
            if number == 3:
                stands.wait(60)
                assert gate.wait(60)
            yield one

    monkeypatch.setattr(analysis, "score_all", until_gate)
    few = replace(FEW, estimator=("ridge", "correlation"))
    at = open_page(PAGE, OWN, **ANALYSIS.page_settings(OWN, few))
    stands.wait(60)  # scores and joint null have three each
    at.run()
    assert not at.exception and not at.error
    assert says(at, "3 of 8 combinations so far")
    assert len(at.selectbox(key="choose_combination").options) == 3
    assert at.selectbox(key="choose_combination").disabled
    assert metric(at, "p of the best") == "…"
    gate.set()
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at.run()
    assert says(at, "8 sound ways to decode")
    assert not at.selectbox(key="choose_combination").disabled
    assert metric(at, "p of the best") != "…"


def test_what_cannot_be_combined_is_said_once(open_page):
    """Scores and joint null that fail alike are one message."""
    at = open_page(PAGE, OWN, try_estimator="logistic", try_standardize="none")
    assert not at.exception
    assert [one.value for one in at.error] == [f"No combination can be computed. {UNSCALED}"]


def test_ticks_that_cannot_be_are_named(open_page):
    """A link's list that cannot be read is called by what it is, and the usual one stands in."""
    at = open_page(PAGE, OWN, try_select="-4~0", try_estimator="ridge", try_samples="block")
    (told,) = [unescaped(one.value) for one in at.info]
    assert told.startswith("Values ticked for choosing voxels cannot be '-4~0'. The default")


def test_a_single_combination_stands_alone(open_page):
    """With one value of each choice there is one mark, and nothing is said to be combined."""
    settings = ANALYSIS.page_settings(OWN, replace(FEW, **{
        name: values[:1] for name, values in vars(FEW).items() if isinstance(values, tuple)
    }))  # fmt: skip
    at = open_page(PAGE, OWN, **settings)
    assert not at.exception and not at.error
    assert at.expander[0].label == "Choices that are combined: none"
    assert says(at, "There is one combination")


def test_refits_are_offered_where_nothing_is_fast(open_page, monkeypatch):
    """Combinations that all need refits have a joint null when asked; the time is said."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    settings = ANALYSIS.page_settings(OWN, replace(FEW, estimator=("lda",)))
    at = open_page(PAGE, OWN, **settings)
    assert not at.exception and not at.error
    assert says(at, "None of these classifiers has a fast way")
    assert at.button(key="join_all").label.startswith("Let the others take part, about")
    assert metric(at, "p of the best") == "none"
