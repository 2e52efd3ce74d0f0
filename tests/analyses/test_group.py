"""Prevalence on simulated subjects: with the effect in all, in four of six, and in nobody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from makers import simulated_samples

from decoding.analyses import group, permute
from decoding.analyses.group import compare_subjects, group_rows
from decoding.analyses.rows import row_key
from decoding.datasets import subject_of
from decoding.spec import DecodingSpec
from decoding.sweep import expand, sweep

SPEC = DecodingSpec(dataset="simulated", estimator="ridge", conditions=("cat", "face"))

STRONG = 2.0
"""So strong a signal is found in every subject."""


def row_of(samples, subject):
    """Return a sweep's row of some samples."""
    test = permute.permute_samples(samples, SPEC, permute.Options())
    scores, counts = np.unique(np.round(test.null.scores, 12), return_counts=True)
    return {
        **SPEC.as_dict(), "subject": subject, "problem": "", "chance": 0.5, "circular": False,
        "accuracy": test.observed, "p_value": test.p_value, "smallest_p": test.null.smallest_p,
        "exact": test.null.exact, "null_scores": scores, "null_counts": counts,
        "key": row_key(replace(SPEC, subject=subject), permute.Options()),
    }  # fmt: skip


def group_of(seed, signals):
    """Return the one row of a group whose subjects have these signals."""
    rows = [
        row_of(simulated_samples(100 * seed + number, signal=signal), str(number))
        for number, signal in enumerate(signals)
    ]
    (found,) = compare_subjects(pd.DataFrame(rows))
    return found


def test_six_of_six():
    """That no more than half of the people show it is rejected, near the highest bound there is."""
    found = group_of(1, [STRONG] * 6)
    assert found.n_significant == 6
    assert found.majority.p_majority <= 0.05
    assert (
        0.5 < found.majority.bound <= found.majority.largest_bound == pytest.approx(0.607, abs=1e-3)
    )
    assert found.posterior.most_likely == pytest.approx(1.0)


def test_four_of_six():
    """Two subjects of noise have no p of .05; what is most likely is Ince's, and covers 4/6."""
    found = group_of(2, [STRONG, STRONG, 0.0, STRONG, 0.0, STRONG])
    assert found.n_significant == 4
    assert found.posterior.most_likely == pytest.approx(0.649, abs=5e-4)
    assert found.posterior.low < 4 / 6 < found.posterior.high


@pytest.mark.slow
def test_nobody():
    """Of 100 groups of noise the global null is rejected in 10 at most."""
    rejected = sum(group_of(seed, [0.0] * 6).majority.p_global <= 0.05 for seed in range(100))
    assert rejected <= 10


def test_what_says_nothing_of_others():
    """A circular mask has no prevalence; a missing subject keeps its cause; one row is not two."""
    good = row_of(simulated_samples(1), "1")
    other = {**row_of(simulated_samples(2), "2"), "circular": True}
    (found,) = compare_subjects(pd.DataFrame([good, other]))
    assert found.majority is None and found.posterior is None
    lost = {**good, "subject": "3", "problem": "It is not on disk.", "accuracy": np.nan}
    (found,) = compare_subjects(pd.DataFrame([good, {**good, "subject": "2"}, lost]))
    assert found.missing == {"3": "It is not on disk."}
    assert len(found.scores) == 2 and found.as_json()["n_significant"] == found.n_significant
    unreachable = {**good, "smallest_p": 0.25}
    (found,) = compare_subjects(pd.DataFrame([unreachable, {**unreachable, "subject": "2"}]))
    assert found.posterior is None and found.majority is not None
    assert found.n_unreachable == 2 and found.majority.largest_bound == 0.0
    ten = pd.DataFrame([{**good, "subject": name} for name in ("10", "2")])
    assert compare_subjects(ten)[0].scores["subject"].tolist() == ["2", "10"]


def test_rows_of_a_subject_are_those_of_a_sweep(tmp_path):
    """In every mask, raw and detrended, with one test; untested rows say nothing of others."""
    spec = DecodingSpec(dataset="simulated", subject="1", samples="block", estimator="ridge")
    subject = subject_of(spec)
    options = group.Options(
        masks=("vt", "nowhere"), pairs=(("cat", "face"),), permutations=20, seed=3
    )
    rows = group.run(subject, replace(spec, mask="brain"), options)
    lists = {
        "dataset": ["simulated"], "subject": ["1"], "samples": ["block"], "estimator": ["ridge"],
        "mask": ["vt", "nowhere"], "detrend": [False, True],
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:
        swept = sweep(expand(lists), tmp_path / "F.parquet", thread, options=options.test)
    pd.testing.assert_frame_equal(
        rows.drop(columns=["null_scores", "null_counts"]).map(_listed),
        swept.drop(columns=["null_scores", "null_counts"]).map(_listed),
        check_dtype=False,
    )
    assert rows["problem"].str.contains("nowhere").tolist() == [False, False, True, True]
    assert len(list(group.ANALYSIS.tried(rows))) == 2
    first = group.run(subject, spec, replace(options, tested=False))
    assert first["accuracy"].equals(rows["accuracy"]) and first["p_value"].isna().all()
    both = pd.concat([rows, first.assign(subject="2")])
    assert all(row.majority is None and row.posterior is None for row in group_rows(both))
    betas = group.specs_of(replace(spec, samples="lsa"), ("vt",), ((),), maps=False)
    assert [one.detrend for one in betas] == [False]


def _listed(value):
    return list(value) if isinstance(value, np.ndarray) else value
