"""Numbers derived from result tables."""

import numpy as np
import pandas as pd
import pytest

from decoding.results import DecodingResult, PermutationResult
from decoding.spec import DecodingSpec


def permutation_result(null, observed=0.6):
    """Return a result with this null."""
    return PermutationResult(
        spec=DecodingSpec(), observed=observed, null=np.asarray(null), exact=True, n_distinct=8,
        n_tied=2, seed=None, n_samples=8, n_blocks=8,
    )  # fmt: skip


def test_expected_best_is_the_mean_of_maxima():
    """The best of n equals the mean maximum over all draws of n, and grows to the largest."""
    null = np.array([0.2, 0.4, 0.4, 0.9])
    test = permutation_result(null)
    assert test.expected_best(1) == pytest.approx(null.mean())
    pairs = np.maximum(null[:, None], null[None])
    assert test.expected_best(2) == pytest.approx(pairs.mean())
    assert test.expected_best(1000) == pytest.approx(0.9)


def test_cell_names_the_blocks_behind_it():
    """The blocks behind a cell add up to its count, each with how often it was tested."""
    predictions = pd.DataFrame(
        {
            "fold": [0, 0, 0, 1, 1, 1],
            "sample": range(6),
            "run": [1, 1, 1, 2, 2, 2],
            "block": [0, 0, 1, 2, 2, 3],
            "true": ["cat", "cat", "face", "cat", "cat", "face"],
            "predicted": ["face", "cat", "face", "face", "face", "cat"],
            "decision": 0.0,
        }
    )
    result = DecodingResult(
        spec=DecodingSpec(), predictions=predictions, classes=("cat", "face"), n_samples=6,
        n_blocks=4, n_voxels=1, version="",
    )  # fmt: skip
    cell = result.cell("cat", "face")
    assert cell.to_dict("list") == {
        "run": [1, 2], "block": [0, 2], "decoded_so": [1, 2], "tested": [2, 2],
    }  # fmt: skip
    assert cell["decoded_so"].sum() == result.confusion.loc["cat", "face"]
