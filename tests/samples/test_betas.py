"""Betas and their t values against nilearn's FirstLevelModel, trial by trial."""

import json
import subprocess
import sys
from itertools import product

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from makers import ROOT
from nilearn.glm.first_level import FirstLevelModel
from nilearn.glm.regression import OLSModel
from nilearn.signal import clean
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.analyses.response_maps import average_runs
from decoding.datasets.bids.events import Events
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.labels import make_volumes, read_labels, trials_from_volumes
from decoding.errors import DataError, SpecError, UnknownChoiceError
from decoding.samples.betas import beta_samples, fit_betas
from decoding.samples.glm import HRF_MODELS, GlmModel, design_matrix
from decoding.samples.kinds import T_VALUES

# FirstLevelModel gives its masker the images beside the mask, and the masker says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*Generation of a mask has been requested")

T_R = 2.5
BETAS = list(T_VALUES)
MODELS = {
    "glover, cosine": GlmModel(),
    "spm, polynomial": GlmModel(hrf_model="spm", drift_model="polynomial", drift_order=2),
    "glover, short cosine": GlmModel(high_pass=0.02),
    "spm, constant": GlmModel(hrf_model="spm", drift_model=None),
}


def nilearns(series, runs, trials, kind, model):
    """Fit one FirstLevelModel a run (LSS: a trial), by the method's recipe.

    Return its effects and the variances of these, both (n_samples, n_voxels).
    """
    found = []
    for run in dict.fromkeys(trials["run"]):
        of_run = trials[trials["run"] == run]
        scan = image(series[runs == run])
        for events, names in events_tables(of_run, kind):
            fitted = FirstLevelModel(
                t_r=T_R,
                noise_model="ols",
                hrf_model=model.hrf_model,
                drift_model=model.drift_model,
                high_pass=model.high_pass,
                drift_order=model.drift_order,
                slice_time_ref=0,
                signal_scaling=0,
                standardize=False,
                smoothing_fwhm=None,
                min_onset=-24,
                mask_img=mask_of(scan),
            ).fit(scan, events=events)
            columns = fitted.design_matrices_[0].columns
            for name in names:
                column = (columns == name).astype(float)
                found.append(
                    [
                        fitted.compute_contrast(column, output_type=output).get_fdata().reshape(-1)
                        for output in ("effect_size", "effect_variance")
                    ]
                )
    return np.array(found).swapaxes(0, 1)


def events_tables(of_run, kind):
    """Return nilearn's events of each model of a run, and the names of its samples."""
    events = of_run[["onset", "duration"]].reset_index(drop=True)
    conditions = of_run["condition"].to_list()
    each = [f"trial{i:02d}" for i in range(len(events))]
    if kind == "lsa":
        return [(events.assign(trial_type=each), each)]
    if kind == "run_beta":
        return [(events.assign(trial_type=conditions), list(dict.fromkeys(conditions)))]
    tables, others = [], conditions if kind == "lss_by_condition" else ["others"] * len(events)
    for this in range(len(events)):
        names = ["this" if i == this else others[i] for i in range(len(events))]
        tables.append((events.assign(trial_type=names), ["this"]))
    return tables


def image(series):
    """Return a run as a NIfTI, a row of voxels."""
    return nib.Nifti1Image(series.T[:, None, None, :].astype(np.float32), np.eye(4))


def mask_of(scan):
    """Return a mask of all voxels."""
    return nib.Nifti1Image(np.ones(scan.shape[:3], dtype=np.uint8), scan.affine)


def fit(series, runs, trials, kind, model=None):
    """Fit an array in memory."""
    return fit_betas(
        lambda voxels: series[:, voxels],
        series.shape[1],
        runs=runs,
        trials=trials,
        t_r=T_R,
        kind=kind,
        model=model,
    )


def assert_equal(ours, nilearns):
    """Assert what equal betas are: max |difference| <= 1e-4 x rms of nilearn's betas."""
    assert ours.shape == nilearns.shape
    assert np.abs(ours - nilearns).max() <= 1e-4 * np.sqrt((nilearns**2).mean())


