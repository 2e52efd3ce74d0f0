"""What is shown when a choice does not exist: the nearest default, and a plain word."""

from dataclasses import replace

import numpy as np
import pytest
from makers import design, signal, write_study

from decoding.analyses import decode
from decoding.choices import default_spec, nearest_pair, settle
from decoding.datasets import load_subject, subject_of
from decoding.errors import DecodingError
from decoding.samples.kinds import SAMPLES
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec

GOOD = DecodingSpec(subject="1")


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Return a loader of a study with subjects 1 (with rest) and 3 (without)."""
    folder = tmp_path_factory.mktemp("choices")
    write_study(folder)
    conditions, runs = design(rest=0, categories=("chair", "house", "shoe"))
    third = write_study(
        folder / "no rest", values=signal(conditions), conditions=conditions, runs=runs
    )
    third.rename(folder / "haxby2001" / "subj3")
    return lambda spec: load_subject(spec.dataset, spec.subject, folder)


def settled(load, **changes):
    """Settle the tutorial's spec with some fields changed."""
    return settle(replace(GOOD, **changes), GOOD, load)


def test_what_exists_is_left_alone(load):
    """A spec that can be computed comes back unchanged, without a word."""
    for changes in ({}, {"mask": "brain"}, {"lag": 5.0}, {"conditions": ()}, {"cv": "split_half"}):
        spec, subject, problems = settled(load, **changes)
        assert spec == replace(GOOD, **changes)
        assert subject.name == "1"
        assert problems == []


@pytest.mark.parametrize(
    ("changes", "expected", "says"),
    [
        ({"dataset": "hcp"}, {}, ["'hcp'", "Haxby et al. 2001", "Simulated"]),
        ({"samples": "trial"}, {}, ["'trial'", "kind of sample", "volumes, block means"]),
        ({"standardize": "psc"}, {}, ["'psc'", "over all runs, within each run, not at all"]),
        ({"estimator": "svm"}, {}, ["'svm'", "tuned linear SVM"]),
        ({"cv": "loo"}, {}, ["'loo'", "cross-validation", "Shown instead: Leave one run out"]),
        ({"subject": "7"}, {}, ["'7'", "Subject 1 of Haxby"]),
        ({"subject": "2"}, {}, ["Subject 2", "not on disk", "Subject 1 of Haxby"]),
        ({"subject": "../1"}, {}, ["'../1'"]),
        (
            {"mask": "vt2"},
            {},
            ["'vt2'", "ventral temporal, recorded brain", "Shown instead: ventral"],
        ),
        ({"mask": "face"}, {}, ["'face'", "ventral temporal, recorded brain"]),
        ({"conditions": ("face", "sofa")}, {}, ["'sofa'", "cat, face, shoe", "cat and face"]),
        ({"conditions": ("bed", "sofa")}, {}, ["'bed'", "'sofa'", "cat and face"]),
        ({"conditions": ("shoe",)}, {"conditions": ("cat", "shoe")}, ["cat and shoe"]),
        (
            {"conditions": ("shoe", "sofa", "face")},
            {"conditions": ("face", "shoe")},
            ["'sofa'", "cat, face, shoe"],
        ),
        ({"lag": 1.0}, {}, ["1 s", "Choose 0 or 2.5", "Lag 0"]),
        ({"lag": 50.0}, {}, ["50 s", "Lag 0"]),
        ({"lag": 1e300}, {}, ["Lag 0"]),
    ],
)
def test_each_bad_value_is_replaced_and_said(load, changes, expected, says):
    """The value and the choices are named, and what is shown instead can be computed."""
    spec, subject, problems = settled(load, **changes)
    assert spec == replace(GOOD, **expected)
    text = " ".join(problems)
    assert all(word in text for word in says), problems
    assert len(decode.run(subject, spec).fold_scores) == 4


def test_no_name_of_the_code_is_said(load):
    """A notice holds the value asked for and the words of the pages, no name of the code."""
    for changes in ({"mask": "x"}, {"cv": "x"}, {"estimator": "x"}, {"standardize": "x"}):
        _, _, problems = settled(load, **changes)
        (text,) = problems
        for name in ("leave_one_run_out", "svc", "vt", "'all'", "cv"):
            assert name not in text, text


