"""Design checks: each finds what it is for, and nothing else."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from makers import design, signal, subject_from, tiny_samples, write_image, write_study

from decoding.analyses import check, decode
from decoding.analyses.checks import CHECKS
from decoding.analyses.checks.category_order import PairOrder
from decoding.analyses.checks.design import Design
from decoding.analyses.checks.lagged_volumes import place_lagged
from decoding.analyses.checks.regressors import most_alike
from decoding.cross_validation import make_folds
from decoding.datasets import layout, load_subject
from decoding.datasets.base import WHOLE_BRAIN, Mask, Subject
from decoding.datasets.labels import make_volumes, trials_from_volumes
from decoding.errors import SpecError
from decoding.spec import Categories, DecodingSpec


def find(name, samples, spec=None):
    """Return the status and message of one check on samples."""
    spec = spec or DecodingSpec()
    folds = make_folds(spec.cv, samples.y, samples.runs)
    volumes = make_volumes(samples.y, samples.runs, "test")
    subject = Subject(
        dataset="haxby",
        name="1",
        bold=(),
        masks={
            "own": Mask(),
            "vt": Mask(origin=layout.OMNIBUS),
            "face": Mask(origin=layout.LOCALIZER),
            "brain": Mask(origin=WHOLE_BRAIN),
        },
        anatomy=None,
        trials=trials_from_volumes(volumes, 2.5),
        volumes=volumes,
        t_r=2.5,
        version="",
    )
    return CHECKS[name][1](Design(subject=subject, spec=spec, samples=samples, folds=folds))


def fixed_order(n_same):
    """Return eight runs of which `n_same` show cat before face."""
    samples = tiny_samples(n_runs=8)
    y = np.concatenate(
        [np.repeat(["cat", "face"] if run < n_same else ["face", "cat"], 3) for run in range(8)]
    )
    return replace(samples, y=y)


@pytest.mark.parametrize(("n_same", "status"), [(8, "fail"), (7, "warn"), (6, "warn"), (5, "pass")])
def test_order_within_runs(n_same, status):
    """The same order in every run fails; in three quarters of the runs it warns."""
    assert find("order_within_runs", fixed_order(n_same))[0] == status


@pytest.mark.parametrize(
    ("cv", "blocks", "runs", "neighbours"),
    [
        ("leave_one_run_out", "pass", "pass", "pass"),
        ("split_half", "pass", "pass", "pass"),
        ("kfold", "fail", "warn", "warn"),
        ("shuffled_kfold", "fail", "warn", "fail"),
        ("resubstitution", "fail", "warn", "fail"),
    ],
)
def test_leaks_are_named(cv, blocks, runs, neighbours):
    """Schemes that split blocks or runs are told from those that do not."""
    samples, spec = tiny_samples(n_runs=8, n_volumes=9), DecodingSpec(cv=cv)
    assert find("whole_blocks", samples, spec)[0] == blocks
    assert find("whole_runs", samples, spec)[0] == runs
    assert find("volume_wise_folds", samples, spec)[0] == neighbours


def test_circular_mask_is_marked():
    """Where responses alone chose the mask it fails; it warns where they took part, or may have."""
    samples = tiny_samples()
    others = replace(samples, y=np.where(samples.y == "face", "shoe", "bottle"))
    told = {
        (mask, name): find("circular_mask", of, DecodingSpec(mask=mask, conditions=of.classes))
        for mask in ("vt", "face", "brain", "own")
        for name, of in (("faces", samples), ("others", others))
    }
    found = {key: status for key, (status, _) in told.items() if status != "pass"}
    mild = [("vt", "faces"), ("vt", "others"), ("own", "faces"), ("own", "others")]
    assert found == {**dict.fromkeys(mild, "warn"), ("face", "faces"): "fail"}
    assert "circular and can be far too good" in told["face", "faces"][1]
    assert "mildly circular" in told["vt", "faces"][1]
    assert "not known" in told["own", "faces"][1]


@pytest.mark.parametrize(
    ("orders", "cv", "detrend", "status"),
    [
        (["f c c f"] * 6, "leave_one_run_out", False, "pass"),
        (["f c", "c f"] * 4, "split_half", False, "fail"),
        (["f c", "c f"] * 4, "leave_one_run_out", False, "pass"),
        (["f c", "c f"] * 3 + ["c f", "f c"], "split_half", False, "warn"),
        (["f c", "c f"] * 2 + ["c f", "f c"] * 2, "split_half", False, "pass"),
        (["f c", "c f", "f c"], "split_half", False, "fail"),
        (["f c", "c f"], "leave_one_run_out", False, "fail"),
        (["f c", "f c", "c f"], "leave_one_run_out", False, "pass"),
        (["f c f c", "c f c f"] * 3, "split_half", False, "fail"),
        (["c f f c", "f c c f"] * 3, "split_half", False, "pass"),
        (["f f c", "c f f"] * 3, "leave_one_run_out", False, "pass"),
        (["c f f f c c", "f f c f c c"] * 3, "leave_one_run_out", False, "fail"),
        (["f c"] * 8, "leave_one_run_out", True, "warn"),
        (["f c"] * 6 + ["c f"] * 2, "leave_one_run_out", True, "pass"),
    ],
)
def test_order_is_judged_over_all_blocks_and_between_training_and_test(orders, cv, detrend, status):
    """A balanced run has no order; halves of opposite order fail; without drift it is milder."""
    names = [order.split() for order in orders]
    y = np.array([{"f": "face", "c": "cat"}[name] for run in names for name in run])
    blank = tiny_samples(n_runs=len(names), n_volumes=1, conditions=names[0])
    samples = replace(blank, y=y)
    assert find("order_within_runs", samples, DecodingSpec(cv=cv, detrend=detrend))[0] == status


def test_order_says_how_often_luck_does_it():
    """Among 28 pairs of random orders some pair is that uneven nearly always, and that is said."""
    names = [f"category {i}" for i in range(8)]
    samples = tiny_samples(n_runs=12, conditions=names, n_volumes=1)
    status, message = find("order_within_runs", samples)
    assert (status == "warn") == ("as uneven in" in message)
    assert "of 28 pairs" in message
    pair = PairOrder(first="a", second="b", n_first=9, n_runs=12, reversed_in_test=False)
    assert pair.chance_of_luck(1) == pytest.approx(2 * 299 / 4096)  # 9 heads or tails of 12
    assert pair.chance_of_luck(28) == pytest.approx(1 - (1 - 2 * 299 / 4096) ** 28)


def test_few_runs_and_relabellings():
    """Two runs are too few to tell a score from chance, three to do it with confidence."""
    two, three = tiny_samples(n_runs=2), tiny_samples(n_runs=3)
    assert find("runs", two)[0] == "fail"
    assert find("runs", three)[0] == "pass"
    assert find("relabellings", three)[0] == "fail"
    assert find("relabellings", tiny_samples(n_runs=6))[0] == "warn"
    assert find("relabellings", tiny_samples(n_runs=8))[0] == "pass"


def test_missing_category_and_imbalance_name_the_run():
    """A run without a category is named, and so is one with fewer samples of it."""
    samples = tiny_samples(n_runs=4)
    gone = (samples.runs == 2) & (samples.y == "cat")
    status, message = find("category_in_every_run", kept(samples, ~gone))
    assert (status, "run 2 has no cat" in message) == ("fail", True)
    one = np.flatnonzero(gone)[:1]
    fewer = np.setdiff1d(np.arange(len(samples.y)), one)
    status, message = find("class_balance", kept(samples, fewer))
    assert (status, "run 2" in message) == ("warn", True)


def kept(samples, rows):
    """Return some of the samples."""
    return replace(
        samples,
        X=samples.X[rows],
        y=samples.y[rows],
        runs=samples.runs[rows],
        blocks=samples.blocks[rows],
    )


def test_lag_beyond_block():
    """A lag as long as a block fails."""
    samples = tiny_samples(n_volumes=3)
    assert find("lag_within_block", samples, DecodingSpec(lag=5.0))[0] == "pass"
    assert find("lag_within_block", samples, DecodingSpec(lag=7.5))[0] == "fail"


@pytest.mark.parametrize(
    ("n_later", "status", "in_rest", "in_another"),
    [(3, "pass", 4, 1), (4, "warn", 4, 2), (6, "fail", 6, 2), (-2, "pass", 4, 0)],
)
def test_a_lag_is_judged_by_the_volumes_that_it_takes(n_later, status, in_rest, in_another):
    """Blocks of 8 and of 2 volumes: what counts is how many volumes lie where, not one length."""
    labels = ["rest"] * 2 + ["cat"] * 8 + ["rest"] * 2 + ["face"] * 2 + ["rest"] * 6
    volumes = make_volumes(np.array(labels), np.zeros(20, dtype=int), "test")
    found = place_lagged(volumes, ("cat", "face"), n_later)
    assert (found.n, found.in_rest, found.in_another) == (10, in_rest, in_another)
    subject = SimpleNamespace(volumes=volumes, t_r=2.5, maps=False)
    spec, samples = DecodingSpec(lag=2.5 * n_later), SimpleNamespace(classes=("cat", "face"))
    looked = CHECKS["lag_within_block"][1](
        Design(subject=subject, spec=spec, samples=samples, folds=[])
    )
    assert looked[0] == status and f"{in_rest} in rest and {in_another} in another" in looked[1]


def test_sentences_of_checks_begin_in_capitals_and_hold_one_colon():
    """Whatever a check finds, each sentence has one colon at most and begins as sentences do."""
    samples, spec = tiny_samples(n_runs=4), DecodingSpec(cv="kfold")
    gone = kept(samples, np.flatnonzero((samples.runs != 2) | (samples.y != "cat"))[1:])
    for of in (samples, gone, fixed_order(8)):
        for name in set(CHECKS) - RECORDED:
            for sentence in find(name, of, spec)[1].split(". "):
                assert not sentence[0].islower() and sentence.count(":") <= 1, sentence
    assert find("training_runs", samples)[1] == "Every model learns from 3 runs."


RECORDED = {"still_voxels", "copied_runs"}
"""The checks that read the recording: samples alone do not tell them."""


def recorded(folder, values, runs, dtype=np.float32, **changes):
    """Return what the checks of the recording find in values (x, y, z, n)."""
    conditions = np.resize(["rest", "cat", "face"], len(runs))
    mask = write_image(folder / "mask.nii.gz", np.ones(values.shape[:3], dtype=np.uint8))
    bold = [write_image(folder / "bold.nii.gz", values.astype(dtype))]
    subject = subject_from(bold, {"own": mask}, conditions, runs)
    return looked(replace(subject, **changes))


def looked(subject):
    """Return the findings of the checks that read the recording."""
    sentences = SimpleNamespace(subject=subject, spec=DecodingSpec(mask="own"))
    found = {name: CHECKS[name][1](sentences) for name in sorted(RECORDED)}
    for _, message in found.values():
        for sentence in message.split(". "):
            assert not sentence[0].islower() and sentence.count(":") <= 1, sentence
    return found


NOISE = np.random.default_rng(5).normal(1000, 20, (4, 5, 3, 48))
FOUR_RUNS = np.repeat([1, 2, 5, 7], 12)


def test_voxels_that_stand_still_in_a_run_are_told_with_the_run(tmp_path):
    """A third of the voxels 0 in run 7 warns with both numbers; most of them 0 fails."""
    values = NOISE.copy()
    assert recorded(tmp_path, values, FOUR_RUNS)["still_voxels"][0] == "pass"
    values[0, 0] = 7.0  # these never vary, which another check tells
    assert recorded(tmp_path, values, FOUR_RUNS)["still_voxels"][0] == "pass"
    values[:, 1:, 0, FOUR_RUNS == 7] = 0.0
    status, message = recorded(tmp_path, values, FOUR_RUNS)["still_voxels"]
    assert (status, "within run 7 (16 of 60 voxels)" in message) == ("warn", True)
    values[0, 1] = FOUR_RUNS  # one level a run: it varies, and in no run
    values[1, :, :, FOUR_RUNS == 2] = np.nan
    status, message = recorded(tmp_path, values, FOUR_RUNS)["still_voxels"]
    told = [f"run {run} ({n} of 60 voxels)" for run, n in ((1, 3), (2, 18), (7, 18))]
    assert status == "warn" and f"{', '.join(told)} and 1 more run." in message
    values[:, :, :2, FOUR_RUNS == 7] = -3.5
    assert recorded(tmp_path, values, FOUR_RUNS)["still_voxels"][0] == "fail"


def test_equal_data_in_two_runs_fail_in_one_file_or_several(tmp_path):
    """A copy is found as it is, in other numbers, scaled, rounded and behind another header."""
    of = {run: NOISE[..., run == FOUR_RUNS] for run in (1, 2, 5, 7)}
    copies = {
        "same": of[1],
        "scaled": 2.5 * of[1] - 300,
        "rounded": np.round(of[1]),
        "of one slice more noise": of[1] + np.random.default_rng(1).normal(0, 0.5, of[1].shape),
    }
    for copy in copies.values():
        values = np.concatenate([of[1], of[2], of[5], copy], axis=-1)
        status, message = recorded(tmp_path, values, FOUR_RUNS)["copied_runs"]
        assert (status, "runs 1 and 7." in message) == ("fail", True)
    assert recorded(tmp_path, NOISE, FOUR_RUNS)["copied_runs"][0] == "pass"
    mask = write_image(tmp_path / "mask.nii.gz", np.ones((4, 5, 3), dtype=np.uint8))
    files = [
        write_image(tmp_path / "a.nii.gz", of[1].astype(np.float32)),
        write_image(tmp_path / "b.nii", np.round(of[1] * 10), dtype=np.int16, scale=(0.1, 0.0)),
        write_image(tmp_path / "c.nii.gz", of[2], dtype=np.float64, order=">"),
        write_image(tmp_path / "d.nii.gz", of[1][..., :11]),
    ]
    runs = np.repeat([1, 2, 3, 4], [12, 12, 12, 11])
    subject = subject_from(files, {"own": mask}, np.resize(["rest", "cat"], 47), runs)
    assert "runs 1 and 2." in looked(subject)["copied_runs"][1]
    values = np.concatenate([of[1]] * 4, axis=-1)
    told = recorded(tmp_path, values, FOUR_RUNS)["copied_runs"][1]
    assert "runs 1 and 2, 1 and 5 and 1 and 7, and 3 more pairs." in told


def test_near_alike_names_warn():
    """Names that read alike are told, also of categories that are not decoded."""
    samples = tiny_samples(conditions=("Face", "face", "NA", "cat"))
    status, message = find("near_alike", samples, DecodingSpec(conditions=("Face", "cat")))
    assert status == "warn"
    assert "Categories are named 'Face' and 'face', alike but for capitals. " in message
    assert "A category is named 'NA', as a missing value is. " in message
    assert find("near_alike", tiny_samples())[0] == "pass"


def test_constant_voxels_are_counted():
    """Voxels that never vary warn, and fail when they are most of the mask."""
    samples = tiny_samples()
    status, message = find("constant_voxels", replace(samples, n_constant=2))
    assert (status, "2 of 6" in message) == ("warn", True)
    assert find("constant_voxels", replace(samples, n_constant=4))[0] == "fail"
    status, message = find("constant_voxels", replace(samples, n_not_finite=1))
    assert (status, "values that are no numbers: 1 of 6" in message) == ("warn", True)


@pytest.mark.recordings
def test_subject_1_shows_faces_before_cats(recordings):
    """On the real recording the order warns with 9 of 12 runs, and nothing else is wrong."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    result = check.run(subject, DecodingSpec(subject="1"))
    wrong = [found for found in result.checks if found.status in ("warn", "fail")]
    assert [(found.check, found.status) for found in wrong] == [
        ("order_within_runs", "warn"),
        ("circular_mask", "warn"),
    ]
    assert "face comes before cat in 9 of 12 runs" in wrong[0].message
    assert result.worst == "warn"