def assert_nilearns(series, runs, trials, kind, model=None):
    """Assert that betas and their t values are those of nilearn; return our t values."""
    effects, variances = nilearns(series, runs, trials, kind, model or GlmModel())
    assert_equal(fit(series, runs, trials, kind, model), effects)
    ours = fit(series, runs, trials, T_VALUES[kind], model)
    assert_equal(ours, effects / np.sqrt(variances))
    return ours


def simulated(lengths=(70, 82, 64), n_voxels=25, seed=0, repeats=False):
    """Return series, volumes table and runs: noise on a baseline, blocks in uneven runs."""
    rng = np.random.default_rng(seed)
    names = np.array(["cat", "face", "house", "shoe"])
    conditions, runs = [], []
    for run, length in enumerate(lengths):
        of_run = np.full(length, "rest", dtype=object)
        shown = rng.choice(names, 4) if repeats else rng.permutation(names)
        for block, name in enumerate(shown):
            start = 4 + 14 * block + int(rng.integers(0, 3))
            of_run[start : start + 7] = name
        conditions.extend(of_run)
        runs.extend([run] * length)
    runs = np.array(runs)
    volumes = make_volumes(np.array(conditions).astype(str), runs, "simulated")
    baseline = rng.uniform(300, 1500, n_voxels)
    drift = np.linspace(0, 30, len(runs))[:, None] * rng.normal(size=n_voxels)
    series = baseline + drift + 15 * rng.standard_normal((len(runs), n_voxels))
    return series.astype(np.float32).astype(np.float64), volumes, runs


@pytest.fixture(scope="module")
def slice_recording(recordings):
    """Return series, runs and trials of the real half slice, runs cut to uneven lengths."""
    folder = recordings / "slice" / "haxby2001"
    volumes = read_labels(folder / "subj1" / "labels.txt")
    mask = np.asarray(nib.load(folder / "mask.nii.gz").dataobj) > 0
    series = np.asarray(nib.load(folder / "subj1" / "bold.nii.gz").dataobj)[mask].T
    position = volumes.groupby("run").cumcount().to_numpy()
    kept = position < 121 - volumes["run"].to_numpy() % 4
    trials = trials_from_volumes(volumes[kept], T_R)
    return series[kept].astype(np.float64), volumes["run"].to_numpy()[kept], trials


@pytest.mark.parametrize("kind", BETAS)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_betas_equal_nilearn_on_simulated_runs(kind, model):
    """Each beta is FirstLevelModel's, for uneven runs, two HRFs and the drift models."""
    series, volumes, runs = simulated()
    trials = trials_from_volumes(volumes, T_R)
    assert_nilearns(series, runs, trials, kind, model)


@pytest.mark.parametrize("kind", ["lsa", "lss"])
@pytest.mark.parametrize("hrf_model", [name for name in HRF_MODELS if name != "glover"])
def test_every_hrf_model_equals_nilearn(hrf_model, kind):
    """With derivatives or without, betas are the effect of the response itself, and their t."""
    series, volumes, runs = simulated(lengths=(70, 66))
    trials = trials_from_volumes(volumes, T_R)
    model = GlmModel(hrf_model=hrf_model)
    assert_nilearns(series, runs, trials, kind, model)


@pytest.mark.parametrize("kind", BETAS)
def test_repeated_categories_equal_nilearn(kind):
    """Where a category comes twice in a run, run_beta has one regressor for both."""
    series, volumes, runs = simulated(seed=5, repeats=True)
    trials = trials_from_volumes(volumes, T_R)
    ours = fit(series, runs, trials, kind)
    assert len(ours) == len(beta_samples(trials, kind))
    assert len(beta_samples(trials, "run_beta")) < len(trials)
    assert_nilearns(series, runs, trials, kind)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("kind", "model"),
    [*product(BETAS, list(MODELS)[:1]), *product(("lsa", "lss", "run_beta"), list(MODELS)[1:2])],
)
def test_betas_equal_nilearn_on_the_slice(slice_recording, kind, model):
    """All 96 betas of each kind are FirstLevelModel's on the real recording, runs uneven."""
    series, runs, trials = slice_recording
    assert len(np.unique(np.bincount(runs))) == 4
    assert_nilearns(series, runs, trials, kind, MODELS[model])


