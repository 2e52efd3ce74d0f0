"""Notes of reading: one of every kind is found, counted, and said wherever the subject is shown."""

import gzip
import json
import os
import shutil
from html import unescape

import nibabel as nib
import numpy as np
import pytest
from makers import write_image

from decoding.analyses import check, decode, permute
from decoding.analyses.timecourse import analysis as timecourse
from decoding.choices import default_spec, settle
from decoding.cli.main import main
from decoding.datasets import load_subject, subject_of
from decoding.errors import DataError, SpecError
from decoding.output.report.html import render_report
from decoding.output.report.parts import compute_report
from decoding.recording.voxels import open_voxels
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

SHAPE = (5, 4, 3)
SPEC = DecodingSpec(dataset="bids", subject="1", mask="brain", samples="lsa")
EVENTS = [
    *(f"{10 + 2 * i}\t0.5\tface" for i in range(6)),
    *(f"{50 + 2 * i}\t0.5\tcat" for i in range(6)),
    "17\t0.1\tresponse", "90\t0.2\tFace", "30\t1\tn/a", "n/a\t1\tcat", "-40\t2\tcat",
    "99.9\t.1\tcat",
]  # fmt: skip


def write_run(root, run, *, t_r=2.0, n_volumes=50, name="task-look", events=EVENTS):
    """Write a run with its events."""
    rng = np.random.default_rng(run)
    stem = root / "sub-1" / "func" / f"sub-1_{name}_run-{run}"
    scan = rng.integers(500, 900, (*SHAPE, n_volumes), dtype=np.int16)
    write_image(f"{stem}_bold.nii.gz", scan, t_r=t_r)
    if events:
        text = "\n".join(["onset\tduration\ttrial_type", *events])
        (stem.parent / f"{stem.name}_events.tsv").write_text(text + "\n")
    return stem


def write_mask(root, name, values=None, where="derivatives/prep/sub-1/func", **how):
    """Write a mask of the subject, by default with half of the voxels."""
    if values is None:
        values = np.zeros(SHAPE, np.uint8)
        values[:3] = 1
    return write_image(root / where / f"sub-1_{name}_mask.nii.gz", values, **how)


@pytest.fixture
def root(tmp_path):
    """Return a folder of three sound runs."""
    for run in (1, 2, 3):
        write_run(tmp_path, run)
    (tmp_path / "task-look_bold.json").write_text('{"RepetitionTime": 2.0}')
    return tmp_path


