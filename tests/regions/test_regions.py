"""Masks by text: a region of the brain that a link holds, in every analysis and in the program."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from makers import AFFINE, SHAPE, write_study

from decoding.analyses import ANALYSES, decode, notes, weights
from decoding.analyses.circularity import circularity, is_circular
from decoding.analyses.searchlight.analysis import Options as SearchOptions
from decoding.choices import settle
from decoding.datasets import load_subject
from decoding.errors import DataError, DecodingError
from decoding.output.script.program import make_script
from decoding.output.script.region import region_code
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of, region_text
from decoding.regions.peak import peak_text
from decoding.settings import mask_label, spec_from_query
from decoding.spec import DecodingSpec, spec_to_query

CENTRE, RADIUS = (61.0, -110.0, -113.0), 7.5
SPHERE = "sphere:61,-110,-113,7.5"
SPEC = DecodingSpec(subject="1", mask=SPHERE, estimator="ridge")


def by_hand():
    """Return the sphere on the grid of the makers, bool (x, y, z), voxel by voxel."""
    inside = np.zeros(SHAPE, dtype=bool)
    for index in np.ndindex(SHAPE):
        place = AFFINE[:3, :3] @ index + AFFINE[:3, 3]
        inside[index] = sum((place - CENTRE) ** 2) ** 0.5 <= RADIUS
    return inside


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Return a subject whose brain lacks a corner, and whose mask vt is the sphere in it."""
    folder = tmp_path_factory.mktemp("study")
    brain = np.ones(SHAPE, dtype=bool)
    brain[1, 1:3, 1] = False
    assert 5 < (by_hand() & brain).sum() < by_hand().sum()
    write_study(folder, masks={"mask4_vt": by_hand() & brain}, brain=brain)
    return load_subject("haxby", "1", folder)


def test_a_sphere_holds_the_brain_within_its_radius(subject):
    """It has the voxels of the recorded brain that are near enough, the rest is a note."""
    store = open_voxels(subject)
    assert np.array_equal(store.mask_rows(SPHERE), store.mask_rows("vt"))
    (note,) = notes.run(subject, SPEC).notes[len(subject.notes) :]
    left_out = int(by_hand().sum()) - len(store.mask_rows("vt"))
    assert note.count == left_out and "outside the recorded brain" in note.note
    at_edge = "sphere:68.25,-118.125,-118.125,3.5"  # 3.5 mm to the next voxel in x
    assert len(store.mask_rows(at_edge)) == 2


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("decode", {}),
        ("decode", {"samples": "lsa"}),
        ("permute", {"samples": "block"}),
        ("searchlight", {}),
        ("timecourse", {"samples": "block"}),
        ("check", {}),
    ],
)
def test_every_analysis_takes_a_region_as_it_takes_a_file(subject, name, changes):
    """Numbers of a mask by text are those of the same voxels from a file."""
    analysis, told = ANALYSES[name], []
    for mask in (SPHERE, "vt"):
        spec = replace(SPEC, mask=mask, **changes)
        options = analysis.Options()
        values = analysis.as_json(subject, spec, options, analysis.run(subject, spec, options))
        if isinstance(values, dict):
            values = {k: v for k, v in values.items() if k not in ("spec", "link", "seconds")}
        else:
            values = [one for one in values if one["check"] not in ("circular_mask", "reading")]
        told.append(values)
    assert told[0] == told[1]


