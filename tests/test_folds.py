"""Scores of predictions in folds."""

import numpy as np

from decoding.folds import distinct_rows, held_out_columns, score_folds


def test_scores_are_the_share_of_right_predictions_a_fold():
    """A fold counts its own held-out samples only."""
    folds = [(np.array([2, 3]), np.array([0, 1])), (np.array([0]), np.array([1, 2, 3]))]
    labels = np.array([[0, 1, 0, 1]])
    predictions = np.array([[0, 0, 1, 0, 0]], dtype=np.int8)
    assert held_out_columns(folds) == [slice(0, 2), slice(2, 5)]
    np.testing.assert_allclose(score_folds(predictions, labels, folds), [[0.5, 2 / 3]])


def test_distinct_rows_rebuild_the_table():
    """The first rows of each kind, taken by kind, are the table."""
    table = np.random.default_rng(0).integers(0, 2, (60, 4))
    first, kind = distinct_rows(table)
    np.testing.assert_array_equal(table[first][kind], table)
    assert len(first) == len(np.unique(table, axis=0))
