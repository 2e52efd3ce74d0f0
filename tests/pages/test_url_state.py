"""Addresses that no page wrote: what they cannot have is told, and the usual is shown."""

import pytest
from apptest import page_settings, unescaped

from decoding.spec import DecodingSpec
from pages.components.frame import PAGES


@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_tells_what_its_address_cannot_have(open_page):
    """Thousands of digits are no volume or voxel: the page shows its usual ones, and says so."""
    many = "9" * 4301
    at = open_page(
        "pages/data.py", DecodingSpec(subject="1"), volumes=many, voxels="-1", cut="x", pin="x"
    )
    assert not at.exception and not at.error
    (told,) = [one.value for one in at.info]
    wrong = {"Volumes": many[:80] + "...", "Voxels": "-1", "Cut of the brains": "x"}
    for label, value in wrong.items():
        assert f"{label} cannot be '{value}'. The default is shown instead." in unescaped(told)
    assert "A pinned result must be written as our links write it, not 'x'." in unescaped(told)
    assert at.slider(key="data_volumes").value == (0, 120)
    assert not {"volumes", "voxels", "cut", "pin"} & set(at.query_params)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_no_setting_of_a_page_makes_an_error_of_nonsense(open_page, page):
    """Every setting of every page, given what it cannot be, is told or means nothing: no error."""
    for text, told in {
        "cat~cat": "A pinned result must be written as our links write it, not 'cat~cat'.",
        "v=1&subject=9": "What the link has pinned cannot be: Unknown subject '9'.",
        "v=1&subject=2": "Subject 2 of Haxby et al. 2001 is not on disk.",
        "v=1&subject=1&mask=x": "What the link has pinned cannot be: Unknown mask 'x'",
    }.items():
        at = open_page(page, DecodingSpec(subject="1"), **dict.fromkeys(page_settings(), text))
        assert not at.exception and not at.error, text
        assert told in unescaped(at.info[0].value)