@pytest.fixture
def every_kind(root):
    """Return a folder with one of every kind of note."""
    func = root / "sub-1" / "func"
    (func / "sub-1_task-look_run-3_bold.json").write_text('{"StartTime": 0.5}')
    write_run(root, 4, events=None)
    write_run(root, 5).with_name("sub-1_task-look_run-5_bold.nii.gz").write_bytes(b"no" * 400)
    (func / "sub-1_task-look_run-6_bold.nii.gz").symlink_to("../../.git/annex/objects/x")
    (func / "sub-1_task-look_run-7_bold.nii.gz").write_text("/annex/objects/MD5E-s1--x.nii.gz")
    shutil.copy(func / "sub-1_task-look_run-1_bold.nii.gz", func / "sub-1_bold 8.NII.GZ")
    write_run(root, 1, name="task-rest", events=None)
    shutil.copy(
        func / "sub-1_task-look_run-1_bold.nii.gz",
        func / "sub-1_task-look_run-1_part-phase_bold.nii.gz",
    )
    image = nib.load(func / "sub-1_task-look_run-2_bold.nii.gz")
    image.header["pixdim"][4] = 3.0
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), None, image.header), image.get_filename())
    write_mask(root, "label-V1_hemi-L")
    write_mask(root, "label-V1_hemi-R")
    write_mask(root, "label-big", np.ones((9, 9, 9), np.uint8))
    write_mask(root, "label-many", np.arange(60, dtype=np.uint8).reshape(SHAPE))
    write_mask(root, "task-rest_label-foreign")
    for run in (1, 2, 3):
        write_mask(root, f"task-look_run-{run}_desc-brain")
    anat = root / "sub-1" / "anat"
    far = np.eye(4)
    far[:3, 3] = 1000
    write_image(anat / "sub-1_acq-far_T1w.nii.gz", np.ones((9, 9, 9)), affine=far)
    write_image(anat / "sub-1_run-1_T1w.nii.gz", np.random.default_rng(0).random(SHAPE))
    write_image(anat / "sub-1_run-2_T1w.nii.gz", np.ones(SHAPE))
    (anat / "sub-1_run-3_T1w.nii.gz").write_bytes(b"no")
    (anat / "sub-1_run-4_T1w.nii.gz").symlink_to("../../.git/annex/objects/t")
    write_run(root, 9, events=["10\t2\tface", "soon\t2\tcat"])
    write_run(root, 3, events=[*EVENTS, "-1\t3\tcat", "92\t12\tface"])
    (func / "sub-1_task-look_run-10_events.tsv").write_text("onset\tduration\ttrial_type\n")
    write_run(root, 10, events=None)
    for name in ("space-fsLR_den-91k_bold.dtseries.nii", "hemi-L_bold.func.gii"):
        (func / f"sub-1_task-look_run-1_{name}").write_text("of the surface")
    for name in ("V1.nii.gz", "prep/sub-1/anat/sub-1_V2.nii"):
        write_image(root / "derivatives" / name, np.ones(SHAPE, np.uint8))
    write_mask(root, "label-ours", where="derivatives/regions")
    write_mask(root, "label-raw", where="sub-1/anat")
    write_mask(root, "label-theirs", where="derivatives/prep/sub-2/func")
    write_image(root / "derivatives/prep/sub-1/func/ffa_mask.nii.gz", np.ones(SHAPE, np.uint8))
    write_image(root / "derivatives/prep/sub-1/anat/sub-1_label-GM_probseg.nii.gz", np.ones(SHAPE))
    lost = root / "derivatives" / "prep" / "sub-1" / "func" / "sub-1_label-lost_mask.nii.gz"
    lost.write_text("version https://git-lfs.github.com/spec/v1")
    return root


KINDS = {
    "rows of events were read as": 47,
    "without a trial_type": 3,
    "as the time is missing": 3,
    "of response were set aside": 3,
    "outside the run, or so near": 6,
    "has no volume": 1,
    "may not mean what": 1,
    "no events file": 1,
    "as events or sidecar cannot be read": 1,
    "no trial of any category": 1,
    "1 trial began before the run's first volume": 1,
    "1 trial lasted beyond the run's last volume": 1,
    "outside the subject's folder of any pipeline": 2,
    "1 mask was not used, as the name is not BIDS": 1,
    "of probabilities": 1,
    "the recording cannot be read": 1,
    "recordings were left out, as the content is not on disk": 2,
    "of anatomy or masks were not used, as the content": 2,
    "of a recording was not read, as the name is not BIDS": 1,
    "other tasks": 1,
    "phase or other parts": 1,
    "recordings on the surface": 2,
    "the name says neither scan nor mask": 2,
    "give different repetition times": 1,
    "acquired later than at 0 s": 1,
    "of another task, session or run": 1,
    "2 masks were not used.": 2,
    "several runs agree": 1,
    "the middle of the scan is outside": 1,
    "anatomy image was not used, as there is another": 1,
    "anatomy image was not used, as the file cannot be read": 1,
}


