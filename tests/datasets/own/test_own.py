"""Uploads: told by content, laid out under our names, read as the same files elsewhere are."""

import gzip
import json
import pickle
import re
import shutil
import subprocess
import sys
import time
from dataclasses import is_dataclass, replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import nibabel as nib
import numpy as np
import pytest
from filelock import FileLock
from makers import SHAPE, design, half_mask, signal, write_image, write_study
from preprocessed import SPACE, preprocess

from decoding.analyses import decode, permute, weights
from decoding.analyses.timecourse import analysis as timecourse
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.datasets.own.columns import event_columns, image_columns, numbers_text, too_few_text
from decoding.datasets.own.home import FOLDER, begin_server_folder, server_folder
from decoding.datasets.own.reading import read_own
from decoding.datasets.own.receive import receive
from decoding.datasets.own.received import link_subject
from decoding.datasets.own.upload import Room, sort_files, with_samples
from decoding.errors import DataError, DataMissingError, DecodingError, LimitError
from decoding.grid import Grid
from decoding.output.script.program import make_script
from decoding.samples.trials import unmodelled_text
from decoding.spec import AS_RECORDED, Categories, DecodingSpec, Reading, Request
from decoding.work import OtherDataError, Work

EVENTS = (
    "onset\tduration\ttrial_type\tkind\n0\t5\tcat one\tanimal\n10\t5\tface\tperson\n"
    "20\t5\tcat two\tanimal\n30\t5\trest\tn/a\n"
)


def scan_bytes(path, seed, n_volumes=16):
    """Return the bytes of a small recording, unpacked."""
    values = np.random.default_rng(seed).normal(100, 5, (*SHAPE, n_volumes)).astype(np.float32)
    return write_image(path / "scan.nii", values).read_bytes()


@pytest.fixture
def files(tmp_path):
    """Two runs with events, under the names of somebody who does not know BIDS."""
    runs = [scan_bytes(tmp_path, seed) for seed in range(2)]
    return [
        ("my scan (10).NII.GZ", BytesIO(gzip.compress(runs[1]))),
        ("my scan (2).nii", BytesIO(gzip.compress(runs[0]))),
        ("what 2.tsv", BytesIO(EVENTS.encode())),
        ("what 10.tsv", BytesIO(EVENTS.encode())),
    ]


def test_what_a_file_is_is_told_by_what_it_holds(files, tmp_path):
    """Packed or not, in the order of the numbers in their names; no name of theirs is in a path."""
    received = receive(sort_files(files), tmp_path / "scan")
    names = [path.name for path in sorted(received.folder.rglob("*.nii*"))]
    assert names == [f"sub-1_task-own_run-0{run}_bold.nii.gz" for run in (1, 2)]
    assert received.names[names[1]] == "my scan (10).NII.GZ"
    assert received.told(f"{names[0]} is cut") == "my scan (2).nii is cut"


def test_categories_are_a_column_and_its_types_renamed_and_left_out(files, tmp_path):
    """They are read as if the files said so, and a note tells of each."""
    received = receive(sort_files(files), tmp_path / "scan")
    assert event_columns(received)["kind"] == {"animal": 4, "n/a": 2, "person": 2}
    kinds = read_own(received, "mine", reading=Reading(categories=Categories(column="kind")))
    assert kinds.conditions == ("animal", "person")
    asked = Categories(names=(("cat one", "cat"), ("cat two", "cat"), ("face", "")))
    grouped = read_own(received, "mine", reading=Reading(categories=asked))
    assert grouped.conditions == ("cat",)
    assert grouped.version != kinds.version
    told = [note.line for note in grouped.notes]
    assert any("'cat one' and 'cat two' are called 'cat' here" in line for line in told)
    assert any("'face' is left out" in line for line in told)


def test_one_category_names_the_columns_that_have_more(files, tmp_path):
    """Before it is used; where names were emptied, or a column holds numbers, that is said."""
    head, *rows = EVENTS.splitlines()
    lines = [f"{row}\tstimulus\t{i % 2}" for i, row in enumerate(rows)]
    table = "\n".join([f"{head}\tone\tright", *lines, ""]).encode()
    brought = [(n, BytesIO(table) if n.endswith("tsv") else f) for n, f in files]
    received = receive(sort_files(brought), tmp_path / "scan")

    def read(column, *emptied):
        asked = Categories(column=column, names=tuple((name, "") for name in emptied))
        return read_own(received, "mine", reading=Reading(categories=asked))

    told = too_few_text(received, read("one"))
    assert "only one category, 'stimulus' in the column 'one', and" in told
    assert "'trial_type' has 3 types and 'kind' has 2 types" in told and "'right'" not in told
    assert "Only 'face' is left" in too_few_text(received, read("trial_type", "cat one", "cat two"))
    assert not too_few_text(received, read("kind")) and not numbers_text(received, read("kind"))
    assert "The categories are numbers" in numbers_text(received, read("right"))
    with pytest.raises(DataError, match="All 2 categories were emptied"):
        read("kind", "animal", "person")


