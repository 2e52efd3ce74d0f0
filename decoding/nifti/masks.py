"""Masks: images of 0 and one other value on a scan's grid."""

import math
from pathlib import Path

import numpy as np

from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader, read_header, same_grid, unlike_grid
from decoding.nifti.streams import read_image
from decoding.numbers import percent_text

NEAR = 0.01
"""A share of the highest value: so near to it, or to 0, a value nearly is one of the two."""


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
    data = read_image(path, header).reshape(scan.shape[:3])
    inside: np.ndarray = np.isfinite(data) & (data != 0)
    if not inside.any():
        raise DataError(f"The mask {path.name} is empty: none of its voxels is above 0.")
    if (data[inside] != data[inside][0]).any():
        raise DataError(
            f"The mask {path.name} holds {len(np.unique(data[inside]))} values besides 0, so what "
            f"is inside is not clear; a mask holds 0 and one other value.{_nearly_binary(data)}"
        )
    return inside


def _nearly_binary(data: np.ndarray) -> str:
    """Say how to mend a mask that was interpolated, whose values are shares of its highest."""
    values = data[np.isfinite(data)]
    high = float(values.max())
    if values.min() < -NEAR * high or (values == np.round(values)).all():
        return ""
    near = np.minimum(np.abs(values), np.abs(values - high)) <= NEAR * high
    return (
        f" {percent_text(float(near.mean()))} of its values are within 1 % of 0 or {high:.3g}, so "
        f"it may be a mask that was interpolated: keep the voxels above {high / 2:.3g}, or "
        "resample it anew by nearest neighbour."
    )
