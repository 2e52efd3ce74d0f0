"""What is suggested next follows from the result, and its remedy makes the score honest."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from makers import make_null, result_of_runs

from decoding.analyses.check import Check, CheckResult
from decoding.analyses.schemes import TELLING_PAIR
from decoding.analyses.timecourse.result import ScoreCurve
from decoding.datasets.base import Mask, MaskOrigin
from decoding.output.text.next_steps import RULES, Seen, next_step
from decoding.output.text.remedies import honest_spec, remedies
from decoding.spec import DecodingSpec
from pages.components.frame import PAGES

SPEC = DecodingSpec()
FACE = MaskOrigin(chosen="by a localizer", responses_to=frozenset({"face"}), localizer=True)
SUBJECT = SimpleNamespace(
    masks={
        "face": Mask(origin=FACE),
        "vt": Mask(),
        "brain": Mask(origin=MaskOrigin(chosen="as all of the brain")),
    },
    unusable={},
    conditions=("bottle", "cat", "face", "shoe"),
    volumes=pd.DataFrame({"condition": ["cat", "face", "face", "rest"]}),
    has_rest=True,
    each="volume",
)
LABELLED = SimpleNamespace(**{**vars(SUBJECT), "has_rest": False})
BLOCKS = replace(SPEC, samples="block")
BRAIN = replace(SPEC, mask="brain")
LUCK, SURE = make_null([0.5, 0.9] * 40), make_null([0.5] * 99)


def result_leaning(n_right=17):
    """Return a result with a run all of whose samples were called cat."""
    result = result_of_runs([n_right, n_right])
    table = result.predictions
    first = table["run"] == table["run"].iloc[0]
    leaning = table.assign(
        true=table["true"].where(table["sample"] % 2 == 0, "cat"),
        predicted=table["predicted"].where(~first, "cat"),
    )
    return replace(result, predictions=pd.DataFrame(leaning))


def test_a_run_of_few_samples_is_no_sign_of_another_signal():
    """Two samples called alike are luck; with as many as 18 in two runs they are told."""
    assert result_leaning().one_sided == [("run 0", 20, "cat")]
    result = result_leaning()
    few = result.predictions.groupby("run").head(2)
    assert replace(result, predictions=few).one_sided == []
    step = next_step(Seen(page="Decode", subject=SUBJECT, spec=SPEC, result=result))
    assert "its signal may lie higher or lower than in other runs" in step.why


def lags_of(*scores, null=0.5):
    """Return the scores at lags of 0, 2.5, ... seconds; shuffled labels all score `null`."""
    steps, n = np.arange(len(scores)), len(scores)
    return ScoreCurve(
        steps=steps, t_r=2.5, scores=np.array(scores), n_samples=np.full(n, 24),
        null=make_null(np.full((99, n), null)),
    )  # fmt: skip


def search_of(n_significant=0, null=SURE, radius=5.6):
    """Return what the rules ask of a searchlight."""
    return SimpleNamespace(scores=[0.9] * 9, n_significant=n_significant, null=null, radius=radius)


def seen(page, subject=SUBJECT, spec=SPEC, **known):
    """Return what a page shows."""
    return Seen(page=page, subject=subject, spec=spec, **known)


def checks_of(status):
    """Return checks whose one finding is on the order of categories."""
    return CheckResult(
        spec=SPEC, checks=(Check(check="order_within_runs", status=status, message=""),)
    )


@pytest.mark.parametrize(
    ("at", "changes"),
    [
        (seen("Decode", spec=replace(SPEC, cv="shuffled_kfold")), {"cv": SPEC.cv}),
        (seen("Searchlight", spec=replace(SPEC, cv="resubstitution")), {"cv": SPEC.cv}),
        (seen("Timecourse", spec=replace(SPEC, mask="face")), {"mask": "brain"}),
        (seen("Timecourse", LABELLED), {"dataset": "simulated", "subject": "1"}),
        (seen("Data", spec=replace(SPEC, standardize="none")), {"standardize": "run"}),
        (seen("Home", checks=checks_of("warn")), {"detrend": True}),
        (seen("Decode", result=result_leaning()), {"standardize": "run"}),
        (
            seen("Validate", null=make_null([0.5] * 4, exact=True, n_distinct=4)),
            {"conditions": ()},
        ),
        (
            seen("Decode", result=result_of_runs([20, 20])),
            {"conditions": TELLING_PAIR, "standardize": "run"},
        ),
        (seen("Decode", result=result_of_runs([14, 15]), null=LUCK), {"samples": "block"}),
        (seen("Timecourse", lags=lags_of(0.5, 0.4)), {"samples": "block"}),
        (seen("Timecourse", lags=lags_of(0.6, 0.7, 0.6)), {"lag": 2.5}),
        (seen("Validate", result=result_of_runs([14, 15]), null=SURE), {"mask": "brain"}),
    ],
)
def test_a_finding_suggests_its_step(at, changes):
    """Each rule's finding leads to its own change, and not again once that is taken."""
    step = next_step(at)
    assert step is not None and dict(step.changes) == changes and not step.page
    subject = SUBJECT if "dataset" in changes else at.subject
    again = next_step(replace(at, subject=subject, spec=replace(at.spec, **changes)))
    assert again is None or set(again.changes) != set(changes)