def test_rows_of_a_run_that_was_left_out_are_not_counted(files, tmp_path):
    """Its note is never folded away, and the types' rows are those of what is read."""
    other = np.random.default_rng(0).normal(100, 5, (4, 4, 4, 16)).astype(np.float32)
    cut = write_image(tmp_path / "other.nii", other).read_bytes()
    brought = [(n, BytesIO(cut) if "(10)" in n else f) for n, f in files]
    received = receive(sort_files(brought), tmp_path / "scan")
    assert event_columns(received)["kind"] == {"animal": 2, "n/a": 1, "person": 1}
    (lost,) = [note for note in read_own(received, "mine").notes if note.lost]
    assert "my scan (10).NII.GZ" in lost.line


def test_a_region_that_is_used_is_not_noted_as_left_out(files, tmp_path):
    """It keeps its name, beside the brain; on another grid it is told once, with both shapes."""
    for shape, masks in ((SHAPE, {"brain", "roi"}), ((2, 2, 2), {"brain"})):
        values = np.ones(shape, np.uint8)
        region = write_image(tmp_path / "roi_mask.nii", values).read_bytes()
        upload = sort_files([*files, ("roi_mask.nii", BytesIO(region))])
        subject = read_own(receive(upload, tmp_path / f"scan{shape[0]}"), "mine")
        assert {*subject.masks} == masks and not subject.masks["brain"].files
        told = [note.line for note in subject.notes if "not used" in note.line]
        assert len(told) == 2 - len(masks)
        assert all("2 x 2 x 2 voxels" in line for line in told)


