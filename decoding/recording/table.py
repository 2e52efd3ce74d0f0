"""Making a voxel table: masks checked, volumes streamed, all in place at once or not at all."""

import json
import mmap
import os
import shutil
import warnings
from io import BytesIO
from pathlib import Path

import nibabel as nib
import numpy as np

from decoding.datasets.base import Subject
from decoding.errors import DataError
from decoding.files import make_once
from decoding.nifti.headers import (
    NiftiHeader,
    image_header,
    read_recording_header,
    same_grid,
    unlike_grid,
)
from decoding.nifti.masks import read_mask
from decoding.nifti.streams import stream_volumes
from decoding.progress import Progress, report

ROWS_AT_ONCE = 512
PASS_BYTES = 16 << 20


def make_table(subject: Subject, folder: Path, on_progress: Progress | None = None) -> None:
    """Stream the subject's recording to `folder`; of two makers the second waits for the first.

    Raises
    ------
    DataError
        If runs are not on one grid, no brain is found, or a file cannot be read.
    Cancelled
        If `on_progress` says so; nothing is left behind then.
    """
    read = image_header if subject.maps else read_recording_header
    headers = [read(path) for path in subject.bold]
    for path, header in zip(subject.bold, headers, strict=True):
        if not same_grid(header, headers[0]):
            raise DataError(
                f"{path.name} {unlike_grid(header, headers[0], subject.bold[0].name)}; all "
                "runs need one grid."
            )
    make_once(
        folder,
        lambda scratch: _write_table(scratch, subject, headers, on_progress),
        problem=f"The voxel table of subject {subject.name} cannot be written",
        sealed=True,
    )


