"""The recording as the page `data` shows it."""

from dataclasses import replace

import numpy as np
import pytest

from decoding.analyses import data
from decoding.datasets import load_subject
from decoding.errors import DecodingError
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(dataset="simulated", subject="1", conditions=("house", "shoe"))


@pytest.fixture(scope="module")
def subject():
    """Return a simulated subject."""
    return load_subject("simulated", "1")


@pytest.mark.parametrize("standardize", ["all", "run", "none"])
def test_selected_rows_are_the_samples(subject, standardize):
    """The matrix' rows of the categories are what is decoded."""
    spec = replace(SPEC, standardize=standardize)
    measured = data.run(subject, spec)
    samples = extract_samples(subject, spec)
    rows = subject.volumes["condition"].isin(spec.conditions).to_numpy()
    assert measured.selected_shape == samples.X.shape
    assert measured.n_blocks == samples.n_blocks
    assert np.array_equal(measured.matrix[rows], samples.X.astype(np.float32))


def test_large_mask_shows_a_sample(subject, monkeypatch):
    """Of a mask with more voxels than can be shown, evenly spaced ones are, under their places."""
    monkeypatch.setattr(data, "MAX_VOXELS_SHOWN", 50)
    whole = data.run(subject, SPEC)
    part = data.run(subject, replace(SPEC, mask="brain"))
    assert whole.matrix.shape[1] == part.matrix.shape[1] == 50
    assert part.grid.n_voxels > whole.grid.n_voxels > 50
    assert len(part.grid.indices) == part.grid.n_voxels
    assert {part.shown[0], part.shown[-1]} == {0, part.grid.n_voxels - 1}
    x, y, z = part.grid.indices[part.shown[3]]
    assert part.voxel_names([3]) == [f"voxel ({x}, {y}, {z})"]


def test_telling_voxel_follows_the_conditions(subject):
    """The voxel shown first differs more between conditions than the middling one."""
    measured = data.run(subject, SPEC)
    conditions = subject.volumes["condition"].to_numpy(dtype=object)
    spread = [
        np.var([measured.matrix[conditions == name, column].mean() for name in set(conditions)])
        for column in (measured.telling[0], measured.telling[len(measured.telling) // 2])
    ]
    assert spread[0] > spread[1]


def test_unknown_category(subject):
    """A category that was not shown is refused with those that were."""
    with pytest.raises(DecodingError, match="Unknown category 'dog'"):
        data.run(subject, replace(SPEC, conditions=("dog", "house")))
