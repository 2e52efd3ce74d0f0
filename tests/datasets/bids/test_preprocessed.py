"""What fMRIPrep made of a recording: its spaces, each with masks, anatomy and times."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from nilearn.glm.first_level import FirstLevelModel
from nilearn.interfaces.fmriprep import load_confounds
from nilearn.maskers import NiftiMasker
from nilearn.masking import apply_mask, intersect_masks
from nilearn.signal import clean
from preprocessed import SPACE, preprocess
from sklearn.svm import SVC

from decoding.analyses import decode
from decoding.analyses.notes import notes_of
from decoding.analyses.timecourse.curves import nested_lag
from decoding.analyses.timecourse.result import middle_best
from decoding.analyses.timecourse.windows import read_windows
from decoding.choices import settle
from decoding.cli.main import main
from decoding.datasets import credits_of, load_subject, subject_of
from decoding.errors import DataError, DataMissingError, SpecError, UnknownChoiceError
from decoding.output.script.program import make_script
from decoding.recording.voxels import open_voxels
from decoding.samples.beta_table import open_betas
from decoding.samples.extract import extract_samples
from decoding.samples.trials import subject_trials
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec, Reading

HERE = f"{SPACE}_res-2"
SPEC = DecodingSpec(dataset="bids", subject="1", mask="brain", standardize="run", space=HERE)


@pytest.fixture(scope="module")
def root(recordings, tmp_path_factory):
    """Return four runs of the real half slice, with an fMRIPrep derivative."""
    return preprocess(
        recordings / "bids" / "ds000105-slice", tmp_path_factory.mktemp("bids") / "study"
    )


@pytest.mark.recordings
def test_spaces_are_read_each_with_its_own_files(root):
    """Scans, masks, times and T1 are the space's; the mask is where those of the runs agree."""
    recorded = load_subject("bids", "1", root)
    assert recorded.spaces == ("recorded", HERE, "func") and recorded.space == "recorded"
    assert recorded.bold[0].parts[-3] == "sub-1" and recorded.anatomy is None
    func = root / "derivatives" / "fmriprep" / "sub-1" / "func"
    subject = load_subject("bids", "1", root, Reading(space=HERE))
    scans = sorted(func.glob("*_desc-preproc_bold.nii.gz"))
    assert list(subject.bold) == [path for path in scans if SPACE in path.name]
    assert subject.starts == dict.fromkeys((1, 2, 3, 4), 1.25)
    assert list(subject.masks) == ["brain"] and len(subject.masks["brain"].files) == 4
    assert subject.anatomy.name == f"sub-1_space-{HERE}_desc-preproc_T1w.nii.gz"
    assert len({one.version for one in (recorded, subject)}) == 2
    masks = [nib.load(path) for path in sorted(func.glob("*_mask.nii.gz"))]
    agreed = intersect_masks(masks, threshold=1, connected=False)
    store = open_voxels(subject)
    series = store.read(store.mask_rows("brain")).T
    np.testing.assert_array_equal(
        series, np.concatenate([apply_mask(nib.load(p), agreed, dtype="f8") for p in subject.bold])
    )
    native = load_subject("bids", "1", root, Reading(space="func"))
    assert native.trials.equals(recorded.trials) and native.starts[1] == 0
    later = recorded.trials["onset"] - subject.trials["onset"]
    assert set(later) == {1.25}


@pytest.mark.recordings
def test_notes_say_what_is_preprocessed_and_what_differs(root, tmp_path):
    """The pipeline, the runs that it lacks, and masks of other spaces are noted."""
    copy = tmp_path / "study"
    shutil.copytree(root, copy, symlinks=True)
    func = copy / "derivatives" / "fmriprep" / "sub-1" / "func"
    next(func.glob(f"*run-03_space-{HERE}_desc-preproc_bold.nii.gz")).unlink()
    cut = next(func.glob(f"*run-02_space-{HERE}_desc-preproc_bold.nii.gz"))
    nib.load(cut).slicer[..., 4:].to_filename(cut)
    mask = next(func.glob("*run-01*_mask.nii.gz"))
    shutil.copy(mask, mask.with_name("sub-1_space-T1w_desc-brain_mask.nii.gz"))
    (copy / "derivatives" / "fmriprep" / "sub-1" / "anat").mkdir(exist_ok=True)
    shutil.copy(mask, func.parent / "anat" / f"sub-1_space-{HERE}_desc-brain_mask.nii.gz")
    subject = load_subject("bids", "1", copy, Reading(space=HERE))
    assert subject.volumes.groupby("run").size().to_dict() == {1: 121, 2: 117, 4: 121}
    assert len(subject.masks["brain"].files) == 3
    notes = [note.note for note in subject.notes]
    for said in (
        f"The scans are those that fmriprep preprocessed, in {HERE} space; events are those of "
        "study.",
        "1 run was left out, as there is no scan in this space.",
        "1 preprocessed scan has another number of volumes than what was recorded.",
        "1 mask was not used: of another space.",
        "1 brain mask was not used: of the anatomy, not the scan.",
        "1 mask was not used: of another task, session or run.",
        "The first volume of 3 runs is taken to be acquired later than at 0 s.",
    ):
        assert said in notes


