"""The samples of a whole brain, a few voxels at a time: what a searchlight reads instead of X."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from decoding.datasets.base import Subject
from decoding.grid import Grid
from decoding.progress import Progress
from decoding.recording.voxels import chunks_of, open_voxels
from decoding.regions import mask_of
from decoding.samples.extract import (
    Samples,
    count_constant,
    extract_samples,
    select_samples,
    standardized_series,
)
from decoding.samples.kinds import pick_kind
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class VoxelSource:
    """The samples of a mask, whose values are read when they are needed.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives the samples (n_rows, n_samples) of some voxels of the mask, as
        `decoding.kernels.searchlight.batches.Voxels` asks for. Safe in several threads.
    y, runs, blocks : ndarray of shape (n_samples,)
    grid : Grid
        Of the mask's voxels.
    n_dropped : int
        Volumes that a lag moved past the end of their run, or that go with the confounds.
    """

    read: Callable[[int, int], np.ndarray]
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    grid: Grid
    n_dropped: int = 0

    def samples_of(self, rows: np.ndarray) -> Samples:
        """Return the samples of a few voxels, (n,), counted in the mask, in the order given."""
        rows = np.asarray(rows)
        X = np.concatenate([self.read(row, row + 1) for row in rows.tolist()]).T
        return Samples(
            X=np.ascontiguousarray(X),
            y=self.y,
            runs=self.runs,
            blocks=self.blocks,
            grid=self.grid.rows(rows),
            n_dropped=self.n_dropped,
            n_constant=count_constant(X),
        )


def open_source(
    subject: Subject, spec: DecodingSpec, on_progress: Progress | None = None
) -> VoxelSource:
    """Prepare to read a spec's samples voxel by voxel, with the values of `extract_samples`."""
    kind = pick_kind(spec.samples)
    mask_of(subject, spec.mask)
    if kind.average is None:  # betas are few: they are held
        return source_from(extract_samples(subject, spec, on_progress))
    selection = select_samples(subject, spec)
    averaging = kind.average(selection)
    store = open_voxels(subject, on_progress)
    rows = store.mask_rows(spec.mask)

    def read(start: int, stop: int) -> np.ndarray:
        if stop - start == 1 < len(rows):  # alone, its last bits would not be those of the map
            pair = read(first := min(start, len(rows) - 2), first + 2)
            return np.array(pair[start - first])[None]
        values = np.empty((stop - start, len(averaging.y)))
        for chunk in chunks_of(stop - start):
            chosen = rows[start:stop][chunk]
            series = standardized_series(store, subject, spec, chosen)
            values[chunk] = averaging.apply(series[selection.volumes]).T
        return values

    return VoxelSource(
        read=read,
        y=averaging.y,
        runs=averaging.runs,
        blocks=averaging.blocks,
        grid=store.grid.rows(rows),
        n_dropped=selection.n_dropped,
    )


def source_from(samples: Samples) -> VoxelSource:
    """Serve samples that are in memory."""
    assert samples.grid is not None, "spheres are made of voxels"
    values = samples.X.T
    return VoxelSource(
        read=lambda start, stop: values[start:stop],
        y=samples.y,
        runs=samples.runs,
        blocks=samples.blocks,
        grid=samples.grid,
        n_dropped=samples.n_dropped,
    )
