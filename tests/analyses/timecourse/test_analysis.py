"""Time courses: scikit-learn's scores, planted delays found, and nothing before onset."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from makers import design, make_null, signal, simulate_arrays, write_study
from nilearn.masking import apply_mask
from nilearn.signal import clean
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.svm import SVC

from decoding.analyses import decode
from decoding.analyses.timecourse import analysis as timecourse
from decoding.analyses.timecourse import windows
from decoding.analyses.timecourse.analysis import generalization_matrix, relabel_blocks
from decoding.analyses.timecourse.block_responses import expected_response, mean_responses
from decoding.analyses.timecourse.curves import nested_lag, score_curve
from decoding.analyses.timecourse.result import ScoreCurve, middle_best
from decoding.analyses.timecourse.windows import (
    LAGS,
    POSITIONS,
    Windows,
    find_onsets,
    read_windows,
)
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.datasets.base import Mask, Subject
from decoding.datasets.labels import make_volumes, trials_from_volumes
from decoding.datasets.simulated.parameters import SimulationParameters
from decoding.datasets.simulated.write import simulate_subject
from decoding.errors import Cancelled, SpecError, UnknownChoiceError
from decoding.samples.glm import design_matrix
from decoding.samples.standardize import zscore
from decoding.spec import DecodingSpec

T_R = 2.5
SPEC = DecodingSpec(subject="1", mask="vt", standardize="run")


@pytest.fixture
def slice_subject(recordings):
    """Return the subject of the real half slice."""
    return load_subject("haxby", "1", recordings / "slice")


def windows_of_arrays(seed, *, signal=1.0, delay=2.5, estimator="svc", conditions=("cat", "face")):
    """Return the windows of a simulated subject that was never written to files."""
    made = simulate_arrays(seed, signal, delay=delay)
    spec = DecodingSpec(dataset="simulated", subject="1", estimator=estimator, standardize="run")
    X = zscore(made.X.astype(np.float64))
    return windows_in_memory(X, made.volumes, replace(spec, conditions=conditions))


def windows_in_memory(X, volumes, spec):
    """Return windows that keep every volume of an array."""
    subject = Subject(
        dataset="simulated",
        name="1",
        bold=(),
        masks={"vt": Mask()},
        anatomy=None,
        trials=trials_from_volumes(volumes, T_R),
        volumes=volumes,
        t_r=T_R,
        version="made",
    )
    return Windows(
        subject=subject,
        spec=spec,
        X=X,
        row_of=np.arange(len(X)),
        n_voxels=X.shape[1],
        blocks=find_onsets(subject, spec.conditions or subject.conditions),
        percent=X.mean(axis=1),
    )


def plain_slice(folder, pair=("cat", "face")):
    """Return the slice's standardized matrix, its labels and the pair's onsets, by nilearn."""
    bold, mask = (nib.load(folder / name) for name in ("bold.nii.gz", "mask4_vt.nii.gz"))
    labels = pd.read_csv(folder / "labels.txt", sep=" ")
    runs = labels["chunks"].to_numpy()
    X = clean(
        apply_mask(bold, mask, dtype=np.float64),
        runs=runs,
        detrend=False,
        standardize="zscore_sample",
    )
    names = labels["labels"].to_numpy(dtype=object).astype(str)
    onsets = [i for i in range(1, len(names)) if names[i] != names[i - 1] and names[i] in pair]
    return X, names, runs, np.array(onsets)


@pytest.mark.recordings
def test_positions_are_decoded_as_scikit_learn_does(slice_subject):
    """Every cell of the generalization matrix, and its diagonal, is a plain loop's score."""
    X, names, runs, onsets = plain_slice(slice_subject.bold[0].parent)
    positions = [-3, 0, 4, 11]
    ours = read_windows(slice_subject, SPEC, positions, [0])
    matrix = generalization_matrix(ours, positions)
    y = names[onsets]
    expected = np.zeros((4, 4))
    for i, trained in enumerate(positions):
        for j, tested in enumerate(positions):
            scores = []
            for train, test in LeaveOneGroupOut().split(onsets, y, runs[onsets]):
                model = SVC(kernel="linear").fit(X[onsets[train] + trained], y[train])
                scores.append(model.score(X[onsets[test] + tested], y[test]))
            expected[i, j] = np.mean(scores)
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    curve = score_curve(ours, ours.samples_at_position, positions, relabel_blocks(ours, 3, seed=0))
    np.testing.assert_allclose(curve.scores, np.diag(expected), atol=1e-12)


