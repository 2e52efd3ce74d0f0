"""NIfTI headers, read and checked before any data is."""

import gzip
import math
import zlib
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import product
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.affines import apply_affine
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from decoding.errors import DataError

_READ_ERRORS = (
    ImageFileError, HeaderDataError, OSError, EOFError, ValueError, KeyError, OverflowError,
    zlib.error,
)  # fmt: skip

# A gzip file cannot hold more than this many bytes for each of its own (deflate's limit).
MAX_GZIP_RATIO = 1032
# Extensions between header and data are read by nobody here; 16 MB of them are no scan.
MAX_OFFSET = 1 << 24
GZIP = b"\x1f\x8b"
"""What a gzip file begins with."""
# The header and what gzip puts before it lie well within the first 64 kB of a file.
START_BYTES = 1 << 16
# No brain comes near these: a scan at 0.7 mm has 21 million voxels, the longest run some thousand
# volumes. A header that claims more would have its reader fill the memory.
MAX_VOXELS, MAX_VOLUME_BYTES, MAX_VOLUMES, MAX_MM = 1 << 25, 1 << 27, 50_000, 1000.0
MNI = 4
"""NIfTI's code of MNI space."""
SAME_VOXEL = 1e-3
"""So far apart, in voxels, corners of two images may lie that share their voxels."""

_HEADERS = {348: (nib.Nifti1Header, b"n+1"), 540: (nib.Nifti2Header, b"n+2")}
_LONGEST = max(_HEADERS)


@dataclass(frozen=True, kw_only=True, eq=False)
class NiftiHeader:
    """What the first bytes of a NIfTI file say.

    Parameters
    ----------
    shape : tuple of int
        (x, y, z) or (x, y, z, n_volumes).
    affine : ndarray, shape (4, 4)
        Voxel indices to mm.
    code : int
        NIfTI's code of the space that the affine leads to, e.g. 1 for the scanner's and 4 for MNI
        space; 0 where the header says nothing of it.
    dtype : numpy.dtype
        On-disk type, byte order included.
    slope, inter : float
        A voxel's value is ``raw * slope + inter``.
    offset : int
        Bytes before the data, in the uncompressed file.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    code: int
    dtype: np.dtype[np.generic]
    slope: float
    inter: float
    offset: int

    @property
    def n_bytes(self) -> int:
        """Size of the uncompressed file that this header describes."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def read_header(path: Path) -> NiftiHeader:
    """Read the header of a ``.nii`` or ``.nii.gz`` file and check what it claims.

    Only the header's own bytes are read, so a file that claims too much costs nothing; nibabel,
    which parses them here, would map or decompress the data by what the header claims.

    Raises
    ------
    DataError
        If the file is not a NIfTI image of real numbers with a usable affine, or claims more
        values than its size can hold.
    """
    try:
        header = _parse(_read_start(path))
        size = path.stat().st_size
    except _READ_ERRORS as error:
        raise _unreadable(path.name, error) from error
    return _checked(path.name, header, size * (MAX_GZIP_RATIO if path.suffix == ".gz" else 1), size)


def header_of(name: str, start: bytes, size: int) -> NiftiHeader:
    """Return the checked header of a file of `size` bytes, of which only the first are at hand.

    Whether it is packed is told by these, not by its name; see `read_header`.

    Raises
    ------
    DataError
        If it is no NIfTI header, or claims what cannot be.
    """
    packed = start.startswith(GZIP)
    try:
        header = _parse(_unpack(start) if packed else start[:_LONGEST])
    except _READ_ERRORS as error:
        raise _unreadable(name, error) from error
    return _checked(name, header, size * (MAX_GZIP_RATIO if packed else 1), size)


def _checked(name: str, header: NiftiHeader, holds: int, size: int) -> NiftiHeader:
    _check_values(name, header)
    _check_size(name, header, holds, size)
    _check_limits(name, header)
    return header


def read_recording_header(path: Path) -> NiftiHeader:
    """Read and check the header of a recording, which has four dimensions; see `read_header`.

    Raises
    ------
    DataError
        If it cannot be read, or has not four dimensions.
    """
    header = read_header(path)
    if len(header.shape) != 4:
        raise DataError(
            f"{path.name} has the shape {header.shape}; a recording has four dimensions, the last "
            "one being volumes."
        )
    return header


def image_header(path: Path) -> NiftiHeader:
    """Read the header of a recording or of a single image, which counts as one volume."""
    header = read_header(path)
    return replace(header, shape=(*header.shape, 1)) if len(header.shape) == 3 else header


def same_grid(one: NiftiHeader, other: NiftiHeader) -> bool:
    """Tell whether two images share voxels: equal (x, y, z), corners within 1/1000 of a voxel."""
    return one.shape[:3] == other.shape[:3] and _distance(one, other)[0] <= SAME_VOXEL


def unlike_grid(one: NiftiHeader, other: NiftiHeader, named: str) -> str:
    """Say how the grids of two images differ: the end of a sentence on one that names the other."""
    ours, theirs = (" x ".join(map(str, header.shape[:3])) for header in (one, other))
    if ours != theirs:
        return f"has {ours} voxels, where {named} has {theirs}"
    return f"lies {_distance(one, other)[1]:.3g} mm away from {named} in space"


