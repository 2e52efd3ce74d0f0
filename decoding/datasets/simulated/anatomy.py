"""A brain for each subject: the MNI152 template that nilearn ships, warped a little."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from decoding.datasets.simulated.parameters import Size, anatomy_stream

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanGrid:
    """Voxels in space: a shape and the affine from voxel indices to mm."""

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @property
    def voxel_size(self) -> NDArray[np.float64]:
        """Edge lengths of a voxel in mm."""
        return np.abs(np.diag(self.affine)[:3])

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in cubic mm."""
        return float(np.prod(self.voxel_size))

    def positions(self, split: int = 1) -> Array:
        """Return where the voxels' centres lie in mm, shape (3, n_x * split, ...).

        With `split` > 1 each voxel is cut into `split` ** 3 parts, to average over.
        """
        axes = [(np.arange(n * split) + 0.5) / split - 0.5 for n in self.shape]
        mm = [self.affine[i, i] * axis + self.affine[i, 3] for i, axis in enumerate(axes)]
        return np.stack(np.meshgrid(*mm, indexing="ij")).astype(np.float32)


def _grid(
    shape: tuple[int, int, int], zooms: tuple[float, ...], origin: tuple[float, ...]
) -> ScanGrid:
    affine = np.diag([*zooms, 1.0])
    affine[:3, 3] = origin
    return ScanGrid(shape=shape, affine=affine)


# The full scan is exactly Haxby's grid; the demo scan is as coarse as a searchlight can bear.
SCAN_GRIDS: dict[Size, ScanGrid] = {
    "demo": _grid((27, 36, 30), (-5.5, 5.5, 5.5), (71.5, -114.5, -76.5)),
    "full": _grid((40, 64, 64), (-3.5, 3.75, 3.75), (68.25, -118.125, -118.125)),
}
ANATOMY_GRIDS: dict[Size, ScanGrid] = {
    "demo": _grid((80, 102, 86), (-2.0, 2.0, 2.0), (79.0, -117.0, -80.0)),
    "full": _grid((124, 256, 256), (-1.2, 0.9375, 0.9375), (73.8, -119.53125, -119.53125)),
}
FULL_BRAIN_VOXELS = 39_908


@dataclass(frozen=True, kw_only=True, eq=False)
class Tissue:
    """How much of each voxel is what, on a grid; each array has the grid's shape, values 0 to 1.

    ``t1`` is the brightness in a T1 image, ``inside`` the share within the brain.
    """

    gray: Array
    white: Array
    t1: Array
    inside: Array


@lru_cache(maxsize=1)
def template(kind: str) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a map of the MNI152 template in nilearn's package, 0 to 255, and its affine."""
    spec = find_spec("nilearn")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "datasets" / "data"
    image = nib.load(folder / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz")
    return np.asarray(image.dataobj), image.affine


def to_template(points: Array, subject: int | None) -> Array:
    """Map positions in a subject's head to the template's (None), both in mm, shape (3, ...).

    A small rotation, stretch and shift, and a smooth bend of at most a few mm.
    """
    if subject is None:
        return points
    rng = anatomy_stream(subject, "warp")
    turn = rng.normal(0, 0.02, (3, 3))
    linear = np.eye(3) + (turn - turn.T) / 2 + np.diag(rng.uniform(-0.02, 0.03, 3))
    moved = np.tensordot(linear.astype(np.float32), points, axes=1)
    moved += rng.normal(0, 1.0, 3).astype(np.float32).reshape(3, *[1] * (points.ndim - 1))
    for _ in range(3):
        wave = (rng.normal(0, 2 * np.pi / 140, 3)).astype(np.float32)
        push = rng.normal(0, 0.9, 3).astype(np.float32)
        phase = np.tensordot(wave, points, axes=1) + np.float32(rng.uniform(0, 2 * np.pi))
        np.sin(phase, out=phase)
        for axis in range(3):
            moved[axis] += push[axis] * phase
    return moved


def sample_template(kind: str, points: Array) -> Array:
    """Return a template map at positions of the template in mm, 0 to 1, linear in between."""
    values, affine = template(kind)
    inverse = np.linalg.inv(affine)
    voxels = np.tensordot(inverse[:3, :3].astype(np.float32), points, axes=1)
    voxels += inverse[:3, 3].astype(np.float32).reshape(3, *[1] * (points.ndim - 1))
    found = map_coordinates(values, voxels, output=np.float32, order=1, mode="constant")
    return found / np.float32(255)


def make_tissue(grid: ScanGrid, subject: int | None, split: int) -> Tissue:
    """Return the tissue of a subject on a grid, averaged over each voxel's parts."""
    points = to_template(grid.positions(split), subject)
    gray, white, t1 = (sample_template(kind, points) for kind in ("gm", "wm", "t1"))
    return Tissue(
        gray=_average(gray, split),
        white=_average(white, split),
        t1=_average(t1, split),
        inside=_average((t1 > 0).astype(np.float32), split),
    )


def _average(values: Array, split: int) -> Array:
    x, y, z = (n // split for n in values.shape)
    parts = values.reshape(x, split, y, split, z, split)
    return np.asarray(parts.mean(axis=(1, 3, 5), dtype=np.float32))


@lru_cache(maxsize=2)
def brain_mask(size: Size) -> NDArray[np.bool_]:
    """Return the study's brain mask: the voxels that hold most of the template's brain.

    The full scan has as many as Haxby's ``mask.nii.gz``; the demo scan the same volume.
    """
    grid = SCAN_GRIDS[size]
    points = grid.positions(2)
    inside = _average((sample_template("t1", points) > 0).astype(np.float32), 2)
    # Among voxels cut by the brain's edge those nearer to its centre come first.
    centre = np.array([0.0, -18.0, 8.0]).reshape(3, 1, 1, 1)
    inside -= 1e-3 * np.linalg.norm(
        (grid.positions() - centre) / [[[[7]]], [[[9]]], [[[7.5]]]], axis=0
    ).astype(np.float32)
    n_voxels = round(FULL_BRAIN_VOXELS * SCAN_GRIDS["full"].voxel_volume / grid.voxel_volume)
    mask = np.zeros(inside.size, dtype=bool)
    mask[np.argsort(-inside.ravel(), kind="stable")[:n_voxels]] = True
    return mask.reshape(grid.shape)
