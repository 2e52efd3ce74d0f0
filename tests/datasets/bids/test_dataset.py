"""BIDS folders: runs and events found, volumes labelled, and betas equal to those of labels."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from makers import folder_digest, write_image

from decoding.analyses import decode
from decoding.cli.main import main
from decoding.datasets import DATASETS, credits_of, load_subject
from decoding.datasets.bids.names import parse_name
from decoding.datasets.labels import trials_from_volumes
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.output.script.program import make_script
from decoding.recording.voxels import open_voxels
from decoding.samples.beta_table import open_betas
from decoding.samples.extract import extract_samples
from decoding.samples.trials import (
    onset_shifts,
    onset_source,
    shifts_between,
    subject_trials,
)
from decoding.spec import DecodingSpec

SHAPE = (4, 4, 3)
SPEC = DecodingSpec(dataset="bids", subject="1", mask="brain", standardize="run")


@pytest.fixture
def slice_root(recordings):
    """Return the BIDS root of the real half slice."""
    return recordings / "bids" / "ds000105-slice"


def write_run(root, name, *, kinds=("face", "cat"), n_volumes=40, t_r=2.0, seed=0):
    """Write one run and its events: a block of each kind, ten stimuli of 1 s in 20 s."""
    scan = np.random.default_rng(seed).integers(500, 900, (*SHAPE, n_volumes), dtype=np.int16)
    write_image(root / f"{name}_bold.nii.gz", scan)
    rows = [
        f"{10 + 32 * block + 2 * i}\t1\t{kind}"
        for block, kind in enumerate(kinds)
        for i in range(10)
    ]
    events = root / f"{name}_events.tsv"
    events.write_text("\n".join(["onset\tduration\ttrial_type", *rows, ""]))
    if t_r:
        (root / f"{name}_bold.json").write_text(json.dumps({"RepetitionTime": t_r}))
    return events


@pytest.fixture
def root(tmp_path):
    """Return a BIDS root of one subject with three runs of one task."""
    folder = tmp_path / "study" / "sub-01" / "func"
    for run in (1, 2, 3):
        write_run(folder, f"sub-01_task-look_run-{run}", seed=run)
    return tmp_path / "study"


@pytest.mark.recordings
def test_slice_is_read_with_its_events(slice_root):
    """The real folder gives 12 runs by their numbers, 2.5 s, eight categories, whole blocks."""
    before = folder_digest(slice_root)
    subject = load_subject("bids", "1", slice_root)
    assert (subject.n_runs, subject.t_r, len(subject.volumes)) == (12, 2.5, 1452)
    assert subject.volumes["run"].unique().tolist() == list(range(1, 13))
    assert len(subject.conditions) == 8 and subject.has_rest
    assert subject.volumes.groupby("block").ngroups == 96 + 1
    assert set(subject.masks) == {"brain"} and subject.anatomy is None
    assert open_voxels(subject).mask_rows("brain").size == 530
    assert folder_digest(slice_root) == before


@pytest.mark.recordings
def test_slice_holds_the_recording_of_nilearns_layout(slice_root, recordings):
    """Twelve files, one a run, give the voxel table of the one file of all runs."""
    ours, theirs = (
        open_voxels(load_subject(dataset, "1", folder))
        for dataset, folder in (("bids", slice_root), ("haxby", recordings / "slice"))
    )
    rows = slice(0, 530)
    np.testing.assert_array_equal(ours.grid.voxels, theirs.grid.voxels)
    np.testing.assert_array_equal(ours.read(rows), theirs.read(rows))


@pytest.mark.recordings
def test_events_and_labels_of_the_same_blocks_give_the_same_betas(slice_root, recordings, tmp_path):
    """With events that fill the labelled volumes both sources decode the same samples."""
    labelled = load_subject("haxby", "1", recordings / "slice")
    copy = tmp_path / "aligned"
    shutil.copytree(slice_root, copy)
    trials = trials_from_volumes(labelled.volumes, labelled.t_r)
    for run, of_run in trials.groupby("run"):
        path = copy / "sub-1" / "func" / f"sub-1_task-objectviewing_run-{run + 1:02d}_events.tsv"
        of_run.rename(columns={"condition": "trial_type"})[
            ["onset", "duration", "trial_type"]
        ].to_csv(path, sep="\t", index=False)
    aligned = load_subject("bids", "1", copy)
    assert aligned.volumes["condition"].tolist() == labelled.volumes["condition"].tolist()
    assert aligned.volumes["block"].tolist() == labelled.volumes["block"].tolist()
    for kind in ("lsa", "lss", "run_beta"):
        ours = extract_samples(aligned, replace(SPEC, samples=kind))
        theirs = extract_samples(labelled, replace(SPEC, dataset="haxby", samples=kind))
        np.testing.assert_array_equal(ours.X, theirs.X)
        np.testing.assert_array_equal(ours.y, theirs.y)
        np.testing.assert_array_equal(ours.runs, theirs.runs + 1)
    assert (onset_source(aligned), onset_source(labelled)) == ("events.tsv", "labels.txt")


@pytest.mark.recordings
def test_shift_between_the_sources_is_measured_in_seconds(slice_root, recordings):
    """Labels begin 1.0 to 4.5 s after the events; the betas of the two differ accordingly."""
    subject = load_subject("bids", "1", slice_root)
    labelled = load_subject("haxby", "1", recordings / "slice")
    from_labels = subject_trials(labelled).assign(run=lambda table: table["run"] + 1)
    shifts = onset_shifts(from_labels, subject_trials(subject))["shift"]
    assert (shifts.min(), shifts.median(), shifts.max()) == (1.0, 2.75, 4.5)
    assert shifts_between(labelled, subject)["shift"].tolist() == shifts.tolist()
    other = labelled.trials.assign(condition=labelled.trials["condition"].replace("cat", "dog"))
    assert shifts_between(replace(labelled, trials=other), subject) is None
    own = onset_shifts(trials_from_volumes(subject.volumes, subject.t_r), subject_trials(subject))[
        "shift"
    ]
    assert own.min() >= 0 and own.max() < subject.t_r  # a volume is labelled from its own events
    ours, theirs = (open_betas(one, "lsa").read(np.arange(530)) for one in (subject, labelled))
    assert 0.5 < np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] < 0.99


@pytest.mark.recordings
@pytest.mark.parametrize("kind", ["block", "run_beta"])
def test_exported_script_reads_the_folder(slice_root, tmp_path, kind):
    """The program of a BIDS spec prints our fold scores, without us."""
    subject = load_subject("bids", "1", slice_root)
    spec = replace(SPEC, samples=kind, conditions=("chair", "scissors", "shoe"))
    program = tmp_path / "exported.py"
    program.write_text(make_script(subject, spec))
    assert "decoding" not in program.read_text().split('"""')[2]
    command = [sys.executable, program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == decode.run(subject, spec).fold_scores


def test_exported_script_says_what_it_needs(root, tmp_path):
    """Its first lines name the folder and its own credits; without it one line, status 1."""
    about = {"Name": 'A "quoted" \\ name """', "License": "PDDL"}
    (root / "dataset_description.json").write_text(json.dumps(about))
    subject = load_subject("bids", "01", root)
    spec = replace(SPEC, subject="01", conditions=("cat", "face"))
    source = make_script(subject, spec, "./data")
    header = source.split('"""')[1]
    for told in ("root of the BIDS folder", "sub-01/func", "Licence: PDDL", "quoted", "./data"):
        assert told in " ".join(header.split())
    program = tmp_path / "exported.py"
    program.write_text(source)
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("No sub-01/func/sub-01_task-look_run-1_bold.nii.gz in data.")
    done = subprocess.run([sys.executable, program, root], capture_output=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == decode.run(subject, spec).fold_scores


def test_rows_of_one_type_merge_and_missing_types_are_rest(root):
    """Ten stimuli are one block; n/a, an empty type and rest part blocks and are none."""
    events = root / "sub-01" / "func" / "sub-01_task-look_run-1_events.tsv"
    events.write_text(
        "onset\tduration\ttrial_type\n6\t2\tface\n8\t2\tface\n10\t4\tn/a\n14\t4\tface\n18\t4\t\n"
        "22\t6\tcat\n30\t9\trest\n"
    )
    subject = load_subject("bids", "01", root)
    of_run = subject.trials[subject.trials["run"] == 1]
    assert of_run["condition"].tolist() == ["face", "face", "cat"]
    assert of_run["onset"].tolist() == [6, 14, 22] and of_run["duration"].tolist() == [4, 4, 6]
    shown = subject.volumes[subject.volumes["run"] == 1]["block"]
    assert shown[shown >= 0].tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_repetition_time_is_inherited_then_read_from_the_header(root):
    """The nearest sidecar wins, one above serves all runs, and the header is the last resort."""
    folder = root / "sub-01" / "func"
    for path in folder.glob("*.json"):
        path.unlink()
    (root / "task-look_bold.json").write_text('{"RepetitionTime": 3.0}')
    (root / "task-other_bold.json").write_text('{"RepetitionTime": 9.0}')
    assert load_subject("bids", "01", root).t_r == 3.0
    for run in (1, 2, 3):
        near = folder / f"sub-01_task-look_run-{run}_bold.json"
        near.write_text('{"RepetitionTime": 1.5}')
    assert load_subject("bids", "01", root).t_r == 1.5
    near.write_text('{"RepetitionTime": 1.0}')
    with pytest.raises(DataError, match=r"run-3_bold.nii.gz has a repetition time of 1 s and"):
        load_subject("bids", "01", root)
    for path in root.rglob("*.json"):
        path.unlink()
    assert load_subject("bids", "01", root).t_r == 2.5  # the header's


def test_version_follows_events_and_repetition_time(root):
    """Another onset or repetition time is another version, so no table of before is read."""
    versions = {load_subject("bids", "01", root).version}
    events = root / "sub-01" / "func" / "sub-01_task-look_run-2_events.tsv"
    events.write_text(events.read_text().replace("10\t1\tface", "11\t1\tface"))
    versions.add(load_subject("bids", "01", root).version)
    for path in root.rglob("*_bold.json"):
        path.write_text('{"RepetitionTime": 2.2}')
    versions.add(load_subject("bids", "01", root).version)
    assert len(versions) == 3


def test_sessions_and_tasks_are_told_apart(root):
    """Runs of two sessions are all there; of two tasks each is a choice; rest is none."""
    for session in ("a", "b"):
        folder = root / "sub-02" / f"ses-{session}" / "func"
        for run in (1, 2):
            write_run(folder, f"sub-02_ses-{session}_task-look_run-{run}")
        write_image(
            folder / f"sub-02_ses-{session}_task-rest_bold.nii.gz", np.ones((*SHAPE, 9), np.int16)
        )
    assert DATASETS["bids"].subjects(root) == ("01", "02")
    assert load_subject("bids", "sub-02", root).volumes["run"].unique().tolist() == [
        101, 102, 201, 202,
    ]  # fmt: skip
    write_run(root / "sub-02" / "ses-a" / "func", "sub-02_ses-a_task-hear_run-1", kinds=("a", "b"))
    assert DATASETS["bids"].subjects(root) == ("01", "02_task-hear", "02_task-look")
    assert load_subject("bids", "02_task-hear", root).conditions == ("a", "b")
    with pytest.raises(UnknownChoiceError, match="02_task-hear, 02_task-look"):
        load_subject("bids", "02", root)


def test_masks_of_derivatives_are_offered_on_the_same_grid(root):
    """A mask is called by its label or desc; one of another grid is not offered."""
    folder = root / "derivatives" / "prep" / "sub-01"
    half = np.zeros(SHAPE, np.uint8)
    half[:2] = 1
    write_image(folder / "anat" / "sub-01_label-VT_desc-x_mask.nii.gz", half)
    write_image(folder / "func" / "sub-01_task-look_run-1_desc-brain_mask.nii.gz", 1 - 0 * half)
    write_image(folder / "anat" / "sub-01_space-T1w_label-big_mask.nii.gz", np.ones((9, 9, 9)))
    write_image(root / "sub-01" / "anat" / "sub-01_T1w.nii.gz", np.ones((9, 9, 9)))
    subject = load_subject("bids", "01", root)
    assert set(subject.masks) == {"VT", "brain"} and subject.anatomy is not None
    assert open_voxels(subject).mask_rows("VT").size == half.sum()
    spec = replace(SPEC, subject="01", mask="VT", samples="lsa", standardize="all")
    assert extract_samples(subject, spec).X.shape == (6, half.sum())


def test_blocks_without_rest_between_are_whole_trials(root):
    """Where stimuli fill the run, events still say where trials begin: betas and lags are there."""
    folder = root / "sub-01" / "func"
    for path in folder.glob("*_events.tsv"):
        path.write_text("onset\tduration\ttrial_type\n0\t40\tface\n40\t40\tcat\n")
    subject = load_subject("bids", "01", root)
    assert subject.has_rest and (subject.volumes["block"] >= 0).all()
    spec = replace(SPEC, subject="01", standardize="all")
    derived = extract_samples(subject, replace(spec, samples="lsa"))
    assert len(derived.y) == 6
    assert extract_samples(subject, replace(spec, lag=4.0)).n_dropped == 6


def change(path, old, new):
    """Replace a text in a file."""
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f, n: (f / f"{n}_bold.json").write_text('{"RepetitionTime": "2"}'), "is '2'; give"),
        (
            lambda f, n: shutil.copy(f / f"{n}_bold.nii.gz", f / f"{n}_echo-2_bold.nii.gz"),
            "are both run 2; keep one",
        ),
    ],
)
def test_spoilt_folders_are_named_with_a_remedy(root, spoil, words, capsys):
    """What is wrong is named with its file, on the command line with status 2 in one line."""
    spoil(root / "sub-01" / "func", "sub-01_task-look_run-2")
    with pytest.raises(DataError, match=words):
        load_subject("bids", "01", root)
    assert main(["decode", "--dataset", "bids", "--subject", "01", "--data-dir", str(root)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda f, n: change(f / f"{n}_events.tsv", "trial_type", "kind"),
            "no column 'trial_type'",
        ),
        (lambda f, n: change(f / f"{n}_events.tsv", "onset", "start"), "no column 'onset'"),
        (
            lambda f, n: change(f / f"{n}_events.tsv", "12\t1", "x\t1"),
            "_events.tsv, row 3: onset 'x'",
        ),
        (
            lambda f, n: (f / f"{n}_events.tsv").write_bytes(b"\xff"),
            "run-2_events.tsv is not UTF-8",
        ),
        (lambda f, n: (f / f"{n}_bold.json").write_text("{"), "run-2_bold.json cannot be read"),
    ],
)
def test_a_spoilt_run_is_left_out_until_none_is_left(root, spoil, words, capsys):
    """The file that cannot be read is named: in a note, or in one line where no run is left."""
    folder = root / "sub-01" / "func"
    spoil(folder, "sub-01_task-look_run-2")
    subject = load_subject("bids", "01", root)
    (note,) = [one for one in subject.notes if "events or sidecar" in one.note]
    assert words in note.example and subject.volumes["run"].unique().tolist() == [1, 3]
    spoil(folder, "sub-01_task-look_run-1")
    spoil(folder, "sub-01_task-look_run-3")
    assert main(["decode", "--dataset", "bids", "--subject", "01", "--data-dir", str(root)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words.replace("run-2", "run-1") in line


def test_roots_are_given_or_configured(root, tmp_path, monkeypatch):
    """--data-dir or VOXELSCOPE_BIDS names the root; without either the message says so."""
    monkeypatch.delenv("VOXELSCOPE_BIDS", raising=False)
    assert DATASETS["bids"].subjects() == ()
    with pytest.raises(DataMissingError, match="No BIDS folder") as caught:
        load_subject("bids", "01")
    assert "--data-dir, or in VOXELSCOPE_BIDS" in caught.value.one_line
    monkeypatch.setenv("VOXELSCOPE_BIDS", str(root))
    assert DATASETS["bids"].subjects() == ("01",)
    assert load_subject("bids", "01").n_runs == 3
    with pytest.raises(UnknownChoiceError, match=r"'7' in study. Choose from: 01"):
        load_subject("bids", "7")
    with pytest.raises(DataMissingError, match="nowhere does not exist"):
        load_subject("bids", "01", tmp_path / "nowhere")
    with pytest.raises(DataMissingError, match="holds no runs with events"):
        load_subject("bids", "01", root / "sub-01" / "func")


def test_credits_come_from_the_description(root, monkeypatch):
    """Citation and licence are those of the folder, where it tells them."""
    monkeypatch.setenv("VOXELSCOPE_BIDS", str(root))
    assert "dataset_description.json" in DATASETS["bids"].citation
    (root / "dataset_description.json").write_text(
        json.dumps({"Name": "Looking", "Authors": ["A. One", "B. Two"], "License": "CC0"})
    )
    assert DATASETS["bids"].citation == "A. One, B. Two. Looking."
    assert DATASETS["bids"].licence == "CC0"


def test_credits_come_from_the_subjects_own_folder(root, monkeypatch):
    """A subject read with --data-dir carries the credits of that folder, not of the operator's."""
    monkeypatch.delenv("VOXELSCOPE_BIDS", raising=False)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "Mine", "License": "PDDL"}))
    credit = credits_of(load_subject("bids", "01", root))
    assert (credit.label, credit.citation, credit.licence) == ("BIDS folder", "Mine.", "PDDL")


@pytest.mark.parametrize("name", ["bold.nii.gz", "sub-1_task-x_bold.nii.gz", "sub-1_T1w.nii"])
def test_bids_names_are_parsed(name):
    """Entities, suffix and ending of a name; other names are none."""
    file = parse_name(Path(name))
    parts = [f"{key}-{value}" for key, value in file.entities.items()]
    assert "_".join([*parts, file.suffix]) + file.end == name
    assert parse_name(Path("my scan (1).nii.gz")) is None