@pytest.mark.recordings
def test_a_pipelines_folder_is_read_with_the_events_above_or_beside(root, tmp_path):
    """Its first space is read where none is named; without events nothing is."""
    prep = root / "derivatives" / "fmriprep"
    subject = load_subject("bids", "1", prep)
    assert (subject.space, subject.spaces) == (HERE, (HERE, "func"))
    assert subject.version == load_subject("bids", "1", root, Reading(space=HERE)).version
    assert credits_of(subject).citation.startswith("Haxby, J.V.")
    shutil.copytree(prep, tmp_path / "fmriprep", symlinks=True)
    with pytest.raises(DataMissingError, match="neither above nor beside"):
        load_subject("bids", "1", tmp_path / "fmriprep")
    shutil.copytree(root, tmp_path / "raw", symlinks=True)
    shutil.rmtree(tmp_path / "raw" / "derivatives")
    beside = load_subject("bids", "1", tmp_path / "fmriprep")
    assert beside.version == subject.version and beside.root == tmp_path / "raw"


@pytest.mark.recordings
def test_a_space_that_is_not_there_is_refused_or_replaced(root, recordings, capsys):
    """The command line names those there are; a page shows the recording and says so."""
    with pytest.raises(UnknownChoiceError, match=f"recorded, {HERE}, func"):
        load_subject("bids", "1", root, Reading(space="fsaverage"))
    with pytest.raises(UnknownChoiceError, match=r"Choose from: recorded\."):
        load_subject("haxby", "1", recordings / "slice", Reading(space=HERE))
    argv = ["decode", "--dataset", "bids", "--subject", "1", "--mask", "brain", "--json"]
    assert main([*argv, "--data-dir", str(root), "--space", HERE]) == 0
    head = json.loads(capsys.readouterr().out)
    assert head["spec"]["space"] == HERE and f"space={HERE}" in head["link"]
    assert load_subject("bids", "1", root, Reading(space=HERE.partition("_")[0])).space == HERE
    odd = DecodingSpec(dataset="bids", subject="1", mask="brain", space="fsaverage")
    spec, _, problems = settle(odd, DecodingSpec(), lambda one: subject_of(one, root))
    assert spec.space == "recorded" and "Shown instead: as recorded." in problems[0]
    spec, _, problems = settle(
        DecodingSpec(dataset="bids", subject="1", mask="brain"),
        DecodingSpec(),
        lambda one: subject_of(one, root / "derivatives" / "fmriprep"),
    )
    assert spec.space == HERE and not problems


def mask_by_hand(root):
    """Return the scans of the template's space, and where the runs' brain masks agree."""
    func = root / "derivatives" / "fmriprep" / "sub-1" / "func"
    scans = sorted(func.glob(f"*_space-{HERE}_desc-preproc_bold.nii.gz"))
    masks = [nib.load(path) for path in sorted(func.glob("*_mask.nii.gz"))]
    return scans, intersect_masks(masks, threshold=1, connected=False)