def with_trials(onsets, conditions, duration=2.0):
    """Return a subject of one run of 60 volumes whose trials begin at these seconds."""
    blocks = np.arange(len(onsets))
    trials = {"run": 1, "block": blocks, "condition": conditions, "onset": onsets}
    return Subject(
        dataset="bids", name="1", bold=(), masks={}, anatomy=None, t_r=2.0, version="",
        volumes=make_volumes(np.full(60, "rest"), np.ones(60, dtype=int), "test"),
        trials=pd.DataFrame({**trials, "duration": duration}),
        events={1: Path("events.tsv")},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["lsa", "lss", "run_beta"])
def test_regressors_that_cannot_be_told_apart_are_named(kind):
    """A marker at a stimulus' onset, and trials a blink apart, are found; spaced ones are not."""
    spaced = most_alike(with_trials([10.0, 40.0, 70.0], ["face", "cat", "face"]), kind)
    marker = most_alike(with_trials([10.0, 10.0, 70.0], ["face", "marker", "cat"]), kind)
    blink = most_alike(with_trials([10.0, 10.5, 70.0], ["face", "cat", "shoe"]), kind)
    assert spaced.r < 0.9
    assert marker.r == pytest.approx(1.0)
    assert {marker.first[:4], marker.second[:6]} == {"face", "marker"}
    assert blink.r > 0.95
    assert most_alike(with_trials([10.0], ["face"]), kind) is None


