"""Hostile input: whatever stands in a file or an address, the answer is a result or a plain error.

Sound small files are cut, flipped, joined, nested and repeated by seeded chance. Each case has to
end in a result or in one line that names the file, without filling the memory or the time.
"""

import contextlib
import gzip
import json
import re
import shutil
import tarfile
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest
from apptest import page_settings
from makers import design, labels_text, signal, two_runs, write_image, write_subject, write_tarball
from preprocessed import _write_confounds

from decoding.choices import settle
from decoding.datasets import load_subject
from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import LabelImage
from decoding.datasets.bids.clock import read_clock
from decoding.datasets.bids.events import read_events
from decoding.datasets.bids.names import find_images
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.haxby import tarball_name
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.datasets.text import read_json
from decoding.errors import DecodingError
from decoding.nifti.headers import image_header, read_header, seconds_a_volume
from decoding.nifti.masks import read_mask
from decoding.nifti.streams import read_image
from decoding.output.brain.background import background_image, mean_scan_image
from decoding.regions import mask_of
from decoding.regions.label import _names
from decoding.samples.confounds import CONFOUNDS, _read_run
from decoding.settings import SETTINGS, spec_from_query
from decoding.spec import DecodingSpec

MOST_S, MOST_BYTES, MOST_LETTERS = 5.0, 300 << 20, 2100
CONDITIONS, RUNS = design(n_runs=2)
SCAN = signal(CONDITIONS)
MASK = (np.arange(SCAN[..., 0].size).reshape(SCAN.shape[:3]) % 2).astype(np.uint8)
EVENTS = "onset\tduration\ttrial_type\n" + "".join(
    f"{20 * i}\t9\t{'face' if i % 2 else 'cat'}\n" for i in range(6)
)
STEM = "sub-1_task-look_run-1"
INSIDE = ("bold.nii.gz", "labels.txt")


def cut(rng, data, other):
    """Take a piece out, or all that follows."""
    first, last = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    return data[:first] + (data[last:] if rng.random() < 0.5 else b"")


def flip(rng, data, other):
    """Set a few bytes to anything, half of the time where a file says what it is."""
    changed = bytearray(data)
    reach = len(data) if rng.random() < 0.5 else min(len(data), 352)
    for place in rng.integers(0, max(1, reach), rng.integers(1, 6)) if changed else ():
        changed[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, *b'\t\n-9e."[{', rng.integers(256)])
    return bytes(changed)


def join(rng, data, other):
    """Put another file behind it or into it."""
    place = int(rng.integers(0, len(data) + 1)) if rng.random() < 0.5 else len(data)
    return data[:place] + other + data[place:]


def nest(rng, data, other):
    """Put it into many of what may enclose it."""
    n = int(10 ** rng.uniform(0, 5))
    pairs = [(b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"'), (b"\xef\xbb\xbf", b"")]
    begin, end = pairs[rng.integers(len(pairs))]
    return begin * n + data + end * (n if rng.random() < 0.8 else 0)


def repeat(rng, data, other):
    """Repeat a piece of it, up to some megabytes."""
    first, last = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    times = min(int(10 ** rng.uniform(0, 6)), (6 << 20) // (last - first + 1))
    return data[:first] + data[first:last] * times + data[last:]


WORDS = (
    b"1e309", b"-1e300", b"1e-320", b"nan", b"-inf", b"9" * 4301, b"9" * 19, b"2147483648", b"\0",
    b"..", b"/../../../etc/passwd", b"/dev/zero", b"~", b"\t", b",", b"\n", b"\r", b"\x85",
    b"\xff\xfe", b"\xe2\x80\xa8", b"rest", b"null", b"true", b"{}", b"=1+1", b"-1", b"0", b"1",
    b"1.5", b" ", b"n/a", b"A" * 30_000,
)  # fmt: skip
"""What texts have that are not what they say they are."""


def put(rng, data, other):
    """Put such a word in, or in place of one that stands there."""
    found = list(re.finditer(rb"[^\s,:\[\]{}\"]+", data[:20_000]))
    for _ in range(rng.integers(1, 3)):
        word = WORDS[rng.integers(len(WORDS))]
        if found and rng.random() < 0.8:
            first, last = found[rng.integers(len(found))].span()
        else:
            first = last = int(rng.integers(0, len(data) + 1))
        data = data[:first] + word + data[last:]
    return data


def inside(change):
    """Return the change of what a gzip file holds."""

    def changed(rng, data, other):
        plain = change(rng, gzip.decompress(data), gzip.decompress(other))
        return gzip.compress(plain, compresslevel=1)

    return changed


CHANGES = (cut, flip, join, nest, repeat, put)
GZIP_CHANGES = (*CHANGES, *map(inside, CHANGES))


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


def peak_since(reset=False):
    """Return the most memory that this process has had at once, counted anew if asked for."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found[1])


def fuzz(make, folder, seed, n_cases):
    """Read so many changed files; return how many were read, and the errors' messages."""
    path, read = make(folder)
    whole = path.read_bytes()
    n_read, messages = 0, []
    rng = np.random.default_rng(seed)
    changes = GZIP_CHANGES if path.suffix == ".gz" else CHANGES
    for case in range(n_cases):
        change = changes[case % len(changes)]
        path.write_bytes(change(rng, whole, whole))
        before, since = peak_since(reset=True), time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                warnings.filterwarnings("ignore", "All volumes were marked as motion outliers")
                read(path)
            n_read += 1
        except DecodingError as error:
            messages.append(error.one_line)
            names = (path.name, STEM, *(INSIDE if make is a_tarball else ()))
            assert any(name in str(error) for name in names), (case, change, str(error))
            assert len(error.one_line) < MOST_LETTERS and "\n" not in error.one_line
        except Exception as error:
            raise AssertionError(f"case {case} of {change}: {error!r}") from error
        assert time.monotonic() - since < MOST_S, (case, change)
        assert peak_since() - before < MOST_BYTES, (case, change)
    return n_read, messages


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_damaged_files_are_read_or_named(tmp_path, make):
    """Some are read, others refused in one line, and nothing else ever happens."""
    n_read, messages = fuzz(make, tmp_path, 0, 28)
    assert n_read and messages


@pytest.mark.slow
@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_a_thousand_damaged_files_are_read_or_named(tmp_path, make):
    """The same a thousand times: a twelfth and more are read, so it is no garbage that is tried."""
    n_cases = 300 if "confounds" in make.__name__ else 1000  # nilearn takes its time with those
    n_read, messages = fuzz(make, tmp_path, 1, n_cases)
    assert n_read >= n_cases / 12 and messages


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


def test_a_tarball_that_swells_is_refused_by_its_headers(tmp_path):
    """A gigabyte of zeros in a megabyte of tarball is not unpacked."""
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
            assert settled.mask in subject.masks or mask_of(subject, settled.mask).region
            assert all(len(problem) < MOST_LETTERS for problem in [*problems, *more])
