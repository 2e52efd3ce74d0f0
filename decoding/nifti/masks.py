"""Masks: images of 0 and one other value on a scan's grid."""

import math
from pathlib import Path

import nibabel as nib
import numpy as np

from decoding.errors import DataError
from decoding.nifti.headers import READ_ERRORS, NiftiHeader, read_header, same_grid, unlike_grid


def read_mask(path: Path, scan: NiftiHeader) -> np.ndarray:
    """Return a mask, bool (x, y, z).

    Raises
    ------
    DataError
        If it cannot be read, has other voxels than the scan, or is not clear about what is inside.
    """
    header = read_header(path)
    if not same_grid(header, scan):
        raise DataError(
            f"The mask {path.name} {unlike_grid(header, scan, 'the scan')}; resample the mask to "
            "the scan."
        )
    if math.prod(header.shape[3:]) != 1:
        raise DataError(
            f"The mask {path.name} has the shape {header.shape}; a mask has three dimensions."
        )
    try:
        data = np.asarray(nib.load(path).dataobj).reshape(scan.shape[:3])
    except READ_ERRORS as error:
        raise DataError(f"The mask {path.name} cannot be read: {error}.") from error
    inside: np.ndarray = np.isfinite(data) & (data != 0)
    if not inside.any():
        raise DataError(f"The mask {path.name} is empty: none of its voxels is above 0.")
    if (data[inside] != data[inside][0]).any():
        raise DataError(
            f"The mask {path.name} holds {len(np.unique(data[inside]))} values besides 0, so what "
            "is inside is not clear; a mask holds 0 and one other value."
        )
    return inside
