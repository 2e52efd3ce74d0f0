"""Regions of label images and of published places, on a small BIDS folder in MNI space."""

import os
import re
import shutil
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from nilearn.image import resample_to_img
from nilearn.masking import apply_mask
from nilearn.signal import clean
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.analyses import decode, notes
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.datasets.base import LabelImage
from decoding.errors import DataError, DecodingError, UnknownChoiceError
from decoding.output.script.program import make_script
from decoding.output.script.region import region_code
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of
from decoding.settings import SETTINGS, mask_label
from decoding.spec import DecodingSpec

SHAPE, SIZE, CORNER = (6, 6, 5), 3.0, (-34.0, -106.0, -19.0)
SPEC = DecodingSpec(dataset="bids", subject="1", mask="brain", estimator="ridge")
POWER_1, LABELS = (-25.0, -98.0, -12.0), np.arange(np.prod(SHAPE)).reshape(SHAPE) % 3


def save(path, values, size=SIZE, code=4):
    """Write an image on the scan's grid, or on one of smaller voxels with the same corner."""
    affine = np.diag([size, size, size, 1.0])
    affine[:3, 3] = np.array(CORNER) + (size - SIZE) / 2
    image = nib.Nifti1Image(values.astype(np.int16), affine)
    image.header.set_sform(affine, code)
    image.header.set_xyzt_units("mm", "sec")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.header["pixdim"][4] = 2.0
    image.to_filename(path)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a folder with three runs, label images on the scan's grid and on a finer one."""
    root = tmp_path_factory.mktemp("labels")
    rng, derived = np.random.default_rng(0), root / "derivatives" / "prep" / "sub-1"
    for run in (1, 2, 3):
        stem = root / "sub-1" / "func" / f"sub-1_task-look_run-{run}"
        save(stem.with_name(f"{stem.name}_bold.nii.gz"), rng.integers(500, 900, (*SHAPE, 20)))
        rows = "onset\tduration\ttrial_type\n4\t10\tcat\n22\t10\tface\n"
        stem.with_name(f"{stem.name}_events.tsv").write_text(rows)
    fine = np.random.default_rng(1).integers(0, 4, [2 * n for n in SHAPE])
    disagree = LABELS.copy()
    disagree[0] = 0
    brain = np.ones(SHAPE)
    brain[2, 2] = 0
    save(derived / "func" / "sub-1_task-look_desc-brain_mask.nii.gz", brain)
    for run, values in ((1, LABELS), (2, disagree)):
        name = f"sub-1_task-look_run-{run}_desc-parts_dseg.nii.gz"
        save(derived / "func" / name, values)
    save(derived / "anat" / "sub-1_desc-fine_dseg.nii.gz", fine, SIZE / 2)
    for run, values in ((1, fine), (2, np.roll(fine, 4, axis=0))):
        save(
            derived / "func" / f"sub-1_task-look_run-{run}_desc-runs_dseg.nii.gz", values, SIZE / 2
        )
    save(derived / "anat" / "sub-1_desc-native_dseg.nii.gz", fine, SIZE / 2, code=1)
    save(derived / "anat" / "sub-1_label-ffa_mask.nii.gz", fine > 2, SIZE / 2)
    table = "index\tname\n1\tgyrus-left\n2\tgyrus-right\n9\tnowhere\n"
    (derived.parent / "desc-parts_dseg.tsv").write_text(table)
    return root


@pytest.fixture(scope="module")
def subject(root):
    """Return its subject."""
    return load_subject("bids", "1", root)


def rows_of(subject, mask):
    """Return where a mask is, bool (x, y, z)."""
    store = open_voxels(subject)
    return store.grid.rows(store.mask_rows(mask)).mask


def brain_of(subject):
    """Return the recorded brain, bool (x, y, z)."""
    return rows_of(subject, "brain")


def test_a_label_is_where_all_files_have_it(subject):
    """By value and by name it is the same voxels: those of the brain where the runs agree."""
    wanted = (LABELS == 2) & brain_of(subject)
    wanted[0] = False
    assert wanted.any()
    for mask in ("label:parts:2", "label:parts:gyrus-right", "label:parts:2@nearest"):
        assert np.array_equal(rows_of(subject, mask), wanted)
    assert mask_label("label:parts:gyrus-right") == "label gyrus-right of parts"


