"""The brain behind a map: the anatomy, or the mean scan, at the size of a screen."""

import gzip
from contextlib import suppress
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img
from scipy import ndimage

from decoding.datasets.base import Subject
from decoding.errors import CannotWriteError, DataError
from decoding.files import cache_dir, whole_file
from decoding.nifti.headers import read_header
from decoding.nifti.streams import read_image
from decoding.recording.voxels import open_voxels

VOXEL_MM = 2.0
_FORMAT = 3
_AIR = 0.12
_ALREADY_EMPTY = 0.3
_THINNEST = 4
"""Fewer slices than this are shown as one slice: see `decoding.output.brain.one_slice`."""


def background_image(subject: Subject) -> nib.Nifti1Image:
    """Return what a map is drawn on, with nothing but zeros around the head.

    The anatomy is resampled to 2 mm once and kept in the cache: a view on it as recorded takes
    11 s and 10 MB, at 2 mm 0.3 s and 0.7 MB. Where the cache cannot be written it is made each
    time. Without an anatomy it is the mean scan.
    """
    if subject.anatomy is None:
        return mean_scan_image(subject)
    home = subject.home or cache_dir()
    path = home / "backgrounds" / f"v{_FORMAT}-{subject.version}.nii.gz"
    with suppress(DataError):  # not there yet, or not as it was written
        header = read_header(path)
        return nib.Nifti1Image(read_image(path, header), header.affine)
    small = _shrink_anatomy(subject.anatomy)
    with suppress(CannotWriteError), whole_file(path) as scratch:
        scratch.write_bytes(gzip.compress(small.to_bytes(), compresslevel=1, mtime=0))
    return small


def mean_scan_image(subject: Subject) -> nib.Nifti1Image:
    """Return the mean over all volumes as it is drawn: at 2 mm, zeros around the head.

    A recording of a slice or two keeps its own grid.
    """
    mean = open_voxels(subject).mean_image()
    view = to_view_grid(nib.Nifti1Image(without_air(mean.get_fdata(dtype=np.float32)), mean.affine))
    view.header["sform_code"] = mean.header["sform_code"]  # 0: left and right are not known
    return view


def to_view_grid(image: nib.Nifti1Image) -> nib.Nifti1Image:
    """Resample a 3D image to cubes of 2 mm that stand straight, unless it is that or thin.

    On any other grid ``view_img`` resamples by itself and loses which voxels are empty. Empty
    voxels take no part in the interpolation: no dark rim.
    """
    straight = np.array_equal(image.affine[:3, :3], np.diag([VOXEL_MM] * 3))
    if straight or is_thin(image.shape):
        return image
    data = image.get_fdata(dtype=np.float32)
    whole = _resample(data, image.affine)
    percent = np.where(data != 0, np.float32(100), np.float32(0))
    filled = _resample(percent, image.affine).get_fdata(dtype=np.float32) / 100
    inside = filled > 0.5
    values = np.where(inside, whole.get_fdata(dtype=np.float32) / np.where(inside, filled, 1), 0)
    return nib.Nifti1Image(values.astype(np.float32), whole.affine)


def _resample(data: np.ndarray, affine: np.ndarray) -> nib.Nifti1Image:
    image = nib.Nifti1Image(data, affine)
    return resample_img(image, target_affine=np.diag([VOXEL_MM] * 3), interpolation="linear")


def is_thin(shape: tuple[int, ...]) -> bool:
    """Return whether an image of this shape is shown as one slice, not as three planes."""
    return min(shape[:3]) < _THINNEST


def without_air(data: np.ndarray) -> np.ndarray:
    """Return an image of a head, (x, y, z), with the noise around it set to 0.

    Where a part of the image is 0 already (a masked scan, a stripped skull) nothing is changed.
    """
    data = np.nan_to_num(data)
    if (data == 0).mean() > _ALREADY_EMPTY or data.max() <= 0:
        return data
    head = ndimage.binary_opening(data > _AIR * np.quantile(data, 0.98))
    labels, n_parts = ndimage.label(head)
    if n_parts == 0:
        return data
    largest = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return np.where(ndimage.binary_fill_holes(largest), data, 0).astype(data.dtype)


def anatomy_image(path: Path) -> nib.Nifti1Image:
    """Return an anatomy as it was recorded, 3D and float32; what is no number is 0."""
    header = read_header(path)
    data = read_image(path, header).reshape(header.shape[:3]).astype(np.float32)
    return nib.Nifti1Image(np.nan_to_num(data, copy=False), header.affine)


def _shrink_anatomy(path: Path) -> nib.Nifti1Image:
    small = to_view_grid(anatomy_image(path))
    values = without_air(small.get_fdata(dtype=np.float32))
    high = float(values.max()) or 1.0
    return nib.Nifti1Image((values * (10000 / high)).astype(np.int16), small.affine)