@pytest.mark.usefixtures("quick_reports")
def test_one_of_every_kind_is_said_everywhere(every_kind, capsys):
    """The command lists them all with counts; `check`, the report and standard error say them."""
    arguments = ["--dataset", "bids", "--subject", "1", "--mask", "brain", "--samples", "lsa"]
    arguments += ["--conditions", "cat", "face", "--data-dir", str(every_kind)]
    assert main(["notes", *arguments, "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)
    assert all(set(note) == {"note", "count", "example", "remedy"} for note in notes)
    found = {kind: [note["count"] for note in notes if kind in note["note"]] for kind in KINDS}
    assert found == {kind: [count] for kind, count in KINDS.items()}
    assert len(notes) == len(KINDS)
    assert main(["decode", *arguments]) == 0
    said = capsys.readouterr().err
    subject = load_subject("bids", "1", every_kind)
    checks = check.run(subject, SPEC).checks
    (reading,) = [one for one in checks if one.check == "reading"]
    assert reading.status == "pass"
    report = render_report(compute_report(subject, SPEC, permute.Options(permutations=9)))
    report = " ".join(unescape(report).split())
    for note in subject.notes:
        assert note.line in said and note.line in reading.message
        assert note.line in report


def test_notes_need_no_mask(root, capsys):
    """The command reads the subject alone: the tutorial's mask need not be there."""
    assert main(["notes", "--dataset", "bids", "--subject", "1", "--data-dir", str(root)]) == 0
    assert "rows of events" in capsys.readouterr().out


def test_nothing_is_said_where_nothing_was_done(root):
    """Rows that are trials as they stand, and files that are all read, leave no note."""
    func = root / "sub-1" / "func"
    for path in func.glob("*_events.tsv"):
        path.write_text("onset\tduration\ttrial_type\n10\t10\tface\n50\t10\tcat\n")
    subject = load_subject("bids", "1", root)
    assert subject.notes == ()
    assert len(subject.trials) == 6


def test_a_fault_never_takes_the_subject_away(every_kind):
    """What can be read is read: the others are not in it."""
    subject = load_subject("bids", "1", every_kind)
    assert subject.volumes["run"].unique().tolist() == [1, 2, 3, 10]
    assert set(subject.masks) == {"V1_hemi-L", "V1_hemi-R", "brain"}
    assert set(subject.unusable) == {"big", "many"}
    assert subject.anatomy.name == "sub-1_run-1_T1w.nii.gz"
    assert open_voxels(subject).mask_rows("brain").size == 36


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["label-V1_hemi-L", "label-V1_hemi-R"], {"V1_hemi-L", "V1_hemi-R"}),
        (["label-V1_desc-wang", "label-V1_desc-benson"], {"V1_desc-wang", "V1_desc-benson"}),
        (["label-V1", "label-V1_hemi-L"], {"V1", "V1_hemi-L"}),
        (["desc-VT", "label-FFA_desc-VT"], {"VT", "FFA"}),
        (["run-1_label-V1", "run-2_label-V1"], {"V1"}),
        (["res-2_label-V1", "res-3_label-V1"], {"V1_res-2", "V1_res-3"}),
    ],
)
def test_masks_are_named_by_what_tells_them_apart(root, files, names):
    """Label or desc is the name; where several share it, so is what differs."""
    for name in files:
        write_mask(root, name)
    assert set(load_subject("bids", "1", root).masks) == {*names, "brain"}


def test_masks_of_two_pipelines_are_told_apart(root):
    """Two folders of derivatives with a mask of one name give two masks."""
    first = np.zeros(SHAPE, np.uint8)
    first[0] = 1
    write_mask(root, "label-V1", first, where="derivatives/one/sub-1/anat")
    write_mask(root, "label-V1", where="derivatives/two/sub-1/anat")
    store = open_voxels(subject := load_subject("bids", "1", root))
    assert set(subject.masks) == {"V1_one", "V1_two", "brain"}
    assert (store.mask_rows("V1_one").size, store.mask_rows("V1_two").size) == (12, 36)


def test_brain_masks_of_runs_are_where_they_agree(root):
    """Each run's own brain mask counts; without any voxel in common that is refused."""
    for run in (1, 2, 3):
        inside = np.ones(SHAPE, np.uint8)
        inside[run] = 0
        write_mask(root, f"task-look_run-{run}_desc-brain", inside)
    store = open_voxels(load_subject("bids", "1", root))
    assert store.mask_rows("brain").size == 2 * 12