def test_runs_agree_on_another_grid_too(subject):
    """No file of several is the first that wins; how many there are is a note."""
    parts = [
        replace(subject, label_images={"runs": LabelImage(files=(file,))})
        for file in subject.label_images["runs"].files
    ]
    one, other = (rows_of(part, "label:runs:3@nearest") for part in parts)
    both = rows_of(subject, "label:runs:3@nearest")
    assert np.array_equal(both, one & other) and 0 < both.sum() < one.sum()
    (note,) = [note for note in subject.notes if "those of several runs agree" in note.note]
    assert note.count == 2 and note.example == "parts: 2 files"


def test_pages_offer_the_labels_that_there_are(subject):
    """By name where there is one, from the nearest voxel on another grid; none of another space."""
    offered = SETTINGS["mask"].choices(subject)
    fine = [f"label:{name}:{i}@nearest" for name in ("fine", "runs") for i in (1, 2, 3)]
    parts = [f"label:parts:gyrus-{side}" for side in ("left", "right")]
    assert offered[: len(subject.masks)] == list(subject.masks)
    assert set(offered[len(subject.masks) :]) == {*parts, *fine, "label:ffa:1@nearest"}
    assert all(mask_of(subject, mask) for mask in offered)


@pytest.mark.recordings
def test_a_label_of_the_real_slice_decodes_as_by_hand(recordings, tmp_path):
    """Its voxels, masked by nilearn and scored by scikit-learn, give the scores of each run."""
    study = tmp_path / "study"
    shutil.copytree(recordings / "bids" / "ds000105-slice", study, copy_function=os.symlink)
    scans = sorted((study / "sub-1" / "func").glob("*_bold.nii.gz"))
    first = nib.load(scans[0])
    brain = open_voxels(load_subject("bids", "1", study)).grid.mask
    parts = np.zeros(first.shape[:3], np.int16)
    parts[:20], parts[20:] = 1, 17
    folder = study / "derivatives" / "atlas" / "sub-1" / "func"
    folder.mkdir(parents=True)
    nib.Nifti1Image(parts, first.affine).to_filename(folder / "sub-1_desc-aseg_dseg.nii.gz")
    (folder / "sub-1_desc-aseg_dseg.tsv").write_text("index\tname\n17\tLeft-Hippocampus\n")
    subject = load_subject("bids", "1", study)
    mask = "label:aseg:Left-Hippocampus"
    assert {"label:aseg:1", mask} <= set(SETTINGS["mask"].choices(subject))
    inside = nib.Nifti1Image(((parts == 17) & brain).astype(np.uint8), first.affine)
    spec = replace(SPEC, mask=mask, conditions=("cat", "face"), estimator="svc", standardize="run")
    X = np.concatenate([
        clean(apply_mask(nib.load(scan), inside, dtype="f8"), detrend=False,
              standardize="zscore_sample")
        for scan in scans
    ])  # fmt: skip
    y, runs = (subject.volumes[name].to_numpy() for name in ("condition", "run"))
    chosen = np.isin(y, ["cat", "face"])
    scores = cross_val_score(
        SVC(kernel="linear"), X[chosen], y[chosen].astype(str), groups=runs[chosen],
        cv=LeaveOneGroupOut(),
    )  # fmt: skip
    assert decode.run(subject, spec).fold_scores == pytest.approx(scores.tolist())


def test_labels_are_refused_where_there_is_no_label_image(recordings):
    """Haxby's layout has none: the message says so."""
    haxby = load_subject("haxby", "1", recordings / "slice")
    with pytest.raises(UnknownChoiceError, match=r"label image 'aseg' .* nothing is available"):
        mask_of(haxby, "label:aseg:17")