def options_of(name):
    """Return what nilearn is told for a strategy, and whether volumes have to be left out."""
    return {
        "motion_6": {"strategy": ("motion",), "motion": "basic"},
        "wm_csf": {"strategy": ("motion", "wm_csf"), "motion": "full", "wm_csf": "basic"},
        "compcor": {"strategy": ("motion", "high_pass", "compcor"), "n_compcor": 6},
        "scrub": {"strategy": ("motion", "scrub"), "scrub": 0},
    }[name]


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "standardize", "detrend"),
    [
        ("motion_6", "run", False),
        ("wm_csf", "all", True),
        ("compcor", "none", False),
        ("scrub", "run", True),
    ],
)
def test_volumes_are_cleaned_as_nilearn_does_by_hand(root, name, standardize, detrend):
    """load_confounds and clean, run by run, give the samples; what they leave out is no sample."""
    subject = load_subject("bids", "1", root, Reading(space=HERE))
    spec = replace(SPEC, confounds=name, standardize=standardize, detrend=detrend)
    scans, mask = mask_by_hand(root)
    cleaned, kept = [], []
    for scan in scans:
        table, volumes = load_confounds(str(scan), **options_of(name))
        series = apply_mask(nib.load(scan), mask, dtype="f8")
        scale = "zscore_sample" if standardize == "run" else None
        cleaned.append(
            clean(
                series,
                detrend=detrend,
                standardize=scale,
                confounds=table,
                sample_mask=volumes,
            )
        )
        kept.append(volumes is None or np.isin(np.arange(121), volumes))
    values = np.concatenate(cleaned)
    kept = np.concatenate([np.broadcast_to(of_run, 121) for of_run in kept])
    if standardize == "all":
        values = clean(values, detrend=False, standardize="zscore_sample")
    chosen = subject.volumes["condition"].isin(spec.conditions).to_numpy()
    samples = extract_samples(subject, spec)
    np.testing.assert_allclose(samples.X, values[chosen[kept]], rtol=1e-7, atol=1e-8)
    assert samples.n_dropped == (chosen & ~kept).sum()
    assert (name == "scrub") == (samples.n_dropped > 0)


@pytest.mark.recordings
def test_volumes_left_out_are_told_by_run_and_spoil_no_choice_of_lag(root, capsys):
    """A note counts them; each lag has folds of the runs, whatever volumes it lacks."""
    subject = load_subject("bids", "1", root, Reading(space=HERE))
    spec = replace(SPEC, confounds="scrub")
    told = "Of 484 volumes 10 were left out with the confounds: 3 in run 1, 2 in run 2, 3 in run 3 "
    assert notes_of(subject, spec)[-1].line.startswith(
        f"{told}and 2 in run 4. For example volume 0 of run 1."
    )
    assert notes_of(subject, replace(spec, confounds="none")) == subject.notes
    flags = ["--subject", "1", "--space", HERE, "--data-dir", str(root), "--standardize", "run"]
    flags += ["--dataset", "bids", "--mask", "brain", "--confounds", "scrub"]
    assert main(["decode", *flags]) == 0
    assert told in capsys.readouterr().err
    lags = [0, 1, 3]
    folds = nested_lag(read_windows(subject, spec, [0], lags), lags).folds
    samples = {lag: extract_samples(subject, replace(spec, lag=2.5 * lag)) for lag in lags}
    assert [len(one.y) for one in samples.values()] == [69, 69, 72]

    def score(lag, run, without):
        one = samples[lag]
        fitted = ~np.isin(one.runs, [run, without])
        model = SVC(kernel="linear").fit(one.X[fitted], one.y[fitted])
        return model.score(one.X[one.runs == run], one.y[one.runs == run])

    for row in folds.to_dict("records"):
        run = int(row["runs"])
        others = [other for other in (1, 2, 3, 4) if other != run]
        inner = {lag: np.mean([score(lag, other, run) for other in others]) for lag in lags}
        assert row["lag"] == middle_best(inner)
        assert row["inner_accuracy"] == pytest.approx(max(inner.values()))
        assert row["accuracy"] == pytest.approx(score(row["lag"], run, run))
    with pytest.raises(SpecError, match="other volumes are left out with the confounds"):
        nested_lag(read_windows(subject, replace(spec, cv="kfold"), [0], lags), lags)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "kind"), [("compcor", "run_beta"), ("scrub", "lsa"), ("wm_csf", "run_beta_t")]
)
def test_betas_have_confounds_in_their_models_as_nilearns(root, name, kind):
    """FirstLevelModel with the same confounds gives the betas; a volume left out is a regressor."""
    subject = load_subject("bids", "1", root, Reading(space=HERE))
    scans, mask = mask_by_hand(root)
    masker = NiftiMasker(mask_img=mask, standardize=None, dtype=np.float64).fit()
    trials, expected = subject_trials(subject), []
    for run, scan in enumerate(scans, start=1):
        table, volumes = load_confounds(str(scan), **options_of(name))
        table = table.drop(columns=[c for c in table if c.startswith("cosine")])
        for i in np.setdiff1d(np.arange(121), np.arange(121) if volumes is None else volumes):
            table[f"out{i}"] = (np.arange(121) == i).astype(float)
        of_run = trials[trials["run"] == run]
        names = of_run["condition"] if kind != "lsa" else of_run["block"].map("b{}".format)
        model = FirstLevelModel(
            t_r=2.5, noise_model="ols", hrf_model="glover", signal_scaling=0, mask_img=masker,
            slice_time_ref=0, standardize=False, min_onset=-24,
        )  # fmt: skip
        events = of_run[["onset", "duration"]].assign(trial_type=names)
        model.fit(nib.load(scan), events=events, confounds=table)
        output = "stat" if kind.endswith("_t") else "effect_size"
        for one in dict.fromkeys(names):
            image = model.compute_contrast(one, stat_type="t", output_type=output)
            expected.append(masker.transform(image).ravel())
    betas = open_betas(subject, kind, confounds=name)
    ours = betas.read(betas.voxels.mask_rows("brain"))
    np.testing.assert_allclose(ours, np.array(expected), rtol=1e-6, atol=1e-7)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("kind", "name", "standardize"),
    [("block", "compcor", "all"), ("lsa", "scrub", "run")],
)
def test_exported_script_removes_confounds(root, tmp_path, kind, name, standardize):
    """The program of a preprocessed scan with confounds prints our fold scores, without us."""
    subject = load_subject("bids", "1", root, Reading(space=HERE))
    spec = replace(SPEC, samples=kind, confounds=name, standardize=standardize)
    script = tmp_path / "script.py"
    script.write_text(make_script(subject, spec))
    done = subprocess.run(
        [sys.executable, script, str(root)], capture_output=True, text=True, timeout=300, check=True
    )
    ours = decode.run(subject, spec).fold_scores
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), ours, atol=1e-12)