@pytest.mark.recordings
@pytest.mark.parametrize("samples", ["volume", "block", "lss"])
def test_the_score_at_each_lag_is_that_of_decode(slice_subject, samples):
    """The curve's scores are those of the spec with that lag; betas give way to block means."""
    spec = replace(SPEC, samples=samples)
    ours = read_windows(slice_subject, spec, [0], LAGS)
    curve = score_curve(ours, ours.samples_at_lag, LAGS, relabel_blocks(ours, 2, seed=0))
    plain = replace(spec, samples="block" if samples == "lss" else samples)
    for lag, score in zip(LAGS, curve.scores, strict=True):
        assert score == decode.run(slice_subject, replace(plain, lag=lag * T_R)).accuracy


@pytest.mark.recordings
def test_nested_lag_is_chosen_without_the_runs_it_is_tested_on(slice_subject):
    """Chosen lags, inner scores and outer scores are those of two plain loops, one in the other."""
    lags = [-1, 0, 2, 5]
    spec = replace(SPEC, samples="block", conditions=("house", "shoe"))
    ours = nested_lag(read_windows(slice_subject, spec, [0], lags), lags).folds
    assert ours["fold"].tolist() == list(range(1, 13))
    X, names, runs, onsets = plain_slice(slice_subject.bold[0].parent, ("house", "shoe"))
    y, groups = names[onsets], runs[onsets]
    means = {lag: np.stack([X[i + lag : i + lag + 9].mean(axis=0) for i in onsets]) for lag in lags}

    def score(lag, train, test):
        model = SVC(kernel="linear").fit(means[lag][train], y[train])
        return model.score(means[lag][test], y[test])

    for fold, (train, test) in enumerate(LeaveOneGroupOut().split(y, y, groups)):
        inner = {
            lag: np.mean(
                [
                    score(lag, train[fitted], train[scored])
                    for fitted, scored in LeaveOneGroupOut().split(train, groups=groups[train])
                ]
            )
            for lag in lags
        }
        row = ours.iloc[fold]
        assert row["lag"] == middle_best(inner)
        assert row["inner_accuracy"] == pytest.approx(max(inner.values()))
        assert row["accuracy"] == pytest.approx(score(row["lag"], train, test))
        assert row["runs"] == str(groups[test][0])


@pytest.mark.parametrize("delay", [pytest.param(2.5, marks=pytest.mark.slow), 7.5])
def test_planted_delays_are_found_and_nothing_before_onset(tmp_path, delay):
    """The lag curve peaks within a volume of the delay; three volumes before onset is in the band.

    On files of a simulated subject, by the analysis that page and command run.
    """
    simulate_subject(tmp_path, SimulationParameters(delay=delay))
    subject = load_subject("simulated", "1", tmp_path)
    spec = replace(SPEC, dataset="simulated")
    result = timecourse.run(subject, spec, timecourse.Options(nested="no", permutations=100))
    assert abs(result.lags.best * T_R - delay) <= T_R
    before = result.course.table[result.course.table["volumes"] <= -3]
    assert before["accuracy"].between(before["low"], before["high"]).all() and len(before) == 2
    after = result.course.table[result.course.table["volumes"].between(3, 9)]
    assert (after["accuracy"] > after["high"]).any()


