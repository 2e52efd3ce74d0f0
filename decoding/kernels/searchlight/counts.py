"""Points: right predictions as whole numbers, added up over folds for every relabelling."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def add_points(
    correct: np.ndarray,
    n_test: int,
    weight: int,
    starts: np.ndarray,
    rows: np.ndarray,
    mirrored: np.ndarray,
    points: np.ndarray,
) -> None:
    """Add the right predictions of each labelling to all relabellings that it serves.

    Parameters
    ----------
    correct : ndarray of int32, shape (n_spheres, width)
        From `decoding.kernels.searchlight.score_fold.tally_fold`.
    n_test : int
        Number of held-out samples.
    weight : int
        Points for each right prediction.
    starts : ndarray of int, shape (width + 1,)
        Where each labelling's relabellings begin and end in `rows`.
    rows : ndarray of int
        Relabellings.
    mirrored : ndarray of bool, like `rows`
        Where the relabelling makes every prediction right that was wrong, and the reverse.
    points : ndarray of unsigned int, shape (n_relabellings, n_spheres)
        The sums.
    """
    n_spheres, width = correct.shape
    right = np.empty(n_spheres, dtype=points.dtype)
    wrong = np.empty(n_spheres, dtype=points.dtype)
    for w in range(width):
        for sphere in range(n_spheres):
            right[sphere] = weight * correct[sphere, w]
            wrong[sphere] = weight * (n_test - correct[sphere, w])
        for place in range(starts[w], starts[w + 1]):
            row = points[rows[place]]
            row += wrong if mirrored[place] else right


@njit(cache=True, nogil=True)
def reach_points(
    points: np.ndarray, repeats: np.ndarray, needed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find each relabelling's best sphere, and how often each sphere reaches the points needed.

    Parameters
    ----------
    points : ndarray of int, shape (n_relabellings, n_spheres)
        From `add_points`.
    repeats : ndarray of int, shape (n_relabellings,)
        How often each relabelling occurs.
    needed : ndarray of int, shape (n_spheres,)
        The points to reach.

    Returns
    -------
    best : ndarray of int, shape (n_relabellings,)
    reached : ndarray of int, shape (n_spheres,)
    """
    best = np.zeros(len(points), dtype=np.int64)
    reached = np.zeros(len(needed), dtype=np.int64)
    for row in range(len(points)):
        best[row] = points[row].max()
        for sphere in range(len(needed)):
            reached[sphere] += repeats[row] * (points[row, sphere] >= needed[sphere])
    return best, reached
