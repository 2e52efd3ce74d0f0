"""Two results compared run by run."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from decoding.analyses import decode
from decoding.analyses.paired import paired_difference
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(dataset="simulated", subject="1", samples="block")


@pytest.fixture(scope="module")
def results():
    """Return the results of two estimators and of half the runs against the other half."""
    subject = load_subject("simulated", "1")
    specs = (SPEC, replace(SPEC, estimator="ridge"), replace(SPEC, cv="split_half"))
    return [decode.run(subject, spec) for spec in specs]


def test_the_interval_is_the_t_tests_with_its_variance_corrected(results):
    """SciPy's paired interval over runs, wider by the root of 1 + k / (k - 1)."""
    new, old, _ = results
    scores = [np.array(result.fold_scores) for result in (new, old)]
    found = paired_difference(new, old)
    plain = stats.ttest_rel(*scores).confidence_interval()
    wider = np.sqrt(1 + found.n_runs / (found.n_runs - 1))
    assert found.n_runs == len(scores[0]) == 12
    assert found.mean == pytest.approx(new.accuracy - old.accuracy)
    assert found.high - found.low == pytest.approx(wider * (plain.high - plain.low))


def test_runs_are_matched_whatever_the_folds(results):
    """A scheme of two folds is compared in the same twelve runs, and one with itself is nothing."""
    new, _, halves = results
    assert paired_difference(new, halves).n_runs == 12
    same = paired_difference(new, new)
    assert (same.mean, same.low, same.high) == (0, 0, 0)


def test_what_cannot_be_matched_has_no_interval(results):
    """Another recording, and a scheme that mixes runs."""
    new = results[0]
    other = replace(new, version="other")
    mixed = replace(new, spec=replace(new.spec, cv="shuffled_kfold"))
    assert paired_difference(new, other) is None
    assert paired_difference(mixed, new) is None
