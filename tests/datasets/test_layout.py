"""The layout of nilearn's Haxby folder: what is there is offered, what is wrong is named."""

from pathlib import Path

import numpy as np
import pytest
from makers import AFFINE, STUDY_SHAPE, folder_digest, two_runs, write_image, write_subject
from nilearn import datasets as nilearn_datasets

from decoding.datasets import load_subject
from decoding.datasets.layout import find_study, read_subject
from decoding.datasets.simulated.parameters import SimulationParameters
from decoding.datasets.simulated.write import simulate_subject
from decoding.errors import DataError

ROWS = two_runs().split("\n")


@pytest.fixture
def study(tmp_path):
    """Return a study of one subject, with the whole-brain mask."""
    write_subject(tmp_path / "haxby2001" / "subj2", two_runs())
    write_image(tmp_path / "haxby2001" / "mask.nii.gz", np.ones(STUDY_SHAPE, dtype=np.uint8))
    return find_study(tmp_path)


def read(study):
    """Read subject 2."""
    return read_subject(study, "2", dataset="haxby")


def test_subject_is_what_lies_in_its_folder(study):
    """All five masks, the brain mask, the anatomy and the volumes come from the files."""
    subject = read(study)
    names = {key: mask.files[0].name if mask.files else None for key, mask in subject.masks.items()}
    assert names == {
        "vt": "mask4_vt.nii.gz",
        "face": "mask8b_face_vt.nii.gz",
        "house": "mask8b_house_vt.nii.gz",
        "face_little": "mask8_face_vt.nii.gz",
        "house_little": "mask8_house_vt.nii.gz",
        "brain": "mask.nii.gz",
    }
    assert subject.anatomy.name == "anat.nii.gz"
    assert subject.localizer_masks == {"face", "house", "face_little", "house_little"}
    assert subject.conditions == ("cat", "face")
    assert (subject.n_runs, len(subject.volumes), subject.t_r) == (2, 24, 2.5)
    assert subject.volumes["block"].tolist() == [
        block for block in (-1, 0, -1, 1, -1, 2, -1, 3) for _ in range(3)
    ]


def test_file_names_are_those_nilearn_asks_for(tmp_path, study, request_stub):
    """Nilearn's own fetcher takes the folder that we read, and names the same files."""
    (study.root / "MD5SUMS").write_text("")
    bunch = nilearn_datasets.fetch_haxby(data_dir=str(tmp_path), subjects=[2], verbose=0)
    subject = read(study)
    assert Path(bunch.func[0]) == subject.bold[0]
    assert (Path(bunch.mask),) == subject.masks["brain"].files
    ours = [
        subject.masks[key].files[0]
        for key in ("vt", "face", "house", "face_little", "house_little")
    ]
    theirs = [
        bunch[key][0]
        for key in ("mask_vt", "mask_face", "mask_house", "mask_face_little", "mask_house_little")
    ]
    assert ours == [Path(path) for path in theirs]
    assert (Path(bunch.anat[0]), bunch.t_r) == (subject.anatomy, subject.t_r)


@pytest.fixture
def request_stub(monkeypatch):
    """Let no test of this module reach the network."""
    import requests

    def refuse(*args, **kwargs):
        pytest.fail("a file that is there was asked for")

    monkeypatch.setattr(requests.Session, "send", refuse)


def test_missing_pieces_are_left_out(study):
    """Without anatomy, localizer masks and brain mask the subject still loads."""
    folder = study.subject_dir("2")
    for name in ("anat", "mask8_face_vt", "mask8_house_vt", "mask8b_face_vt", "mask8b_house_vt"):
        (folder / f"{name}.nii.gz").unlink()
    (study.root / "mask.nii.gz").unlink()
    subject = read(study)
    files = {name: mask.files for name, mask in subject.masks.items()}
    assert files == {"vt": (folder / "mask4_vt.nii.gz",), "brain": ()}
    assert subject.anatomy is None
    assert subject.localizer_masks == frozenset()


def test_study_is_found_from_the_data_folder_and_from_itself(study):
    """The data folder, or the folder haxby2001 in it, both lead to the study."""
    assert find_study(study.root).root == study.root
    assert find_study(study.root).subjects() == ("2",)
    assert find_study(study.root.parent / "nothing").subjects() == ()


def test_folders_that_are_no_subjects_are_passed_over(study):
    """A name without a number, or a folder without recording or labels, is not offered."""
    write_subject(study.root / "subjX", two_runs())
    write_subject(study.root / "subj3", two_runs())
    (study.root / "subj3" / "bold.nii.gz").unlink()
    write_subject(study.root / "subj4", two_runs())
    (study.root / "subj4" / "labels.txt").unlink()
    write_subject(study.root / "subj10", two_runs())
    assert study.subjects() == ("2", "10")