def of_folder(root):
    """Return all files of a folder, named as a browser names those of a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [(f"{root.name}/{path.relative_to(root)}", BytesIO(path.read_bytes())) for path in files]


def fold_scores_of(script, folder):
    """Run an exported program on a folder; return the scores that it prints."""
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.recordings
def test_a_bids_folder_gives_the_numbers_of_the_command_line(recordings, tmp_path):
    """Decode, its test, weights and timecourse are those of the same folder, to the last bit."""
    root = recordings / "bids" / "ds000105-slice"
    there = load_subject("bids", "1", root)
    received = receive(sort_files(of_folder(root)), tmp_path / "scan")
    here = read_own(received, "mine", home=tmp_path / "home")
    spec = DecodingSpec(dataset="bids", mask="brain", subject="1", samples="block")
    own = replace(spec, dataset="own", subject="mine")
    assert here.trials.equals(there.trials) and here.volumes.equals(there.volumes)
    assert here.notes == there.notes
    for run, options in (
        (decode.run, None),
        (permute.run, permute.Options(permutations=20)),
        (weights.run, None),
        (timecourse.run, timecourse.Options()),
    ):
        ours, theirs = run(here, own, options), run(there, spec, options)
        assert numbers_of(ours) == numbers_of(theirs), run.__module__
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["tables"]


@pytest.mark.recordings
def test_preprocessed_runs_bring_their_confounds_masks_and_clock(recordings, tmp_path):
    """What fMRIPrep has made of one space gives the numbers of the whole folder."""
    root = preprocess(recordings / "bids" / "ds000105-slice", tmp_path / "study")
    reading = Reading(space=f"{SPACE}_res-2")
    there = load_subject("bids", "1", root, reading)
    kept = [
        (name, file)
        for name, file in of_folder(root)
        if any(word in name for word in (SPACE, "confounds", "events", "task-objectviewing_bold.j"))
        and "T1w" not in name
    ]
    received = receive(sort_files(kept), tmp_path / "scan")
    here = read_own(received, "mine", home=tmp_path / "home")
    assert here.starts == there.starts and here.t_r == there.t_r and here.space == SPACE
    assert here.trials.equals(there.trials) and here.masks.keys() == there.masks.keys()
    spec = DecodingSpec(
        dataset="bids", subject="1", mask="brain", space=reading.space, confounds="motion_6"
    )
    own = replace(spec, dataset="own", subject="mine", space=here.space)
    assert decode.run(here, own).fold_scores == decode.run(there, spec).fold_scores


@pytest.mark.recordings
def test_a_folder_of_the_server_is_read_with_categories_of_ones_own(recordings, tmp_path):
    """Nothing of it is copied, and deleting what leads to it leaves it alone."""
    there = load_subject("bids", "1", recordings / "bids" / "ds000105-slice")
    received = link_subject(there, tmp_path / "scan")
    assert event_columns(received)["trial_type"]["cat"] == 144
    asked = Reading(categories=Categories(names=(("cat", "animal"), ("shoe", ""))))
    subject = read_own(received, "mine", home=tmp_path / "home", reading=asked)
    assert set(subject.conditions) == {*there.conditions, "animal"} - {"cat", "shoe"}
    shutil.rmtree(tmp_path / "scan")
    assert all(path.is_file() for path in there.bold)


def numbers_of(result):
    """Return all numbers of a result, to the last bit."""
    return [part for part in parts_of(result) if part is not None]


def parts_of(value):
    """Yield the bytes of each array and table in a result."""
    if isinstance(value, np.ndarray):
        yield value.tobytes() if value.dtype != object else repr(value.tolist())
    elif hasattr(value, "to_json"):
        yield value.to_json()
    elif isinstance(value, float | int):
        yield repr(value)
    elif isinstance(value, dict | MappingProxyType):
        for part in value.values():
            yield from parts_of(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from parts_of(part)
    elif is_dataclass(value) and not isinstance(value, DecodingSpec | Subject | Grid):
        for part in vars(value).values():
            yield from parts_of(part)


def test_labels_give_the_numbers_of_the_same_study(tmp_path):
    """With masks, in one file or one a run; the exported program takes the owner's folder."""
    conditions, runs = design(n_runs=4)
    values = signal(conditions, strength=2.0)
    folder = write_study(tmp_path, values=values, conditions=conditions, runs=runs)
    spec = DecodingSpec(dataset="haxby", subject="1", samples="volume")
    expected = decode.run(load_subject("haxby", "1", tmp_path), spec).fold_scores
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    (mine / "mask4_vt.nii.gz").rename(mine / "my vt mask's.nii.gz")
    for several in (False, True):
        if several:
            (mine / "bold.nii.gz").unlink()
            for run in range(4):
                write_image(mine / f"run {run}.nii.gz", values[..., runs == run])
            unpacked = gzip.decompress((mine / "run 2.nii.gz").read_bytes())
            (mine / "run 2.nii.gz").write_bytes(unpacked)  # as some browsers do
        received = receive(sort_files(of_folder(mine)), tmp_path / f"scan-{several}")
        subject = read_own(received, "mine", home=tmp_path / "home")
        own = replace(spec, dataset="own", subject="mine", mask="myvts")
        assert decode.run(subject, own).fold_scores == expected
        script = tmp_path / "script.py"
        script.write_text(make_script(subject, own))
        assert fold_scores_of(script, mine) == pytest.approx(expected)
    grouped = read_own(
        received, "mine", reading=Reading(categories=Categories(names=(("cat", ""),)))
    )
    assert "cat" not in grouped.conditions and len(grouped.trials) < len(subject.trials)
    assert "no regressor for 'cat', which was left out" in unmodelled_text(grouped)
    assert not unmodelled_text(subject)
    (note,) = (one for one in grouped.notes if one.note.endswith("'cat' is left out."))
    assert note.remedy.startswith("Models of betas have no regressor for them")


def test_images_give_the_numbers_of_the_same_folder(tmp_path):
    """Their table may be a CSV that names its files by any name; the program reads that one."""
    rng = np.random.default_rng(0)
    names = ["b 10.nii", "b 9.nii", "it's.nii", *(f"{i}.nii" for i in range(3, 24))]
    rows = [("cat", "face")[i % 2] + f",{i // 6}," + name for i, name in enumerate(names)]
    mine = tmp_path / "mine"
    for i, name in enumerate(names):
        write_image(mine / name, rng.normal(i % 2, 1, SHAPE).astype(np.float32))
    (mine / "images.csv").write_text("\n".join(["label,run,file", *rows]))
    spec = DecodingSpec(dataset="images", mask="brain", standardize="none", subject="1")
    expected = decode.run(load_subject("images", "1", mine), spec).fold_scores
    (mine / "it's.nii").write_bytes(gzip.compress((mine / "it's.nii").read_bytes()))
    received = receive(sort_files(of_folder(mine)), tmp_path / "scan")
    subject = read_own(received, "mine", home=tmp_path / "home")
    own = replace(spec, dataset="own", subject="mine")
    assert decode.run(subject, own).fold_scores == expected
    (tmp_path / "script.py").write_text(make_script(subject, own))
    assert fold_scores_of(tmp_path / "script.py", mine) == pytest.approx(expected)