def _distance(one: NiftiHeader, other: NiftiHeader) -> tuple[float, float]:
    """Return how far the corners of two images of one shape lie apart, in voxels and in mm."""
    corners = np.array(list(product(*((0, n - 1) for n in one.shape[:3]))))
    apart = apply_affine(one.affine, corners) - apply_affine(other.affine, corners)
    voxels = apart @ np.linalg.inv(one.affine[:3, :3]).T
    furthest = float(np.linalg.norm(apart, axis=1).max())
    return float(np.abs(voxels).max()), furthest


def seconds_a_volume(path: Path) -> tuple[float, bool]:
    """Return the repetition time that a header gives, and whether it gives a unit with it.

    Without a unit the number stands as it is: it is mostly seconds.

    Raises
    ------
    DataError
        If the header cannot be read.
    """
    try:
        header = _nibabels(_read_start(path))
        seconds = float(header.get_zooms()[-1])
        scale = _SECONDS.get(int(header["xyzt_units"]) & _TIME_BITS)
    except _READ_ERRORS as error:
        raise _unreadable(path.name, error) from error
    return round(seconds * (scale or 1.0), 6), scale is not None


_TIME_BITS = 0b111000
_SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""What NIfTI's units of time are in seconds."""


def _unreadable(name: str, error: Exception) -> DataError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return DataError(
        f"{name} is not a NIfTI file that can be read ({reason}); "
        "check that it is whole, and that it is .nii or .nii.gz."
    )


def _read_start(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    return _unpack(start) if path.suffix == ".gz" else start[:_LONGEST]


def _unpack(start: bytes) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(start)) as unpacked:
        return unpacked.read(_LONGEST)


def _nibabels(start: bytes) -> nib.Nifti1Header:
    claimed = {int.from_bytes(start[:4], order) for order in ("little", "big")}
    length = next(iter(claimed & set(_HEADERS)), None)
    if length is None or len(start) < length:
        raise ImageFileError(f"{len(start)} bytes and no header" if start else "it is empty")
    kind, magic = _HEADERS[length]
    header = kind(start[:length], check=False)
    if bytes(header["magic"])[:3] != magic:
        raise ImageFileError("header and data must be in one file")
    return header


def _parse(start: bytes) -> NiftiHeader:
    header = _nibabels(start)
    offset = float(header["vox_offset"])
    if not int(header["sizeof_hdr"]) + 4 <= offset < MAX_OFFSET:
        raise ImageFileError(f"its data would begin at byte {offset:g}")
    slope, inter = header.get_slope_inter()
    with np.errstate(invalid="ignore"):  # an affine that is not finite is refused where it is used
        affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    return NiftiHeader(
        shape=tuple(int(n) for n in header.get_data_shape()),
        affine=affine,
        code=int(header["sform_code"] or header["qform_code"]),
        dtype=_data_type(header),
        slope=1.0 if slope is None else float(slope),
        inter=0.0 if inter is None else float(inter),
        offset=int(offset),
    )


def _data_type(header: nib.Nifti1Header) -> np.dtype[np.generic]:
    try:
        dtype: np.dtype[np.generic] = header.get_data_dtype()
    except KeyError as error:
        raise ImageFileError(f"there is no data type {error}") from error
    return dtype.newbyteorder(header.endianness)


def _check_values(name: str, header: NiftiHeader) -> None:
    if header.dtype.kind not in "iuf":
        raise DataError(
            f"{name} holds values of type {header.dtype}; it needs real numbers, one a voxel."
        )
    if len(header.shape) < 3 or min(header.shape) < 1:
        raise DataError(
            f"{name} has the shape {header.shape}; an image has three dimensions or four, "
            "each of one or more."
        )
    with np.errstate(all="ignore"):
        volume = np.linalg.det(header.affine[:3, :3])
    if not (np.isfinite(header.affine).all() and np.isfinite(volume) and volume):
        raise DataError(f"{name} has no usable affine; its header must place it in mm.")


def _check_size(name: str, header: NiftiHeader, holds: int, size: int) -> None:
    if header.n_bytes > holds:
        n_values = " x ".join(map(str, header.shape))
        raise DataError(
            f"{name} claims {n_values} values of type {header.dtype.name} "
            f"({header.n_bytes / 1e9:.3g} GB), more than its {size:,} bytes can hold; it is cut "
            "short or its header is damaged. Get the file again."
        )


def _check_limits(name: str, header: NiftiHeader) -> None:
    """Refuse what is no brain's, before memory is asked for it."""
    n_voxels = math.prod(header.shape[:3])
    n_bytes, n_volumes = n_voxels * header.dtype.itemsize, math.prod(header.shape[3:])
    if n_voxels > MAX_VOXELS or n_bytes > MAX_VOLUME_BYTES or n_volumes > MAX_VOLUMES:
        raise DataError(
            f"{name} claims {n_volumes} volumes of {n_voxels} voxels ({n_bytes / 1e6:.3g} MB "
            f"each), more than the {MAX_VOLUMES} of {MAX_VOXELS} ({MAX_VOLUME_BYTES / 1e6:.3g} MB) "
            "that are read; resample it to larger voxels, or cut it."
        )
    wide = np.linalg.norm(header.affine[:3, :3] * np.array(header.shape[:3]), axis=0)
    if (largest := float(wide.max())) > MAX_MM:
        raise DataError(
            f"{name} would be {largest:.3g} mm wide, and no head is wider than {MAX_MM:g} mm; its "
            "header must give the size of a voxel in mm."
        )