@pytest.mark.slow
@pytest.mark.parametrize("delay", [2.5, 7.5])
def test_planted_delays_are_found_for_many_seeds(delay):
    """In 9 of 10 seeds the peak is within a volume of the delay, and no early volume decodes."""
    near = early = 0
    for seed in range(10):
        made = windows_of_arrays(seed, delay=delay)
        relabelled = relabel_blocks(made, 100, seed)
        few = relabel_blocks(made, 1, seed)
        near += abs(score_curve(made, made.samples_at_lag, LAGS, few).best * T_R - delay) <= T_R
        table = score_curve(made, made.samples_at_position, POSITIONS, relabelled).table
        early += (table["accuracy"] > table["high"])[table["volumes"] <= -3].any()
    assert near >= 9 and early <= 1


def test_curves_of_pure_noise_stay_within_their_band():
    """Without signal at most 3 of 20 curves of 17 positions leave the 95 % band anywhere."""
    left = 0
    for seed in range(20):
        made = windows_of_arrays(seed, signal=0.0, estimator="ridge")
        table = score_curve(
            made, made.samples_at_position, POSITIONS, relabel_blocks(made, 100, seed)
        ).table
        left += not table["accuracy"].between(table["low"], table["high"]).all()
        assert (table["p_corrected"] >= table["p_value"]).all()
    assert left <= 3


def test_band_holds_95_percent_of_relabelled_curves_as_wholes():
    """Five in a hundred null curves leave the band somewhere; each step's own p is finer."""
    rng = np.random.default_rng(0)
    null = rng.binomial(24, 0.5, (400, 17)) / 24
    curve = ScoreCurve(
        steps=np.arange(-4, 13),
        t_r=T_R,
        scores=null[0],
        null=make_null(null),
        n_samples=np.full(17, 24),
    )
    low, high = curve.band
    inside = ((null >= low) & (null <= high)).all(axis=1).mean()
    assert 0.94 <= inside <= 0.96
    best = curve.at(curve.best)
    as_high = (null.max(axis=1) >= best["accuracy"] - 1e-9).sum()
    assert best["p_corrected"] == (as_high + 1) / 401


@pytest.mark.parametrize(
    ("scores", "best"),
    [({0: 0.5, 1: 0.9, 2: 0.6}, 1), ({-1: 1.0, 0: 1.0, 1: 1.0, 2: 0.9}, 0), ({2: 0.7, 5: 0.7}, 2)],
)
def test_best_of_equals_is_the_middle_of_the_plateau(scores, best):
    """A saturated curve names the middle of its plateau, not an end of it."""
    assert middle_best(scores) == best


def test_positions_outside_a_run_are_left_out():
    """Where no block of a category has a volume the position is missing, not zero."""
    run = ["face"] * 3 + ["rest"] * 4 + ["cat"] * 3 + ["rest"] * 2
    volumes = make_volumes(np.array(run * 4), np.repeat(np.arange(4), 12), "made")
    X = np.random.default_rng(0).standard_normal((48, 6))
    made = windows_in_memory(X, volumes, replace(SPEC, estimator="ridge"))
    labels = relabel_blocks(made, 4, seed=0)
    curve = score_curve(made, made.samples_at_position, range(-3, 7), labels)
    assert curve.steps.tolist() == [0, 1, 2, 3, 4]
    assert curve.n_samples.tolist() == [8] * 5
    assert curve.at(4)["seconds"] == 10.0
    assert generalization_matrix(made, curve.steps.tolist()).shape == (5, 5)
    lags = score_curve(made, made.samples_at_lag, range(-3, 4), labels)
    assert lags.steps.tolist() == [-2, -1, 0, 1, 2, 3]  # at -3 no face is left
    assert lags.n_samples.tolist() == [16, 20, 24, 24, 24, 20]
    assert nested_lag(made, range(-3, 4)).folds["lag"].isin([0, 1, 2]).all()


def test_relabellings_are_of_whole_blocks_within_runs():
    """Each run keeps its categories; the first row is as recorded; a seed gives the same again."""
    made = windows_of_arrays(0, conditions=("bottle", "cat", "face"))
    labels = relabel_blocks(made, 50, seed=3).labels
    runs = made.blocks["run"].to_numpy()
    assert labels.shape == (51, 36)
    assert np.array(["bottle", "cat", "face"])[labels[0]].tolist() == (
        made.blocks["condition"].tolist()
    )
    for run in range(12):
        assert (np.sort(labels[:, runs == run], axis=1) == [0, 1, 2]).all()
    assert np.array_equal(labels, relabel_blocks(made, 50, seed=3).labels)
    assert not np.array_equal(labels, relabel_blocks(made, 50, seed=4).labels)


