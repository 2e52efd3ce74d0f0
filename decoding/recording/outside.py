"""Voxels outside the brain that hold signal all the same: the scanner's, or what moved there."""

import numpy as np
from nibabel.volumeutils import apply_read_scaling

from decoding.datasets.base import BRAIN, Subject
from decoding.errors import DataError
from decoding.nifti.headers import image_header
from decoding.nifti.streams import stream_volumes
from decoding.progress import Progress, report
from decoding.recording.voxels import VoxelStore
from decoding.room import hold_made

DIM = 0.1
"""Of the brain's mean signal: what is brighter outside is no air."""
SEED = 0
FORMAT, SERIES = 1, "series.npy"
FEWEST, MOST = 2, 4096


def read_outside(
    store: VoxelStore, n_voxels: int, on_progress: Progress | None = None
) -> np.ndarray:
    """Read voxels drawn from outside the brain, in the order of the grid: (n_volumes, n_found).

    They lie in no mask, vary, and have a mean of less than a tenth of the brain's. The recording is
    streamed past, once as a rule; no more than 4096 voxels are kept.

    Parameters
    ----------
    n_voxels : int
        How many are wanted; where there are fewer, all of them are read.

    Raises
    ------
    DataError
        If fewer than two such voxels are there.
    """
    mean = np.abs(np.asarray(store.mean_image().dataobj, dtype=np.float64).ravel())
    brain = store.grid.voxels[store.mask_rows(BRAIN)]
    outside = np.ones(mean.size, dtype=bool)
    outside[store.grid.voxels] = False
    lit = outside & (mean > 0)
    if np.count_nonzero(lit) < FEWEST:
        raise DataError("Outside the brain this recording holds nothing but 0: it was masked.")
    found = np.flatnonzero(lit & (mean < DIM * mean[brain].mean()))
    if len(found) < FEWEST:
        raise DataError(f"No voxel outside the brain is darker than {DIM:g} of the brain's mean.")
    folder = store.folder / f"outside-v{FORMAT}-{min(n_voxels, MOST)}"
    _held = hold_made(
        folder,
        lambda scratch: np.save(
            scratch / SERIES, _draw(store, found, min(n_voxels, MOST), on_progress)
        ),
        f"The voxels outside the brain of subject {store.subject.name} cannot be written",
    )
    series: np.ndarray = np.load(folder / SERIES)
    if series.shape[1] < FEWEST:
        raise DataError("Outside the brain no voxel varies.")
    return series


def _draw(
    store: VoxelStore, found: np.ndarray, n_voxels: int, on_progress: Progress | None
) -> np.ndarray:
    """Return the first of the voxels that vary, in an order that is drawn, sorted by place."""
    drawn = np.random.default_rng(SEED).permutation(found)
    chosen, series = drawn[:0], np.empty((store.n_volumes, 0))
    while len(chosen) < n_voxels and drawn.size:
        part, drawn = drawn[:n_voxels], drawn[n_voxels:]
        values = _stream(store.subject, store.grid.shape, part, on_progress)
        varying = np.ptp(values, axis=0) > 0
        chosen = np.concatenate([chosen, part[varying]])[:n_voxels]
        series = np.hstack([series, values[:, varying]])[:, :n_voxels]
    return np.asarray(series[:, np.argsort(chosen)])


def _stream(
    subject: Subject, shape: tuple[int, int, int], voxels: np.ndarray, on_progress: Progress | None
) -> np.ndarray:
    """Return voxels in the scanner's units, (n_volumes, n_voxels); a value not finite counts as 0.

    `voxels` are indices of the grid in C order, as `Grid` has them.
    """
    file_order = np.ravel_multi_index(np.unravel_index(voxels, shape), shape, order="F")
    headers = [image_header(path) for path in subject.bold]
    n_volumes, parts, done = sum(header.shape[3] for header in headers), [], 0
    for path, header in zip(subject.bold, headers, strict=True):
        for slab in stream_volumes(path, header):
            parts.append(apply_read_scaling(slab[:, file_order], header.slope, header.inter))
            done += len(slab)
            report(on_progress, done, n_volumes)
    return np.nan_to_num(np.concatenate(parts).astype(np.float64), posinf=0.0, neginf=0.0)
