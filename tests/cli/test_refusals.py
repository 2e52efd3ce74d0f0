"""What cannot be ends with status 2 and one line that helps; what is read stays as it is."""

import gzip
import json
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from commands import refuse, run
from loopback import closed_port
from makers import (
    design,
    folder_digest,
    half_mask,
    signal,
    write_image,
    write_study,
)

from decoding.cli.main import main

BAD_FLAGS = [
    (["--dataset", "hcp"], ["'hcp'", "haxby"]),
    (["--subject", "2"], ["Subject 2", "fetch", "Choose one of: '1'."]),
    (["--subject", "7"], ["'7'", "1, 2, 3, 4, 5, 6"]),
    (["--subject", "../subj1"], ["'../subj1'"]),
    (["--subject", ""], ["''"]),
    (["--subject", "1\nother"], ["other"]),
    (["--mask", "vt2"], ["'vt2'", "vt, brain"]),
    (["--mask", "face"], ["'face'", "vt, brain"]),
    (["--mask", ""], ["''", "vt, brain"]),
    (["--conditions", "face", "sofa"], ["'sofa'", "cat, face, shoe"]),
    (["--conditions", "face"], ["two categories", "face"]),
    (["--conditions", "face", "face"], ["two categories", "face"]),
    (["--conditions", "face", "rest"], ["'rest'", "cat, face, shoe"]),
    (["--estimator", "svm"], ["'svm'", "svc, svc_tuned"]),
    (["--cv", "loo"], ["'loo'", "leave_one_run_out"]),
    (["--samples", "trial"], ["'trial'", "volume, block"]),
    (["--standardize", "psc"], ["'psc'", "all, run, none"]),
    (["--detrend", "cubic"], ["'cubic'", "linear"]),
    (["--lag", "1"], ["1 s", "0 or 2.5"]),
    (["--lag", "soon"], ["'soon'"]),
    (["--lag", "nan"], ["'nan'"]),
    (["--lag", "inf"], ["'inf'"]),
    (["--lag", "50"], ["50 s", "shorter"]),
    (["--lag", "1e300"], ["shorter"]),
    (["--lag=-1e300"], ["shorter"]),
    (["--lag"], ["--lag"]),
    (["--sugar", "2"], ["--sugar"]),
    (["--dataset", "haxby", "face"], ["face"]),
]


@pytest.mark.parametrize("command", ["decode", "script"])
@pytest.mark.parametrize(("flags", "says"), BAD_FLAGS, ids=lambda value: "_".join(value)[:30])
def test_bad_values_end_with_one_line(command, flags, says, data, capfd):
    """Each value that does not exist is named with what is possible; the data stays as it was."""
    before = folder_digest(data)
    refuse(capfd, command, "--data-dir", data, "--subject", 1, *flags, says=says)
    assert folder_digest(data) == before


@pytest.mark.parametrize("arguments", [[], ["dance"], ["decode", "dance"]])
def test_bad_commands_end_with_one_line(arguments, capfd):
    """No command, an unknown one or a stray word is one line too."""
    refuse(capfd, *arguments, says="python -m decoding")


def test_a_scheme_that_cannot_split(tmp_path, capfd):
    """Two runs cannot be left out in pairs: the scheme and the number of runs are named."""
    conditions, runs = design(n_runs=2)
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    common = ("decode", "--data-dir", tmp_path, "--subject", 1)
    refuse(capfd, *common, "--cv", "leave_two_runs_out", says=["needs 3 runs", "there are 2"])
    refuse(capfd, *common, "--estimator", "svc_tuned", says=["only run", "svc"])


@pytest.mark.recordings
def test_a_lag_on_a_recording_without_rest(recordings, capfd):
    """On task-vt a lag is refused with its reason."""
    arguments = ("decode", "--data-dir", recordings / "task-vt", "--subject", 1, "--lag", 5)
    refuse(capfd, *arguments, says=["5 s", "only its labelled volumes", "lag 0"])


