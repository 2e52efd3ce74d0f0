"""Right predictions as whole numbers, added up over folds for every relabelling."""

import numpy as np
from numba import njit

from decoding.kernels.searchlight.relabellings import Task


@njit(cache=True, nogil=True)
def add_counts(correct: np.ndarray, n_test: int, task: Task, counts: np.ndarray) -> None:
    """Add the right predictions of each labelling to all relabellings that it serves.

    Parameters
    ----------
    correct : ndarray of int32, shape (n_spheres, width)
        From `decoding.kernels.searchlight.score_fold.score_fold`.
    n_test : int
        Number of held-out samples.
    task : Task
        The labellings.
    counts : ndarray of unsigned int, shape (n_relabellings, n_spheres)
        The sums.

    Notes
    -----
    A right prediction counts ``task.weight``, so that folds of all sizes count the same; where the
    categories of a relabelling are exchanged, n_test - correct predictions are right.
    """
    n_spheres, width = correct.shape
    right = np.empty(n_spheres, dtype=counts.dtype)
    wrong = np.empty(n_spheres, dtype=counts.dtype)
    for w in range(width):
        for sphere in range(n_spheres):
            right[sphere] = task.weight * correct[sphere, w]
            wrong[sphere] = task.weight * (n_test - correct[sphere, w])
        for place in range(task.starts[w], task.starts[w + 1]):
            row = counts[task.rows[place]]
            row += wrong if task.mirrored[place] else right


@njit(cache=True, nogil=True)
def reach_counts(
    counts: np.ndarray, repeats: np.ndarray, needed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find each relabelling's best sphere, and how often each sphere reaches the count needed.

    Parameters
    ----------
    counts : ndarray of int, shape (n_relabellings, n_spheres)
        From `add_counts`.
    repeats : ndarray of int, shape (n_relabellings,)
        How often each relabelling occurs.
    needed : ndarray of int, shape (n_spheres,)
        The count to reach.

    Returns
    -------
    best : ndarray of int, shape (n_relabellings,)
    reached : ndarray of int, shape (n_spheres,)

    Notes
    -----
    best_r is the maximum over spheres s of counts_rs; reached_s the sum of repeats_r over the
    relabellings r with counts_rs >= needed_s.
    """
    best = np.zeros(len(counts), dtype=np.int64)
    reached = np.zeros(len(needed), dtype=np.int64)
    for row in range(len(counts)):
        best[row] = counts[row].max()
        for sphere in range(len(needed)):
            reached[sphere] += repeats[row] * (counts[row, sphere] >= needed[sphere])
    return best, reached
