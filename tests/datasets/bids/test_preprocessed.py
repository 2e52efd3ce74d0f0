"""What fMRIPrep made of a recording: its spaces, each with masks, anatomy and times."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from nilearn.masking import apply_mask, intersect_masks
from preprocessed import SPACE, preprocess

from decoding.choices import settle
from decoding.cli.main import main
from decoding.datasets import credits_of, load_subject, subject_of
from decoding.errors import DataMissingError, UnknownChoiceError
from decoding.recording.voxels import open_voxels
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
        f"The scans are those that fmriprep preprocessed, in space {HERE}; events are those of "
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
    odd = DecodingSpec(dataset="bids", subject="1", mask="brain", space="fsaverage")
    spec, _, problems = settle(odd, DecodingSpec(), lambda one: subject_of(one, root))
    assert spec.space == "recorded" and "Shown instead: as recorded." in problems[0]
    spec, _, problems = settle(
        DecodingSpec(dataset="bids", subject="1", mask="brain"),
        DecodingSpec(),
        lambda one: subject_of(one, root / "derivatives" / "fmriprep"),
    )
    assert spec.space == HERE and not problems