def test_no_data_at_all(tmp_path, capfd):
    """An empty, a missing and a file as data folder: said with how to get the recording."""
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    problems = {"empty": "holds no haxby2001", "missing": "does not exist", "file": "is a file"}
    for name, problem in problems.items():
        folder = tmp_path / name
        says = [problem, str(folder), "fetch haxby --subject 1", "--dataset simulated"]
        refuse(capfd, "decode", "--data-dir", folder, "--subject", 1, says=says)
        arguments = ("decode", "--dataset", "simulated", "--data-dir", folder, "--subject", 1)
        refuse(capfd, *arguments, says=[problem, str(folder), "simulate --out"])


def test_fetch_from_a_server_that_is_away(tmp_path, capfd):
    """A fetch without its server ends with one line: what to try, and where to put the file."""
    url = closed_port()
    says = ["cannot be reached", "again later", "--url", "subj2-2010.01.14.tar.gz", str(tmp_path)]
    refuse(
        capfd,
        *("fetch", "haxby", "--subject", 2, "--data-dir", tmp_path, "--url", url),
        says=says,
    )


def damage(subject, kind):
    """Damage one file of a subject."""
    labels, bold = subject / "labels.txt", subject / "bold.nii.gz"
    lines = labels.read_text().splitlines()
    raw, vt = bold.read_bytes(), subject / "mask4_vt.nii.gz"
    unpacked = gzip.decompress(raw)
    claims = bytearray(unpacked)
    claims[40:56] = np.array([4, 4096, 4096, 2048, 25, 1, 1, 1], dtype="<i2").tobytes()
    {
        "a row too few": lambda: labels.write_text("\n".join([*lines[:-1], ""])),
        "a row too many": lambda: labels.write_text("\n".join([*lines, lines[-1], ""])),
        "unknown column": lambda: labels.write_text("\n".join(["labels runs", *lines[1:], ""])),
        "a third column": lambda: labels.write_text("\n".join([f"{line} x" for line in lines])),
        "no rows": lambda: labels.write_text("labels chunks\n"),
        "empty labels": lambda: labels.write_text(""),
        "binary labels": lambda: labels.write_bytes(bytes(range(256)) * 9),
        "run is no number": lambda: labels.write_text(
            "\n".join([*lines[:5], "face first", *lines[6:], ""])
        ),
        "runs out of order": lambda: labels.write_text("\n".join([lines[0], *lines[:0:-1], ""])),
        "mask on another grid": lambda: write_image(vt, np.ones((6, 5, 5), dtype=np.uint8)),
        "mask elsewhere": lambda: write_image(
            vt, np.ones((6, 5, 4), dtype=np.uint8), affine=np.eye(4)
        ),
        "empty mask": lambda: write_image(vt, np.zeros((6, 5, 4), dtype=np.uint8)),
        "mask is text": lambda: vt.write_text("mask"),
        "truncated bold": lambda: bold.write_bytes(raw[: len(raw) * 2 // 3]),
        "bold is text": lambda: bold.write_text("a scan"),
        "bold is empty": lambda: bold.write_bytes(b""),
        "bold is not packed": lambda: bold.write_bytes(unpacked),
        "wrong checksum": lambda: bold.write_bytes(raw[:-8] + bytes([raw[-8] ^ 1]) + raw[-7:]),
        "header claims terabytes": lambda: bold.write_bytes(gzip.compress(bytes(claims))),
        "bold has three axes": lambda: write_image(bold, np.ones((6, 5, 4), dtype=np.int16)),
        "bold is complex": lambda: write_image(bold, np.ones((6, 5, 4, 68), dtype=np.complex64)),
    }[kind]()


DAMAGE = {
    "a row too few": ["labels.txt has 67 rows", "68 volumes"],
    "a row too many": ["labels.txt has 69 rows", "68 volumes"],
    "unknown column": ["labels.txt", "runs", "labels chunks"],
    "a third column": ["labels.txt", "labels chunks"],
    "no rows": ["labels.txt has 0 rows"],
    "empty labels": ["labels.txt", "labels chunks"],
    "binary labels": ["labels.txt"],
    "run is no number": ["labels.txt", "'first'"],
    "runs out of order": ["labels.txt", "order"],
    "mask on another grid": ["mask4_vt.nii.gz", "6 x 5 x 5 voxels", "resample"],
    "mask elsewhere": ["mask4_vt.nii.gz", "space", "resample"],
    "empty mask": ["mask4_vt.nii.gz", "empty"],
    "mask is text": ["mask4_vt.nii.gz", "not a NIfTI"],
    "truncated bold": ["bold.nii.gz", "again"],
    "bold is text": ["bold.nii.gz", "not a NIfTI"],
    "bold is empty": ["bold.nii.gz", "not a NIfTI"],
    "bold is not packed": ["bold.nii.gz", "not a NIfTI"],
    "wrong checksum": ["bold.nii.gz", "damaged"],
    "header claims terabytes": ["bold.nii.gz", "GB", "again"],
    "bold has three axes": ["bold.nii.gz", "(6, 5, 4)", "four"],
    "bold is complex": ["bold.nii.gz", "complex"],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_bad_files_end_with_one_line(kind, data, capfd, tmp_path, monkeypatch):
    """A damaged file is named with cause and remedy; no table, map or change is left behind."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    damage(data / "haxby2001" / "subj1", kind)
    before = folder_digest(data)
    arguments = ("decode", "--data-dir", data, "--subject", 1, "--weights", tmp_path / "w.nii.gz")
    refuse(capfd, *arguments, says=DAMAGE[kind])
    assert folder_digest(data) == before
    assert not list((tmp_path / "cache").rglob("info.json"))
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_the_same_files_undamaged_are_read(data, capfd):
    """The check itself: without damage the same command succeeds and changes no file."""
    before = folder_digest(data)
    status, _, _ = run(capfd, "decode", "--data-dir", data, "--subject", 1)
    assert status == 0
    assert folder_digest(data) == before


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        ("decode", "--weights"),
        ("decode", "--pattern"),
        ("decode", "--predictions"),
        ("searchlight", "--out"),
        ("report", "--out"),
    ],
)
def test_outputs_that_cannot_be_written(command, flag, data, capfd, tmp_path, monkeypatch):
    """A folder not there, a file for a folder, a folder for a name: before anything is read."""
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder.nii.gz").mkdir()
    common = (command, "--data-dir", data, "--subject", 1, flag)
    before = folder_digest(tmp_path)

    def load(*arguments):
        raise AssertionError("computed for a file that cannot be written")

    monkeypatch.setattr("decoding.cli.arguments.subject_of", load)
    for path in ("no/such/f.nii.gz", "file/f.nii.gz", "folder.nii.gz"):
        refuse(capfd, *common, tmp_path / path, says=[str(tmp_path / path), "cannot be written"])
    assert folder_digest(tmp_path) == before


def test_a_folder_that_is_not_there_is_said_to_be_missing(data, capfd, tmp_path):
    """A missing folder is called that: no word of disk space, which would not help."""
    common = ("decode", "--data-dir", data, "--subject", 1, "--weights")
    refuse(capfd, *common, tmp_path / "no" / "w.nii.gz", says="does not exist. Make it")


@pytest.mark.parametrize("flag", ["--permutations", "--seed"])
@pytest.mark.parametrize("command", ["permute", "searchlight", "script"])
def test_a_number_is_asked_for_in_plain_words(command, flag, capfd):
    """`1e3` is no whole number, which is said with how to write one; no type of Python is named."""
    refuse(capfd, command, flag, "1e3", says=["'1e3' is no whole number", "in digits, as 1000"])
    refuse(capfd, "searchlight", "--radius", "wide", says="'wide' is no number")


def test_the_report_says_what_its_number_of_relabellings_is(capfd):
    """A report makes the full null in any case; only a script redoes it when asked."""
    told = {name: " ".join(run(capfd, name, "--help")[1].split()) for name in ("report", "script")}
    assert "how many relabellings are drawn" in told["report"] and "redo" not in told["report"]
    assert "redo the null as well" in told["script"]


def test_an_output_that_fails_leaves_what_was_there(data, capfd, tmp_path, monkeypatch):
    """Where writing fails half-way the file that was there stays, and no scratch file does."""
    (tmp_path / "w.nii.gz").write_text("kept")

    write_bytes = Path.write_bytes

    def full(self, content):
        write_bytes(self, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    arguments = ("decode", "--data-dir", data, "--subject", 1, "--weights", tmp_path / "w.nii.gz")
    refuse(capfd, *arguments, says=["w.nii.gz", "No space left"])
    assert (tmp_path / "w.nii.gz").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "w.nii.gz"]


def test_maps_that_cannot_be(data, capfd, tmp_path):
    """A name that is no image's, and an estimator without weights, are said."""
    common = ("decode", "--data-dir", data, "--subject", 1)
    refuse(capfd, *common, "--weights", tmp_path / "w.png", says=["w.png", ".nii.gz"])
    says = ["f.txt is no name for a report", ".html"]
    refuse(capfd, "report", *common[1:], "--out", tmp_path / "f.txt", says=says)
    refuse(
        capfd,
        *(*common, "--estimator", "gnb", "--pattern", tmp_path / "p.nii.gz"),
        says=["no weight map: Gaussian naive Bayes", "--estimator svc"],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_data_folder_that_cannot_be_written_is_read(data, tmp_path, monkeypatch):
    """Reading needs no right to write: nothing is created beside the data."""
    for folder, _, files in os.walk(data):
        for name in files:
            (Path(folder) / name).chmod(0o444)
        Path(folder).chmod(0o555)
    try:
        before = folder_digest(data)
        monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
        assert main(["decode", "--data-dir", str(data), "--subject", "1"]) == 0
        assert folder_digest(data) == before
    finally:
        for folder, _, _ in os.walk(data):
            Path(folder).chmod(0o755)


@pytest.mark.recordings
def test_the_recordings_stay_as_they_are(recordings, capfd, tmp_path):
    """Good and bad commands leave the bytes of the recordings alone."""
    before = folder_digest(recordings / "slice")
    common = ("decode", "--data-dir", recordings / "slice", "--subject", 1)
    assert run(capfd, *common, "--weights", tmp_path / "w.nii.gz")[0] == 0
    assert run(capfd, *common, "--mask", "face")[0] == 2
    assert folder_digest(recordings / "slice") == before


def test_a_changed_file_is_not_answered_from_the_cache(data, capfd):
    """A second command after one label or one mask voxel changed reads the new files."""
    common = ("decode", "--data-dir", data, "--subject", 1, "--json")
    first = json.loads(run(capfd, *common)[1])
    subject = data / "haxby2001" / "subj1"
    mask = half_mask((6, 5, 4))
    mask.flat[np.flatnonzero(mask)[-1]] = False
    write_image(subject / "mask4_vt.nii.gz", mask.astype(np.uint8))
    second = json.loads(run(capfd, *common)[1])
    assert second["n_voxels"] == first["n_voxels"] - 1
    bold = nib.load(subject / "bold.nii.gz").get_fdata().astype(np.int16)
    write_image(subject / "bold.nii.gz", bold[..., ::-1].copy())
    third = json.loads(run(capfd, *common)[1])
    assert third["data_version"] != second["data_version"]
    assert third["confusion"] != second["confusion"]


def test_a_copy_elsewhere_has_the_same_version(data, capfd, tmp_path):
    """The version of the data is its content's: a copy in another folder has the same."""
    shutil.copytree(data, tmp_path / "copy")
    one, two = (
        json.loads(run(capfd, "decode", "--data-dir", folder, "--subject", 1, "--json")[1])
        for folder in (data, tmp_path / "copy")
    )
    assert one == two
