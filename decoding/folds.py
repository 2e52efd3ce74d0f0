"""Folds of a cross-validation, and the scores of what was predicted in them."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from decoding.errors import SpecError

Fold: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Indices of the training and of the held-out samples."""

Folds: TypeAlias = Sequence[Fold]


def held_out_columns(folds: Folds) -> list[slice]:
    """Return where each fold's held-out samples stand in a table of predictions.

    A table of predictions has a row a relabelling and a column a held-out sample, fold after fold.
    """
    ends = np.cumsum([len(test) for _, test in folds])
    return [slice(end - len(test), end) for end, (_, test) in zip(ends, folds, strict=True)]


def score_folds(predictions: np.ndarray, labels: np.ndarray, folds: Folds) -> np.ndarray:
    """Return the accuracy of each fold under each relabelling.

    Parameters
    ----------
    predictions : ndarray of int, shape (n_relabellings, n_held_out)
        As `held_out_columns` describes.
    labels : ndarray of int, shape (n_relabellings, n_samples)

    Returns
    -------
    ndarray, shape (n_relabellings, n_folds)
    """
    scores = np.empty((len(labels), len(folds)))
    for fold, columns in enumerate(held_out_columns(folds)):
        truth = labels[:, folds[fold][1]]
        scores[:, fold] = np.count_nonzero(predictions[:, columns] == truth, axis=1)
        scores[:, fold] /= truth.shape[1]
    return scores


def distinct_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each distinct kind, and the kind of each row, in no special order.

    It compares whole rows, which is much faster than ``np.unique(axis=0)``.

    Parameters
    ----------
    table : ndarray of int, shape (n_rows, n_columns)

    Returns
    -------
    first : ndarray of int, shape (n_kinds,)
    kind : ndarray of int, shape (n_rows,)
    """
    table = np.ascontiguousarray(table)
    rows = table.view(f"V{table.shape[1] * table.itemsize}").ravel()
    _, first, kind = np.unique(rows, return_index=True, return_inverse=True)
    return first, kind


def check_two(rows: np.ndarray, fold: int) -> None:
    """Refuse training labels, (n_relabellings, n_train), some row of which is all the same."""
    if (rows.min(axis=1) == rows.max(axis=1)).any():
        raise one_category(fold)


def one_category(fold: int) -> SpecError:
    """Return the error of a fold, counted from 0, that has one category to learn from."""
    return SpecError(
        f"Under some relabelling the training samples of fold {fold + 1} are all of one "
        "category; a classifier needs two. Choose another scheme."
    )