def test_errors_of_reading_call_files_as_their_owner_does(tmp_path):
    """No brain, with a mask and without, and a body that is cut: each names the owner's file."""
    scan = write_image(tmp_path / "flat.nii", np.zeros((*SHAPE, 8), np.int16)).read_bytes()
    labels = b"labels chunks\n" + b"cat 0\nface 0\n" * 2 + b"cat 1\nface 1\n" * 2
    mask = write_image(tmp_path / "mask.nii", half_mask(SHAPE).astype(np.uint8)).read_bytes()
    packed = gzip.compress(scan)
    for name, content, more, told in (
        ("flat", scan, (), "no brain to be found"),
        ("masked", scan, [("a_mask.nii", BytesIO(mask))], "no brain to be found"),
        ("cut", packed[:-20], (), "anna.nii"),
    ):
        files = [("anna.nii", BytesIO(content)), ("labels.txt", BytesIO(labels)), *more]
        received = receive(sort_files(files), tmp_path / name)
        subject = read_own(received, "mine", home=tmp_path / f"home {name}")
        spec = DecodingSpec(dataset="own", subject="mine", mask="brain")
        with pytest.raises(DataError, match=told) as error:
            decode.run(subject, spec)
        assert "anna.nii" in str(error.value) and "scan-0" not in str(error.value)


ODD = (
    "</script><script>x",
    "=1+1",
    "it's",
    '"',
    "../../up",
    "a/b",
    "$x$",
    "*b*",
    ":red[x]",
    "\u202e",
)


def test_no_name_of_theirs_is_a_path_or_a_quote_in_the_program(files, tmp_path):
    """Whatever files are called, ours are plain names below their folder."""
    named = [(f"{odd} {name}", file) for odd, (name, file) in zip(ODD, files, strict=False)]
    mask = BytesIO(write_image(tmp_path / "m.nii", half_mask(SHAPE).astype(np.uint8)).read_bytes())
    named += [(f"{odd}mask.nii", mask) for odd in ODD]
    received = receive(sort_files(named), tmp_path / "scan")
    for path in received.folder.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name)
    subject = read_own(received, "mine")
    assert all(name.isalnum() for name in subject.masks)
    spec = DecodingSpec(dataset="own", subject="mine", mask="brain", conditions=())
    compile(make_script(replace(subject, home=tmp_path), spec), "program", "exec")


def claiming(shape, n_bytes=0):
    """Return a file whose header claims a shape of 16-bit integers, with so many zeros."""
    raw = nib.Nifti1Header()
    raw.set_data_dtype(np.int16)
    raw.set_sform(np.diag([2.0, 2, 2, 1]), 1)
    raw["dim"][: len(shape) + 1] = [len(shape), *shape]
    raw["vox_offset"] = 352
    return raw.binaryblock + bytes(4 + n_bytes)