@pytest.mark.recordings
def test_large_masks_are_decoded_from_inner_products(slice_subject, monkeypatch):
    """Coordinates with the same inner products give the same scores; others are refused."""
    spec = replace(SPEC, mask="brain")
    labels = relabel_blocks(read_windows(slice_subject, spec, [3], [0]), 20, seed=0)

    def curves(limit, estimator):
        monkeypatch.setattr(windows, "MAX_BYTES", limit)
        chosen = replace(spec, estimator=estimator)
        made = read_windows(slice_subject, chosen, POSITIONS, [0, 1])
        return (
            made,
            score_curve(made, made.samples_at_lag, [0, 1], labels),
            score_curve(made, made.samples_at_position, [2, 4], labels),
        )

    for estimator in ("svc", "ridge"):
        (_, *whole), (small, *short) = curves(1 << 30, estimator), curves(0, estimator)
        assert small.X.shape[0] == small.X.shape[1] and small.n_voxels == 530
        for ours, theirs in zip(short, whole, strict=True):
            np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-9)
            np.testing.assert_allclose(ours.null.scores, theirs.null.scores, atol=0.01)
    words = r"voxels are .* MB.* Gaussian naive Bayes\. .*linear SVM, .* or ridge"
    with pytest.raises(SpecError, match=words) as error:
        curves(0, "gnb")
    assert error.value.remedy == "Type --estimator svc|svc_tuned|logistic|ridge."


def test_expected_response_is_the_regressor_of_the_glm():
    """At the volumes of a block the model on the page is that block's column of the design."""
    made = windows_of_arrays(0)
    trials = trials_from_volumes(made.subject.volumes, T_R)
    of_run = trials[trials["run"] == 0]
    design = design_matrix(of_run, 121, T_R, "lsa")
    expected = expected_response(made, POSITIONS)
    column = design.iloc[:, 3].to_numpy()
    first = round(of_run["onset"].iloc[3] / T_R)
    at = expected.set_index("seconds")["response"]
    ours = at.loc[[position * T_R for position in POSITIONS]].to_numpy()
    np.testing.assert_allclose(ours * column.max(), column[first - 4 : first + 13], atol=0.02)
    assert at.max() == 1.0 and (at.loc[:0] == 0).all()
    with pytest.raises(UnknownChoiceError, match="spm"):
        expected_response(made, POSITIONS, "fir")


def test_mean_responses_are_percent_of_the_run():
    """A planted rise of 2 % in faces shows as 2 %, its standard error as that of the blocks."""
    made = windows_of_arrays(0)
    shown = made.subject.volumes["condition"].to_numpy() == "face"
    made = replace(made, percent=np.where(shown, 2.0, 0.0))
    table = mean_responses(made, range(-1, 10))
    faces = table[table["condition"] == "face"].set_index("position")
    assert faces["percent"].tolist() == [0.0, *[2.0] * 9, 0.0]
    assert (faces["sem"] == 0).all() and (faces["n_blocks"] == 12).all()
    assert (table[table["condition"] == "cat"]["percent"].iloc[2:] == 0).all()


@pytest.mark.recordings
def test_percent_change_is_the_mean_over_voxels(slice_subject):
    """The mask's signal is nilearn's masked mean of each voxel's percent of its run mean."""
    ours = read_windows(slice_subject, SPEC, [0], [0])
    folder = slice_subject.bold[0].parent
    X = apply_mask(
        nib.load(folder / "bold.nii.gz"), nib.load(folder / "mask4_vt.nii.gz"), dtype=np.float64
    ).reshape(12, 121, -1)
    percent = 100 * (X / X.mean(axis=1, keepdims=True) - 1)
    np.testing.assert_allclose(ours.percent, percent.mean(axis=2).ravel(), atol=1e-9)


