"""Masks that a recording's own responses chose: circular for whoever decodes it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.simulated.parameters import (
    BLOCK_STARTS,
    BLOCK_VOLUMES,
    CATEGORIES,
)
from decoding.datasets.simulated.regions import Head

FACE, HOUSE = CATEGORIES.index("face"), CATEGORIES.index("house")


def localize(head: Head, runs: Iterable[NDArray[np.float32]], order: NDArray[np.int64]) -> Head:
    """Return a head whose masks of faces and houses are the voxels that tell them apart best.

    They have as many voxels as those of before, wherever they lie, by Student's t over the runs.

    Parameters
    ----------
    runs : iterable of ndarray, each of shape (n_volumes of a run, n_brain_voxels)
        The recording.
    order : ndarray, shape (n_runs, n_blocks)
        The category of each block.
    """
    differences = np.stack(
        [
            _block(run, shown, FACE) - _block(run, shown, HOUSE)
            for run, shown in zip(runs, order, strict=True)
        ]
    )
    t = differences.mean(axis=0) / differences.std(axis=0, ddof=1)
    masks = dict(head.masks)
    for name in ("face", "face_little", "house", "house_little"):
        strength = t if name.startswith("face") else -t
        best = np.zeros(len(t), dtype=np.bool_)
        best[np.argsort(-strength, kind="stable")[: int(head.masks[name].sum())]] = True
        masks[name] = np.zeros_like(head.brain)
        masks[name][head.brain] = best
    return replace(head, masks=masks)


def _block(
    run: NDArray[np.float32], shown: NDArray[np.int64], category: int
) -> NDArray[np.float32]:
    start = BLOCK_STARTS[int(np.flatnonzero(shown == category)[0])]
    mean: NDArray[np.float32] = run[start : start + BLOCK_VOLUMES].mean(axis=0)
    return mean
