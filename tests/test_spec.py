"""The spec: one canonical value, and a link that carries all of it."""

import random
from dataclasses import fields
from urllib.parse import parse_qs, urlsplit

import pytest

from decoding.cross_validation import CV_SCHEMES
from decoding.estimators import ESTIMATORS
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.settings import spec_from_query, spec_from_text
from decoding.spec import (
    DecodingSpec,
    Request,
    differing_fields,
    link_to,
    spec_to_query,
    spec_to_text,
)

OTHER = DecodingSpec(
    dataset="simulated",
    subject="5",
    mask="brain",
    conditions=("shoe", "bottle", "house"),
    samples="block",
    standardize="run",
    detrend=True,
    lag=7.5,
    estimator="gnb",
    cv="split_half",
)


def test_defaults_are_the_tutorials():
    """The defaults are those of the tutorial."""
    listed = {
        "dataset": "haxby",
        "subject": "2",
        "mask": "vt",
        "conditions": ["cat", "face"],
        "samples": "volume",
        "standardize": "all",
        "detrend": False,
        "lag": 0.0,
        "estimator": "svc",
        "cv": "leave_one_run_out",
    }
    assert DecodingSpec().as_dict() | listed == DecodingSpec().as_dict()


def test_order_and_repetition_of_categories_do_not_matter():
    """Categories are kept sorted and once, so equal requests are equal keys."""
    one = DecodingSpec(conditions=("face", "cat", "face"))
    two = DecodingSpec(conditions=("cat", "face"))
    assert one == two
    assert hash(one) == hash(two)
    assert one.conditions == ("cat", "face")
    assert DecodingSpec(conditions=["face", "cat"]) == two


def test_lag_is_one_value_however_it_is_written():
    """0, 0.0 and -0.0 are one lag, in the spec and in its link."""
    assert DecodingSpec(lag=0) == DecodingSpec(lag=-0.0) == DecodingSpec()
    assert spec_to_query(DecodingSpec(lag=-0.0)) == spec_to_query(DecodingSpec())
    assert isinstance(DecodingSpec(lag=5).lag, float)


def test_a_request_is_a_key():
    """Requests with equal contents are equal and hashable."""
    one = Request(analysis="decode", spec=DecodingSpec())
    assert one == Request(analysis="decode", spec=DecodingSpec())
    assert hash(one) == hash(Request(analysis="decode", spec=DecodingSpec()))
    assert one != Request(analysis="decode", spec=OTHER)


def test_spec_cannot_be_changed():
    """A spec is a value."""
    with pytest.raises(AttributeError):
        DecodingSpec().mask = "brain"
    with pytest.raises(TypeError):
        DecodingSpec("haxby")


def test_query_is_complete():
    """A query holds the version and every field, also those at their defaults."""
    query = spec_to_query(DecodingSpec())
    assert set(query) == {"v", *(field.name for field in fields(DecodingSpec))}
    assert query["v"] == ["1"]
    assert all(isinstance(value, str) for values in query.values() for value in values)


@pytest.mark.parametrize("seed", range(40))
def test_query_round_trip(seed):
    """Any spec comes back from its own link, whatever the defaults of the reader are."""
    rng = random.Random(seed)
    names = ("bottle", "cat", "chair", "face", "house", "a&b", "ü=1", "100%", "x+y", "'\"<>")
    spec = DecodingSpec(
        dataset=rng.choice(["haxby", "simulated", "bids"]),
        subject=rng.choice(["1", "6", "01", "pilot+2"]),
        mask=rng.choice(["vt", "brain", "face_little"]),
        conditions=tuple(rng.sample(names, rng.choice([0, 2, 3, 8]))),
        samples=rng.choice(list(SAMPLES)),
        standardize=rng.choice(list(STANDARDIZE)),
        detrend=rng.choice([True, False]),
        lag=rng.choice([0, 2.5, -5, 7.5, 0.1, 2.16, 23.45678, 1234567.5, 1e-7, 3 * 0.72]),
        estimator=rng.choice(list(ESTIMATORS)),
        cv=rng.choice(list(CV_SCHEMES)),
    )
    link = link_to("decode", spec, {"permutations": "1000"})
    parts = urlsplit(link)
    assert parts.path == "/decode"
    assert not parts.netloc
    query = parse_qs(parts.query, strict_parsing=True)
    assert query["permutations"] == ["1000"]
    for default in (DecodingSpec(), OTHER):
        assert spec_from_query(query, default) == (spec, [])
    assert link_to("decode", spec_from_query(query, OTHER)[0], {"permutations": "1000"}) == link


