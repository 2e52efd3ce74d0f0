"""The voxel table: a recording streamed once to disk, voxel by voxel, and mapped from then on."""

import json
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.volumeutils import apply_read_scaling
from sklearn.utils import gen_even_slices

from decoding.datasets.base import BRAIN, Subject
from decoding.datasets.own.received import told_as_of, told_of
from decoding.errors import DataError
from decoding.files import cache_dir
from decoding.grid import Grid
from decoding.nifti.streams import map_file
from decoding.progress import Progress
from decoding.recording.table import make_table
from decoding.regions import mask_of, region_words
from decoding.room import Hold, hold

TABLE_FORMAT = 3
CHUNK_VOXELS = 128  # with 1452 volumes in float64, and one copy, it stays in a core's own cache


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Volumes that share a scale: value = raw * slope + inter, as nibabel computes it."""

    n_volumes: int
    slope: float
    inter: float


@dataclass(frozen=True, kw_only=True, eq=False)
class VoxelStore:
    """All voxels of all masks of a subject, mapped from disk.

    Parameters
    ----------
    subject : Subject
        Whose recording it is.
    grid : Grid
        Of the voxels of all masks, one a row of the table.
    rows : mapping of str to ndarray of int
        For each mask, the table's rows, in the C order of the grid.
    segments : tuple of Segment
        The recording's files in order, with their scales.
    faults : mapping of str to str
        Why a brain could not be found, by the mask's name.
    """

    subject: Subject
    folder: Path
    grid: Grid
    rows: Mapping[str, np.ndarray]
    segments: tuple[Segment, ...]
    faults: Mapping[str, str]
    _table: np.ndarray
    _mapping: mmap.mmap
    _hold: Hold

    @property
    def n_rows(self) -> int:
        """How many voxels the masks hold together."""
        return self.grid.n_voxels

    @property
    def n_volumes(self) -> int:
        """How many volumes were recorded."""
        return int(self._table.shape[1])

    def read(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return time series in the scanner's units, float64, shape (n_rows, n_volumes).

        Non-finite values are 0, as `nilearn.masking.apply_mask` has them.
        """
        raw = self._table[rows]
        series = np.empty(raw.shape, dtype=np.float64)
        start = 0
        for segment in self.segments:
            part = slice(start, start + segment.n_volumes)
            series[:, part] = apply_read_scaling(raw[:, part], segment.slope, segment.inter)
            start = part.stop
        if raw.dtype.kind == "f":
            series[~np.isfinite(series)] = 0.0
        release(self._mapping)
        return series

    def count_not_finite(self, rows: np.ndarray) -> int:
        """Count the voxels, of some rows (n,), with a value in any volume that is not finite."""
        if self._table.dtype.kind != "f":
            return 0
        return sum(not np.isfinite(self._table[row]).all() for row in rows.tolist())

    def still_within(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Return which rows never vary within each run, bool (n_rows, n_runs).

        `runs` is of shape (n_volumes,). Non-finite values are 0, as in `read`.
        """
        raw = self._table[rows]
        if raw.dtype.kind == "f":
            raw = np.where(np.isfinite(raw), raw, 0)
        parts = (raw[:, runs == run] for run in np.unique(runs))
        return np.stack([(part == part[:, :1]).all(axis=1) for part in parts], axis=1)

    def mask_rows(self, mask: str) -> np.ndarray:
        """Return the rows of a mask, (n_voxels,), in the C order of the grid.

        Raises
        ------
        DecodingError
            If there is no such mask, or a region holds no voxel of the brain.
        """
        region = mask_of(self.subject, mask).region
        whole = mask if region is None else BRAIN
        if whole in self.faults:
            raise DataError(self.faults[whole])
        rows = self.rows[whole]
        if region is None:
            return rows
        places = self.grid.rows(rows).centres
        if not (inside := region.inside(places)).any():
            raise DataError(
                f"The {region_words(mask)} holds no voxel of the recorded brain. "
                f"{region.possible(places)}{self.grid.caveat}"
            )
        return np.asarray(rows[inside])

    def mask_image(self, mask: str) -> nib.Nifti1Image:
        """Return a mask as an image of 0 and 1 on the scan's grid."""
        rows = self.mask_rows(mask)
        return self.grid.rows(rows).image(np.ones(len(rows), dtype=np.uint8))

    def mean_image(self) -> nib.Nifti1Image:
        """Return the mean scan over all volumes, float32, on the whole grid."""
        return self.grid.whole_image(np.load(self.folder / "mean.npy"))


def release(mapping: mmap.mmap) -> None:
    """Hand back to the system what was read of a file: of each row sixteen pages around it, too."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def chunks_of(n: int, size: int = CHUNK_VOXELS) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of at most `size`, none of them of length 1 unless n is.

    NumPy sums a single column in another order than several, which changes the last bit.
    """
    starts = list(range(0, n, size))
    if len(starts) > 1 and n - starts[-1] == 1:
        starts[-1] -= 1
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        yield slice(start, stop)


def cleaning_chunks(n: int, size: int = CHUNK_VOXELS) -> Iterator[slice]:
    """Cut ``range(n)`` so that `nilearn.signal.clean` gives each chunk what it gives the whole.

    It removes trends from ten slices of the voxels in turn (from 500 voxels on), and the product
    behind it rounds the last few columns of a slice otherwise than the rest. So chunks end where
    those slices do, or at a multiple of 16 after their begin.
    """
    if n <= size:
        yield slice(0, n)
        return
    step = min(size, _UNSLICED) // 16 * 16
    for part in gen_even_slices(n, _CLEAN_SLICES if n > _UNSLICED else 1):
        head = part.start + max(0, (part.stop - part.start) // 16 - 1) * 16
        for start in range(part.start, head, step):
            yield slice(start, min(start + step, head))
        yield slice(head, part.stop)


_CLEAN_SLICES = 10
_UNSLICED = 499


def table_folder(subject: Subject) -> Path:
    """Return where the subject's table lies or will lie; another format has another folder."""
    return (subject.home or cache_dir()) / "tables" / f"v{TABLE_FORMAT}-{subject.version}"


def open_voxels(subject: Subject, on_progress: Progress | None = None) -> VoxelStore:
    """Open the subject's table, made first if it is not there; its volumes are reported.

    Raises
    ------
    DataError
        If a file is damaged, a mask does not fit, or the disk is full.
    """
    folder = table_folder(subject)
    with told_as_of(subject):
        held = hold(folder, lambda: make_table(subject, folder, on_progress))
    info = json.loads((folder / "info.json").read_text())
    mapping = map_file(folder / "table.bin")
    table = np.frombuffer(mapping, dtype=np.dtype(info["dtype"]))
    voxels = np.load(folder / "voxels.npy")
    return VoxelStore(
        subject=subject,
        folder=folder,
        grid=Grid(tuple(info["shape"]), np.array(info["affine"]), voxels, info["code"]),
        rows={name: np.load(folder / f"rows_{name}.npy") for name in info["masks"]},
        faults={mask: told_of(subject, why) for mask, why in info["faults"].items()},
        segments=tuple(Segment(**segment) for segment in info["segments"]),
        _table=table.reshape(len(voxels), -1),
        _mapping=mapping,
        _hold=held,
    )
