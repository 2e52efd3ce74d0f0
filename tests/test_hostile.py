"""Hostile input: whatever stands in a file or an address, the answer is a result or a plain error.

Sound small files are cut, flipped, joined, nested and repeated by seeded chance. Each case has to
end in a result or in one line that names the file, without filling the memory or the time.
"""

import ast
import contextlib
import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import time
import warnings
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import nibabel as nib
import numpy as np
import pytest
from apptest import page_settings
from makers import (
    ROOT,
    STUDY_SHAPE,
    add_file,
    design,
    labels_text,
    python_environment,
    signal,
    subject_from,
    two_runs,
    write_image,
    write_subject,
    write_tarball,
)
from mutations import CHANGES, WORDS, changes_of, huge_header, peak_since, write_gzip_bomb
from preprocessed import _write_confounds

from decoding import files
from decoding.choices import settle
from decoding.datasets import load_subject
from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import LabelImage, Mask
from decoding.datasets.bids import dataset
from decoding.datasets.bids.clock import read_clock
from decoding.datasets.bids.events import read_events
from decoding.datasets.bids.names import find_images
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.digest import files_digest
from decoding.datasets.haxby import tarball_name
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.datasets.layout import find_study, read_subject
from decoding.datasets.text import read_json, read_text
from decoding.errors import DataError, DecodingError
from decoding.nifti.headers import image_header, read_header, seconds_a_volume
from decoding.nifti.masks import read_mask
from decoding.nifti.streams import read_image
from decoding.output.brain.background import background_image, mean_scan_image
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of
from decoding.regions.label import _names
from decoding.samples.confounds import CONFOUNDS, _read_run, read_tables
from decoding.settings import SETTINGS, spec_from_query
from decoding.spec import Categories, DecodingSpec, Reading

MOST_S, MOST_BYTES, MOST_LETTERS = 5.0, 300 << 20, 2100
CONDITIONS, RUNS = design(n_runs=2)
SCAN = signal(CONDITIONS)
MASK = (np.arange(SCAN[..., 0].size).reshape(SCAN.shape[:3]) % 2).astype(np.uint8)
EVENTS = "onset\tduration\ttrial_type\n" + "".join(
    f"{20 * i}\t9\t{'face' if i % 2 else 'cat'}\n" for i in range(6)
)
STEM = "sub-1_task-look_run-1"


def write_study(folder):
    """Write a subject in nilearn's layout."""
    return write_subject(folder / "haxby2001" / "subj1", two_runs())


def write_bids(folder):
    """Write a BIDS folder of one run."""
    func = folder / "sub-1" / "func"
    write_image(func / f"{STEM}_bold.nii.gz", SCAN, t_r=2.5)
    (func / f"{STEM}_events.tsv").write_text(EVENTS)
    text = json.dumps({"RepetitionTime": 2.5, "StartTime": 0.5, "SliceTiming": [0, 0.1]}, indent=1)
    (func / f"{STEM}_bold.json").write_text(text)
    return func


def write_own(folder):
    """Write own images with their table."""
    table = folder / "images.csv"
    rows = [f"{'cat' if i % 2 else 'face'},{i // 2},{i}.nii,{'seen well ' * 9}" for i in range(4)]
    table.write_text("\n".join(["label,run,file,remark", *rows, ""]))
    for i in range(4):
        write_image(folder / f"{i}.nii", SCAN[..., i])
    return table


def read_bold(path):
    """Read a recording and its clock."""
    header = image_header(path)
    seconds_a_volume(path)
    return read_image(path, header)


def a_recording(folder):
    """Write a recording; read its header, its clock and all volumes."""
    return write_image(folder / "bold.nii", SCAN), read_bold


def a_compressed_recording(folder):
    """Write a compressed recording, read likewise."""
    return write_image(folder / "bold.nii.gz", SCAN), read_bold


def a_mask(folder):
    """Write a mask beside a sound scan."""
    scan = read_header(write_image(folder / "bold.nii", SCAN))
    return write_image(folder / "mask.nii.gz", MASK), lambda path: read_mask(path, scan)


