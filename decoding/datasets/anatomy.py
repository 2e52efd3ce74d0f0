"""The anatomy that a scan is shown on: the first image that lies where the scan does."""

import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from nibabel.affines import apply_affine

from decoding.datasets.base import Note
from decoding.datasets.notes import Cases
from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader, read_header
from decoding.nifti.streams import stream_volumes


def choose_anatomy(paths: Iterable[Path], scan: NiftiHeader) -> tuple[Path | None, list[Note]]:
    """Return the first image that lies where the scan does, and a note of each kind of others."""
    damaged = Cases(
        "{n} anatomy image{s} {was} not used, as the file cannot be read.", by_cause=True
    )
    elsewhere = Cases(
        "{n} anatomy image{s} {was} not used: the middle of the scan is outside.",
        "Register the anatomy to the scan.",
    )
    more = Cases("{n} anatomy image{s} {was} not used, as there is another.")
    chosen: Path | None = None
    for path in paths:
        try:
            header = read_header(path)
            holds_middle = _holds_middle(header, scan)
            if holds_middle and chosen is None:
                check_whole(path, path.stat().st_mtime_ns)
        except DataError as error:
            damaged.add(str(error).rstrip("."))
            continue
        if not holds_middle:
            elsewhere.add(path.name)
        elif chosen is None:
            chosen = path
        else:
            more.add(path.name)
    return chosen, [*damaged, *elsewhere, *more]


@lru_cache(maxsize=64)
def check_whole(path: Path, changed_ns: int) -> None:
    """Read an anatomy once, from end to end: a `DataError` says what is wrong with it."""
    header = read_header(path)
    if math.prod(header.shape[3:]) != 1:
        raise DataError(
            f"{path.name} has the shape {header.shape}; an anatomy has three dimensions."
        )
    for _ in stream_volumes(path, header):
        pass


def _holds_middle(image: NiftiHeader, scan: NiftiHeader) -> bool:
    """Tell whether the middle of a scan, in mm, lies within an image."""
    middle = apply_affine(scan.affine, (np.array(scan.shape[:3]) - 1) / 2)
    index = apply_affine(np.linalg.inv(image.affine), middle)
    return bool(np.all((index > -1) & (index < np.array(image.shape[:3]))))
