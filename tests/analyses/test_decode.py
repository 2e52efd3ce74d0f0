"""Decodings: equal to a plain loop over nilearn and scikit-learn, spec by spec."""

from collections import Counter

import numpy as np
import pytest
from makers import design, half_mask, signal, write_study
from oracles.decode_reference import decode_plainly, masked_matrix
from spec_matrix import (
    CATEGORIES,
    FIELDS,
    RECORDINGS,
    draw_specs,
    parameters,
    subject_of,
)

from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.errors import Cancelled, SpecError
from decoding.estimators import ESTIMATORS
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

QUICK = [
    (recording, spec)
    for recording in RECORDINGS
    for spec in draw_specs(recording, 20, seed=7, n_categories=(2, 2, 3, 2, 5, 8), cheap=True)
]
FULL = [
    (recording, spec)
    for recording in RECORDINGS
    for spec in draw_specs(recording, 28, seed=11, n_categories=(2, 3, 2, 4, 5, 6, 2, 7, 8))
]


@pytest.fixture(scope="module", autouse=True)
def _forget_matrices():
    yield
    masked_matrix.cache_clear()


def check_against_reference(recording, spec, recordings):
    """Assert that every number of a decoding is the plain loop's."""
    subject = subject_of(recording, recordings)
    plain = decode_plainly(
        subject.bold[0].parent, next(iter(subject.masks[spec.mask].files), None), spec.as_dict()
    )
    samples = extract_samples(subject, spec)
    assert np.array_equal(samples.X, plain.X)
    assert np.array_equal(samples.y, plain.y)
    assert np.array_equal(samples.runs, plain.runs)
    assert np.array_equal(samples.blocks, plain.blocks)
    result = decode.run(subject, spec)
    names = ["fold", "sample", "run", "block", "true", "predicted"]
    table = result.predictions
    ours = list(table[names].itertuples(index=False, name=None))
    assert ours == [(row[0] + 1, *row[1:6]) for row in plain.rows]  # folds are told from 1
    decision = np.array([row[6] for row in plain.rows], dtype=float)
    assert np.allclose(table["decision"], decision, rtol=1e-6, atol=1e-6, equal_nan=True)
    assert result.fold_scores == plain.fold_scores
    assert result.accuracy == np.mean(plain.fold_scores)
    assert result.balanced_accuracy == pytest.approx(np.mean(plain.balanced), abs=1e-12)
    if None in plain.aucs:
        assert result.auc is None
    else:
        assert result.auc == pytest.approx(np.mean(plain.aucs), abs=1e-12)
    assert np.array_equal(result.confusion.to_numpy(), plain.confusion)
    assert list(result.confusion.index) == list(result.confusion.columns) == list(result.classes)
    assert result.classes == tuple(sorted(set(plain.y)))
    assert result.n_samples == len(plain.y)
    assert result.n_blocks == len(set(plain.blocks.tolist()))
    assert result.n_voxels == plain.X.shape[1]
    assert result.n_dropped == plain.n_dropped


@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(QUICK))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_decoding_equals_the_plain_loop(recording, spec, recordings):
    """Samples, every prediction, and each score are those of nilearn and scikit-learn."""
    check_against_reference(recording, spec, recordings)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(FULL))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_decoding_equals_the_plain_loop_on_many_specs(recording, spec, recordings):
    """The same on more specs, with up to eight categories and volumes throughout."""
    check_against_reference(recording, spec, recordings)


@pytest.mark.parametrize("drawn", [QUICK, FULL], ids=["quick", "full"])
def test_specs_cover_every_entry_twice(drawn):
    """Each entry of each registry, each mask and each number of categories comes up twice."""
    assert len(set(drawn)) >= 60
    for field, values in FIELDS.items():
        counts = Counter(getattr(spec, field) for _, spec in drawn)
        assert set(counts) == set(values)
        assert min(counts.values()) >= 2, (field, counts)
    for recording, place in RECORDINGS.items():
        counts = Counter(spec.mask for name, spec in drawn if name == recording)
        assert set(counts) == set(place.masks)
        assert min(counts.values()) >= 2
    numbers = Counter(len(spec.conditions) or len(CATEGORIES) for _, spec in drawn)
    wanted = {2, 3, 8} if drawn is QUICK else set(range(2, 9))
    assert all(numbers[k] >= 2 for k in wanted)
    lags = Counter(spec.lag for name, spec in drawn if name != "task-vt")
    assert sum(count for lag, count in lags.items() if lag) >= 10


# Where folds or voxels are not as in the recordings


def study(folder, conditions, runs, values=None, **options):
    """Write a study and load its subject."""
    values = signal(conditions) if values is None else values
    write_study(folder, values=values, conditions=conditions, runs=runs, **options)
    return load_subject("haxby", "1", folder)


