"""Learning from all subjects but one: as a plain loop of scikit-learn, with a null of its own."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from makers import AFFINE, design, half_mask, signal, subject_from, write_image
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.svm import SVC

from decoding.analyses import across, permute
from decoding.analyses.across import Other, check_one_space, decode_across
from decoding.analyses.decode import pick_estimator
from decoding.errors import DecodingError
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(conditions=("cat", "face"), samples="block")
TEST = permute.Options()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Return three subjects in MNI space who share their patterns; masks differ by a voxel."""
    folder = tmp_path_factory.mktemp("people")
    subjects = []
    for number in (1, 2, 3):
        conditions, runs = design()
        noise = np.random.default_rng(number).normal(0, 15, (6, 5, 4, len(conditions)))
        values = (signal(conditions) + noise).astype(np.int16)
        mask = half_mask(values.shape[:3])
        mask.flat[np.flatnonzero(mask)[number]] = False
        own = folder / f"sub-{number}"
        bold = write_image(own / "x_space-MNI152_bold.nii", values)
        files = {"vt": write_image(own / "vt.nii", mask.astype(np.uint8))}
        made = subject_from([bold], files, conditions, runs)
        subjects.append(replace(made, name=f"{number}"))
    return subjects


@pytest.mark.parametrize(("estimator", "detrend"), [("svc", True), ("ridge", False)])
def test_scores_are_those_of_a_plain_loop(people, estimator, detrend):
    """Each subject standardized by itself, the voxels that all have, LeaveOneGroupOut over them."""
    spec = replace(SPEC, estimator=estimator, detrend=detrend)
    found = decode_across(people, spec, TEST)
    samples = [extract_samples(one, spec) for one in people]
    common = set.intersection(*(set(own.grid.voxels.tolist()) for own in samples))
    assert len(common) == samples[0].X.shape[1] - 2
    assert found.scores["n_voxels"].tolist() == [len(common)] * 3
    X = np.concatenate([own.X[:, np.isin(own.grid.voxels, list(common))] for own in samples])
    y = np.concatenate([own.y for own in samples])
    groups = np.repeat([0, 1, 2], [len(own.y) for own in samples])
    model = SVC(kernel="linear") if estimator == "svc" else pick_estimator("ridge").make()
    for row, (fit, held) in zip(
        found.scores.to_dict("records"), LeaveOneGroupOut().split(X, y, groups), strict=True
    ):
        named = model.fit(X[fit], y[fit]).predict(X[held])
        assert row["accuracy"] == pytest.approx(np.mean(named == y[held]))
        own = samples[int(row["subject"]) - 1]
        flips = list(product([False, True], repeat=4))
        other = {"cat": "face", "face": "cat"}
        scores = [
            np.mean([
                named[place] == (other[label] if turned[run] else label)
                for place, (label, run) in enumerate(zip(own.y, own.runs, strict=True))
            ])
            for turned in flips
        ]  # fmt: skip
        reached = np.mean(np.array(scores) >= row["accuracy"] - 1e-9)
        assert row["p_value"] == pytest.approx(reached)
    assert found.scores["accuracy"].mean() > 0.6 and found.majority is None


def test_the_analysis_goes_through_rows_and_names_who_is_missing(people):
    """One row a mask and set of categories, raw and detrended; who lacks one is left out."""
    lacking = replace(people[2], trials=people[2].trials.query("condition != 'shoe'"),
                      volumes=people[2].volumes.replace("shoe", "rest"))  # fmt: skip
    others = tuple(
        Other(name=one.name, version=one.version, subject=one) for one in (people[1], lacking)
    )
    options = across.Options(others=others, masks=("vt",), pairs=(("cat", "face"), ("cat", "shoe")))
    rows = across.run(people[0], SPEC, options)
    assert [(row.choices["conditions"], row.choices["detrend"]) for row in rows] == [
        (["cat", "face"], False), (["cat", "face"], True),
        (["cat", "shoe"], False), (["cat", "shoe"], True),
    ]  # fmt: skip
    assert not rows[0].missing and "'shoe'" in rows[2].missing["3"]
    assert len(rows[2].scores) == 2
    assert hash(across.ANALYSIS.request(SPEC, options)) == hash(
        across.ANALYSIS.request(replace(SPEC, mask="brain", cv="kfold"), replace(options))
    )
    assert len(list(across.ANALYSIS.tried(rows))) == 3 + 3 + 2 + 2


def test_who_is_not_in_one_space_is_refused(people, tmp_path):
    """Scans as recorded, another grid, and no voxel in common: each with its reason."""
    conditions, runs = design()
    affine = AFFINE + np.diag([0, 1.0, 0, 0])
    bold = write_image(tmp_path / "bold.nii", signal(conditions))
    other = write_image(tmp_path / "y_space-MNI_bold.nii", signal(conditions), affine=affine)
    mask = np.zeros((6, 5, 4), dtype=np.uint8)
    mask[0, 0, 0] = 1
    outside = 1 - half_mask((6, 5, 4)).astype(np.uint8)
    masks = {"vt": write_image(tmp_path / "vt.nii", outside)}
    native = replace(subject_from([bold], masks, conditions, runs), name="9")
    with pytest.raises(DecodingError, match=r"space of their own \(not in MNI space: subject 9\)"):
        check_one_space([people[0], native])
    with pytest.raises(DecodingError, match="subject 9 only"):
        check_one_space([native])
    with pytest.raises(DecodingError, match="No voxel of the mask 'ventral temporal'"):
        decode_across([people[0], native], SPEC, TEST)
    moved = {"vt": write_image(tmp_path / "moved.nii", outside, affine=affine)}
    elsewhere = replace(subject_from([other], moved, conditions, runs), name="9")
    with pytest.raises(DecodingError, match="different grids"):
        decode_across([people[0], elsewhere], SPEC, TEST)
    with pytest.raises(DecodingError, match="Fewer than two subjects"):
        decode_across(people, replace(SPEC, conditions=("cat", "dog")), TEST)