@pytest.mark.parametrize("kind", ["lsa", "lss", "run_beta"])
def test_betas_that_share_a_response_warn(kind):
    """The check warns of a marker at the onset, names it and its r; spaced trials pass."""
    told = {}
    for name, onsets in (("spaced", [10.0, 40.0, 70.0]), ("marker", [10.0, 10.0, 70.0])):
        subject = with_trials(onsets, ["face", "marker", "cat"])
        spec, samples = DecodingSpec(samples=kind), tiny_samples()
        told[name] = CHECKS["regressors"][1](
            Design(subject=subject, spec=spec, samples=samples, folds=[])
        )
    assert {name: status for name, (status, _) in told.items()} == {
        "spaced": "pass", "marker": "warn",
    }  # fmt: skip
    assert "marker" in told["marker"][1] and "correlate 1.000" in told["marker"][1]


def test_trials_that_were_left_out_of_the_models_of_betas_warn():
    """They have no regressor, so that responses to them are baseline: of betas alone."""
    subject = replace(
        with_trials([10.0, 40.0, 70.0], ["face", "cat", "face"]),
        categories=Categories(names=(("shoe", ""), ("key", ""), ("kitten", "cat"))),
    )
    for kind, status in (("lsa", "warn"), ("block", "moot")):
        asked = Design(
            subject=subject, spec=DecodingSpec(samples=kind), samples=tiny_samples(), folds=[]
        )
        found, message = CHECKS["regressors"][1](asked)
        assert found == status
        assert ("no regressor for 'shoe' and 'key', which were left out" in message) == (
            kind == "lsa"
        )


