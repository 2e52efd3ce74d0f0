"""The values of a NIfTI file, read front to back: a few volumes at a time, or an image whole."""

import math
import mmap
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import numpy as np
from isal import igzip
from isal.isal_zlib import IsalError
from nibabel.volumeutils import apply_read_scaling

from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader

SLAB_BYTES = 4 << 20
SLABS_AHEAD = 3
_DAMAGED = (OSError, ValueError, zlib.error, cast(type[Exception], IsalError))
"""What gzip and its fast kin raise where a stream is cut, flipped or joined to another."""


def read_image(path: Path, header: NiftiHeader) -> np.ndarray:
    """Return all values of an image, in the shape of its header and scaled as nibabel scales them.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    slabs = [*stream_volumes(path, header)]
    raw = slabs[0] if len(slabs) == 1 else np.concatenate(slabs)
    values: np.ndarray = apply_read_scaling(raw, header.slope, header.inter)
    return values.ravel().reshape(header.shape, order="F")


def stream_volumes(path: Path, header: NiftiHeader) -> Iterator[np.ndarray]:
    """Yield the volumes of an image in slabs, unscaled, in the type of the file.

    A thread reads and decompresses ahead while the caller works on a slab: that takes about as
    long as all the rest of opening a recording, and Python's lock is free meanwhile. It is our own
    thread since that of `isal.igzip_threaded` runs no more than 2 MB ahead.

    Yields
    ------
    ndarray, shape (n_slab_volumes, x * y * z)
        Voxels in the order of the file (first axis fastest).

    Raises
    ------
    DataError
        If the file is cut short or damaged.
    """
    n_voxels, n_volumes = math.prod(header.shape[:3]), math.prod(header.shape[3:])
    volume_bytes = n_voxels * header.dtype.itemsize
    step = max(1, SLAB_BYTES // volume_bytes)
    counts = [min(step, n_volumes - start) for start in range(0, n_volumes, step)]
    done = 0
    try:
        with _open(path) as file:
            if len(file.read(header.offset)) < header.offset:
                raise EOFError
            sizes = [count * volume_bytes for count in counts]
            # One byte more reaches the gzip trailer, so that its checksum is compared.
            n_ahead = SLABS_AHEAD if sizes[0] <= SLAB_BYTES else 1
            pieces = _read_ahead(file.read, [*sizes, 1], n_ahead)
            for count, raw in zip(counts, pieces, strict=False):
                if len(raw) < count * volume_bytes:
                    raise EOFError
                yield np.frombuffer(raw, dtype=header.dtype).reshape(count, n_voxels)
                done += count
            next(pieces)
    except EOFError:
        raise DataError(
            f"{path.name} cannot be read: it ends in volume {done + 1} of {n_volumes}, cut short. "
            "Copy or fetch it again."
        ) from None
    except _DAMAGED as error:
        raise DataError(
            f"{path.name} cannot be read ({error}): the file is damaged. Copy or fetch it again."
        ) from error


def _open(path: Path) -> BufferedIOBase:
    return cast(BufferedIOBase, igzip.open(path) if path.suffix == ".gz" else path.open("rb"))


def _read_ahead(read: Callable[[int], bytes], sizes: list[int], n_ahead: int) -> Iterator[bytes]:
    """Yield what `read` gives for each size, the next few read by a thread meanwhile."""
    ahead: deque[Future[bytes]] = deque()
    reader = ThreadPoolExecutor(max_workers=1)
    try:
        for size in sizes:
            ahead.append(reader.submit(read, size))
            if len(ahead) > n_ahead:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        reader.shutdown(cancel_futures=True)


def map_file(path: Path) -> mmap.mmap:
    """Map a file read-only; the mapping outlives the file's name."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
