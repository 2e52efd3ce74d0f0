"""Voxels of a scan: back on its grid, in mm, and found again."""

import nibabel as nib
import numpy as np
import pytest
from makers import AFFINE, SHAPE, half_mask

from decoding.grid import Grid

GRID = Grid(SHAPE, AFFINE, np.flatnonzero(half_mask(SHAPE)))


@pytest.mark.parametrize("n_maps", [(), (1,), (3,)])
@pytest.mark.parametrize("outside", [0.0, 1.0])
def test_values_return_to_their_voxels(n_maps, outside):
    """Any number of maps is put where the mask is, in the mask's order, the rest filled."""
    values = np.random.default_rng(0).normal(size=(*n_maps, GRID.n_voxels))
    image = GRID.image(values, outside=outside)
    assert image.shape == (*SHAPE, *n_maps)
    assert image.get_data_dtype() == values.dtype
    inside = half_mask(SHAPE)
    np.testing.assert_array_equal(image.get_fdata()[inside], values.T)
    assert (image.get_fdata()[~inside] == outside).all()
    np.testing.assert_array_equal(GRID.mask, inside)


def test_a_place_in_mm_is_that_of_the_affine():
    """A voxel's place is the affine's, on a grid that stands askew; and it is found again there."""
    expected = nib.affines.apply_affine(AFFINE, np.argwhere(half_mask(SHAPE)))
    np.testing.assert_array_equal(GRID.centres, expected)
    np.testing.assert_array_equal(GRID.row_at(expected), np.arange(GRID.n_voxels))
    assert GRID.place(7) == pytest.approx(expected[7])
    assert GRID.voxel_size == pytest.approx(np.linalg.norm(AFFINE[:3, :3], axis=0))
    assert GRID.voxel_volume == pytest.approx(abs(np.linalg.det(AFFINE[:3, :3])))


def test_the_strongest_place_is_that_of_the_largest_size():
    """A large negative value is the strongest; where nothing is, it is the middle of the scan."""
    values = np.zeros(GRID.n_voxels)
    assert GRID.strongest(values) == pytest.approx(AFFINE[:3, :3] @ [2.5, 2, 1.5] + AFFINE[:3, 3])
    values[[4, 11]] = 1.0, -2.0
    assert GRID.strongest(values) == GRID.place(11)


def test_a_header_says_what_it_is_told():
    """The description is cut to what a header holds; the note has room for everything."""
    header = GRID.image(np.ones(GRID.n_voxels), description="x" * 90, note="y" * 200).header
    assert header["descrip"].item().decode().endswith("x" * 40)
    assert header.extensions[0].get_content().decode() == "y" * 200
    assert header.get_xyzt_units()[0] == "mm"