def test_three_categories_have_no_decision_even_where_two_were_learnt(tmp_path):
    """A training fold that lacks the third category still gives no decision value, and no AUC."""
    conditions, runs = design(n_runs=3)
    conditions[(conditions == "shoe") & (runs != 2)] = "rest"
    subject = study(tmp_path, conditions, runs)
    result = decode.run(subject, DecodingSpec(subject="1", conditions=(), estimator="ridge"))
    assert result.predictions["decision"].isna().all()
    assert result.auc is None
    last = result.predictions[result.predictions["fold"] == 3]
    assert "shoe" not in set(last["predicted"])
    assert "shoe" in set(last["true"])


def test_a_fold_without_a_category_has_no_auc(tmp_path):
    """A run that lacks a category is a fold; its AUC, and so the mean, is missing."""
    conditions, runs = design(n_runs=4)
    conditions[(conditions == "face") & (runs == 1)] = "rest"
    result = decode.run(study(tmp_path, conditions, runs), DecodingSpec(subject="1"))
    assert len(result.fold_scores) == 4
    assert result.folds["auc"].isna().tolist() == [False, True, False, False]
    assert result.auc is None
    assert (result.n_samples, result.n_blocks) == (21, 7)


def test_a_mask_of_constant_voxels_is_refused(tmp_path):
    """Where no voxel ever varies there is nothing to decode: said, with their number."""
    conditions, runs = design()
    values = signal(conditions)
    values[half_mask((6, 5, 4))] = 700
    subject = study(tmp_path, conditions, runs, values)
    n = half_mask((6, 5, 4)).sum()
    words = f"None of the {n} voxels of the mask 'ventral temporal' varies"
    with pytest.raises(SpecError, match=words):
        decode.run(subject, DecodingSpec(subject="1", estimator="gnb"))
    assert decode.run(subject, DecodingSpec(subject="1", mask="brain")).n_constant == n


@pytest.mark.parametrize("name", ESTIMATORS)
def test_constant_voxels_change_no_prediction(name, tmp_path):
    """Some voxels that never vary give no NaN and no warning, and are counted."""
    conditions, runs = design()
    values = signal(conditions)
    values[:2] = 0
    values[2:3, 0] = 701
    mask = np.ones((6, 5, 4))
    subject = study(tmp_path, conditions, runs, values, masks={"mask4_vt": mask})
    result = decode.run(subject, DecodingSpec(subject="1", estimator=name))
    assert result.n_constant == 44
    assert np.isfinite(result.predictions["decision"]).all()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_single_voxel_can_be_decoded(name, tmp_path):
    """A mask of one voxel that tells the categories apart is enough for every estimator."""
    conditions, runs = design(n_runs=6)
    values = signal(conditions, strength=0.0)
    values[1, 2, 3, conditions == "face"] += 200
    mask = np.zeros((6, 5, 4))
    mask[1, 2, 3] = 1
    subject = study(tmp_path, conditions, runs, values, masks={"mask4_vt": mask})
    result = decode.run(subject, DecodingSpec(subject="1", estimator=name))
    assert result.n_voxels == 1
    # A correlation over one voxel does not exist, and the dummy does not look.
    expected = 0.5 if name in ("correlation", "dummy") else 1.0
    assert result.accuracy == expected


def test_noise_is_at_chance_and_a_signal_is_found(tmp_path):
    """Leave-one-run-out of noise lies about 1/2 over 30 studies; of a strong signal near 1."""
    scores = []
    for seed in range(30):
        conditions, runs = design(n_runs=6)
        values = signal(conditions, seed=seed, strength=0.0)
        subject = study(tmp_path / str(seed), conditions, runs, values)
        scores.append(decode.run(subject, DecodingSpec(subject="1", standardize="run")).accuracy)
    assert abs(np.mean(scores) - 0.5) < 0.05
    assert np.std(scores) > 0.02
    subject = study(tmp_path / "signal", conditions, runs, signal(conditions, strength=30.0))
    assert decode.run(subject, DecodingSpec(subject="1")).accuracy > 0.95


def test_tuning_is_refused_where_runs_hold_one_category(tmp_path):
    """Where an inner fold would hold one category the tuned SVM says so, and the others decode."""
    conditions, runs = design(n_runs=3, categories=("cat", "face"))
    conditions[(conditions == "cat") & (runs == 0)] = "rest"
    conditions[(conditions == "face") & (runs == 1)] = "rest"
    subject = study(tmp_path, conditions, runs)
    with pytest.raises(SpecError, match="holds a single category"):
        decode.run(subject, DecodingSpec(subject="1", estimator="svc_tuned"))
    assert len(decode.run(subject, DecodingSpec(subject="1")).fold_scores) == 3


