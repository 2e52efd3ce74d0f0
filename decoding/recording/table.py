"""Making a voxel table: masks checked, volumes streamed, all in place at once or not at all."""

import json
import math
import mmap
import os
import shutil
import warnings
from io import BytesIO
from pathlib import Path

import nibabel as nib
import numpy as np
from filelock import FileLock

from decoding.datasets.base import Subject
from decoding.errors import DataError
from decoding.files import whole_folder
from decoding.nifti.headers import READ_ERRORS, NiftiHeader, read_header, same_grid
from decoding.nifti.streams import stream_volumes
from decoding.progress import Progress, report

ROWS_AT_ONCE = 4096


def make_table(subject: Subject, folder: Path, on_progress: Progress | None = None) -> None:
    """Stream the subject's recording to `folder`; of two makers the second waits for the first.

    Raises
    ------
    DataError
        If a file is damaged, a mask does not fit the scan, or the disk is full.
    """
    headers = [_recording_header(path) for path in subject.bold]
    _check_same_grid(subject.bold, headers)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if folder.is_dir():
                return
            _clear_ruins(folder)
            masks = _load_masks(subject, headers, on_progress)
            with whole_folder(folder) as scratch:
                _write_table(scratch, subject, headers, masks, on_progress)
    except OSError as error:
        raise DataError(
            f"The voxel table of subject {subject.name} cannot be written ({error.strerror}). Free "
            "some disk space, or point DECODING_CACHE to a folder that can be written."
        ) from error


def _clear_ruins(folder: Path) -> None:
    """Remove what makers of this table left that were killed; their lock is ours now."""
    for scratch in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(scratch, ignore_errors=True)


def _recording_header(path: Path) -> NiftiHeader:
    header = read_header(path)
    if len(header.shape) != 4:
        raise DataError(
            f"{path.name} has the shape {header.shape}; a recording has four dimensions."
        )
    return header


def _check_same_grid(paths: tuple[Path, ...], headers: list[NiftiHeader]) -> None:
    first = headers[0]
    for path, header in zip(paths, headers, strict=True):
        if not same_grid(header.shape, header.affine, first.shape, first.affine):
            raise DataError(
                f"{path.name} has the grid {header.shape[:3]}, but {paths[0].name} has "
                f"{first.shape[:3]}, or lies elsewhere in space; all runs need one grid."
            )


def _load_masks(
    subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> dict[str, np.ndarray]:
    """Return each mask as a boolean grid; the brain's is computed where no file gives it."""
    return {
        name: _find_brain(subject, headers, on_progress)
        if path is None
        else load_mask(path, name, headers[0])
        for name, path in subject.masks.items()
    }


def _find_brain(
    subject: Subject, headers: list[NiftiHeader], on_progress: Progress | None
) -> np.ndarray:
    mean = _mean_scan(subject, headers, on_progress)
    brain = compute_brain_mask(mean, headers[0].affine)
    if not brain.any():
        raise DataError(
            f"There is no brain to be found in the mean scan of {subject.bold[0].name} (values "
            f"{mean.min():g} to {mean.max():g}); check the recording, or give a brain mask "
            "with it."
        )
    return brain


def load_mask(path: Path, name: str, scan: NiftiHeader) -> np.ndarray:
    """Read a mask and check that it fits the scan.

    Returns
    -------
    ndarray of bool, shape (x, y, z)

    Raises
    ------
    DataError
        If it cannot be read, lies on another grid, or holds no voxel.
    """
    header = read_header(path)
    if not same_grid(header.shape, header.affine, scan.shape, scan.affine):
        raise DataError(
            f"Mask '{name}' ({path.name}) has the grid {header.shape[:3]} and the scan "
            f"{scan.shape[:3]}, or they lie elsewhere in space; resample the mask to the scan."
        )
    if math.prod(header.shape[3:]) != 1:
        raise DataError(
            f"Mask '{name}' ({path.name}) has the shape {header.shape}; a mask has three "
            "dimensions."
        )
    try:
        data = np.asarray(nib.load(path).dataobj).reshape(scan.shape[:3])
    except READ_ERRORS as error:
        raise DataError(f"Mask '{name}' ({path.name}) cannot be read: {error}.") from error
    inside: np.ndarray = np.isfinite(data) & (data != 0)
    if not inside.any():
        raise DataError(f"Mask '{name}' ({path.name}) is empty: none of its voxels is above 0.")
    if (data[inside] != data[inside][0]).any():
        raise DataError(
            f"Mask '{name}' ({path.name}) holds {len(np.unique(data[inside]))} values besides "
            "0, so what is inside is not clear; a mask holds 0 and one other value."
        )
    return inside


def compute_brain_mask(mean_scan: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Find the brain in a mean scan, as `nilearn.masking.compute_epi_mask` does.

    Where most of the grid is exactly 0 the recording was masked before: then its brain is what is
    not 0.

    Parameters
    ----------
    mean_scan : ndarray, shape (x, y, z)
    affine : ndarray, shape (4, 4)

    Returns
    -------
    ndarray of bool, shape (x, y, z)
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
    scratch: Path,
    subject: Subject,
    headers: list[NiftiHeader],
    masks: dict[str, np.ndarray],
    on_progress: Progress | None,
) -> None:
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
            table.write(done, slab, file_order)
            total += _sum_scaled(slab, header)
            done += len(slab)
            report(on_progress, done, n_volumes)
    table.close()
    np.save(scratch / "voxels.npy", voxels)
    np.save(scratch / "mean.npy", (total / n_volumes).reshape(shape, order="F").astype(np.float32))
    for name, mask in masks.items():
        np.save(scratch / f"rows_{name}.npy", np.flatnonzero(mask.ravel()[voxels]))
    segments = [
        {"n_volumes": header.shape[3], "slope": header.slope, "inter": header.inter}
        for header in headers
    ]
    info = {
        "shape": shape,
        "affine": headers[0].affine.tolist(),
        "dtype": dtype.str,
        "masks": list(masks),
        "segments": segments,
    }
    (scratch / "info.json").write_text(json.dumps(info))


class _NewTable:
    """A voxel-major table on disk that is filled a few volumes at a time.

    Its blocks are reserved first, since a full disk would kill a process that writes to a mapping;
    and pages are handed back as they are filled, since they count as the process' memory.
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

    def write(self, first: int, slab: np.ndarray, file_order: np.ndarray) -> None:
        """Put volumes `first`, ... of all rows; `slab` is (n_slab_volumes, x * y * z)."""
        for start in range(0, len(file_order), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            self._table[rows, first : first + len(slab)] = slab[:, file_order[rows]].T
            self._release(start)

    def _release(self, start: int) -> None:
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        row_bytes = self._table.strides[0]
        begin = start * row_bytes // mmap.PAGESIZE * mmap.PAGESIZE
        end = min((start + ROWS_AT_ONCE) * row_bytes, len(self._mapping))
        self._mapping.madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def close(self) -> None:
        """Write what is still in memory to disk."""
        self._mapping.flush()