def bomb(n_bytes):
    """Return a gzip stream that holds so many zeros behind a header that says so, and no more."""
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        file.write(claiming((100, 100, 30, n_bytes // 600_000)))
        for _ in range(n_bytes >> 20):
            file.write(bytes(1 << 20))
    return packed.getvalue()


TOO_LARGE = {
    "an 859 GB header": ("scan.nii", lambda: claiming((32767, 32767, 400)), "claims"),
    "859 GB packed": ("s.nii.gz", lambda: gzip.compress(claiming((32767, 32767, 400))), "claims"),
    "a gzip bomb": ("scan.nii.gz", lambda: bomb(300 << 20), "Upload one file a run"),
    "a bomb of no image": ("scan.nii", lambda: gzip.compress(bytes(100 << 20)), "not a NIfTI"),
    "a large file": ("scan.nii", lambda: claiming((99, 99, 99, 32), 61 << 20), "one file a run"),
}


def peak_since(*, reset=False):
    """Return the most memory that this process has had at once, counted anew if asked for."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found[1])


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_is_too_large_is_refused_before_a_byte_is_written(kind, tmp_path):
    """At once, by its header and size, with its name and what to do."""
    name, make, words = TOO_LARGE[kind]
    upload = [(name, BytesIO(make())), ("labels.txt", BytesIO(b"labels chunks"))]
    before, since = peak_since(reset=True), time.monotonic()
    with pytest.raises(DecodingError, match=words) as caught:
        receive(sort_files(upload), tmp_path / "scan")
    assert time.monotonic() - since < 1 and peak_since() - before < 100 << 20
    assert name in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_all_visitors_share_one_room(files, tmp_path):
    """What goes beyond it is refused, with what is free."""
    with pytest.raises(LimitError, match="are free for uploads at the moment"):
        receive(sort_files(files), tmp_path / "scan", Room(in_all=5000))


def test_what_a_killed_server_left_is_removed_and_what_another_uses_stays(tmp_path, monkeypatch):
    """Each process holds a lock on its folder; the next one looks."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path))
    left, used = tmp_path / FOLDER / "left", tmp_path / FOLDER / "used"
    for folder in (left, used):
        (folder / "session").mkdir(parents=True)
    (tmp_path / FOLDER / "left.lock").touch()
    with FileLock(f"{used}.lock"):
        begin_server_folder()
        ours = server_folder()
        assert ours.is_dir() and used.is_dir() and not left.exists()
    assert {path.name for path in ours.parent.iterdir()} == {
        "used", "used.lock", ours.name, f"{ours.name}.lock"
    }  # fmt: skip


def test_an_upload_never_leaves_this_machine(files, tmp_path):
    """Work on it cannot be pickled; on the command line its name says what to do instead."""
    received = receive(sort_files(files), tmp_path / "scan")
    subject = read_own(received, "mine", home=tmp_path / "session")
    spec = DecodingSpec(dataset="own", subject="mine", mask="brain")
    work = Work(
        request=Request(analysis="decode", spec=spec), reading=AS_RECORDED, version="1",
        subject=subject,
    )  # fmt: skip
    with pytest.raises(OtherDataError, match="do not travel"):
        pickle.dumps(work)
    with pytest.raises(DataMissingError, match="'mine' was uploaded in a visit that has ended"):
        load_subject("own", "mine")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["scan.nii"], "Nothing says what was shown"),
        (["scan.nii", "nohead.txt"], "nohead.txt is not used: its first line 'face 0' is not the"),
        (["scan.nii", "noruns.txt"], "noruns.txt is not used: it has no column of runs"),
        (["e.tsv"], "Was one refused, as larger than 60 MB"),
        (["e.tsv"], "There is no recording"),
        (["scan.nii", "scan2.nii", "e.tsv"], "belong to which recording is not clear"),
        (["sub-1_task-a_run-1_bold.nii", "sub-2_task-a_run-1_bold.nii", "e.tsv"], "of 2 people"),
        (["sub-1_run-1_echo-1_bold.nii", "sub-1_run-1_echo-2_bold.nii", "e.tsv"], "are one run"),
        (["scan.nii", "e.tsv", "labels.txt"], "events and labels"),
        (["scan.nii", "labels.txt", "l.txt"], "more than one file of labels"),
    ],
)
def test_what_is_missing_or_not_clear_is_said(names, words, tmp_path):
    """In words of the owner's files."""
    scan = scan_bytes(tmp_path, 0)
    made = {"nii": scan, "tsv": EVENTS.encode(), "txt": b"labels chunks\nrest 0\n"}
    made |= {"nohead.txt": b"face 0\nface 0\n", "noruns.txt": b"labels\nface\n"}
    files = [(n, BytesIO(made[n if n in made else n.split(".")[-1]])) for n in names]
    with pytest.raises(DataError, match=words):
        receive(sort_files(files), tmp_path / "scan")