@pytest.mark.parametrize("name", ["damaged", "empty", "label image", "moved"])
def test_a_mask_that_cannot_be_used_says_why_when_asked_for(root, name, capsys):
    """The subject stays, and asking for the mask gives the cause."""
    affine = np.diag([-3.5, 3.75, 3.75, 1.0])
    path = write_mask(
        root,
        "label-V1",
        {
            "empty": np.zeros(SHAPE, np.uint8),
            "label image": np.arange(60, dtype=np.uint8).reshape(SHAPE),
        }.get(name),
        **({"affine": affine} if name == "moved" else {}),
    )
    if name == "damaged":
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:380]))
    subject = load_subject("bids", "1", root)
    assert set(subject.masks) == {"brain"}
    words = {"empty": "is empty", "label image": "holds 59 values", "moved": "mm away from"}
    assert words.get(name, "cannot be read") in subject.unusable["V1"]
    assert main(
        ["decode", "--dataset", "bids", "--subject", "1", "--mask", "V1", "--data-dir", str(root)]
    ) == 2  # fmt: skip
    assert words.get(name, "cannot be read") in capsys.readouterr().err


def test_another_anatomy_is_another_version(root):
    """A picture comes from the anatomy too, so it counts; a file's time does not."""
    anatomy = root / "sub-1" / "anat" / "sub-1_T1w.nii.gz"
    versions = [load_subject("bids", "1", root).version]
    for value in (1, 2):
        write_image(anatomy, np.full(SHAPE, value, np.int16))
        versions.append(load_subject("bids", "1", root).version)
    os.utime(anatomy)
    assert load_subject("bids", "1", root).version == versions[-1]
    assert len(set(versions)) == 3


def test_the_gap_within_a_trial_is_a_choice(root, capsys):
    """--merge-gap 0 keeps every row apart, and is in the link."""
    command = ["decode", "--dataset", "bids", "--subject", "1", "--mask", "brain", "--samples"]
    command += ["lsa", "--data-dir", str(root), "--conditions", "cat", "face", "--json"]
    assert main([*command, "--merge-gap", "0"]) == 0
    apart = json.loads(capsys.readouterr().out)
    assert (apart["n_samples"], apart["spec"]["merge_gap"]) == (36, 0)
    assert "merge_gap=0" in apart["link"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["n_samples"] == 6


def test_betas_need_no_volume(root):
    """Moments of no duration are impulses: betas decode them, volumes say what to take."""
    for path in (root / "sub-1" / "func").glob("*_events.tsv"):
        rows = [f"{10 + 9.3 * i:.1f}\t0\t{'face' if i % 2 else 'cat'}" for i in range(9)]
        path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    subject = load_subject("bids", "1", root)
    assert subject.conditions == ("cat", "face")
    assert len(extract_samples(subject, SPEC).y) == 27
    assert decode.run(subject, SPEC).n_samples == 27
    with pytest.raises(SpecError, match=r"The 15 trials of cat hold no volume: .* Decode betas"):
        decode.run(subject, DecodingSpec(dataset="bids", subject="1", mask="brain"))


def test_a_run_on_another_grid_is_left_out(root):
    """The grid that most runs have is the subject's; another is noted, with how far it lies off."""
    write_run(root, 4)
    moved = root / "sub-1" / "func" / "sub-1_task-look_run-4_bold.nii.gz"
    image = nib.load(moved)
    affine = image.affine.copy()
    affine[0, 3] += 1
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj).copy(), affine, image.header), moved)
    subject = load_subject("bids", "1", root)
    assert subject.n_runs == 3
    (note,) = [one for one in subject.notes if "voxels are not those" in one.note]
    assert note.count == 1 and "lies 1 mm away" in note.example