def test_another_grid_is_resampled_only_when_asked(subject):
    """Without a word it is refused with it; with it voxels are nilearn's, and that is a note."""
    with pytest.raises(
        DecodingError, match=r"has 12 x 12 x 10 voxels.*label:fine:3@nearest to take"
    ):
        mask_of(subject, "label:fine:3")
    image = nib.load(subject.label_images["fine"].files[0])
    target = nib.load(subject.bold[0]).slicer[..., 0]
    nearest = resample_to_img(image, target, "nearest", force_resample=True, copy_header=True)
    found = rows_of(subject, "label:fine:3@nearest")
    # Each voxel of the scan has eight halves as near to it; ours and nilearn's are among them.
    assert found.any() and found.sum() < 0.5 * brain_of(subject).sum()
    blocks = (
        image.get_fdata().reshape(6, 2, 6, 2, 5, 2).transpose(0, 2, 4, 1, 3, 5).reshape(*SHAPE, 8)
    )
    assert (blocks[found] == 3).any(axis=1).all()
    assert (blocks[np.asarray(nearest.dataobj) == 3] == 3).any(axis=1).all()
    told = [
        note.note for note in notes.run(subject, replace(SPEC, mask="label:fine:3@nearest")).notes
    ]
    assert any("nearest to each voxel" in note for note in told)
    assert "(nearest neighbour)" in mask_label("label:fine:3@nearest")
    assert any("label images have other voxels" in note.note for note in subject.notes)


def test_a_mask_on_another_grid_is_offered_by_nearest_neighbour(subject):
    """Its refusal names the text that takes it."""
    with pytest.raises(DataError, match=r"Or decode label:ffa:1@nearest"):
        mask_of(subject, "ffa")
    assert rows_of(subject, "label:ffa:1@nearest").any()


@pytest.mark.parametrize("mask", ["label:parts:2", "label:fine:3@nearest", "power_2011:1"])
def test_the_program_has_the_same_voxels(subject, root, mask):
    """Its lines, run on the brain, give the voxels that are decoded."""
    spec, brain = replace(SPEC, mask=mask), brain_of(subject)
    image = open_voxels(subject).grid.whole_image(brain.astype(np.uint8))
    names = {"nib": nib, "np": np, "root": root, "mask": image}
    exec(region_code(subject, spec), names)
    assert np.array_equal(names["mask"].get_fdata() != 0, rows_of(subject, mask))
    compile(make_script(subject, spec), "program.py", "exec")
    assert decode.run(subject, spec).n_voxels == rows_of(subject, mask).sum()


def test_a_published_place_is_a_sphere_in_mni_space(subject, root, tmp_path):
    """Its voxels are those of the study's sphere; a scan in another space has none."""
    sphere = "sphere:{},{},{},5".format(*POWER_1)
    assert np.array_equal(rows_of(subject, "power_2011:1"), rows_of(subject, sphere))
    assert mask_label("power_2011:1") == "region 1 of Power et al. (2011)"
    with pytest.raises(DecodingError, match=r"no region 'fusiform 80' among its 160.*fusiform 84"):
        mask_of(subject, "dosenbach_2010:fusiform 80")
    assert mask_of(subject, "seitzman_2018:300").region is not None
    native = tmp_path / "bold.nii.gz"
    save(native, np.ones((*SHAPE, 2)), code=1)
    with pytest.raises(
        DecodingError, match=r"are in MNI space, and neither header nor name of bold\.nii"
    ):
        mask_of(replace(subject, bold=(native,)), "power_2011:1")


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("label:parts", "'label:parts' is no label. Write the image and a value"),
        ("label:part:2", "Unknown label image 'part' for subject 1. Choose from: .*parts"),
        ("label:parts:gyrus-lift", "called 'gyrus-lift', of 3 names. Near to it are: gyrus-left"),
        ("label:fine:gyrus@nearest", "called 'gyrus', of 0 names. Write its value as a number"),
        ("label:native:1@nearest", "only one of the two is in MNI space"),
        (
            "label:parts:9",
            "no voxel of the recorded brain. Labels there are: 1 gyrus-left, 2 gyrus",
        ),
    ],
)
def test_what_is_no_label_is_named(root, mask, words, capsys):
    """On the command line it is one line with what is possible."""
    command = ["decode", "--dataset", "bids", "--subject", "1", "--data-dir", str(root)]
    assert main([*command, "--mask", mask]) == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "Note" not in one and one]
    assert re.search(words, line), line