def test_all_categories_are_a_word_in_the_link():
    """No category named means all of them, and the link says so."""
    query = spec_to_query(DecodingSpec(conditions=()))
    assert query["conditions"] == ["all"]
    assert spec_from_query(query, DecodingSpec())[0].conditions == ()


def test_what_is_absent_keeps_the_default():
    """A short link changes only what it names."""
    spec, problems = spec_from_query({"mask": ["brain"]}, OTHER)
    assert problems == []
    assert spec.mask == "brain"
    assert spec.subject == OTHER.subject
    assert spec_from_query({}, OTHER) == (OTHER, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lag", "soon"),
        ("lag", "nan"),
        ("lag", "inf"),
        ("lag", "-inf"),
        ("lag", "1e999"),
        ("lag", "2,5"),
        ("lag", "1\x00"),
        ("detrend", "maybe"),
        ("detrend", "True"),
        ("detrend", "1"),
    ],
)
def test_malformed_values_are_said_and_the_default_is_kept(field, value):
    """A value that cannot be read is a sentence with the value, not an exception."""
    spec, problems = spec_from_query({field: [value], "mask": ["face"]}, OTHER)
    assert getattr(spec, field) == getattr(OTHER, field)
    assert spec.mask == "face"
    (problem,) = problems
    assert {"lag": "lag", "detrend": "linear trend"}[field] in problem
    assert repr(value) in problem


@pytest.mark.parametrize(
    "value", ["", " ", "\t", "<script>", "a" * 5000, "\x00", "𝕏", "%zz", "../.."]
)
@pytest.mark.parametrize("field", [f.name for f in fields(DecodingSpec)] + ["v", "unknown"])
def test_no_value_of_any_field_raises(field, value):
    """Whatever stands in a link, reading it gives a spec and sentences."""
    spec, problems = spec_from_query({field: [value]}, DecodingSpec())
    assert isinstance(spec, DecodingSpec)
    assert all(isinstance(problem, str) for problem in problems)
    link_to("decode", spec)


def test_empty_lists_and_repeated_values():
    """Empty lists count as absent; of a repeated single value the last one is taken."""
    assert spec_from_query({"mask": [], "lag": [], "v": []}, OTHER) == (OTHER, [])
    spec, _ = spec_from_query({"mask": ["vt", "brain"], "lag": ["1", "5"]}, DecodingSpec())
    assert (spec.mask, spec.lag) == ("brain", 5.0)


def test_a_link_of_another_version_says_so():
    """Another version is told plainly, and what is understood is used."""
    spec, problems = spec_from_query({"v": ["2"], "mask": ["brain"]}, DecodingSpec())
    assert spec.mask == "brain"
    assert len(problems) == 1
    assert "'2'" in problems[0]


@pytest.mark.parametrize("spec", [DecodingSpec(), OTHER, DecodingSpec(conditions=())])
def test_short_text_reads_back(spec):
    """A spec's short text gives the spec again and holds only what is no default."""
    assert spec_from_text(spec_to_text(spec)) == (spec, [])
    assert spec_to_text(DecodingSpec()) == "v=1"
    assert spec_to_text(DecodingSpec(cv="kfold")) == "v=1&cv=kfold"


def test_differing_fields():
    """Two specs differ in the fields that are named, in the spec's order."""
    other = DecodingSpec(cv="kfold", mask="brain")
    assert differing_fields(DecodingSpec(), other) == ["mask", "cv"]
    assert differing_fields(other, other) == []