def test_everything_bad_at_once(load):
    """Bad values in all fields still give a spec that can be computed, one word for each."""
    spec, subject, problems = settled(
        load,
        dataset="x",
        subject="x",
        mask="x",
        conditions=("x", "y"),
        samples="x",
        standardize="x",
        lag=0.1,
        estimator="x",
        cv="x",
    )
    assert spec == GOOD
    assert len(problems) >= 9
    decode.run(subject, spec)


def test_a_lag_where_rest_was_not_recorded(load):
    """On a recording of labelled volumes only the lag becomes 0 and betas become block means."""
    spec, subject, problems = settled(load, subject="3", conditions=("house", "shoe"), lag=5.0)
    assert (spec.subject, spec.lag) == ("3", 0.0)
    assert len(problems) == 1
    for kind in (name for name, kind in SAMPLES.items() if kind.is_beta):
        spec, subject, problems = settled(
            load, subject="3", conditions=("house", "shoe"), samples=kind
        )
        assert spec.samples == "block"
        assert len(problems) == 1
        decode.run(subject, spec)


def test_betas_take_neither_lag_nor_trend(load):
    """A lag or a trend asked for with betas is dropped, and said."""
    for changes in ({"lag": 5.0}, {"detrend": True}):
        spec, _, problems = settled(load, samples="lsa", **changes)
        assert (spec.samples, spec.lag, spec.detrend) == ("lsa", 0.0, False)
        assert len(problems) == 1


def test_another_subjects_categories_are_its_own(load):
    """Where a subject saw neither category of the pair, two of its own are shown."""
    spec, subject, problems = settled(load, subject="3")
    assert spec.conditions == ("chair", "house")
    assert subject.conditions == ("chair", "house", "shoe")
    assert problems
    assert nearest_pair(subject, ("shoe",)) == ("chair", "shoe")


def test_a_default_that_cannot_be_loaded_is_an_error():
    """Where not even the default can be loaded its own message is raised."""

    def load(spec):
        raise DecodingError("nothing here")

    with pytest.raises(DecodingError, match="nothing here"):
        settle(GOOD, GOOD, load)


def test_default_is_the_first_recording_there_is(tmp_path, monkeypatch):
    """Subject 2 where it is on disk, else the first there is, else a simulated one."""
    monkeypatch.delenv("NILEARN_SHARED_DATA", raising=False)
    assert default_spec(tmp_path / "nothing") == DecodingSpec(dataset="simulated", subject="1")
    write_study(tmp_path)
    one = tmp_path / "haxby2001" / "subj1"
    one.rename(one.with_name("subj4"))
    assert default_spec(tmp_path) == DecodingSpec(subject="4")
    write_study(tmp_path)
    one.rename(one.with_name("subj2"))
    assert default_spec(tmp_path) == DecodingSpec()
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    assert default_spec() == DecodingSpec()


def test_what_nobody_asked_for_gives_way_without_a_word(load):
    """A default that a subject has not becomes its own mask and categories; a choice is told."""
    asked = replace(GOOD, subject="3", mask="nothing")
    spec, _, problems = settle(asked, GOOD, load, {"mask", "conditions"})
    assert (spec.mask, spec.conditions, problems) == ("vt", ("chair", "house"), [])
    spec, _, problems = settle(replace(asked, subject="9"), GOOD, load, {"subject", "mask"})
    assert (spec.subject, problems) == ("1", [])
    _, _, problems = settle(asked, GOOD, load, {"mask"})
    assert len(problems) == 3 and "'cat'" in problems[0]


def test_no_volume_is_lost_by_settling(load):
    """Settling leaves the arrays of the subject alone."""
    _, subject, _ = settled(load, mask="nothing")
    assert np.array_equal(subject.volumes["condition"].to_numpy(str), design()[0])


def test_datasets_that_are_there_are_offered(monkeypatch, tmp_path):
    """A selector lists what can be shown; a link to another says what to do, in a page's words."""
    monkeypatch.delenv("VOXELSCOPE_BIDS", raising=False)
    monkeypatch.delenv("VOXELSCOPE_IMAGES", raising=False)
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    subject = load_subject("simulated", "1")
    assert SETTINGS["dataset"].choices(subject) == ["simulated"]
    asked = DecodingSpec(dataset="bids", subject="01")
    spec, _, problems = settle(asked, default_spec(), subject_of)
    assert spec.dataset == "simulated"
    assert "Whoever runs this server names the folder in VOXELSCOPE_BIDS." in problems[0]