@pytest.mark.recordings
def test_events_place_the_model_and_their_shift_is_stated(recordings):
    """With events the model begins at the stimuli, before the first labelled volume."""
    subject = load_subject("bids", "1", recordings / "bids" / "ds000105-slice")
    spec = DecodingSpec(dataset="bids", subject="1", mask="brain", estimator="ridge")
    result = timecourse.run(subject, spec, timecourse.Options(permutations=5, nested="no"))
    assert result.onset_source == "events.tsv"
    assert len(result.shifts) == 96
    assert result.shifts["shift"].between(0, 2.499).all()
    begin = result.expected.query("response > 0")["seconds"].min()
    assert -2.5 < begin < 1.0
    labelled = load_subject("haxby", "1", recordings / "slice")
    own = timecourse.run(
        labelled, replace(SPEC, estimator="ridge"), timecourse.Options(permutations=5)
    )
    assert (own.onset_source, own.shifts) == ("labels.txt", None)
    assert own.nested.accuracy == own.nested.folds["accuracy"].mean()


@pytest.mark.recordings
def test_labelled_volumes_only_are_refused(recordings, capsys):
    """Without the time between blocks the command ends with status 2 and one line."""
    command = ["timecourse", "--subject", "1", "--data-dir", str(recordings / "task-vt")]
    assert main(command) == 2
    assert "only its labelled volumes" in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.recordings
def test_command_prints_the_same_bytes_each_time(recordings, capsys, monkeypatch):
    """`timecourse --json` is one JSON object without NaN, the same for one thread and two."""
    command = ["timecourse", "--subject", "1", "--data-dir", str(recordings / "slice"), "--json"]
    printed = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        assert main([*command, "--samples", "block", "--permutations", "20"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    values = json.loads(printed[0], parse_constant=pytest.fail)
    assert [row["volumes"] for row in values["timecourse"]] == list(POSITIONS)
    assert [row["volumes"] for row in values["lags"]] == list(LAGS)
    assert np.shape(values["generalization"]["accuracy"]) == (17, 17)
    assert "chosen by its score" in values["best_lag"]["warning"]
    assert len(values["nested_lag"]["folds"]) == 12 and values["n_relabellings"] == 20


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (timecourse.Options(permutations=0), "0 relabellings give no p-value"),
        (timecourse.Options(nested="maybe"), "must be yes or no, not 'maybe'"),
    ],
)
def test_impossible_options_are_named(options, words):
    """An option that cannot be is refused before anything is read."""
    with pytest.raises(SpecError, match=words):
        timecourse.run(load_subject("simulated", "1"), SPEC, options)


def test_progress_never_goes_back_and_can_stop_the_work():
    """Progress rises over all parts of the work, and stops it where it raises."""
    subject = load_subject("simulated", "1")
    spec = replace(SPEC, dataset="simulated", samples="block", estimator="ridge")
    told = []
    options = timecourse.Options(permutations=5)
    timecourse.run(subject, spec, options, lambda done, total: told.append(done / total))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 40

    def stop(done, total):
        if done / total > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        timecourse.run(subject, spec, options, stop)


def test_a_lag_that_cannot_be_chosen_in_training_is_named(tmp_path, monkeypatch):
    """On three runs a tuned SVM fails in the nested choice, which can be left out: it says so."""
    conditions, runs = design(n_runs=3, rest=4)
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path)
    spec = DecodingSpec(subject="1", estimator="svc_tuned", samples="block")
    for steps in ("POSITIONS", "LAGS"):
        monkeypatch.setattr(timecourse, steps, range(2))
    with pytest.raises(SpecError, match="lag cannot be chosen inside each training fold") as error:
        timecourse.run(subject, spec, timecourse.Options(permutations=1))
    assert "--nested no" in error.value.one_line
    alone = timecourse.Options(permutations=1, nested="no")
    assert timecourse.run(subject, spec, alone).nested is None
