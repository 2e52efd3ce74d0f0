"""NIfTI headers, read and checked before any data is."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from decoding.errors import DataError

READ_ERRORS = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True, kw_only=True, eq=False)
class NiftiHeader:
    """What the first bytes of a NIfTI file say.

    Parameters
    ----------
    shape : tuple of int
        (x, y, z) or (x, y, z, n_volumes).
    affine : ndarray, shape (4, 4)
        Voxel indices to mm.
    dtype : numpy.dtype
        On-disk type, byte order included.
    slope, inter : float
        A voxel's value is ``raw * slope + inter``.
    offset : int
        Bytes before the data, in the uncompressed file.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    dtype: np.dtype[np.generic]
    slope: float
    inter: float
    offset: int


def read_header(path: Path) -> NiftiHeader:
    """Read the header of a NIfTI file and check what it claims.

    Raises
    ------
    DataError
        If the file is not a NIfTI image of real numbers with a finite affine.
    """
    try:
        image = nib.load(path)
        proxy = image.dataobj
        header = NiftiHeader(
            shape=tuple(int(n) for n in image.shape),
            affine=np.asarray(image.affine, dtype=np.float64),
            dtype=image.header.get_data_dtype().newbyteorder(image.header.endianness),
            slope=float(proxy.slope),
            inter=float(proxy.inter),
            offset=int(proxy.offset),
        )
    except READ_ERRORS as error:
        raise DataError(
            f"{path.name} is not a NIfTI file that can be read ({_first_line(error)}); "
            "check that it is whole, and that it is .nii or .nii.gz."
        ) from error
    if header.dtype.kind not in "iuf":
        raise DataError(
            f"{path.name} holds values of type {header.dtype}; it needs real numbers, one a voxel."
        )
    if not np.isfinite(header.affine).all() or np.linalg.det(header.affine[:3, :3]) == 0:
        raise DataError(f"{path.name} has no usable affine; its header must place it in mm.")
    return header


def same_grid(
    shape: tuple[int, ...],
    affine: np.ndarray,
    other_shape: tuple[int, ...],
    other_affine: np.ndarray,
) -> bool:
    """Tell whether two images share voxels: equal (x, y, z) and affine as nilearn compares them."""
    return shape[:3] == other_shape[:3] and bool(np.allclose(affine, other_affine))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
