"""Voxels of a scan and where they lie: the only place that puts values back on the scan's grid."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import nibabel as nib
import numpy as np
from nibabel.affines import apply_affine, voxel_sizes

from decoding import __version__

NOWHERE = (
    "The scan's header does not say where it lies: places in mm count from its middle, and left "
    "and right are unknown."
)
Place: TypeAlias = tuple[float, float, float]
"""x, y and z in mm."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Some voxels of a scan.

    Parameters
    ----------
    shape : tuple of int
        The scan's (x, y, z).
    affine : ndarray, shape (4, 4)
        Voxel indices to mm.
    voxels : ndarray of int, shape (n_voxels,)
        The C-order index of each voxel in the scan, ascending.
    code : int
        NIfTI's code of the space that the affine leads to: by default the scanner's; 0 where the
        scan's header places it nowhere.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray
    voxels: np.ndarray
    code: int = 1

    @property
    def caveat(self) -> str:
        """The sentence that follows a place in mm: empty where the header places the scan."""
        return "" if self.code else f" {NOWHERE}"

    @property
    def n_voxels(self) -> int:
        """How many voxels these are."""
        return len(self.voxels)

    @property
    def mask(self) -> np.ndarray:
        """Where the voxels are, bool (x, y, z)."""
        inside = np.zeros(self.shape, dtype=bool)
        inside.flat[self.voxels] = True
        return inside

    @property
    def indices(self) -> np.ndarray:
        """The indices of each voxel in the scan, int (n_voxels, 3)."""
        return np.stack(np.unravel_index(self.voxels, self.shape), axis=1)

    @property
    def centres(self) -> np.ndarray:
        """Where each voxel lies in mm, (n_voxels, 3)."""
        return np.asarray(apply_affine(self.affine, self.indices))

    @property
    def voxel_size(self) -> Place:
        """The size of a voxel along each axis, in mm."""
        x, y, z = voxel_sizes(self.affine).tolist()
        return x, y, z

    @property
    def voxel_volume(self) -> float:
        """The volume of a voxel, in cubic mm."""
        return abs(float(np.linalg.det(self.affine[:3, :3])))

    def rows(self, rows: np.ndarray | slice) -> "Grid":
        """Return the grid of some of the voxels: a slice, or indices or a bool for each, (n,)."""
        return replace(self, voxels=self.voxels[rows])

    def row_at(self, places: np.ndarray) -> np.ndarray:
        """Return which of the voxels lie nearest to places (n_places, 3) in mm, each within one."""
        indices = np.rint(apply_affine(np.linalg.inv(self.affine), places)).astype(np.int64)
        found = np.ravel_multi_index(tuple(indices.reshape(-1, 3).T), self.shape)
        return np.asarray(np.searchsorted(self.voxels, found))

    def place(self, row: int) -> Place:
        """Return where one of the voxels lies."""
        return to_mm(self.affine, self.rows(slice(row, row + 1)).indices[0])

    def strongest(self, values: np.ndarray) -> Place:
        """Return where the largest size of values (n_voxels,) is; the middle if all are 0."""
        if not values.any():
            return middle(self.shape, self.affine)
        return self.place(int(np.abs(values).argmax()))

    def image(
        self, values: np.ndarray, *, outside: float = 0.0, description: str = "", note: str = ""
    ) -> nib.Nifti1Image:
        """Put values on the scan's grid, (x, y, z) or (x, y, z, n_maps), of the values' type.

        Parameters
        ----------
        values : ndarray, shape (n_voxels,) or (n_maps, n_voxels)
        outside : float
            The value of all other voxels.
        description : str
            What the header says after our name and version, at most 79 letters in all.
        note : str
            A comment in the header, of any length.
        """
        n_maps = values.shape[:-1]
        data = np.full((int(np.prod(self.shape)), *n_maps), outside, dtype=values.dtype)
        data[self.voxels] = values.T
        image = self.whole_image(data.reshape(*self.shape, *n_maps))
        if description:
            image.header.set_xyzt_units("mm")
            describe(image, f"Voxelscope {__version__} {description}")
        if note:
            comment = nib.nifti1.Nifti1Extension("comment", note.encode())
            image.header.extensions.append(comment)
        return image

    def whole_image(self, data: np.ndarray) -> nib.Nifti1Image:
        """Return an image of values (x, y, z, ...) for the whole scan.

        Both forms of its header hold the affine, under the code that the scan's header gave it.
        """
        image = nib.Nifti1Image(data, self.affine)
        image.header.set_sform(self.affine, self.code)
        image.header.set_qform(self.affine, self.code)
        return image


def voxel_names(indices: np.ndarray) -> list[str]:
    """Return a name for each voxel of these indices in a scan, (n_voxels, 3)."""
    return [f"voxel ({x}, {y}, {z})" for x, y, z in indices.tolist()]


def is_placed(image: nib.Nifti1Image) -> bool:
    """Tell whether an image's header says where it lies, so that left and right are known."""
    return bool(image.header["sform_code"] or image.header["qform_code"])


def without_header(image: nib.Nifti1Image) -> nib.Nifti1Image:
    """Return the image alone: nilearn warns of a header that places it nowhere."""
    return nib.Nifti1Image(image.dataobj, image.affine)


def to_mm(affine: np.ndarray, indices: np.ndarray) -> Place:
    """Return where, in mm, a voxel of these indices (3,) lies by an affine (4, 4).

    Indices need not be whole.
    """
    x, y, z = apply_affine(affine, indices).tolist()
    return x, y, z


def middle(shape: tuple[int, ...], affine: np.ndarray) -> Place:
    """Return where, in mm, the middle of a scan of that shape lies by its affine (4, 4)."""
    return to_mm(affine, (np.array(shape[:3]) - 1) / 2)


def describe(image: nib.Nifti1Image, text: str) -> None:
    """Write the description into a header, which has room for 79 letters of ASCII."""
    image.header["descrip"] = text.encode("ascii", "replace")[:79]