def test_lda_of_a_whole_brain_is_refused_with_its_size(tmp_path):
    """Beyond 5000 voxels the covariance does not fit: said with its size and another choice."""
    conditions, runs = design(n_runs=2, block=1)
    values = np.random.default_rng(0).integers(0, 99, (20, 20, 13, len(runs)), dtype=np.int16)
    subject = study(tmp_path, conditions, runs, values)
    with pytest.raises(SpecError, match=r"5200 x 5200 voxels, 0\.2 GB.*ridge"):
        decode.run(subject, DecodingSpec(subject="1", mask="brain", estimator="lda"))


def test_progress_counts_folds_and_can_stop(tmp_path):
    """The last report is all folds of all; a callback that raises in a fold stops the work."""
    conditions, runs = design()
    subject = study(tmp_path, conditions, runs)
    told = []
    decode.run(subject, DecodingSpec(subject="1"), None, lambda *step: told.append(step))
    assert told[-4:] == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def cancel_in_third_fold(done, total):
        if (done, total) == (3, 4):
            raise Cancelled

    with pytest.raises(Cancelled):
        decode.run(subject, DecodingSpec(subject="1"), None, cancel_in_third_fold)


def test_two_decodings_are_equal_byte_for_byte(tmp_path):
    """The same request gives the same table, also when the voxel table is made anew."""
    conditions, runs = design()
    subject = study(tmp_path, conditions, runs)
    one = decode.run(subject, DecodingSpec(subject="1", estimator="logistic"))
    two = decode.run(subject, DecodingSpec(subject="1", estimator="logistic"))
    assert one.predictions.to_csv() == two.predictions.to_csv()


def irregular_study(folder, seed):
    """Write a study with runs and blocks of any length, categories missing from some runs."""
    rng = np.random.default_rng(seed)
    names = ("bottle", "cat", "chair", "face", "house")[: rng.integers(2, 6)]
    conditions, runs = [], []
    first = int(rng.choice([0, 1, 7]))
    for run in range(first, first + rng.integers(3, 8)):
        row = ["rest"] * rng.integers(0, 4)
        for name in rng.permutation(names).tolist() * int(rng.choice([1, 1, 2])):
            if rng.random() < 0.9:
                row += [name] * rng.integers(1, 6) + ["rest"] * rng.integers(0, 3)
        conditions += row
        runs += [run] * len(row)
    conditions, runs = np.array(conditions), np.array(runs)
    shape = tuple(rng.integers(1, 6, 3))
    values = signal(conditions, shape, seed=seed, strength=float(rng.choice([0, 5, 20])))
    mask = half_mask(shape, seed)
    return study(folder, conditions, runs, values, masks={"mask4_vt": mask}), names, rng


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
@pytest.mark.filterwarnings("ignore:Standardization of 3D signal has been requested")
@pytest.mark.filterwarnings("ignore:Detrending of 3D signal has been requested")
@pytest.mark.filterwarnings("ignore:Only one sample available")
def test_irregular_designs_equal_the_plain_loop(seed, tmp_path):
    """On runs, blocks and grids of any size ours is the plain loop, or a plain refusal."""
    subject, names, rng = irregular_study(tmp_path, seed)
    k = int(rng.integers(2, len(names) + 1))
    drawn = {field: values[rng.integers(len(values))] for field, values in FIELDS.items()}
    if drawn["standardize"] == "none" and drawn["estimator"].startswith("svc"):
        drawn["standardize"] = "run"  # libsvm needs minutes on few voxels in raw units
    spec = DecodingSpec(
        subject="1",
        mask=str(rng.choice(["vt", "brain"])),
        conditions=tuple(rng.choice(names, k, replace=False).tolist()),
        lag=2.5 * int(rng.choice([0, 0, 1, 2, -1])) if subject.has_rest else 0.0,
        **drawn,
    )
    arguments = (
        subject.bold[0].parent,
        next(iter(subject.masks[spec.mask].files), None),
        spec.as_dict(),
    )
    try:
        result = decode.run(subject, spec)
    except SpecError:
        # With a single category in a training fold the loop ends in one of these, too.
        with pytest.raises((ValueError, IndexError, ZeroDivisionError, UserWarning)):
            decode_plainly(*arguments)
        return
    plain = decode_plainly(*arguments)
    assert np.array_equal(extract_samples(subject, spec).X, plain.X)
    assert result.predictions["predicted"].tolist() == [row[5] for row in plain.rows]
    assert result.predictions["sample"].tolist() == [row[1] for row in plain.rows]
    assert result.fold_scores == plain.fold_scores
    assert result.n_dropped == plain.n_dropped
    assert result.auc == (None if None in plain.aucs else pytest.approx(np.mean(plain.aucs)))
