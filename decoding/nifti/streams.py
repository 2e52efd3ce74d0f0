"""A 4D NIfTI read front to back, a few volumes at a time."""

import mmap
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import numpy as np
from isal import igzip_threaded

from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader

SLAB_BYTES = 24 << 20
LARGEST_VOLUME = 1 << 30


def stream_volumes(path: Path, header: NiftiHeader) -> Iterator[np.ndarray]:
    """Yield the volumes of an image in slabs, unscaled, in the type of the file.

    Parameters
    ----------
    path : Path
        A .nii or .nii.gz.
    header : NiftiHeader
        Its header, four-dimensional.

    Yields
    ------
    ndarray, shape (n_slab_volumes, x * y * z)
        Voxels in the order of the file (first axis fastest).

    Raises
    ------
    DataError
        If the file ends early, is corrupt, or claims volumes beyond any scanner's.
    """
    n_voxels, n_volumes = int(np.prod(header.shape[:3])), header.shape[3]
    volume_bytes = n_voxels * header.dtype.itemsize
    if not 0 < volume_bytes <= LARGEST_VOLUME:
        raise DataError(
            f"{path.name} claims volumes of {volume_bytes} bytes (shape {header.shape}); "
            "its header is not that of a brain scan."
        )
    step = max(1, SLAB_BYTES // volume_bytes)
    done = 0
    try:
        with _open(path) as file:
            _skip(file, header.offset)
            while done < n_volumes:
                count = min(step, n_volumes - done)
                raw = _read_exactly(file, count * volume_bytes)
                if len(raw) < count * volume_bytes:
                    raise EOFError
                yield np.frombuffer(raw, dtype=header.dtype).reshape(count, n_voxels)
                done += count
            file.read(1)  # reaches the gzip trailer, so that its checksum is compared
    except EOFError:
        raise DataError(
            f"{path.name} ends in volume {done + 1} of {n_volumes}: the file is cut short. "
            "Copy or fetch it again."
        ) from None
    except (OSError, zlib.error) as error:
        raise DataError(
            f"{path.name} cannot be read ({error}): the file is damaged. Copy or fetch it again."
        ) from error


def _open(path: Path) -> BufferedIOBase:
    if path.suffix == ".gz":
        return cast(BufferedIOBase, igzip_threaded.open(path, "rb", threads=1))
    return path.open("rb")


def _skip(file: BufferedIOBase, n_bytes: int) -> None:
    if len(_read_exactly(file, n_bytes)) < n_bytes:
        raise EOFError


def _read_exactly(file: BufferedIOBase, n_bytes: int) -> bytearray:
    """Read `n_bytes`, fewer only at the end of the file: one read may bring less."""
    buffer = bytearray(n_bytes)
    view, filled = memoryview(buffer), 0
    while filled < n_bytes and (count := file.readinto(view[filled:])):
        filled += count
    view.release()
    del buffer[filled:]
    return buffer


def map_file(path: Path) -> mmap.mmap:
    """Map a file read-only; the mapping outlives the file's name."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
