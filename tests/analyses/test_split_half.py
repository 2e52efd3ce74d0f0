"""The 2001 paper's own analysis, computed once more by hand."""

from dataclasses import replace

import numpy as np
import pytest
from makers import tiny_samples

from decoding.analyses.split_half import correlate_halves
from decoding.errors import SpecError
from decoding.spec import DecodingSpec


def test_correlations_by_hand():
    """Each cell is the correlation of centred category means of odd and of even runs."""
    samples = tiny_samples(n_runs=6, conditions=("cat", "face", "house"), seed=4)
    result = correlate_halves(samples, DecodingSpec())
    means = {
        (name, odd): samples.X[(samples.y == name) & (samples.runs % 2 == odd)].mean(axis=0)
        for name in samples.classes
        for odd in (0, 1)
    }
    grand = {odd: np.mean([means[name, odd] for name in samples.classes], axis=0) for odd in (0, 1)}
    for first in samples.classes:
        for second in samples.classes:
            a, b = means[first, 1] - grand[1], means[second, 0] - grand[0]
            r = np.corrcoef(a, b)[0, 1]
            assert result.correlations.loc[first, second] == pytest.approx(r, abs=1e-12)
    r = result.correlations.to_numpy()
    wins = [
        r[i, i] > other
        for i in range(3)
        for j in range(3)
        if j != i
        for other in (r[i, j], r[j, i])
    ]
    assert result.share_identified == pytest.approx(np.mean(wins))


def test_planted_patterns_are_identified():
    """Patterns far above the noise are identified in every comparison."""
    samples = tiny_samples(n_runs=6, n_voxels=40, seed=1)
    pattern = np.random.default_rng(0).standard_normal(40) * 5
    samples.X[samples.y == "face"] += pattern
    result = correlate_halves(samples, DecodingSpec())
    assert result.share_identified == 1.0
    r = result.correlations.to_numpy()
    assert np.diag(r).mean() > 0.8 > 0 > r[~np.eye(len(r), dtype=bool)].mean()


def test_missing_half_is_named():
    """A category that is in one half only is named, with the half that lacks it."""
    samples = tiny_samples(n_runs=2)
    samples.y[samples.runs == 1] = "cat"
    with pytest.raises(SpecError, match=r"\(1\) does not show face"):
        correlate_halves(samples, DecodingSpec())


def test_runs_of_one_parity_are_halved_by_their_places():
    """Runs 1 3 5 7: the halves are 1 5 and 3 7, and rows and columns are called by places."""
    samples = tiny_samples(n_runs=4, seed=4)
    found = correlate_halves(samples, DecodingSpec())
    spread = correlate_halves(replace(samples, runs=2 * samples.runs + 1), DecodingSpec())
    assert (found.by_number, spread.by_number) == (True, False)
    assert spread.halves == ("odd places", "even places")
    assert spread.correlations.to_numpy() == pytest.approx(found.correlations.to_numpy().T)
