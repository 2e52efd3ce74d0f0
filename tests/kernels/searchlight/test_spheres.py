"""Spheres are the ones that nilearn's SearchLight uses."""

import itertools

import nibabel
import numpy as np
import pytest
from nilearn.maskers.nifti_spheres_masker import apply_mask_and_get_affinity
from scipy import sparse

from decoding.errors import DataError, SpecError
from decoding.kernels.searchlight.spheres import make_spheres

HAXBY = np.diag([-3.5, 3.75, 3.75, 1.0])
OBLIQUE = np.array(
    [[-2.9, 0.4, 0.3, 20.0], [0.5, 3.1, -0.6, -31.0], [0.2, 0.7, 3.3, -7.0], [0, 0, 0, 1]]
)


def ragged_mask(seed, shape=(9, 11, 10)):
    """Make a mask with holes and edges."""
    return np.random.default_rng(seed).random(shape) < 0.6


def adjacency(spheres):
    """Return all rows as one sparse matrix, made in three pieces."""
    edges = np.linspace(0, spheres.n_spheres, 4).astype(int)
    pieces = []
    for start, stop in itertools.pairwise(edges):
        indptr, indices = spheres.rows(start, stop)
        shape = (stop - start, spheres.n_voxels)
        pieces.append(sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=shape))
    return sparse.vstack(pieces).tocsr()


def nilearn_adjacency(mask, affine, radius):
    """Return the spheres that nilearn's SearchLight lays around every mask voxel."""
    img = nibabel.Nifti1Image(mask.astype(np.int8), affine)
    seeds = nibabel.affines.apply_affine(affine, np.argwhere(mask))
    return apply_mask_and_get_affinity(seeds, None, radius, True, mask_img=img)[1].tocsr()


@pytest.mark.parametrize("radius", [2.0, 4.1, 5.6, 8.3, 11.9])
@pytest.mark.parametrize("affine", [HAXBY, OBLIQUE], ids=["haxby", "oblique"])
def test_spheres_equal_nilearn(affine, radius):
    """Every sphere holds the voxels that nilearn's holds, on straight and oblique grids."""
    mask = ragged_mask(1)
    theirs = nilearn_adjacency(mask, affine, radius)
    ours = adjacency(make_spheres(mask, affine, radius))
    assert (ours != theirs).nnz == 0


def test_a_voxel_at_the_radius_is_inside():
    """A neighbour whose distance is the radius, up to rounding, belongs to the sphere."""
    mask = np.ones((3, 3, 3), dtype=bool)
    spheres = make_spheres(mask, np.diag([0.1 * 3, 0.3, 0.3, 1.0]), 0.3)
    assert spheres.sizes()[13] == 7


def test_rows_are_in_c_order_and_ascending():
    """Centres follow the mask in C order, and each row lists its voxels in ascending order."""
    mask = ragged_mask(2)
    spheres = make_spheres(mask, HAXBY, 5.6)
    indptr, indices = spheres.rows(0, spheres.n_spheres)
    rows = np.split(indices, indptr[1:-1])
    assert all((np.diff(row) > 0).all() for row in rows)
    assert all(center in row for center, row in enumerate(rows))


def test_sizes_count_the_voxels_of_each_sphere(monkeypatch):
    """Sizes are the row sums of the adjacency, however many rows are made at once."""
    spheres = make_spheres(ragged_mask(3), HAXBY, 5.6)
    sums = np.asarray(adjacency(spheres).sum(axis=1)).ravel()
    monkeypatch.setattr("decoding.kernels.searchlight.spheres.ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(spheres.sizes(), sums)


def test_at_chooses_rows():
    """Spheres around chosen voxels are the same rows in the order given."""
    spheres = make_spheres(ragged_mask(4), HAXBY, 5.6)
    chosen = np.array([40, 3, 111])
    assert (adjacency(spheres.at(chosen)) != adjacency(spheres)[chosen]).nnz == 0


def test_a_grid_of_one_slice_works():
    """A half slice (one voxel thick) has flat spheres."""
    mask = ragged_mask(5, (12, 9, 1))
    theirs = nilearn_adjacency(mask, HAXBY, 5.6)
    assert (adjacency(make_spheres(mask, HAXBY, 5.6)) != theirs).nnz == 0


@pytest.mark.parametrize("radius", [0.0, -2.0, np.nan, np.inf])
def test_a_radius_that_is_no_length_is_refused(radius):
    """The message names the radius."""
    with pytest.raises(SpecError, match=f"Radius of {radius} mm"):
        make_spheres(ragged_mask(6), HAXBY, radius)


def test_an_empty_mask_is_refused():
    """A mask without voxels is told as such."""
    with pytest.raises(DataError, match="empty"):
        make_spheres(np.zeros((3, 3, 3)), HAXBY, 5.6)