@pytest.mark.recordings
def test_confounds_that_are_not_there_are_refused_or_replaced(root, recordings, tmp_path):
    """Recorded scans have none; a table without the columns, or too short, is refused by name."""
    recorded = load_subject("bids", "1", root)
    odd = replace(SPEC, space="recorded", confounds="wm_csf")
    with pytest.raises(SpecError, match="no tables of confounds"):
        extract_samples(recorded, odd)
    spec, _, problems = settle(odd, DecodingSpec(), lambda one: subject_of(one, root))
    assert spec.confounds == "none" and problems[0].endswith("None are removed.")
    assert SETTINGS["confounds"].choices(recorded) == ["none"]
    said = [SETTINGS["space"].words(space) for space in recorded.spaces]
    assert said[0] == "as recorded" and said[2] == "preprocessed, in the space of the recording"
    assert said[1] == f"preprocessed, in {HERE} space"
    copy = tmp_path / "study"
    shutil.copytree(root, copy, symlinks=True)
    func = copy / "derivatives" / "fmriprep" / "sub-1" / "func"
    tables = sorted(func.glob("*_timeseries.tsv"))
    table = pd.read_csv(tables[0], sep="\t")
    table.drop(columns=["csf"]).to_csv(tables[0], sep="\t", na_rep="n/a", index=False)
    subject = load_subject("bids", "1", copy, Reading(space=HERE))
    assert subject.version != load_subject("bids", "1", root, Reading(space=HERE)).version
    with pytest.raises(DataError, match="cannot be read"):
        extract_samples(subject, replace(SPEC, confounds="wm_csf"))
    table[:100].to_csv(tables[0], sep="\t", na_rep="n/a", index=False)
    subject = load_subject("bids", "1", copy, Reading(space=HERE))
    with pytest.raises(DataError, match="100 rows for 121 volumes"):
        extract_samples(subject, replace(SPEC, confounds="motion_6"))
    tables[1].unlink()
    subject = load_subject("bids", "1", copy, Reading(space=HERE))
    assert SETTINGS["confounds"].choices(subject) == ["none"]
    with pytest.raises(SpecError, match=r"no table of confounds for run 2 of subject 1"):
        extract_samples(subject, replace(SPEC, confounds="motion_6"))
    assert any("has no table of confounds" in note.note for note in subject.notes)
