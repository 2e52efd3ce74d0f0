"""Kinds of sample side by side: each as decoded alone, and a word where two are the same."""

from dataclasses import replace

import pytest

from decoding.analyses import decode, permute
from decoding.analyses import sample_kinds as kinds
from decoding.datasets import load_subject
from decoding.samples.kinds import SAMPLES
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(subject="1", mask="vt", standardize="run", estimator="ridge")
OPTIONS = kinds.Options(permutations=30, seed=2)


@pytest.mark.recordings
def test_each_kind_is_decoded_as_it_is_alone(recordings):
    """Scores are decode's, nulls are permute's, on the same runs and blocks for all kinds."""
    subject = load_subject("haxby", "1", recordings / "slice")
    result = kinds.run(subject, SPEC, OPTIONS)
    assert result.table["samples"].tolist() == list(SAMPLES)
    assert (result.table["n_runs"] == 12).all() and (result.table["n_blocks"] == 24).all()
    assert (result.table["source"] == "labels.txt").all()
    for row in result.table.to_dict(orient="records"):
        spec = replace(SPEC, samples=row["samples"])
        assert row["accuracy"] == pytest.approx(decode.run(subject, spec).accuracy)
        test = permute.run(subject, spec, permute.Options(permutations=30, seed=2))
        assert (row["p_value"], row["null_mean"]) == (test.p_value, test.null.mean)
    same = [note for note in result.notes if "same numbers" in note]
    assert [note.partition(" are ")[0] for note in same] == [
        "LSA betas, LSS betas by category and run betas",
        "LSA t values, LSS t values by category and run t values",
    ]


@pytest.mark.recordings
def test_betas_leave_lag_and_trend_to_their_model(recordings):
    """With a lag, volumes follow it and betas do not, and a note says so."""
    subject = load_subject("haxby", "1", recordings / "slice")
    spec = replace(SPEC, lag=2.5, detrend=True)
    result = kinds.run(subject, spec, OPTIONS)
    accuracy = result.table.set_index("samples")["accuracy"]
    assert accuracy["block"] == pytest.approx(
        decode.run(subject, replace(spec, samples="block")).accuracy
    )
    assert accuracy["lss"] == pytest.approx(
        decode.run(subject, replace(SPEC, samples="lss")).accuracy
    )
    assert "no lag" in result.notes[-1]


@pytest.mark.recordings
def test_kinds_that_cannot_be_had_are_named(recordings):
    """On labelled volumes only, volumes and blocks are decoded and betas are said to be missing."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    result = kinds.run(subject, SPEC, OPTIONS)
    assert result.table["samples"].tolist() == ["volume", "block"]
    (note,) = result.notes
    assert "only labelled volumes" in note
    assert all(kind.label in note for kind in SAMPLES.values() if kind.is_beta)
    assert result.table["n_samples"][0] == 216
