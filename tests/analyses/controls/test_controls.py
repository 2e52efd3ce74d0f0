"""What should not decode: each row is honest decoding of something else, on the same folds."""

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from makers import half_mask, make_null, tiny_samples, write_study
from nilearn.interfaces.fmriprep import load_confounds
from preprocessed import preprocess
from scipy.stats import zscore
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score

from decoding.analyses.controls import analysis as controls
from decoding.analyses.controls.opposed import opposed_folds
from decoding.analyses.controls.rows import CONTROLS
from decoding.analyses.mean_signal import run as run_mean_signal
from decoding.analyses.permute import Options as Draws
from decoding.analyses.permute import run as run_permute
from decoding.cli.main import main
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject, subject_of
from decoding.errors import SpecError
from decoding.output.figures.controls import draws_text, reading_controls
from decoding.output.script.program import make_script
from decoding.recording.outside import read_outside
from decoding.recording.voxels import open_voxels
from decoding.results import PermutationResult
from decoding.samples.confounds import CONFOUNDS
from decoding.spec import DecodingSpec

MOTION_6, GLOBAL_SIGNAL = (CONFOUNDS[name].options for name in ("motion_6", "global_signal"))
FEW = controls.Options(permutations=20)


def _rows(subject, spec, options=FEW):
    return {row.control: row for row in controls.run(subject, spec, options).rows}


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("pair", "score"),
    [
        (("bottle", "face"), 0.7083),
        (("bottle", "chair"), 0.6667),
        (("bottle", "shoe"), 0.5833),
        (("face", "cat"), 0.5),
    ],
)
def test_the_clock_reads_what_is_known_of_it(recordings, capsys, pair, score):
    """Blocks, SVC, leave-one-run-out: the place in the run alone, as the command prints it."""
    folder = str(recordings / "task-vt")
    asked = ["controls", "--data-dir", folder, "--subject", "1", "--conditions", *pair]
    assert main([*asked, "--samples", "block", "--permutations", "20", "--json"]) == 0
    rows = {row["row"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(CONTROLS)
    assert rows["clock"]["accuracy"] == pytest.approx(score, abs=5e-5)
    assert rows["outside"]["accuracy"] is None
    assert "masked" in rows["outside"]["sentence"]
    assert "no tables of confounds" in rows["motion"]["sentence"]


@pytest.mark.recordings
def test_rows_equal_the_analyses_that_they_stand_for(recordings):
    """Category, mean signal and detrended are what `permute` and `mean_signal` score."""
    subject = load_subject("haxby", "1", recordings / "slice")
    spec = DecodingSpec(subject="1", standardize="run", samples="block", estimator="ridge")
    rows, draws = _rows(subject, spec), Draws(permutations=20)
    for name, same in (("category", spec), ("detrended", replace(spec, detrend=True))):
        test = run_permute(subject, same, draws)
        assert rows[name].test.observed == test.observed
        assert np.array_equal(rows[name].test.null.scores, test.null.scores)
    assert rows["mean_signal"].test.observed == run_mean_signal(subject, spec).accuracy
    chosen = replace(spec, mask="brain", select=rows["category"].test.n_voxels)
    assert rows["chosen"].test.observed == run_permute(subject, chosen, draws).observed
    without = _rows(subject, spec, replace(FEW, choosing="no"))
    assert list(without) == [name for name in CONTROLS if name != "chosen"]


def _drifting(folder, face_first):
    """Write noise with a steep line in each run; in how many of eight runs face comes first."""
    conditions, runs = [], []
    for run in range(8):
        order = ("face", "cat") if run < face_first else ("cat", "face")
        conditions += ["rest", *[order[0]] * 4, "rest", *[order[1]] * 4, "rest"]
        runs += [run] * 11
    rng, line = np.random.default_rng(0), np.tile(np.arange(11.0), 8)
    values = 500 + 40 * rng.standard_normal((6, 5, 4, 88)) + 60 * line
    write_study(folder, values=values.astype(np.int16), conditions=np.array(conditions), runs=runs)
    return load_subject("haxby", "1", folder)


def test_a_clock_and_a_drift_are_told_from_a_brain(tmp_path):
    """Noise with a drift, face always first: the clock decodes, the category no more detrended."""
    spec = DecodingSpec(subject="1", samples="block", standardize="run")
    rows = _rows(_drifting(tmp_path, 8), spec, controls.Options(permutations=256, choosing="no"))
    assert rows["category"].test.observed == rows["clock"].test.observed == 1.0
    assert rows["clock"].test.p_value == rows["clock"].test.null.smallest_p == 2 / 256
    assert rows["detrended"].test.p_value > 0.05
    assert abs(rows["detrended"].test.observed - 0.5) <= 0.25
    assert "order could carry" in rows["clock"].sentence


def test_a_score_below_chance_is_explained_where_folds_are_opposed(tmp_path):
    """The same drift in a balanced design: each fold learns the opposite of its test."""
    spec = DecodingSpec(subject="1", samples="block", standardize="run")
    rows = _rows(_drifting(tmp_path, 4), spec)
    for name in ("category", "clock"):
        row = rows[name]
        assert row.test.observed < 0.1
        assert row.opposed.n_opposed == row.opposed.n_folds == 8
        assert "8 of 8 folds learn the opposite" in row.sentence
        assert "balanced design" in row.sentence


def test_folds_of_noise_are_neither_opposed_nor_alike():
    """On independent runs the differences leave about 1, with a signal more, and none is told."""
    left = []
    for seed in range(20):
        samples = tiny_samples(n_runs=8, n_voxels=30, seed=seed)
        found = opposed_folds(samples, make_folds("leave_one_run_out", samples.y, samples.runs))
        left.append(found.left)
    assert np.mean(left) == pytest.approx(1, abs=0.15)
    signal = replace(samples, X=samples.X + 3.0 * (samples.y == "face")[:, None])
    found = opposed_folds(signal, make_folds("leave_one_run_out", signal.y, signal.runs))
    assert found.left > 4 and not found.is_common


def test_voxels_outside_are_dim_vary_and_lie_in_no_mask(tmp_path):
    """As many as the mask holds are read, the same each time; masks and the still are left out."""
    rng = np.random.default_rng(1)
    n_volumes, shape = 44, (8, 6, 5)
    brain = np.zeros(shape, dtype=bool)
    brain[:4] = True
    values = np.where(brain[..., None], 1000, 30) + rng.integers(-20, 20, (*shape, n_volumes))
    values[4, 0], values[5, 0, 0] = 400, 0  # bright, and still
    values[6, 0] = 20
    mask = brain & half_mask(shape)
    conditions = np.array((["cat"] * 5 + ["face"] * 6) * 4)
    write_study(
        tmp_path, values=values.astype(np.int16), conditions=conditions,
        runs=np.repeat(range(4), 11), masks={"mask4_vt": mask}, brain=brain,
    )  # fmt: skip
    subject = load_subject("haxby", "1", tmp_path)
    store = open_voxels(subject)
    series = read_outside(store, int(mask.sum()))
    assert series.shape == (n_volumes, mask.sum())
    assert (series.mean(axis=0) < 100).all() and (np.ptp(series, axis=0) > 0).all()
    everything = read_outside(store, 1000)
    possible = values[4:].reshape(-1, n_volumes)
    wanted = possible[(np.ptp(possible, axis=1) > 0) & (possible.mean(axis=1) < 100)]
    assert np.array_equal(everything.T, wanted)
    row = _rows(subject, DecodingSpec(subject="1", estimator="ridge"))["outside"]
    assert row.test.n_voxels == mask.sum()


@pytest.mark.recordings
def test_the_exported_program_prints_what_the_clock_scores(recordings, capsys):
    """Its line is the clock's row; betas have none."""
    folder = recordings / "slice"
    subject = load_subject("haxby", "1", folder)
    spec = DecodingSpec(subject="1", conditions=("bottle", "face"), samples="block")
    score = _rows(subject, spec, replace(FEW, choosing="no"))["clock"].test.observed
    program = make_script(subject, spec, str(folder)).replace("image.to_filename", "str")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["analysis.py"])
        exec(compile(program, "analysis.py", "exec"), {"__file__": str(folder / "analysis.py")})
    assert f"A clock alone scores {score:.4f}" in capsys.readouterr().out
    assert "clock" not in make_script(subject, replace(spec, samples="lsa"), str(folder))


@pytest.mark.recordings
def test_movement_and_mean_signals_are_decoded_as_they_were_recorded(recordings, tmp_path):
    """The rows of movement and of mean signals score as scikit-learn on nilearn's confounds does.

    A head that moves with the category is found out; columns of noise are not.
    """
    root = preprocess(recordings / "bids" / "ds000105-slice", tmp_path / "study")
    spec = DecodingSpec(
        dataset="bids", subject="1", mask="brain", samples="block", space="func",
        conditions=("cat", "face", "house"), standardize="run", estimator="ridge",
    )  # fmt: skip
    files = sorted(root.rglob("*_desc-confounds_timeseries.tsv"))
    for moves in (False, True):
        volumes = subject_of(spec, root).volumes
        for run, file in enumerate(files, 1):
            table = pd.read_csv(file, sep="\t")
            shown = volumes.loc[volumes["run"] == run, "condition"].to_numpy(dtype=object)
            if moves:
                table["trans_x"], table["trans_y"] = 9.0 * (shown == "face"), 9.0 * (shown == "cat")
            table.to_csv(file, sep="\t", na_rep="n/a", index=False)
        subject = subject_of(spec, root)
        rows = _rows(subject, spec)
        for name, how in (("motion", MOTION_6), ("confounds", GLOBAL_SIGNAL)):
            tables = [load_confounds(str(path), **how)[0] for path in subject.bold]
            scaled = np.concatenate([zscore(one.bfill().to_numpy(), ddof=1) for one in tables])
            use = subject.volumes[subject.volumes["condition"].isin(spec.conditions)]
            means = pd.DataFrame(scaled[use.index]).groupby(use["block"].to_numpy()).mean()
            blocks = use.drop_duplicates("block").set_index("block").loc[means.index]
            plain = cross_val_score(
                RidgeClassifier(), means.to_numpy(), blocks["condition"].to_numpy(dtype=object),
                groups=blocks["run"].to_numpy(), cv=LeaveOneGroupOut(),
            )  # fmt: skip
            test = rows[name].test
            assert test.observed == pytest.approx(plain.mean(), abs=1e-12)
        found = "How the head lay tells them apart" in rows["motion"].sentence
        assert found == moves == (rows["motion"].test.p_value <= 0.05)


def test_the_caption_says_on_how_many_relabellings_each_p_rests():
    """A full test beside rows of fewer relabellings: each with its number and its smallest p."""
    full, few = make_null(np.zeros(4096), exact=True), make_null(np.zeros(200))
    fewer = make_null(np.zeros(19))
    told = draws_text([full, few, few, fewer])
    assert told.startswith("The first row rests on 4096 relabellings (p cannot get smaller than ")
    assert "the others on 200 relabellings (p cannot get smaller than 0.005) and 19 " in told
    assert draws_text([few, few]).startswith("Every row rests on 200 relabellings")
    assert draws_text([few, few, fewer]).startswith("2 of 3 rows rest on 200")


def test_a_single_stand_in_is_named():
    """Of several that do not decode it is said how many; of one what it is."""
    test = PermutationResult(
        spec=DecodingSpec(), observed=0.5, null=make_null(np.full(99, 0.5)), n_samples=8,
        n_blocks=8, n_voxels=1,
    )  # fmt: skip
    rows = [controls.Row(control=name, chance=0.5, test=test) for name in CONTROLS]
    told = [
        reading_controls(controls.ControlsResult(spec=DecodingSpec(), rows=tuple(kept)))
        for kept in (rows, [row for row in rows if row.control in ("category", "mean_signal")])
    ]
    assert told == [
        "None of 5 stand-ins is shown to tell the categories apart (smallest p 1.00).",
        "Mean signal of the mask is not shown to tell the categories apart (p 1.00).",
    ]


def test_an_answer_is_yes_or_no():
    """Whether voxels are chosen anew is said in one of two words."""
    with pytest.raises(SpecError, match="in training must be yes or no, not 'maybe'"):
        controls.Options(choosing="maybe")
