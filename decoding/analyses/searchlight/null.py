"""The null of a searchlight: every sphere under relabelled blocks, kept as the best of each."""

from dataclasses import dataclass

import numpy as np

from decoding.analyses.searchlight.engines import NULL_THREADS, Engine, threads_to_use
from decoding.analyses.searchlight.source import VoxelSource
from decoding.folds import Folds
from decoding.kernels.searchlight.spheres import Spheres
from decoding.null import SCORE_TOLERANCE, Null
from decoding.progress import Progress, part_of
from decoding.relabel import relabel


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """What every pass over the brain shares."""

    source: VoxelSource
    folds: Folds
    spheres: Spheres
    engine: Engine


def relabel_spheres(
    over: Pass,
    scores: np.ndarray,
    permutations: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Null, np.ndarray]:
    """Score every sphere under relabelled blocks.

    Parameters
    ----------
    scores : ndarray of shape (n_spheres,)
        The observed scores.
    permutations : int
        How many relabellings are drawn; all are enumerated where there are no more.

    Returns
    -------
    null : Null
        Of the best score over all spheres.
    n_reached : ndarray of int, shape (n_spheres,)
        Under how many relabellings each sphere scored as high as it did on the labels as they are.
    """
    source = over.source
    relabelled = relabel(source.y, source.runs, source.blocks, permutations, seed)
    labels = relabelled.of_null
    if over.engine.null_kernel:
        null = over.engine.load_null()(
            source.read,
            labels,
            over.folds,
            over.spheres,
            scores,
            n_threads=threads_to_use(NULL_THREADS),
            on_progress=on_progress,
        )
        maxima, reached = null.maxima, null.n_reached
    else:
        maxima, reached = _one_by_one(over, labels, scores, on_progress)
    if relabelled.exact:
        # The labels as they are come first: rounding in single precision must not lose them.
        maxima[0] = max(maxima[0], scores.max())
    return relabelled.null(maxima), reached


def _one_by_one(
    over: Pass, labels: np.ndarray, scores: np.ndarray, on_progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a null's kernel does, where relabellings share nothing."""
    score = over.engine.load_score()
    maxima = np.empty(len(labels))
    reached = np.zeros(over.spheres.n_spheres, dtype=np.int64)
    for row, relabelled in enumerate(labels):
        found = score(
            over.source.read,
            relabelled,
            over.folds,
            over.spheres,
            n_threads=threads_to_use(over.engine.map_threads),
            on_progress=part_of(on_progress, row / len(labels), (row + 1) / len(labels)),
        ).scores
        over.source.release()
        maxima[row] = found.max()
        reached += found >= scores - SCORE_TOLERANCE
    return maxima, reached