LABELS = {
    "a row too few": (
        [*ROWS[:-2], ""],
        r"labels.txt has 23 rows but bold.nii.gz has 24 volumes.* missing in the labels",
    ),
    "a row too many": ([*ROWS[:-1], "rest 1", ""], "has 25 rows but bold.nii.gz has 24"),
    "unknown column": (["labels chunk", *ROWS[1:]], "columns labels, chunk; it needs exactly"),
    "a column too many": (["labels chunks x", *[f"{r} 1" for r in ROWS[1:-1]], ""], "columns"),
    "a value too many": ([*ROWS[:5], "face 0 7", *ROWS[6:]], "Expected 2 fields in line 6, saw 3"),
    "a value too few": ([*ROWS[:5], "face", *ROWS[6:]], r"labels.txt, row 6, has one value"),
    "no runs": (["labels chunks", *["face"] * 24, ""], r"has no column of runs \('chunks'\)"),
    "no runs in the header": (["labels", *["face"] * 24, ""], "has no column of runs"),
    "a nameless column": (
        [ROWS[0], *[f"{row} 7" for row in ROWS[1:-1]], ""],
        "has 3 values in a row; it needs exactly two",
    ),
    "a huge run": ([*ROWS[:5], "face 1e300", *ROWS[6:]], "row 6: run '1e300' is not a whole"),
    "no header": ([*ROWS[1:], ""], "columns rest, 0; it needs exactly"),
    "a word for a run": ([*ROWS[:5], "face one", *ROWS[6:]], "row 6: run 'one' is not a whole"),
    "half a run": ([*ROWS[:5], "face 0.5", *ROWS[6:]], "row 6: run '0.5' is not a whole number"),
    "an endless run": ([*ROWS[:5], "face inf", *ROWS[6:]], "row 6: run 'inf' is not a whole"),
    "runs out of order": ([*ROWS[:5], "face 1", *ROWS[6:]], "comes after run 1"),
    "only rest": ([ROWS[0], *["rest 0"] * 24, ""], "names no category, only 'rest'"),
    "empty": ([""], "labels.txt is not a labels file"),
    "header alone": (["labels chunks", ""], "has 0 rows"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_bad_labels_name_the_value(study, kind):
    """Each way a labels file can be wrong is a DataError of one line with the value."""
    rows, message = LABELS[kind]
    (study.subject_dir("2") / "labels.txt").write_text("\n".join(rows))
    with pytest.raises(DataError, match=message) as caught:
        read(study)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", b"\x00" * 100])
def test_labels_that_are_no_text_are_named(study, content):
    """A binary file under the labels' name is refused."""
    (study.subject_dir("2") / "labels.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"labels.txt"):
        read(study)


def test_labels_may_come_from_windows(study):
    """Line ends of Windows and tabs between the columns change nothing."""
    before = read(study).volumes
    text = two_runs().replace(" ", "\t").replace("\n", "\r\n")
    (study.subject_dir("2") / "labels.txt").write_bytes(text.encode())
    assert read(study).volumes.equals(before)


def test_recording_of_three_dimensions_is_refused(study):
    """One volume is no recording; the shape is named."""
    write_image(study.subject_dir("2") / "bold.nii.gz", np.ones(STUDY_SHAPE, dtype=np.int16))
    with pytest.raises(DataError, match=r"bold.nii.gz has the shape \(5, 4, 3\)"):
        read(study)


def test_recording_that_is_no_nifti_is_refused(study):
    """Text under the recording's name is named with the remedy."""
    (study.subject_dir("2") / "bold.nii.gz").write_text("not a scan")
    with pytest.raises(DataError, match=r"bold.nii.gz is not a NIfTI file.*check that it is whole"):
        read(study)


def test_uncompressed_recording_is_read(study):
    """`bold.nii`, as somebody unpacked it, serves as well."""
    before = read(study)
    path = study.subject_dir("2") / "bold.nii.gz"
    import nibabel

    nibabel.load(path).to_filename(path.with_suffix(""))
    path.unlink()
    after = read(study)
    assert after.bold[0].name == "bold.nii"
    assert after.volumes.equals(before.volumes)
    assert after.version != before.version


def test_version_changes_with_any_file_that_decoding_reads(study):
    """A changed label, mask or voxel gives another version; reading twice gives the same."""
    versions = {read(study).version}
    assert {read(study).version} == versions
    folder = study.subject_dir("2")
    (folder / "labels.txt").write_text(two_runs().replace("cat", "dog"))
    versions.add(read(study).version)
    write_image(folder / "mask4_vt.nii.gz", np.ones(STUDY_SHAPE, dtype=np.uint8))
    versions.add(read(study).version)
    write_image(study.root / "mask.nii.gz", np.ones(STUDY_SHAPE, dtype=np.uint8), affine=2 * AFFINE)
    versions.add(read(study).version)
    write_image(folder / "bold.nii.gz", np.zeros((*STUDY_SHAPE, 24), dtype=np.int16))
    versions.add(read(study).version)
    assert len(versions) == 5


def test_reading_leaves_the_folder_as_it_was(study):
    """Nothing is written beside the recordings."""
    before = folder_digest(study.root)
    read(study)
    study.subjects()
    assert folder_digest(study.root) == before


@pytest.mark.recordings
@pytest.mark.parametrize("part", ["slice", "task-vt"])
def test_real_recordings_are_read_and_left_alone(recordings, part):
    """Both real folders give eight categories in twelve runs and are the same afterwards."""
    before = folder_digest(recordings / part)
    subject = read_subject(find_study(recordings / part), "1", dataset="haxby")
    assert len(subject.conditions) == 8
    assert subject.n_runs == 12
    assert subject.volumes["block"].max() == 95
    assert subject.has_rest == (part == "slice")
    assert folder_digest(recordings / part) == before


def test_simulated_files_say_so_wherever_they_are_read(tmp_path):
    """A simulated subject read as if it were Haxby's is still known as simulated."""
    simulate_subject(tmp_path, SimulationParameters())
    assert load_subject("haxby", "1", tmp_path).simulated
