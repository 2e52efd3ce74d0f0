"""Maps against the planted truth of a simulated subject."""

import nibabel as nib
import numpy as np
import pytest

from decoding.analyses import truth
from decoding.datasets import load_subject
from decoding.datasets.layout import PATTERNS
from decoding.errors import DataMissingError
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(dataset="simulated", subject="1", conditions=("face", "house"))


def test_pattern_shows_what_was_planted():
    """The activation pattern resembles the planted difference, and more than the weights do."""
    found = truth.run(load_subject("simulated", "1"), SPEC)
    assert found.resemblance("pattern") > 0.6
    assert found.resemblance("pattern") > found.resemblance("weights") > 0


def test_planted_voxels_are_the_maps_voxels():
    """Each voxel of the map has the planted difference that stands in the file at its place."""
    subject = load_subject("simulated", "1")
    found = truth.run(subject, SPEC)
    planted = nib.load(subject.truth / PATTERNS).get_fdata()
    places = np.unravel_index(found.maps.grid.voxels, found.maps.grid.shape)
    face, house = 3, 4  # of eight categories in alphabetical order
    difference = planted[..., house][places] - planted[..., face][places]
    assert found.planted[0] == pytest.approx(difference)


@pytest.mark.recordings
def test_recordings_have_no_truth(recordings):
    """A recorded subject is refused with what to choose instead."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    with pytest.raises(DataMissingError, match="choose a simulated subject"):
        truth.run(subject, DecodingSpec(subject="1"))