def an_anatomy(folder):
    """Write a study's anatomy, which is a note where it cannot be used."""
    subject = write_study(folder)
    scan = read_header(subject / "bold.nii.gz")

    def read(path):
        found, notes = choose_anatomy([path], scan)
        if found is None:
            raise DecodingError(notes[0].line)

    return subject / "anat.nii.gz", read


def labels(folder):
    """Write labels, one row a volume."""
    (folder / "labels.txt").write_text(labels_text(CONDITIONS, RUNS))
    return folder / "labels.txt", lambda path: trials_from_volumes(read_labels(path), 2.5)


def events(folder):
    """Write events of a run; read the trials in them."""
    path = folder / f"{STEM}_events.tsv"
    path.write_text(EVENTS)

    def read(path):
        return trials_of_events({1: read_events(path)}, {1: Timing(n_volumes=50)}, 2.5, 2.5)

    return path, read


def a_sidecar(folder):
    """Write the sidecar of a scan."""
    func = write_bids(folder)
    (run,) = find_images(func, "*bold.nii.gz", "bold")
    return func / f"{STEM}_bold.json", lambda path: read_clock(folder, {1: run})


def an_image_table(folder):
    """Write the table of own images."""
    return write_own(folder), lambda path: load_subject("images", "1", folder)


def names_of_labels(folder):
    """Write the names of a label image's values."""
    path = folder / "x_dseg.tsv"
    path.write_text("index\tname\tcolor\n0\tnone\t#000\n17\tLeft-Hippocampus\t#fff\n18\tx\t#ff0\n")
    return path, lambda path: _names(LabelImage(files=(path,), table=path))


def a_tarball(folder):
    """Write a subject's tarball."""
    made = write_subject(folder / "made" / "subj2", two_runs(), anatomy=False)
    path = write_tarball(folder / "data" / "haxby2001" / tarball_name("2"), made)

    def read(path):
        shutil.rmtree(path.parent / "subj2", ignore_errors=True)
        return load_subject("haxby", "2", folder / "data")

    return path, read


def confounds(folder):
    """Write a table of confounds as fMRIPrep does."""
    stem = f"{STEM}_desc-preproc_bold"
    _write_confounds(folder, STEM, SimpleNamespace(shape=(6, 5, 4, 121)), 1)
    options = CONFOUNDS["compcor"].options
    path = folder / f"{STEM}_desc-confounds_timeseries.tsv"
    return path, lambda path: _read_run(folder / f"{stem}.nii.gz", options)


def a_sidecar_of_confounds(folder):
    """Write the sidecar of that table."""
    path, read = confounds(folder)
    return path.with_suffix(".json"), read


KINDS = (
    a_recording, a_compressed_recording, a_mask, an_anatomy, labels, events, a_sidecar,
    an_image_table, names_of_labels, a_tarball, confounds, a_sidecar_of_confounds,
)  # fmt: skip


NAMED = {a_tarball: ("bold.nii.gz", "labels.txt")}
"""What else an error of a kind may name."""


def tried(read, path, names, case):
    """Read a file; return whether it was read, else the one line that names it."""
    before, since = peak_since(reset=True), time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "All volumes were marked as motion outliers")
            read(path)
        message = ""
    except DecodingError as error:
        message = error.one_line
        assert any(name in str(error) for name in names), (case, str(error))
        assert len(message) < MOST_LETTERS and "\n" not in message
    except Exception as error:
        raise AssertionError(f"case {case}: {error!r}") from error
    assert time.monotonic() - since < MOST_S, case
    assert peak_since() - before < MOST_BYTES, case
    return message


