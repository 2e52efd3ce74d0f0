"""Searchlight spheres of a mask, made row by row from fixed offsets on the scan's grid.

On one grid every sphere is the same set of integer offsets, whatever the affine. So the adjacency
need not be searched for or stored: its rows come from a table of mask voxels when they are needed.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from decoding.errors import DataError, SpecError

TOLERANCE_MM = 1e-6
MAX_OFFSETS = 50_000
ROWS_AT_ONCE = 4096


class Members(NamedTuple):
    """The voxels of some spheres, ascending, as the rows of a CSR matrix.

    Parameters
    ----------
    indptr : ndarray of int, shape (n_spheres + 1,)
        Where each sphere begins and ends in `indices`.
    indices : ndarray of int, shape (n_entries,)
    """

    indptr: np.ndarray
    indices: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Spheres:
    """The spheres around mask voxels, as rows of an adjacency that is never stored whole.

    Parameters
    ----------
    radius : float
        Radius in mm.
    n_voxels : int
        Number of voxels in the mask: the columns of the adjacency, in C order.
    centers : ndarray of shape (n_spheres,)
        Position of each sphere's centre in `lookup`.
    offsets : ndarray of shape (n_offsets,)
        Steps in `lookup` from a centre to every place a sphere may reach, ascending.
    lookup : ndarray
        For each place of the padded, flattened grid the mask voxel there, or -1.
    """

    radius: float
    n_voxels: int
    centers: np.ndarray
    offsets: np.ndarray
    lookup: np.ndarray

    @property
    def n_spheres(self) -> int:
        """Number of spheres: one for each mask voxel, unless `at` chose some."""
        return len(self.centers)

    def rows(self, start: int, stop: int) -> Members:
        """Return the voxels of the spheres `start` to `stop`, counted in the mask."""
        reached = self.lookup[self.centers[start:stop, None] + self.offsets]
        inside = reached >= 0
        indptr = np.zeros(len(reached) + 1, dtype=np.int64)
        np.cumsum(inside.sum(axis=1), out=indptr[1:])
        return Members(indptr, reached[inside])

    def sizes(self) -> np.ndarray:
        """Return the number of voxels in each sphere, an array of shape (n_spheres,)."""
        starts = range(0, self.n_spheres, ROWS_AT_ONCE)
        return np.concatenate([np.diff(self.rows(n, n + ROWS_AT_ONCE).indptr) for n in starts])

    def at(self, voxels: np.ndarray) -> "Spheres":
        """Return only the spheres around some voxels, counted in the mask, in the order given.

        Raises
        ------
        ValueError
            If these are not the spheres of the whole mask.
        """
        if len(self.centers) != self.n_voxels:
            raise ValueError("Spheres.at chooses from the spheres of the whole mask.")
        return replace(self, centers=self.centers[voxels])


def make_spheres(mask: np.ndarray, affine: np.ndarray, radius: float) -> Spheres:
    """Lay a sphere around every voxel of a mask.

    A sphere holds the mask voxels whose centre lies within `radius` of its centre, to a tolerance
    of 1e-6 mm; the mask's edge may cut it.

    Parameters
    ----------
    mask : ndarray of shape (x, y, z)
    affine : ndarray of shape (4, 4)
        From voxel indices to mm.
    radius : float
        In mm.

    Raises
    ------
    SpecError
        If the radius is not a positive number, or reaches more voxels than any use has for them.
    DataError
        If the mask is empty.
    """
    inside = np.asarray(mask) != 0
    if not inside.any():
        raise DataError("The mask is empty: a searchlight needs at least one voxel.")
    steps = sphere_offsets(affine, radius, inside.shape)
    margin = np.abs(steps).max(axis=0)
    padded = np.pad(inside, [(width, width) for width in margin])
    lookup = np.full(padded.size, -1, dtype=np.int32)
    centers = np.flatnonzero(padded)
    lookup[centers] = np.arange(len(centers), dtype=np.int32)
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    return Spheres(
        radius=float(radius),
        n_voxels=len(centers),
        centers=centers,
        offsets=steps @ strides,
        lookup=lookup,
    )


def sphere_offsets(affine: np.ndarray, radius: float, grid: tuple[int, ...]) -> np.ndarray:
    """Return the voxel steps (n_offsets, 3) within `radius` mm, in C order, the centre included.

    Steps longer than the grid are left out: they lead outside from every voxel.

    Raises
    ------
    SpecError
        If the radius is no positive number, or reaches more than `MAX_OFFSETS` voxels.
    """
    if not (np.isfinite(radius) and radius > 0):
        raise SpecError(f"Radius of {radius} mm: a searchlight needs a positive number of mm.")
    to_mm = np.asarray(affine, dtype=np.float64)[:3, :3]
    # The largest step along a grid axis within a ball is the norm of that row of the inverse.
    furthest = np.linalg.norm(np.linalg.inv(to_mm), axis=1) * (radius + TOLERANCE_MM)
    reach = np.minimum(np.floor(furthest), np.array(grid) - 1).astype(np.int64)
    if np.prod(2 * reach + 1) > MAX_OFFSETS:
        raise SpecError(
            f"Radius of {radius} mm reaches {np.prod(2 * reach + 1)} voxels. "
            f"Choose one that reaches at most {MAX_OFFSETS}."
        )
    axes = [np.arange(-step, step + 1) for step in reach]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = np.linalg.norm(steps @ to_mm.T, axis=1)
    return np.asarray(steps[distances <= radius + TOLERANCE_MM])