def test_masks_of_runs_that_differ_in_direction_are_one(root):
    """An entity that tells runs apart tells no masks apart: they are intersected."""
    func = root / "sub-1" / "func"
    for path in sorted(func.iterdir()):
        way = "AP" if "run-2" in path.name else "PA"
        path.rename(func / path.name.replace("_run-", f"_dir-{way}_run-"))
    for run, way in ((1, "PA"), (2, "AP"), (3, "PA")):
        inside = np.ones(SHAPE, np.uint8)
        inside[run] = 0
        write_mask(root, f"task-look_dir-{way}_run-{run}_desc-brain", inside)
    subject = load_subject("bids", "1", root)
    assert set(subject.masks) == {"brain"}
    assert open_voxels(subject).mask_rows("brain").size == 2 * 12


def test_a_given_mask_is_read_where_no_brain_is_found(root):
    """A brain that nobody finds in the scan is said when it is asked for, and spoils no mask."""
    for path in (root / "sub-1" / "func").glob("*_bold.nii.gz"):
        write_image(path, np.zeros((*SHAPE, 50), np.int16), t_r=2.0)
    write_mask(root, "label-V1")
    store = open_voxels(load_subject("bids", "1", root))
    assert store.mask_rows("V1").size == 36
    with pytest.raises(DataError, match="no brain to be found"):
        store.mask_rows("brain")


def test_events_are_read_as_they_are_quoted(root):
    """A quoted type is the type; a time that is missing is told for each type."""
    path = root / "sub-1" / "func" / "sub-1_task-look_run-1_events.tsv"
    path.write_text('onset\tduration\ttrial_type\n10\t4\t"face"\n40\t4\tcat\n60\tn/a\tcat\n')
    subject = load_subject("bids", "1", root)
    assert set(subject.conditions) == {"Face", "cat", "face"}
    missing = [note.note for note in subject.notes if "time is missing" in note.note]
    assert missing == ["3 rows of cat were left out, as the time is missing."]


def test_volumes_of_two_trials_are_told(root):
    """Where trials of two types overlap, what is done with their volumes is a note."""
    rows = ["onset\tduration\ttrial_type", "10\t20\tface", "24\t12\tcat", "60\t9\tface"]
    for path in (root / "sub-1" / "func").glob("*_events.tsv"):
        path.write_text("\n".join(rows) + "\n")
    (note,) = load_subject("bids", "1", root).notes
    assert (note.count, note.example) == (9, "volume 12 of run 1: face and cat, taken for cat")


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("soon\t2\tcat", False),
        ("60\tlong\tcat", False),
        ("60\tcat", False),
        ("60\t-2\tcat", True),
        ("60\t2\tcat\tx", True),
    ],
)
def test_a_row_of_one_run(root, row, refused):
    """Events that cannot be read leave their run out; a row that cannot be true is refused."""
    write_run(root, 2, events=["10\t9\tface", row])
    if refused:
        with pytest.raises(DataError, match=r"run-2_events.tsv, row 3") as caught:
            load_subject("bids", "1", root)
        assert "Other rows may be as wrong" in str(caught.value)
        assert str(caught.value).endswith(
            "take sub-1_task-look_run-2_bold.nii.gz out of the folder."
        )
        return
    subject = load_subject("bids", "1", root)
    (note,) = [one for one in subject.notes if "as events or sidecar" in one.note]
    assert subject.volumes["run"].unique().tolist() == [1, 3]
    assert note.count == 1 and "run-2_events.tsv, row 3" in note.example
    for path in (root / "sub-1" / "func").glob("*_events.tsv"):
        path.write_text(f"onset\tduration\ttrial_type\n{row}\n")
    with pytest.raises(DataError, match=r"run-1_events.tsv, row 2"):
        load_subject("bids", "1", root)


