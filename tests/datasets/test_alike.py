"""Names that a reader takes for one another are found, and others are not."""

import pytest

from decoding.datasets.alike import near_alike


@pytest.mark.parametrize(
    ("names", "found", "why"),
    [
        (("Face", "cat", "face"), ("Face", "face"), "capitals"),
        (("face ", "face", "cat"), ("face", "face "), "spaces"),
        (("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9"), "how a letter is stored"),
        (("1", "1.0", "01", "2"), ("01", "1", "1.0"), "one number"),
        (("tone-1", "tone_1", "tone_2"), ("tone-1", "tone_1"), "hyphens"),
        (("NA", "cat", "n/a", "face"), ("NA", "n/a"), "missing"),
        (("", "cat"), ("",), "missing"),
        (("Rest", "cat", "face"), ("Rest",), "nothing was shown"),
        (("fixation", "rest_2", "cat"), ("fixation", "rest_2"), "nothing was shown"),
        (("Fixation cross", "null_event"), ("Fixation cross", "null_event"), "nothing"),
    ],
)
def test_names_that_read_alike_are_found(names, found, why):
    """Each kind is found once, with its names and its reason."""
    ((group, reason),) = near_alike(names)
    assert group == found and why in reason


def test_a_kind_is_told_once_and_a_wider_one_with_all_its_names():
    """What differs in spaces is no second find in capitals, unless another name joins it."""
    assert [group for group, _ in near_alike(("face", "face "))] == [("face", "face ")]
    wider = [group for group, _ in near_alike(("face", "face ", "Face"))]
    assert wider == [("face", "face "), ("Face", "face", "face ")]


def test_names_that_differ_are_left_alone():
    """Haxby's names, numbers, levels of a factor and words that hold 'rest' are no finds."""
    for names in (
        ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe", "rest"),
        ("1", "2", "10", "1.5", "15", "-1", "1e400"),
        ("response/left", "response/right", "tone1", "tone2", "tone12"),
        ("restaurant", "forest", "cross", "crossing", "blanket", "banana", "nana"),
    ):
        assert near_alike(names) == []