def test_weights_and_the_exported_program_have_the_same_voxels(subject):
    """The program narrows its brain to the region's voxels; weights lie there."""
    maps = weights.run(subject, SPEC, None)
    assert np.array_equal(maps.grid.voxels, np.flatnonzero(maps.grid.mask & by_hand()))
    names = {"nib": nib, "np": np, "mask": nib.load(subject.masks["brain"].files[0])}
    exec(region_code(subject, SPEC), names)
    assert np.array_equal(np.flatnonzero(names["mask"].dataobj), maps.grid.voxels)
    program = make_script(subject, SPEC)
    compile(program, "program.py", "exec")
    assert f"# Of the brain, the {mask_label(SPHERE)}" in program


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("sphere:1,2,3", "'sphere:1,2,3' is no sphere. Write x, y, z and the radius in mm, for"),
        ("sphere:1,2,left,4", "'left' is no number of a sphere"),
        ("sphere:1,2,nan,4", "'nan' is no number of a sphere"),
        ("sphere:1,2,3,0", "A sphere of 0 mm holds nothing. The radius is above 0 mm"),
        ("peak:1,2,3,4", "does not say what the searchlight decoded. Write peak:x,y,z,r:CATEGORY"),
        ("peak:1,2,3:cat", "'sphere:1,2,3' is no sphere"),
        ("sphere:1,2,3,-4", "A sphere of -4 mm holds nothing"),
        (
            "ball:1,2,3,4",
            "Unknown mask 'ball:1,2,3,4' for subject 1. Choose from: .*sphere:x,y,z,r",
        ),
    ],
)
def test_what_is_no_region_is_refused_and_settled(subject, mask, words):
    """The value is named with what is possible; a page shows another mask and says so."""
    with pytest.raises(DecodingError, match=words):
        mask_of(subject, mask)
    spec, _, problems = settle(replace(SPEC, mask=mask), SPEC, lambda spec: subject)
    assert spec.mask in subject.masks and len(problems) == 1
    assert problems[0].endswith("Shown instead: ventral temporal.")


def test_a_region_outside_the_brain_says_where_the_brain_is(subject):
    """A point that no voxel of the brain is near to is refused with the brain's extent."""
    words = "sphere of 3 mm around 0, 0, 500 mm holds no voxel of the recorded brain. The brain rea"
    with pytest.raises(DataError, match=f"{words}ches from 51 to 68 mm in x"):
        decode.run(subject, replace(SPEC, mask="sphere:0,0,500,3"))


def test_links_hold_a_region_in_one_form():
    """Two ways to write a sphere are one spec; its words say place and radius."""
    query = spec_to_query(replace(SPEC, mask="sphere: 61.0,-110, -113.00,7.50"))
    read, problems = spec_from_query(query, DecodingSpec())
    assert read == SPEC and not problems
    assert mask_label(SPHERE) == "sphere of 7.5 mm around 61, -110, -113 mm"
    assert region_text(" vt ") == "vt" and region_text("sphere:-0,1,x,2") == "sphere:-0,1,x,2"


def test_the_peak_of_a_searchlight_is_circular_for_what_it_decoded(subject):
    """Its sphere has the voxels and the score of the search; another pair is not circular there."""
    names = ("cat", "face")
    spec = replace(SPEC, mask="brain", conditions=names, estimator="gnb")
    found = ANALYSES["searchlight"].run(subject, spec, SearchOptions(radius=RADIUS))
    best = int(found.scores.argmax())
    mask = peak_text(tuple(found.grid.centres[best]), RADIUS, names)
    result = decode.run(subject, replace(spec, mask=mask))
    assert result.accuracy == pytest.approx(found.scores[best]) and result.circular
    status, message = circularity(subject, replace(spec, mask=mask))
    assert status == "fail" and "where a searchlight on these very responses scored" in message
    assert mask_label(mask).startswith("sphere of 7.5 mm around the peak at ")
    other = replace(spec, mask=peak_text((61.0, -110.0, -113.0), 7.5, ("a,b:c", "shoe")))
    assert other.mask == "peak:61,-110,-113,7.5:a%2Cb%3Ac,shoe" == region_text(other.mask)
    assert not is_circular(subject, other)
    assert is_circular(subject, replace(other, conditions=("cat", "shoe")))


def test_a_place_is_not_circular_unless_it_was_taken_from_responses(subject):
    """The check passes and says when it would not."""
    status, message = circularity(subject, SPEC)
    assert status == "pass" and message.endswith(
        "Decoding is not circular if the place was not taken from these responses, as the peak of "
        "a searchlight is."
    )