def test_each_cause_is_told_once(root):
    """Of runs and masks that cannot be read every cause has its example, in one note a kind."""
    func = root / "sub-1" / "func"
    heads = ["onset\tduration\ttrial_type", "onset\ttrial_type"]
    for run, text in ((4, heads[1]), (5, heads[1]), (6, f"{heads[0]}\nsoon\t1\tcat")):
        write_run(root, run, events=None)
        (func / f"sub-1_task-look_run-{run}_events.tsv").write_text(text)
    write_run(root, 7, events=None)
    foreign = f"{heads[0]}\n1\t1\tMöbel".encode("cp1252")
    (func / "sub-1_task-look_run-7_events.tsv").write_bytes(foreign)
    write_mask(root, "desc-brain", np.arange(60).reshape(SHAPE).astype(np.uint8))
    write_mask(root, "label-big", np.ones((9, 9, 9), np.uint8))
    subject = load_subject("bids", "1", root)
    (runs,) = [note for note in subject.notes if "as events or sidecar" in note.note]
    assert runs.count == 4
    causes = runs.example.split("; ")
    assert "run-4_events.tsv has no column 'duration'" in causes[0]
    assert "run-6_events.tsv, row 2: onset 'soon'" in runs.example
    assert runs.example.endswith("run-7_events.tsv is not UTF-8 text; save it as UTF-8")
    assert "run-5" not in runs.example
    (masks,) = [note for note in subject.notes if "masks were not used" in note.note]
    assert masks.example.startswith("the mask sub-1_desc-brain_mask.nii.gz holds 59 values")
    assert "the mask sub-1_label-big_mask.nii.gz has 9 x 9 x 9 voxels" in masks.example
    assert masks.remedy == "The mask 'brain' is computed from the scans instead."


def test_sessions_and_silent_subjects_are_told(root):
    """How runs of sessions are numbered is a note; a subject without events is no unknown one."""
    for session in ("a", "b"):
        write_run(root / "sub-1" / f"ses-{session}", 1, name=f"ses-{session}_task-see")
    for session in ("a", "b"):
        made = root / "sub-1" / f"ses-{session}" / "sub-1" / "func"
        made.rename(root / "sub-1" / f"ses-{session}" / "func")
    subject = load_subject("bids", "1_task-see", root)
    (note,) = [one for one in subject.notes if "numbered by session" in one.note]
    assert note.count == 2 and note.example.endswith("is run 101")
    (root / "sub-7" / "func").mkdir(parents=True)
    with pytest.raises(DataError, match=r"Subject 7 .* has no run with an events file"):
        load_subject("bids", "7", root)


def test_another_subject_of_the_folder_is_shown(root, monkeypatch):
    """A link or a selector that names no subject of the folder shows its first, not another's."""
    monkeypatch.setenv("VOXELSCOPE_BIDS", str(root))
    asked = DecodingSpec(dataset="bids", subject="2", mask="brain")
    spec, subject, problems = settle(asked, default_spec(), subject_of)
    assert (spec.dataset, spec.subject, subject.dataset) == ("bids", "1", "bids")
    assert problems[0].endswith("Subject 1 of BIDS folder is shown instead.")


def test_what_needs_volumes_says_so(root):
    """A time course of impulses is refused without sending anybody in a circle."""
    for path in (root / "sub-1" / "func").glob("*_events.tsv"):
        rows = [f"{10.5 + 8 * i}\t0\t{'face' if i % 2 else 'cat'}" for i in range(9)]
        path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    subject = load_subject("bids", "1", root)
    with pytest.raises(SpecError, match="follows trials that hold volumes") as caught:
        timecourse.run(subject, SPEC, timecourse.Options())
    assert "lsa" not in caught.value.one_line


def test_a_lag_after_short_trials_is_within_their_response(root):
    """Rest some seconds after a short trial is where its response lies: the check passes."""
    for path in (root / "sub-1" / "func").glob("*_events.tsv"):
        rows = [f"{10 + 10 * i}\t2\t{'face' if i % 2 else 'cat'}" for i in range(8)]
        path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    subject = load_subject("bids", "1", root)
    lagged = DecodingSpec(dataset="bids", subject="1", mask="brain", lag=4.0)
    found = {one.check: one.status for one in check.run(subject, lagged).checks}
    assert found["lag_within_block"] == "pass"