def _find_brain(
    subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> np.ndarray:
    mean = _mean_scan(subject, headers, on_progress)
    brain = mean != 0 if subject.maps else _compute_brain_mask(mean, headers[0].affine)
    if not brain.any():
        raise DataError(
            f"There is no brain to be found in the mean scan of {subject.bold[0].name} (values "
            f"{mean.min():g} to {mean.max():g}); check the recording, or give a brain mask "
            "with it."
        )
    return brain


def _masks(
    subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the masks, bool (x, y, z); where no brain is found, why, if there are others."""
    masks, faults = {}, {}
    for name, mask in subject.masks.items():
        try:
            if mask.files:
                parts = [read_mask(path, headers[0]) for path in mask.files]
                masks[name] = _agreement(name, parts)
            else:
                masks[name] = _find_brain(subject, headers, on_progress)
        except DataError as error:
            if mask.files or len(subject.masks) == 1:
                raise
            faults[name] = str(error)
    return masks, faults


def _agreement(name: str, parts: list[np.ndarray]) -> np.ndarray:
    """Return where all masks of one name agree."""
    inside: np.ndarray = np.logical_and.reduce(parts)
    if not inside.any():
        raise DataError(f"The {len(parts)} masks called {name!r} have no voxel in common.")
    return inside


def _compute_brain_mask(mean_scan: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Find the brain in a mean scan (x, y, z), as `nilearn.masking.compute_epi_mask` does.

    Where most of the grid is exactly 0 the recording was masked before: then its brain is what is
    not 0.
    """
    if (mean_scan == 0).mean() > 0.5:
        return np.asarray(mean_scan != 0)
    from nilearn.exceptions import MaskWarning
    from nilearn.masking import compute_epi_mask

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MaskWarning)  # that it is empty: see `_find_brain`
        try:
            # An opening of 2 voxels leaves nothing of a thin slab.
            opening = 2 if min(mean_scan.shape) > 4 else 0
            image = compute_epi_mask(nib.Nifti1Image(mean_scan, affine), opening=opening)
        except ValueError:  # a grid too small for it
            return np.zeros(mean_scan.shape, dtype=bool)
    return np.asarray(image.dataobj, dtype=bool)


def _mean_scan(
    subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> np.ndarray:
    total = np.zeros(int(np.prod(headers[0].shape[:3])))
    done, n_volumes = 0, sum(header.shape[3] for header in headers)
    for path, header in zip(subject.bold, headers, strict=True):
        for slab in stream_volumes(path, header):
            total += _sum_scaled(slab, header)
            done += len(slab)
            report(on_progress, done, 2 * n_volumes)
    mean: np.ndarray = total / n_volumes
    return mean.reshape(headers[0].shape[:3], order="F")


def _sum_scaled(slab: np.ndarray, header: NiftiHeader) -> np.ndarray:
    """Sum a slab over its volumes in the scanner's units, non-finite values counted as 0."""
    n_finite: int | np.ndarray = len(slab)
    if slab.dtype.kind == "f":
        finite = np.isfinite(slab)
        slab, n_finite = np.where(finite, slab, 0), finite.sum(axis=0)
    total = slab.sum(axis=0, dtype=np.float64)
    return np.asarray(total * header.slope + header.inter * n_finite)


def _write_table(
    scratch: Path, subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> None:
    masks, faults = _masks(subject, headers, on_progress)
    shape = headers[0].shape[:3]
    union = np.logical_or.reduce(list(masks.values()))
    voxels = np.flatnonzero(union)
    file_order = np.ravel_multi_index(np.unravel_index(voxels, shape), shape, order="F")
    n_volumes = sum(header.shape[3] for header in headers)
    dtype = np.result_type(*(header.dtype for header in headers)).newbyteorder("=")
    table = _NewTable(scratch / "table.bin", (len(voxels), n_volumes), dtype)
    total, done = np.zeros(union.size), 0
    for path, header in zip(subject.bold, headers, strict=True):
        for slab in stream_volumes(path, header):
            table.add(slab[:, file_order])
            total += _sum_scaled(slab, header)
            done += len(slab)
            report(on_progress, done, n_volumes)
    table.close()
    np.save(scratch / "voxels.npy", voxels)
    np.save(scratch / "mean.npy", (total / n_volumes).reshape(shape, order="F").astype(np.float32))
    for name, mask in masks.items():
        np.save(scratch / f"rows_{name}.npy", np.flatnonzero(mask.ravel()[voxels]))
    info = {
        "shape": shape,
        "affine": headers[0].affine.tolist(),
        "code": headers[0].code,
        "dtype": dtype.str,
        "masks": list(masks),
        "faults": faults,
        "segments": [
            {"n_volumes": header.shape[3], "slope": header.slope, "inter": header.inter}
            for header in headers
        ],
    }
    (scratch / "info.json").write_text(json.dumps(info))


class _NewTable:
    """A voxel-major table on disk that is filled a few volumes at a time.

    Its blocks are reserved first, since a full disk would kill a process that writes to a mapping.
    Each pass over the table touches all of its pages, and hands them back since they count as the
    process' memory: so volumes wait until there are enough for a pass.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: np.dtype[np.generic]) -> None:
        n_bytes = shape[0] * shape[1] * dtype.itemsize
        with path.open("w+b") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            else:
                shutil.copyfileobj(BytesIO(bytes(n_bytes)), file)
                file.flush()
            self._mapping = mmap.mmap(file.fileno(), n_bytes)
        self._table = np.frombuffer(self._mapping, dtype=dtype).reshape(shape)
        self._waiting: list[np.ndarray] = []
        self._n_written = 0

    def add(self, volumes: np.ndarray) -> None:
        """Take the next volumes, (n_more_volumes, n_rows), written now or later."""
        self._waiting.append(volumes)
        if sum(part.nbytes for part in self._waiting) >= PASS_BYTES:
            self._write()

    def _write(self) -> None:
        for start in range(0, len(self._table), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            first = self._n_written
            for part in self._waiting:
                self._table[rows, first : first + len(part)] = part[:, rows].T
                first += len(part)
            self._release(start)
        self._n_written += sum(map(len, self._waiting))
        self._waiting.clear()

    def _release(self, start: int) -> None:
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        row_bytes = self._table.strides[0]
        begin = start * row_bytes // mmap.PAGESIZE * mmap.PAGESIZE
        end = min((start + ROWS_AT_ONCE) * row_bytes, len(self._mapping))
        self._mapping.madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def close(self) -> None:
        """Write what still waits, and all of it to disk."""
        self._write()
        self._mapping.flush()