def fuzz(make, folder, seed, n_cases):
    """Read so many changed files; return how many were read, and the errors' messages."""
    path, read = make(folder)
    whole, rng = path.read_bytes(), np.random.default_rng(seed)
    names, changes = (path.name, STEM, *NAMED.get(make, ())), changes_of(path)
    messages = []
    for case in range(n_cases):
        change = changes[case % len(changes)]
        path.write_bytes(change(rng, whole, whole))
        messages.append(tried(read, path, names, (case, change)))
    return messages.count(""), [message for message in messages if message]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_damaged_files_are_read_or_named(tmp_path, make):
    """Some are read, others refused in one line, and nothing else ever happens."""
    n_read, messages = fuzz(make, tmp_path, 0, 28)
    assert n_read and messages


@pytest.mark.slow
@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_a_thousand_damaged_files_are_read_or_named(tmp_path, make):
    """The same a thousand times: a tenth and more are read, so it is no garbage that is tried."""
    n_read, messages = fuzz(make, tmp_path, 1, 1000)
    assert n_read >= 100 and messages


def _renamed(rng, name):
    """Return a name as somebody may have a file, in three of four cases still one of its kind."""
    stem, dot, end = name.partition("_bold") if "_bold" in name else name.partition(".")
    change = CHANGES[rng.integers(len(CHANGES))] if rng.random() < 0.5 else put_part
    new = change(rng, stem.encode(), stem.encode()).decode("latin-1")
    new = f"{new}{dot}{end}" if rng.random() < 0.75 else new
    new = "".join(letter for letter in new if letter not in "/\0").encode()[:200]
    return new.decode(errors="ignore").strip(".") or "_"


PARTS = (
    "_run-01", "_run-1", "_run-x", "_ses-a", "_task-rest", "_space-T1w", "_echo-1", "_part-phase",
    "_dir-AP", "sub-1_", "sub-", "-", "_",
    "%s", "{0}", "$(x)", "<b>", "\N{SNOWMAN}", "\u202e", "\n",
)  # fmt: skip


def put_part(rng, data, other):
    """Put a part of a BIDS name, or what a name should not have, somewhere."""
    place = int(rng.integers(0, len(data) + 1))
    part = PARTS[rng.integers(len(PARTS))].encode("utf-8")
    return data[:place] + part + data[place:]


@pytest.mark.parametrize("n", [30, pytest.param(1000, marks=pytest.mark.slow)])
def test_names_of_files_are_read_or_told(tmp_path, n):
    """Whatever a file of a folder is called, there is a subject, or one line on the folder."""
    write_bids(tmp_path)
    write_image(tmp_path / "sub-1" / "func" / f"{STEM}_mask.nii.gz", MASK)
    rng, n_read = np.random.default_rng(0), 0
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for case in range(n):
        path = paths[case % len(paths)]
        new = path.with_name(_renamed(rng, path.name))
        if new.exists():
            continue
        path.rename(new)
        names = (new.name, STEM, "ubject", str(tmp_path), tmp_path.name)
        n_read += not tried(lambda _: load_subject("bids", "1", tmp_path), new, names, new.name)
        new.rename(path)
    assert n_read >= n / 10


