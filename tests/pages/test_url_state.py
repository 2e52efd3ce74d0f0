"""Addresses that no page wrote: what they cannot have is told, and the usual is shown."""

import pytest
from apptest import unescaped

from decoding.spec import DecodingSpec


@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_tells_what_its_address_cannot_have(open_page):
    """Thousands of digits are no volume or voxel: the page shows its usual ones, and says so."""
    many = "9" * 4301
    at = open_page("pages/data.py", DecodingSpec(subject="1"), volumes=many, voxels="-1", cut="x")
    assert not at.exception and not at.error
    (told,) = [one.value for one in at.info]
    wrong = {"Volumes": many[:80] + "...", "Voxels": "-1", "Cut of the brains": "x"}
    for label, value in wrong.items():
        assert f"{label} cannot be '{value}'. The default is shown instead." in unescaped(told)
    assert at.slider(key="data_volumes").value == (0, 120)
    assert not {"volumes", "voxels", "cut"} & set(at.query_params)