@pytest.mark.recordings
def test_the_plain_program_decodes_the_same_numbers(recordings):
    """A program of nilearn and scikit-learn alone, run on the folder, prints our fold scores."""
    study = recordings / "slice" / "haxby2001"
    volumes = read_labels(study / "subj1" / "labels.txt")
    trials = trials_from_volumes(volumes, T_R)
    vt = np.asarray(nib.load(study / "subj1" / "mask4_vt.nii.gz").dataobj) > 0
    series = np.asarray(nib.load(study / "subj1" / "bold.nii.gz").dataobj)[vt].T
    kinds = ["lsa", "lss", "run_beta", "lss_by_condition_t", "run_beta_t"]
    expected = []
    for kind in kinds:
        samples = beta_samples(trials, kind)
        X = fit(series, volumes["run"].to_numpy(), trials, kind)
        X = clean(X, runs=samples["run"].to_numpy(), detrend=False, standardize="zscore_sample")
        two = samples["condition"].isin(["cat", "face"]).to_numpy()
        y = samples["condition"].to_numpy(dtype=object).astype(str)[two]
        scores = cross_val_score(
            SVC(kernel="linear"), X[two], y, groups=samples["run"][two], cv=LeaveOneGroupOut()
        )
        expected.append(scores.tolist())
    program = ROOT / "tests" / "oracles" / "betas_reference.py"
    command = [sys.executable, str(program), str(recordings / "slice"), ",".join(kinds)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [json.loads(line) for line in printed.splitlines()[-len(kinds) :]] == expected


@pytest.mark.recordings
def test_lsa_is_run_beta_with_one_block_a_category(slice_recording):
    """One block of each category in a run: LSA and run betas are the same numbers."""
    series, runs, trials = slice_recording
    lsa, run_beta = (fit(series, runs, trials, kind) for kind in ("lsa", "run_beta"))
    np.testing.assert_array_equal(lsa, run_beta)
    pd.testing.assert_frame_equal(beta_samples(trials, "lsa"), beta_samples(trials, "run_beta"))


@pytest.mark.recordings
def test_events_and_labels_give_the_same_betas_for_the_same_blocks(recordings, slice_recording):
    """Stimuli that fill the labelled volumes give, to the bit, the betas of the labels."""
    series, runs, trials = slice_recording
    events = {
        run: Events(
            rows=[
                (condition, onset + i * T_R, T_R)
                for onset, duration, condition in of_run[
                    ["onset", "duration", "condition"]
                ].itertuples(index=False, name=None)
                for i in range(round(duration / T_R))
            ]
        )
        for run, of_run in trials.groupby("run")
    }
    timing = dict.fromkeys(events, Timing(n_volumes=121))
    from_events, _, _ = trials_of_events(events, timing, T_R, T_R)
    pd.testing.assert_frame_equal(from_events, trials, check_dtype=False)
    np.testing.assert_array_equal(
        fit(series, runs, from_events, "lss"), fit(series, runs, trials, "lss")
    )


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")  # nilearn's t values
def test_silent_negative_and_broken_voxels_are_as_in_nilearn():
    """Voxels of zero, low or negative mean, and with NaN or infinity, get nilearn's betas."""
    series, volumes, runs = simulated(lengths=(70,), n_voxels=8)
    trials = trials_from_volumes(volumes, T_R)
    series[:, 0] = 0.0
    series[:, 1] = 700.0
    series[:, 2] -= series[:, 2].mean()
    series[:, 3] *= -1
    series[:, 4] /= 3000
    series[9, 5], series[3, 6] = np.nan, np.inf
    with pytest.warns(UserWarning) as caught:
        effects, variances = nilearns(series, runs, trials, "lsa", GlmModel())
    assert any("Mean values of 0" in str(warning.message) for warning in caught)
    for ours, theirs in (
        (fit(series, runs, trials, "lsa"), effects),
        (fit(series, runs, trials, "lsa_t"), effects / np.sqrt(variances)),
    ):
        assert (ours[:, :2] == 0).all()
        for voxel in range(2, series.shape[1]):
            scale = max(np.sqrt((theirs[:, voxel] ** 2).mean()), 1.0)
            np.testing.assert_allclose(ours[:, voxel], theirs[:, voxel], atol=2e-4 * scale)


@pytest.mark.parametrize("kind", BETAS)
def test_t_values_of_voxels_that_a_model_fits_almost_or_wholly(kind):
    """A close fit gives nilearn's large t; an exact one a finite t, and drift alone next to 0."""
    series, volumes, runs = simulated(lengths=(70,), n_voxels=8)
    trials, model = trials_from_volumes(volumes, T_R), GlmModel(drift_model="polynomial")
    design = design_matrix(trials, 70, T_R, kind, model).to_numpy()
    noise = (series - series.mean(axis=0)) * 10.0 ** -np.arange(8)
    series = 800 + 16 * design[:, :1] + noise
    series[:, 6], series[:, 7] = 800 + 16 * design[:, 0], 500 + np.arange(70)
    fitted = OLSModel(design).fit(100 * (series / series.mean(axis=0) - 1))
    expected = fitted.Tcontrast(np.eye(design.shape[1])[0]).t
    ours = fit(series, runs, trials, T_VALUES[kind], model)
    np.testing.assert_allclose(ours[0, :6], expected[:6], rtol=1e-6)
    assert np.isfinite(ours).all()
    assert ours[0, 6] > 1e6 and np.abs(ours[:, 7]).max() < 1e-3


@pytest.mark.filterwarnings(
    "ignore:.*events with null duration", "ignore:Matrix is singular", "ignore:Duplicated"
)
@pytest.mark.parametrize("kind", BETAS)
def test_identical_trials_and_impulses_equal_nilearn(kind):
    """Two trials at one time share a response; one of duration 0 is an impulse, in any model."""
    series, volumes, runs = simulated(lengths=(70, 74), repeats=True)
    trials = trials_from_volumes(volumes, T_R)
    trials.loc[1, ["onset", "duration"]] = trials.loc[0, ["onset", "duration"]]
    trials.loc[3:5, "duration"] = 0.0
    for model in (GlmModel(), GlmModel(hrf_model="glover + derivative")):
        assert np.isfinite(assert_nilearns(series, runs, trials, kind, model)).all()


def test_lss_by_condition_is_lss_where_the_others_are_of_one_category():
    """A trial among others of one category has them together, of several each category apart."""
    series, volumes, runs = simulated()
    trials = trials_from_volumes(volumes, T_R)
    alike = trials.assign(condition="cat")
    np.testing.assert_array_equal(
        fit(series, runs, alike, "lss_by_condition"), fit(series, runs, alike, "lss")
    )
    each_once = fit(series, runs, trials, "lss_by_condition")
    np.testing.assert_allclose(each_once, fit(series, runs, trials, "lsa"), rtol=0, atol=1e-9)
    of_run = trials[trials["run"] == 0].assign(condition=["cat", "face", "cat", "face"])
    design = design_matrix(of_run, 70, T_R, "lss_by_condition")
    assert design.columns[:3].tolist() == ["cat, block 0", "other face", "other cat"]


def test_chunks_of_voxels_change_nothing(monkeypatch):
    """A recording read in many small pieces gives the betas of one read, and reports progress."""
    series, volumes, runs = simulated()
    trials = trials_from_volumes(volumes, T_R)
    whole = fit(series, runs, trials, "lss")
    monkeypatch.setattr("decoding.samples.betas.CHUNK_BYTES", 8 * len(runs) * 4)
    seen, progress = [], []

    def read(voxels):
        seen.append(voxels)
        return series[:, voxels]

    pieces = fit_betas(
        read,
        series.shape[1],
        runs=runs,
        trials=trials,
        t_r=T_R,
        kind="lss",
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert max(voxels.stop - voxels.start for voxels in seen) <= 5
    assert progress[-1] == (25, 25) and len(progress) == len(seen) > 4
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-9)


def test_lss_does_not_read_labels():
    """Exchanging the categories of blocks changes no LSS beta."""
    series, volumes, runs = simulated()
    trials = trials_from_volumes(volumes, T_R)
    renamed = trials.assign(condition=trials["condition"].to_numpy()[::-1])
    np.testing.assert_array_equal(
        fit(series, runs, trials, "lss"), fit(series, runs, renamed, "lss")
    )


def test_planted_responses_come_back_as_percent_of_the_mean():
    """A response of 2 % of the mean planted in faces is found, and none in the others."""
    series, volumes, runs = simulated(n_voxels=3)
    trials = trials_from_volumes(volumes, T_R)
    for run, of_run in trials.groupby("run"):
        design = design_matrix(of_run, int((runs == run).sum()), T_R, "run_beta")
        series[runs == run] = 800 + 16 * design["face"].to_numpy()[:, None]
    samples = beta_samples(trials, "run_beta")
    betas = fit(series, runs, trials, "run_beta")
    names, responses = average_runs(betas, samples["condition"])
    assert names == ("cat", "face", "house", "shoe")
    means = series.mean(axis=0)
    np.testing.assert_allclose(responses[1], 1600 / means, rtol=0.02)
    np.testing.assert_allclose(responses[[0, 2, 3]], 0, atol=1e-9)


@pytest.mark.parametrize("hrf_model", HRF_MODELS)
@pytest.mark.parametrize("kind", BETAS)
def test_design_picture_is_the_design_fitted(kind, hrf_model):
    """Least squares on the picture's columns gives the first beta, whatever the model."""
    series, volumes, runs = simulated(lengths=(70,))
    trials = trials_from_volumes(volumes, T_R)
    model = GlmModel(hrf_model=hrf_model)
    design = design_matrix(trials, 70, T_R, kind, model)
    assert design.columns.is_unique and design.index[1] == T_R
    percent = 100 * (series / series.mean(axis=0) - 1)
    solution = np.linalg.lstsq(design.to_numpy(), percent, rcond=None)[0]
    np.testing.assert_allclose(fit(series, runs, trials, kind, model)[0], solution[0], atol=1e-9)


def test_runs_without_trials_and_single_trials_are_allowed():
    """A run without blocks gives no beta (Haxby's subject 5, run 8); one block alone gives one."""
    series, volumes, runs = simulated(lengths=(70, 70))
    trials = trials_from_volumes(volumes, T_R).iloc[:1]
    ours = fit(series, runs, trials, "lss")
    for kind in BETAS:
        np.testing.assert_allclose(fit(series, runs, trials, kind), ours, rtol=0, atol=1e-9)
        assert_nilearns(series, runs, trials, kind)
    assert fit(series, runs, trials.iloc[:0], "lss").shape == (0, 25)
    assert len(beta_samples(trials.iloc[:0], "run_beta")) == 0


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("onset", 400.0, "begins 400 s into run 0, which lasts 175 s"),
        ("run", 7, "blocks of run 7; the recording has the runs 0"),
    ],
)
def test_trials_of_another_recording_are_refused(column, value, words):
    """A block after the run's end, or in a run that is not there, is named."""
    series, volumes, runs = simulated(lengths=(70,))
    trials = trials_from_volumes(volumes, T_R).assign(**{column: value})
    with pytest.raises(DataError, match=words):
        fit(series, runs, trials, "lsa")