@pytest.mark.parametrize("n", [14, pytest.param(1000, marks=pytest.mark.slow)])
def test_damaged_tables_of_ours_are_made_anew(tmp_path, monkeypatch, n):
    """What stands in the cache folder, changed in any way, is never a number other than before."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    write_study(tmp_path)
    subject = load_subject("haxby", "1", tmp_path)
    folder, sound = open_voxels(subject).folder, _numbers(subject)
    rng, paths = np.random.default_rng(0), sorted(path for path in folder.iterdir())
    assert len(paths) >= 3

    def read(path):
        monkeypatch.setattr(files, "_CHECKED", set())
        assert np.array_equal(_numbers(subject), sound)

    for case in range(n):
        path, change = paths[case % len(paths)], CHANGES[case // len(paths) % len(CHANGES)]
        whole = path.read_bytes()
        path.write_bytes(change(rng, whole, whole))
        assert not tried(read, path, (), (case, change))
    assert sorted(folder.iterdir()) == paths and not list(folder.parent.glob(".*"))


def _numbers(subject):
    store = open_voxels(subject)
    return store.read(store.mask_rows("vt"))


BOMBS = {
    "labels of a million rows": ("labels.txt", b"labels chunks\n" + b"a 0\n" * 1_000_000, "lines"),
    "labels in one line": (
        "labels.txt",
        b"labels chunks\n" + b"a" * (3 << 20),
        "letters in line 2",
    ),
    "labels of many megabytes": ("labels.txt", b"labels chunks\n" + b"a" * (40 << 20), "41.9 MB"),
    "events of a million rows": (f"{STEM}_events.tsv", b"onset\n" + b"1\n" * 1_000_000, "lines"),
    "events of many columns": (f"{STEM}_events.tsv", b"onset\t" * 3000, "values in line 1"),
    "a sidecar nested deep": (
        f"{STEM}_bold.json",
        b'{"a":' * 5000 + b"}" * 5000,
        "nested too deep",
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_of_text_are_refused_at_once(tmp_path, kind):
    """Before it fills the memory such a file is refused, with what is wrong and what to do."""
    name, content, words = BOMBS[kind]
    path = tmp_path / name
    path.write_bytes(content)
    read = {".txt": read_labels, ".tsv": read_events, ".json": read_json}[path.suffix]
    refused_at_once(read, path, words)


def refused_at_once(read, path, words):
    """Assert that a file is refused with its name and these words, in no time and memory."""
    before, since = peak_since(reset=True), time.monotonic()
    with pytest.raises(DecodingError, match=words) as caught:
        read(path)
    assert path.name in str(caught.value)
    assert time.monotonic() - since < MOST_S and peak_since() - before < 100 << 20


@pytest.mark.parametrize(
    ("shape", "words"),
    [((500, 400, 300), "60000000 voxels"), ((9, 9, 9, 60_000), "60000 volumes")],
)
def test_bombs_of_images_are_refused_by_their_header(tmp_path, shape, words):
    """An image that is whole but fills the memory is refused before its data are unpacked."""
    header = nib.Nifti2Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.uint8)
    header["vox_offset"] = 544
    header.set_sform(np.diag([2.0, 2, 2, 1]), 1)
    path = tmp_path / "bold.nii.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.binaryblock + bytes(4))
        for _ in range(70):
            file.write(bytes(1 << 20))
    refused_at_once(read_header, path, words)
    scan = read_header(write_image(tmp_path / "scan.nii", SCAN))
    chosen, (note,) = choose_anatomy([path], scan)
    assert chosen is None and words in note.line and path.name in note.line


COMMANDS = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from decoding.cli.main import main
from mutations import peak_since
found = []
for folder in sys.argv[2:]:
    before, since = peak_since(reset=True), time.monotonic()
    status = main(["decode", "--subject", "1", "--data-dir", folder, "--estimator", "ridge"])
    found.append([status, time.monotonic() - since, peak_since() - before])
print(json.dumps(found))
"""


