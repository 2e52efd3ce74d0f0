"""What is suggested next follows from the result, and its remedy makes the score honest."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from makers import make_null, result_of_runs

from decoding.analyses.check import Check, CheckResult
from decoding.analyses.schemes import TELLING_PAIR
from decoding.datasets.base import MaskOrigin
from decoding.output.text.next_steps import Seen, next_step, remedies
from decoding.spec import DecodingSpec

SPEC = DecodingSpec()
FACE = MaskOrigin(chosen="by a localizer", responses_to=frozenset({"face"}), localizer=True)
SUBJECT = SimpleNamespace(
    masks={"face": None, "vt": None, "brain": None},
    mask_origins={"face": FACE, "brain": MaskOrigin(chosen="as all of the brain")},
    conditions=("bottle", "cat", "face", "shoe"),
)


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


def checks_of(status):
    """Return checks whose one finding is on the order of categories."""
    return CheckResult(
        spec=SPEC, checks=(Check(check="order_within_runs", status=status, message=""),)
    )


@pytest.mark.parametrize(
    ("seen", "changes"),
    [
        (Seen(subject=SUBJECT, spec=replace(SPEC, cv="shuffled_kfold")), {"cv": SPEC.cv}),
        (Seen(subject=SUBJECT, spec=replace(SPEC, mask="face")), {"mask": "brain"}),
        (Seen(subject=SUBJECT, spec=SPEC, checks=checks_of("warn")), {"detrend": True}),
        (Seen(subject=SUBJECT, spec=SPEC, result=result_leaning()), {"standardize": "run"}),
        (
            Seen(subject=SUBJECT, spec=SPEC, null=make_null([0.5] * 4, exact=True, n_distinct=4)),
            {"conditions": ()},
        ),
        (
            Seen(subject=SUBJECT, spec=SPEC, result=result_of_runs([20, 20])),
            {"conditions": TELLING_PAIR, "standardize": "run"},
        ),
    ],
)
def test_a_finding_suggests_its_step(seen, changes):
    """Each rule's finding leads to its own change, and not again once that is taken."""
    step = next_step(seen)
    assert step is not None and dict(step.changes) == changes
    again = next_step(replace(seen, spec=replace(seen.spec, **changes)))
    assert again is None or set(again.changes) != set(changes)


def test_nothing_is_suggested_where_nothing_stands_in_the_way():
    """A sound design that scores below the ceiling needs no step."""
    seen = Seen(
        subject=SUBJECT, spec=SPEC, result=result_of_runs([14, 15]), checks=checks_of("pass")
    )
    assert next_step(seen) is None
    assert remedies(SUBJECT, SPEC) == {}


def test_all_that_is_wrong_is_remedied_at_once():
    """A leaky score in a circular mask has two remedies."""
    spec = replace(SPEC, cv="resubstitution", mask="face")
    assert list(remedies(SUBJECT, spec)) == ["cv", "mask"]