def test_too_short_and_scattered_runs_are_refused():
    """A run with fewer volumes than columns, or in two places, cannot be fitted."""
    series, volumes, runs = simulated(lengths=(70,))
    trials = trials_from_volumes(volumes, T_R)
    early = trials.assign(onset=[0.0, 2.0, 4.0, 6.0])
    for kind in ("lsa", "lsa_t"):
        with pytest.raises(
            DataError, match=r"Run 0 has 5 volumes, too few .* no degree of freedom"
        ):
            fit(series[:5], runs[:5], early, kind)
    scattered = np.where(np.arange(70) == 30, 1, 0)
    with pytest.raises(DataError, match="Run 0 is not one stretch"):
        fit(series, scattered, trials, "lsa")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("hrf_model", "fir", UnknownChoiceError),
        ("drift_model", "linear", UnknownChoiceError),
        ("high_pass", -1.0, SpecError),
        ("drift_order", -1, SpecError),
    ],
)
def test_unknown_models_are_named(field, value, error):
    """A model that cannot be fitted is refused with its value when it is written down."""
    with pytest.raises(error, match=str(value)):
        GlmModel(**{field: value})


def test_unknown_kind_lists_the_kinds():
    """An unknown kind of betas gives those there are."""
    _, volumes, _ = simulated()
    with pytest.raises(UnknownChoiceError, match="lsa, lss, lss_by_condition, run_beta, lsa_t"):
        beta_samples(trials_from_volumes(volumes, T_R), "lss2")