@pytest.mark.parametrize(
    ("at", "page"),
    [
        (seen("Data"), "Decode"),
        (seen("Home", result=result_of_runs([14, 15])), "Validate"),
        (seen("Decode", result=result_of_runs([14, 15]), checks=checks_of("warn"),
              spec=replace(SPEC, detrend=True)), "Validate"),
        (seen("Decode", result=result_of_runs([14, 15]), checks=checks_of("pass"), null=SURE),
         "Searchlight"),
        (seen("Decode", result=result_of_runs([14, 15]), null=LUCK, spec=BLOCKS), "Timecourse"),
        (seen("Validate", result=result_of_runs([14, 15]), null=SURE, spec=BRAIN), "Searchlight"),
        (seen("Timecourse", lags=lags_of(0.7, 0.6)), "Searchlight"),
        (seen("Searchlight", search=search_of(n_significant=3)), "Timecourse"),
    ],
)  # fmt: skip
def test_a_sound_result_leads_to_the_next_question(at, page):
    """Where nothing is to be mended the step is the page that asks on, and changes nothing."""
    step = next_step(at)
    assert step is not None and (step.page, dict(step.changes)) == (page, {})


def test_a_search_is_corrected_then_widened():
    """A map without a null is corrected; where nothing is told from luck its spheres grow."""
    raw = seen("Searchlight", search=search_of(null=None), correction="this one")
    assert dict(next_step(raw).settings) == {"corrected": "this one"}
    radii = [
        dict(step.settings) if (step := next_step(seen("Searchlight", search=search_of(radius=mm))))
        else None
        for mm in (5.6, 8.0, 12.0)
    ]  # fmt: skip
    assert radii == [{"radius": "8"}, {"radius": "12"}, None]


def test_nothing_is_suggested_where_nothing_is_known():
    """A page that has no result yet has no step of its own."""
    for page in set(names := [page.name for page in PAGES]) - {"Data", "Your data", "Learn"}:
        assert next_step(seen(page, spec=BRAIN)) is None, page
    assert {page for pages in RULES.values() for page in pages} == set(names)
    assert remedies(SUBJECT, SPEC) == {} and honest_spec(SUBJECT, SPEC) is None


def test_all_that_is_wrong_is_remedied_at_once():
    """A leaky score in a circular mask has two remedies, and one honest score."""
    spec = replace(SPEC, cv="resubstitution", mask="face")
    assert list(remedies(SUBJECT, spec)) == ["cv", "mask"]
    assert honest_spec(SUBJECT, spec) == BRAIN
    alone = SimpleNamespace(**{**vars(SUBJECT), "masks": {"face": SUBJECT.masks["face"]}})
    assert honest_spec(alone, spec) is None