def test_a_check_that_has_nothing_to_look_at_is_not_counted_among_those_passed():
    """The summary counts it apart; in JSON it passes, and says that it is not applicable."""
    statuses = ("pass", "pass", "moot")
    checks = tuple(
        check.Check(check=name, status=status, message="No model is fitted.")
        for name, status in zip(CHECKS, statuses, strict=False)
    )
    found = check.CheckResult(spec=DecodingSpec(), checks=checks)
    assert found.sentence == "Design checks: 2 passed, 1 not applicable." and found.worst == "pass"
    last = found.as_json()[-1]
    assert (last["status"], last["message"]) == ("pass", "Not applicable. No model is fitted.")
    passed = replace(found, checks=checks[:2])
    assert passed.sentence == "All 2 design checks passed."
    assert find("regressors", tiny_samples()) == (
        "moot", "Volumes and block means need no regressor."
    )  # fmt: skip


def test_one_training_run_warns():
    """Half of three runs is one run: what is learnt of it may be its own drift."""
    samples = tiny_samples(n_runs=3)
    status, message = find("training_runs", samples, DecodingSpec(cv="split_half"))
    assert (status, "run 1 alone against runs 0 and 2, by number" in message) == ("warn", True)
    assert find("training_runs", samples)[0] == "pass"


@pytest.mark.parametrize("ask", [check.run, decode.run])
def test_checks_refuse_what_decoding_refuses(ask, tmp_path):
    """Tuning inside a training fold of one run is refused with the same words by both."""
    conditions, runs = design(n_runs=3)
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    spec = DecodingSpec(subject="1", estimator="svc_tuned", cv="split_half")
    with pytest.raises(SpecError, match="a training fold here has only run"):
        ask(load_subject("haxby", "1", tmp_path), spec)