def test_bombs_on_the_command_line_are_refused_at_once(tmp_path):
    """A header of 859 GB and gzip bombs: one line within a second and 100 MB above idle."""
    rows = labels_text(CONDITIONS, RUNS)
    one = write_image(tmp_path / "one.nii", SCAN).read_bytes()[:352]
    bombs = {"bold.nii": huge_header(), "bold.nii.gz": gzip.compress(huge_header()), "zeros": b"",
             "behind": one, "anatomy": huge_header(shape=(500, 400, 300))}  # fmt: skip
    folders = [tmp_path / "sound", *(tmp_path / name for name in bombs)]
    for folder in folders:
        subject = write_study(folder)
        write_image(subject / "bold.nii.gz", SCAN)
        write_image(subject / "mask4_vt.nii.gz", MASK)
        (subject / "labels.txt").write_text(rows)
        start = bombs.get(folder.name)
        if folder.name == "bold.nii":
            (subject / "bold.nii.gz").unlink()
        if folder.name.startswith("bold"):
            (subject / folder.name).write_bytes(start)
        elif start is not None:
            name = "anat.nii.gz" if folder.name == "anatomy" else "bold.nii.gz"
            write_gzip_bomb(subject / name, start)
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, str(ROOT / "tests"), *map(str, folders)],
        env=python_environment(tmp_path / "cache"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    (idle, *_), *found = json.loads(done.stdout.splitlines()[-1])
    assert idle == 0, done.stderr
    statuses = [status for status, _, _ in found]
    assert statuses == [2, 2, 2, 2, 0], done.stderr  # without its anatomy a subject is decoded
    for status, seconds, n_bytes in found:
        assert seconds < 1 + MOST_S * (status == 0) and n_bytes < 100 << 20, found
    assert "859 GB" in done.stderr and "anat.nii.gz" in done.stderr


def test_a_tarball_that_swells_is_refused_by_its_headers(tmp_path):
    """A gigabyte of zeros in a megabyte of tarball is not unpacked."""
    swelling_tarball(tmp_path)


def swelling_tarball(tmp_path):
    """Assert that such a tarball is refused."""
    path = tmp_path / "haxby2001" / tarball_name("2")
    path.parent.mkdir()
    member = tarfile.TarInfo("subj2/bold.nii.gz")
    member.size = 1 << 30
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(member.tobuf())
        file.write(bytes(20 << 20))
    refused_at_once(lambda path: load_subject("haxby", "2", tmp_path), path, "holds more than")


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_anatomy_is_a_note(tmp_path, damage):
    """The subject is read without it, and maps are drawn on the mean scan."""
    folder = write_study(tmp_path)
    data = bytearray((folder / "anat.nii.gz").read_bytes())
    if damage == "cut":
        del data[-200:]
    else:
        data[len(data) // 2] ^= 255
    (folder / "anat.nii.gz").write_bytes(data)
    subject = load_subject("haxby", "1", tmp_path)
    (note,) = [note for note in subject.notes if "anatomy" in note.note]
    assert subject.anatomy is None and "anat.nii.gz cannot be read" in note.example
    assert np.array_equal(background_image(subject).dataobj, mean_scan_image(subject).dataobj)


def hostile_texts(rng, n):
    """Return texts that an address may have in place of a value."""
    sound = (
        "3", "0.5", "1-9", "cat~face", "sphere:1,2,3,8", "peak:1,2,3,8:cat", "label:x:1", "1.2",
        "100_0", "full", "yes", "all", "auto", "dosenbach_2010:x", "-7_3_0", "v=1&lag=x",
    )  # fmt: skip
    words = tuple(word.decode("latin-1") for word in WORDS)
    for _ in range(n):
        known = sound if rng.random() < 0.5 else words
        parts = [known[i] for i in rng.integers(0, len(known), rng.integers(1, 4))]
        yield str(rng.choice(["", "~", ",", ":", "-", "_", "&"])).join(parts)


def numbers_in(value):
    """Return the whole numbers in a value."""
    parts = value if isinstance(value, tuple) else (value,)
    return [part for part in parts if isinstance(part, int)]


@pytest.mark.parametrize("n", [30, pytest.param(1500, marks=pytest.mark.slow)])
def test_addresses_are_read_or_told(tmp_path, n):
    """Whatever an address says, there is a spec that exists, and a page's own setting in bounds."""
    write_study(tmp_path)
    subject, rng = load_subject("haxby", "1", tmp_path), np.random.default_rng(0)
    default, own = DecodingSpec(subject="1"), page_settings()
    n_asked = n_read = 0
    assert {"volumes", "voxels", "fold", "run", "null"} <= set(own)
    for text in hostile_texts(rng, n):
        for setting in own.values():
            with contextlib.suppress(ValueError):
                value = setting.read([text])
                assert isinstance(setting.write(value), str)
                assert all(0 <= number < 10**9 for number in numbers_in(value))
        for name in SETTINGS:
            spec, problems = spec_from_query({name: [text]}, default)
            settled, _, more = settle(spec, default, lambda spec: subject)
            n_asked, n_read = n_asked + 1, n_read + (not problems and not more)
            assert settled.mask in subject.masks or mask_of(subject, settled.mask).region
            assert all(len(problem) < MOST_LETTERS for problem in [*problems, *more])
    assert n_read >= n_asked / 10


READERS = ("nifti", "datasets", "recording", "regions/label.py", "samples/confounds.py")
NO_READERS = (
    "datasets/fetch.py", "datasets/own", "datasets/simulated", "recording/outside.py",
)  # fmt: skip
"""Downloads, uploads and what we write have tests of their own."""


def sites_of_errors():
    """Return where readers of files raise a `DataError` or a kind of it: path, first, last line."""
    kinds = {"DataError", *(kind.__name__ for kind in DataError.__subclasses__())}
    kinds -= {"CannotWriteError"}
    sites = set()
    for path in sorted((ROOT / "decoding").rglob("*.py")):
        name = path.relative_to(ROOT / "decoding").as_posix()
        if not name.startswith(READERS) or name.startswith(NO_READERS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds:
                sites.add((str(path), node.lineno, node.end_lineno))
    return sites


@pytest.fixture
def raised(monkeypatch):
    """Return the places, path and line, that have made an error of ours since."""
    made, make = set(), DecodingError.__init__

    def note(self, *arguments, **options):
        make(self, *arguments, **options)
        frame = sys._getframe(1)
        made.add((frame.f_code.co_filename, frame.f_lineno))

    monkeypatch.setattr(DecodingError, "__init__", note)
    return made


def whole(dataset, folder, subject="1", mask=None):
    """Read a folder as a subject, its voxels too, and those of a mask where one is named."""
    store = open_voxels(load_subject(dataset, subject, folder))
    return mask and store.mask_rows(mask)


def misfits(folder):
    """Yield what reads files that are sound each and do not fit; all files lie in the folder."""
    study, bids, own = folder / "study", folder / "bids", folder / "own"
    subject, func = write_study(study), write_bids(bids)
    for labels in (two_runs()[:-7], "labels chunks\n" + "rest 0\n" * 24, "labels chunks\na b 0\n"):
        (subject / "labels.txt").write_text(labels)
        yield lambda: whole("haxby", study)
    (subject / "labels.txt").write_text(two_runs())
    write_image(subject / "anat.nii.gz", SCAN)
    yield lambda: whole("haxby", study, mask="sphere:900,900,900,3")
    empty = np.zeros((*STUDY_SHAPE, 24), np.int16)
    write_image(subject / "bold.nii.gz", empty)
    yield lambda: whole("haxby", study, mask="brain")
    for path in subject.glob("mask*"):
        write_image(path, empty[..., 0] if "8b" in path.name else empty)
        yield lambda path=path: read_mask(path, read_header(subject / "bold.nii.gz"))
        path.unlink()
    yield lambda: whole("haxby", study)
    write_image(subject / "bold.nii.gz", empty[..., 0])
    yield lambda: whole("haxby", study)
    (subject / "bold.nii.gz").unlink()
    yield lambda: read_subject(find_study(study), "1", dataset="haxby")

    for end in ("bold.json", "events.tsv", "bold.nii.gz"):
        name = f"{STEM}_{end}"
        shutil.copy(func / name, func / name.replace("run-1", "run-2"))
    sidecar, events = func / f"{STEM}_bold.json", func / f"{STEM}_events.tsv"
    for text in ('{"RepetitionTime": 3.5}', '{"RepetitionTime": 2.5, "StartTime": "soon"}'):
        sidecar.write_text(text)
        yield lambda: whole("bids", bids)
    sidecar.write_text('{"RepetitionTime": 2.5}')
    write_image(func / f"{STEM}_bold.nii", SCAN)
    yield lambda: whole("bids", bids)
    (func / f"{STEM}_bold.nii").unlink()
    for row in ("9000\t9\tcat", "1\t-2\tcat"):
        for path in func.glob("*_events.tsv"):
            path.write_text(f"onset\tduration\ttrial_type\n{row}\n")
        yield lambda: whole("bids", bids)
    with patch.object(dataset, "open_study", side_effect=PermissionError(13, "not allowed")):
        yield lambda: whole("bids", bids)
    events.write_text(EVENTS)
    name = f"{STEM}_space-T1w_desc-preproc_bold.nii.gz".replace("run-1", "run-3")
    prep = bids / "derivatives" / "prep"
    write_image(prep / "sub-1" / "func" / name, SCAN)
    (prep / "dataset_description.json").write_text('{"DatasetType": "derivative"}')
    yield lambda: load_subject("bids", "1", bids, Reading(space="T1w"))
    (bids / "sub-2" / "func").mkdir(parents=True)
    yield lambda: whole("bids", bids, "2")

    own.mkdir()
    table = write_own(own)
    rows = ["label,run,file", "cat,1,0.nii", "face,1,more.nii"]
    write_image(own / "more.nii", SCAN)
    for lines in (rows, ["label,run"], ["label,run,x", 'cat,1,"', *["a" * 9000] * 20]):
        table.write_text("\n".join(lines))
        yield lambda: whole("images", own)
    table.write_text("label,run,file\ncat,1,0.nii\n")
    both = Reading(categories=Categories(column="run"))
    yield lambda: load_subject("images", "1", own, both)
    for path in own.glob("[0-9].nii"):
        path.unlink()
    table.write_text("label,run\ncat,1\n")
    yield lambda: whole("images", own)

    one, other = MASK, 1 - MASK
    masks = [write_image(folder / f"{i}.nii", mask) for i, mask in enumerate((one, other))]
    scans = [write_image(folder / "a.nii", SCAN), write_image(folder / "b.nii", SCAN[1:])]
    yield lambda: open_voxels(subject_from(scans, {"brain": None}))
    apart = subject_from(scans[:1], {"brain": None})
    yield lambda: open_voxels(replace(apart, masks={"x": Mask(files=tuple(masks))}))

    _write_confounds(folder, STEM, SimpleNamespace(shape=(6, 5, 4, 121)), 1)
    scan, lines = folder / f"{STEM}_desc-preproc_bold.nii.gz", 7
    yield lambda: read_tables((scan,), ((1, 50),), "compcor", "all")
    path = folder / f"{STEM}_desc-confounds_timeseries.tsv"
    path.write_text("\n".join(path.read_text().split("\n")[:lines]).replace("0.9", "0.1") + "\n")
    yield lambda: read_tables((scan,), ((1, lines - 1),), "compcor", "few")

    for read in (read_text, lambda path: files_digest([path])):
        yield lambda read=read: read(folder)
    yield lambda: read_text(folder / "nothing")
    write_gzip_bomb(folder / "long.nii.gz", huge_header((9, 9, 9, 300, 200)), 60)
    yield lambda: read_header(folder / "long.nii.gz")
    path = folder / "haxby2001" / tarball_name("2")
    write_tarball(path, subject)
    with tarfile.open(path, "w:gz") as archive:
        add_file(archive, "subj2/labels.txt", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    yield lambda: load_subject("haxby", "2", folder)


@pytest.mark.slow
def test_every_error_of_the_readers_is_raised(tmp_path, monkeypatch, raised):
    """No refusal stands in a reader that no file has ever met: each is raised once at least."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    for make in KINDS:
        (tmp_path / make.__name__).mkdir()
        fuzz(make, tmp_path / make.__name__, 2, 300)
    for read in misfits(tmp_path):
        with contextlib.suppress(DecodingError):
            read()
    (tmp_path / "swelling").mkdir()
    swelling_tarball(tmp_path / "swelling")
    met = {
        site
        for site in sites_of_errors()
        if any(path == site[0] and site[1] <= line <= site[2] for path, line in raised)
    }
    assert len(met) >= 30
    never = "\n".join(f"{path}:{line}" for path, line, _ in sorted(sites_of_errors() - met))
    assert not never, never