UNFIT = {
    "other names": (["a.nii", "b.nii"], "file,shape,session", "columns file, shape and session"),
    "an anatomy by its name": (["brain_1.nii"], "file,shown,run", "columns file, shown and run"),
    "semicolons": (["a.nii"], "file;label;run", "not semicolons"),
    "many": (["a.nii"], ",".join("abcdefghijk"), "h and 3 more"),
    "a 4D image": (["scan.nii"], "condition,subject", "condition and subject, and is not used"),
    "no image": ([], "condition,subject", "condition and subject, and is not used"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_table_with_other_columns_is_named_with_them(kind, tmp_path):
    """Told by itself or by hand: what it has is said, and what is needed."""
    names, head, words = UNFIT[kind]
    images = [(n, BytesIO(scan_bytes(tmp_path, 0, 16 if n == "scan.nii" else 1))) for n in names]
    table = ("my betas.csv", BytesIO(f"{head}\na.nii,cat,1\n".encode()))
    with pytest.raises(DataError, match=words) as caught:
        receive(sort_files([*images, table]), tmp_path / "scan")
    assert "my betas.csv has the column" in str(caught.value)
    by_hand = with_samples({"table": [table], "anatomy": images})
    with pytest.raises(DataError, match=r"my betas\.csv has the column"):
        receive(by_hand, tmp_path / "scan")


def images_with(tmp_path, head, rows):
    """Return an upload of three images, beta_1.nii to beta_3.nii, and a table."""
    images = [(f"beta_{i}.nii", BytesIO(scan_bytes(tmp_path, i, 1))) for i in range(1, 4)]
    table = "\n".join([head, *rows, ""]).encode()
    return sort_files([*images, ("table.csv", BytesIO(table))])


@pytest.mark.parametrize("column", ["image", "Filename", "path", "nifti"])
def test_the_column_of_files_has_its_usual_names(column, tmp_path):
    """It is taken by what it holds; an image that was shown is no file."""
    rows = [f"beta_{i}.nii,{kind},{i % 2},{i}" for i, kind in ((3, "cat"), (1, "face"), (2, "cat"))]
    received = receive(images_with(tmp_path, f"{column},label,run,beta", rows), tmp_path / "scan")
    subject = read_own(received, "mine", home=tmp_path)
    assert [subject.called(path) for path in subject.bold] == [row.split(",")[0] for row in rows]
    assert column not in image_columns(received) and "beta" in image_columns(received)
    spec = DecodingSpec(dataset="own", subject="mine", mask="brain")
    assert f"table[{column!r}]" in make_script(subject, spec)


def test_names_of_files_that_do_not_match_are_counted(tmp_path):
    """With one of them, what the files are called, and a remedy for all or for some."""
    for row, words in (
        (
            "x_{i}.nii",
            r"3 of 3 rows: row 2 says 'x_1.nii'. Your 3 files are called 'beta_1.nii' to",
        ),
        ("beta_{i}.nii", r"1 of 4 rows: row 5 says 'beta_4.nii'. Add those files"),
    ):
        rows = [f"{row.format(i=i)},cat,{i}" for i in range(1, 5 if "beta" in row else 4)]
        with pytest.raises(DataError, match=words):
            receive(images_with(tmp_path, "file,label,run", rows), tmp_path / "scan")


def test_images_without_a_column_of_files_are_counted(tmp_path):
    """No folder of ours is named."""
    rows = ["cat,1", "face,2", "cat,3"]
    received = receive(images_with(tmp_path, "label,run", rows), tmp_path / "scan")
    with pytest.raises(DataError, match=r"table.csv has no column 'file'.* 3 images") as caught:
        read_own(received, "mine")
    assert "upload" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("mask4_vt", "vt"), ("mask8_face_vt", "facevt"), ("left_mask", "left"), ("roi_v1", "v1"),
        ("mask", "brain"),
    ],
)  # fmt: skip
def test_a_mask_is_called_by_its_region(name, label, files, tmp_path):
    """The number of the word itself is no part of it."""
    region = write_image(tmp_path / "r.nii", np.ones(SHAPE, np.uint8)).read_bytes()
    upload = with_samples(
        {"mask": [(f"{name}.nii.gz", BytesIO(region))], **sort_files(files).files}
    )
    assert label in read_own(receive(upload, tmp_path / "scan"), "mine").masks


@pytest.mark.parametrize("named", ["beta_1.nii", "betas.nii"])
def test_a_4d_image_needs_no_column_of_files(named, tmp_path):
    """A table that names others, or that image in each row, is told to leave the column out."""
    image = ("betas.nii", BytesIO(scan_bytes(tmp_path, 0, 2)))
    rows = f"File,label,run\n{named},cat,1\n{named},face,1\n"
    upload = sort_files([image, ("table.csv", BytesIO(rows.encode()))])
    with pytest.raises(DataError, match="leave out the column") as caught:
        read_own(receive(upload, tmp_path / "scan"), "mine")
    assert "betas.nii" in str(caught.value) and "table.csv" in str(caught.value)
