"""Which volumes are decoded, and how they become samples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """Which volumes are decoded, as what: arrays of shape (n_selected,)."""

    volumes: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    n_dropped: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaging:
    """How selected volumes become samples.

    Parameters
    ----------
    y, runs, blocks : ndarray, shape (n_samples,)
    groups : ndarray of int, shape (n_selected,), or None
        The sample that each volume is averaged into; None where each is its own.
    """

    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    groups: np.ndarray | None = None

    def apply(self, selected: np.ndarray) -> np.ndarray:
        """Turn (n_selected, n_voxels) into (n_samples, n_voxels)."""
        if self.groups is None:
            return selected
        return np.stack([selected[self.groups == g].mean(axis=0) for g in range(len(self.y))])


def each_volume(selection: Selection) -> Averaging:
    """Let every selected volume be a sample."""
    return Averaging(y=selection.y, runs=selection.runs, blocks=selection.blocks)


def block_means(selection: Selection) -> Averaging:
    """Let the mean of each block's selected volumes be a sample."""
    _, first, groups = np.unique(selection.blocks, return_index=True, return_inverse=True)
    return Averaging(
        y=selection.y[first],
        runs=selection.runs[first],
        blocks=selection.blocks[first],
        groups=groups,
    )
