"""The voxel table: the recording's numbers, whatever the file's type; whole, or not there."""

import errno
import gzip
import json
import os
import signal as signals
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import nibabel as nib
import numpy as np
import pytest
from makers import (
    AFFINE,
    ROOT,
    SHAPE,
    half_mask,
    python_environment,
    resident_kb,
    subject_from,
    write_image,
)
from nilearn.masking import apply_mask

from decoding import files
from decoding.errors import Cancelled, DataError, UnknownChoiceError
from decoding.nifti import streams as stream
from decoding.recording import table as voxel_table
from decoding.recording import voxels
from decoding.recording.voxels import chunks_of, cleaning_chunks, open_voxels, table_folder

DTYPES = ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")
N_VOLUMES = 9


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Give each test a cache of its own."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def values_of(dtype, n_volumes=N_VOLUMES, shape=SHAPE, seed=0):
    """Draw values over the whole range of a type."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    size = (*shape, n_volumes)
    if dtype.kind == "f":
        return (rng.standard_normal(size) * 10.0 ** rng.integers(-3, 6, size)).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, size=size, dtype=dtype, endpoint=True)


def one_file(tmp_path, values, name="bold.nii.gz", mask=None, **options):
    """Make a subject of one file with the masks vt and brain."""
    bold = write_image(tmp_path / name, values, **options)
    mask = half_mask(values.shape[:3]) if mask is None else mask
    vt = write_image(tmp_path / "vt.nii.gz", mask.astype(np.uint8))
    brain = write_image(tmp_path / "brain.nii.gz", np.ones(values.shape[:3], dtype=np.uint8))
    return subject_from([bold], {"vt": vt, "brain": brain})


def check_table(subject):
    """Assert that each mask's series equal apply_mask's, and the mean scan nibabel's."""
    store = open_voxels(subject)
    runs = [np.asarray(nib.load(path).dataobj, dtype=np.float64) for path in subject.bold]
    whole = np.where(np.isfinite(data := np.concatenate(runs, axis=3)), data, 0.0)
    for name, mask_ in subject.masks.items():
        (path,) = mask_.files
        rows = store.mask_rows(name)
        series = store.read(rows)
        assert series.dtype == np.float64
        plain = [
            apply_mask(nib.load(bold), nib.load(path), dtype=np.float64) for bold in subject.bold
        ]
        assert np.array_equal(series.T, np.concatenate(plain))
        mask = np.asarray(nib.load(path).dataobj) != 0
        assert np.array_equal(series, whole[mask])
        assert np.array_equal(np.asarray(store.mask_image(name).dataobj), mask)
        assert np.array_equal(store.grid.voxels[rows], np.flatnonzero(mask))
    assert np.array_equal(store.read(slice(0, 1)), store.read(np.array([0])))
    mean = store.mean_image()
    assert np.array_equal(mean.affine, nib.load(subject.bold[0]).affine)
    assert np.allclose(mean.get_fdata(), whole.mean(axis=3), rtol=1e-6, atol=1e-6)
    return store


@pytest.mark.parametrize("scale", [None, (0.375, -12.5), (1.1, 0.0), (1.0, 7.25)])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_nibabels_for_every_type(tmp_path, dtype, order, scale):
    """Each NIfTI type, byte order and scale gives nibabel's float64 values exactly."""
    values = values_of(dtype)
    check_table(one_file(tmp_path, values, order=order, scale=scale))


@pytest.mark.parametrize("name", ["bold.nii", "bold.nii.gz"])
def test_compressed_or_not_gives_the_same(tmp_path, name):
    """A .nii and a .nii.gz are read alike."""
    check_table(one_file(tmp_path, values_of("i2"), name=name))


def test_one_file_a_run_with_types_and_scales_of_their_own(tmp_path):
    """Runs in files of different type, byte order, scale and length follow one another."""
    bold = [
        write_image(tmp_path / "a.nii.gz", values_of("i2", 7), order=">", scale=(0.3, 5.0)),
        write_image(tmp_path / "b.nii", values_of("u2", 4, seed=1)),
        write_image(tmp_path / "c.nii.gz", values_of("f4", 5, seed=2), scale=(2.5, -1.0)),
        write_image(tmp_path / "d.nii.gz", values_of("u1", 1, seed=3), scale=(1.7, 0.0)),
    ]
    vt = write_image(tmp_path / "vt.nii", half_mask(SHAPE).astype(np.uint8))
    store = check_table(subject_from(bold, {"vt": vt}))
    assert store.n_volumes == 17


def test_runs_on_two_grids_are_refused(tmp_path):
    """A run with another grid is named with both shapes."""
    first = write_image(tmp_path / "a.nii", values_of("i2"))
    second = write_image(tmp_path / "b.nii", values_of("i2", shape=(5, 5, 4)))
    moved = write_image(tmp_path / "c.nii", values_of("i2"), affine=AFFINE + 0.5)
    vt = write_image(tmp_path / "vt.nii", half_mask(SHAPE).astype(np.uint8))
    with pytest.raises(DataError, match=r"b\.nii has 5 x 5 x 4 voxels, where a\.nii has 6 x 5 x 4"):
        open_voxels(subject_from([first, second], {"vt": vt}))
    with pytest.raises(DataError, match=r"c\.nii lies .* mm away from a\.nii in space"):
        open_voxels(subject_from([first, moved], {"vt": vt}))


def test_values_that_are_not_finite_are_0(tmp_path):
    """NaN and infinity become 0, as in apply_mask, in the series and in the mean."""
    values = values_of("f4")
    values.flat[::7] = np.nan
    values.flat[::11] = np.inf
    values.flat[::13] = -np.inf
    check_table(one_file(tmp_path, values))
    check_table(one_file(tmp_path, values.astype("f8"), name="b.nii", scale=(0.5, 3.0)))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 1), (2, 1, 3), (40, 20, 1)])
def test_tiny_grids(tmp_path, shape):
    """Grids of a single voxel, row or slice are recordings too."""
    check_table(one_file(tmp_path, values_of("i2", shape=shape)))


def test_a_mask_of_one_voxel(tmp_path):
    """One voxel is a mask; its series has one row."""
    mask = np.zeros(SHAPE)
    mask[3, 2, 1] = 1
    store = check_table(one_file(tmp_path, values_of("i2"), mask=mask))
    assert store.read(store.mask_rows("vt")).shape == (1, N_VOLUMES)


def test_a_single_volume(tmp_path):
    """A recording of one volume has a table of one column."""
    check_table(one_file(tmp_path, values_of("i2", 1)))


def test_table_holds_the_union_of_the_masks_once(tmp_path):
    """Voxels outside all masks are not stored, those in two masks are stored once."""
    bold = write_image(tmp_path / "bold.nii.gz", values_of("i2"))
    one, two = half_mask(SHAPE, 1), half_mask(SHAPE, 2)
    masks = {
        "one": write_image(tmp_path / "one.nii", one.astype(np.uint8)),
        "two": write_image(tmp_path / "two.nii", two.astype(np.float32) * 0.25),
    }
    store = check_table(subject_from([bold], masks))
    assert store.n_rows == (one | two).sum() < np.prod(SHAPE)


def test_unknown_mask_names_those_there_are(tmp_path):
    """A mask that was not stored is refused with its name."""
    store = open_voxels(one_file(tmp_path, values_of("i2")))
    with pytest.raises(UnknownChoiceError, match=r"'vt2'.*vt, brain"):
        store.mask_rows("vt2")


@pytest.mark.parametrize("n", [1, 2, 159, 499, 4096, 4097, 4099, 11806, 39908])
def test_chunks_cut_a_range_into_all_of_it(n):
    """Both ways of cutting give each voxel once and in order, in pieces of bounded size."""
    for cut in (chunks_of, cleaning_chunks):
        chunks = list(cut(n))
        assert np.array_equal(np.concatenate([np.arange(n)[c] for c in chunks]), np.arange(n))
        assert max(c.stop - c.start for c in chunks) <= voxels.CHUNK_VOXELS + 1
        assert n == 1 or min(c.stop - c.start for c in chunks) > 1


# Making: whole or not at all


def test_second_opening_reads_the_table_only(tmp_path, monkeypatch):
    """Once made, a table is mapped; the recording is not read again."""
    subject = one_file(tmp_path, values_of("i2"))
    first = check_table(subject).read(slice(None))
    monkeypatch.setattr(voxels, "make_table", pytest.fail)
    assert np.array_equal(open_voxels(subject).read(slice(None)), first)


@pytest.mark.parametrize("damage", ["flipped", "cut", "without info", "without seal", "no seal"])
def test_a_table_that_was_damaged_is_made_anew(tmp_path, monkeypatch, damage):
    """What another process finds changed, cut short or missing is never read: no silent number."""
    subject = one_file(tmp_path, values_of("i2"))
    store = check_table(subject)
    whole, table = store.read(slice(None)), store.folder / "table.bin"
    data = np.fromfile(table, dtype=np.uint8)
    if damage == "flipped":
        (~data).tofile(table)
    elif damage == "cut":
        data[:-7].tofile(table)
    elif damage == "without info":
        (store.folder / "info.json").unlink()
    else:
        seal = store.folder / files.SEAL
        seal.unlink() if damage == "without seal" else seal.write_text('{"table.bin": 3}')
    monkeypatch.setattr(files, "_CHECKED", set())
    assert np.array_equal(open_voxels(subject).read(slice(None)), whole)
    monkeypatch.setattr(voxels, "make_table", pytest.fail)
    assert np.array_equal(open_voxels(subject).read(slice(None)), whole)


def test_table_of_another_format_is_ignored(tmp_path, monkeypatch):
    """A table that another version wrote is left alone, and one of this format is made."""
    subject = one_file(tmp_path, values_of("i2"))
    monkeypatch.setattr(voxels, "TABLE_FORMAT", 0)
    old = table_folder(subject)
    old.mkdir(parents=True)
    (old / "info.json").write_text("{}")
    monkeypatch.setattr(voxels, "TABLE_FORMAT", 2)
    check_table(subject)
    assert (old / "info.json").read_text() == "{}"


def test_cancelling_leaves_nothing(tmp_path, cache):
    """A progress callback that raises stops the making; no folder and no lock stays."""
    subject = one_file(tmp_path, values_of("i2"))

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        open_voxels(subject, cancel)
    assert not list((cache / "tables").iterdir())
    check_table(subject)


def test_progress_ends_at_all_volumes(tmp_path, monkeypatch):
    """Progress counts up to the number of volumes."""
    monkeypatch.setattr(stream, "SLAB_BYTES", 600)
    told = []
    open_voxels(one_file(tmp_path, values_of("i2")), lambda *step: told.append(step))
    assert told[-1] == (N_VOLUMES, N_VOLUMES)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 3


OPEN_IN_A_PROCESS = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from makers import subject_from
from decoding.nifti import streams as stream
from decoding.recording.voxels import open_voxels
stream.SLAB_BYTES = 600
folder = Path({folder!r})
subject = subject_from(
    [folder / "bold.nii.gz"], {{"vt": folder / "vt.nii.gz", "brain": folder / "brain.nii.gz"}}
)
made = []

def progress(done, total):
    made.append(done)
    {on_progress}

store = open_voxels(subject, progress)
print(len(made), store.read(slice(None)).sum())
"""


def start(tmp_path, cache, on_progress):
    """Open the table of the subject in `tmp_path` in another process."""
    tests = str(ROOT / "tests")
    code = OPEN_IN_A_PROCESS.format(tests=tests, folder=str(tmp_path), on_progress=on_progress)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=python_environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_make_one_table(tmp_path, cache):
    """Of two processes that open at once one makes the table, and both read the same."""
    subject = one_file(tmp_path, values_of("i2"))
    both = [start(tmp_path, cache, "time.sleep(0.2)") for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    made, sums = zip(*(out.split() for out, _ in answers), strict=True)
    assert sorted(made)[0] == "0"
    assert int(max(made, key=int)) > 3
    assert sums[0] == sums[1]
    assert len([path for path in (cache / "tables").iterdir() if path.is_dir()]) == 1
    check_table(subject)


def test_a_maker_that_is_killed_leaves_no_table(tmp_path, cache):
    """After SIGKILL half-way no table is read; the next one is whole and clears the ruins."""
    subject = one_file(tmp_path, values_of("i2"))
    kill = f"made[2:] and __import__('os').kill(__import__('os').getpid(), {signals.SIGKILL})"
    process = start(tmp_path, cache, kill)
    process.communicate(timeout=120)
    assert process.returncode == -signals.SIGKILL
    assert any((cache / "tables").iterdir())
    assert not table_folder(subject).exists()
    check_table(subject)
    assert list((cache / "tables").iterdir()) == [table_folder(subject)]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, cache, monkeypatch):
    """Where the disk has no room the message names the remedy and no half table stays."""
    subject = one_file(tmp_path, values_of("i2"))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(DataError, match=r"No space left.*Free some disk.*DECODING_CACHE"):
            open_voxels(subject)
    assert not [path for path in (cache / "tables").iterdir() if path.is_dir()]
    check_table(subject)


def test_a_disk_that_fills_after_the_table_leaves_nothing(tmp_path, cache, monkeypatch):
    """The same when the room ends with the small files that come last."""
    subject = one_file(tmp_path, values_of("i2"))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(voxel_table.np, "save", full)
        with pytest.raises(DataError, match="No space left"):
            open_voxels(subject)
    assert not [path for path in (cache / "tables").iterdir() if path.is_dir()]
    check_table(subject)


def test_a_limit_on_file_size_is_an_error_not_a_death(tmp_path, cache):
    """A real refusal by the system (RLIMIT_FSIZE) is a message too, and leaves nothing."""
    one_file(tmp_path, values_of("i2", 300))
    code = OPEN_IN_A_PROCESS.format(
        tests=str(ROOT / "tests"), folder=str(tmp_path), on_progress="pass"
    ).replace(
        "store =",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\nstore =",
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=python_environment(cache),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "decoding.errors.CannotWriteError: The voxel table of subject 1 cannot be"
    )
    assert "File too large" in last
    assert not [path for path in (cache / "tables").iterdir() if path.is_dir()]


def test_a_cache_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    """A cache folder below a file is refused with the remedy."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match="DECODING_CACHE"):
        open_voxels(one_file(tmp_path, values_of("i2")))


# Files that are not what they claim


def refused(tmp_path, cache, raw, match, name="bold.nii.gz"):
    """Assert that a recording of these bytes is refused, and that no table stays."""
    subject = one_file(tmp_path, values_of("i2"))
    bold = tmp_path / name
    bold.write_bytes(raw)
    damaged = subject_from(
        [bold],
        {name: mask.files[0] for name, mask in subject.masks.items()},
        *(subject.volumes[field].to_numpy() for field in ("condition", "run")),
    )
    tracemalloc.start()
    with pytest.raises(DataError, match=match):
        open_voxels(damaged)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20  # the decompressor's own buffers
    assert not list((cache / "tables").glob("v*/"))
    assert not [path for path in (cache / "tables").glob("*") if path.is_dir()]


def raw_scan(tmp_path, values=None):
    """Return the bytes of an uncompressed recording."""
    values = values_of("i2") if values is None else values
    path = write_image(tmp_path / "raw.nii", values)
    return path.read_bytes()


def test_a_truncated_gz_is_refused(tmp_path, cache):
    """A compressed file cut anywhere, even within its checksum, is refused."""
    packed = gzip.compress(raw_scan(tmp_path))
    for length in (len(packed) // 2, len(packed) - 9, len(packed) - 3):
        refused(tmp_path, cache, packed[:length], r"bold\.nii\.gz .*(cut short|damaged)")


def test_a_truncated_nii_is_refused(tmp_path, cache):
    """An uncompressed file cut short is refused."""
    raw = raw_scan(tmp_path)
    refused(tmp_path, cache, raw[:-100], r"bold\.nii .*cut short", name="bold.nii")


def test_a_wrong_checksum_is_refused(tmp_path, cache):
    """Flipped bits in the data or in the CRC are found."""
    packed = bytearray(gzip.compress(raw_scan(tmp_path), compresslevel=0))
    packed[-8] ^= 1
    refused(tmp_path, cache, bytes(packed), r"damaged")
    packed[-8] ^= 1
    packed[len(packed) // 2] ^= 64
    refused(tmp_path, cache, bytes(packed), r"damaged")


@pytest.mark.parametrize("raw", [b"", b"\x1f\x8b", b"no scan at all", b"x" * 1000])
@pytest.mark.parametrize("name", ["bold.nii", "bold.nii.gz"])
def test_what_is_no_nifti_is_refused(tmp_path, cache, raw, name):
    """Empty files and other bytes are named as what they are not."""
    subject = one_file(tmp_path, values_of("i2"))
    (tmp_path / name).write_bytes(raw)
    damaged = subject_from(
        [tmp_path / name],
        {name: mask.files[0] for name, mask in subject.masks.items()},
        *(subject.volumes[field].to_numpy() for field in ("condition", "run")),
    )
    with pytest.raises(DataError, match="is not a NIfTI file"):
        open_voxels(damaged)
    assert not (cache / "tables").exists()


def test_a_header_that_claims_859_gb_costs_nothing(tmp_path, cache):
    """A header of a few bytes with an immense shape is refused before anything is allocated."""
    raw = bytearray(raw_scan(tmp_path))
    raw[40:56] = np.array([4, 4096, 4096, 2048, 25, 1, 1, 1], dtype="<i2").tobytes()
    raw[70:74] = np.array([2, 8], dtype="<i2").tobytes()  # unsigned bytes
    for content, name in ((bytes(raw), "bold.nii"), (gzip.compress(bytes(raw)), "bold.nii.gz")):
        subject = one_file(tmp_path, values_of("i2"))
        (tmp_path / name).write_bytes(content)
        damaged = subject_from(
            [tmp_path / name],
            {name: mask.files[0] for name, mask in subject.masks.items()},
            *(subject.volumes[field].to_numpy() for field in ("condition", "run")),
        )
        tracemalloc.start()
        with pytest.raises(DataError, match="859 GB"):
            open_voxels(damaged)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
        tracemalloc.stop()


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    """A file whose stream goes on for 300 MB after the scan gives the scan, in little memory."""
    raw = raw_scan(tmp_path)
    subject = one_file(tmp_path, values_of("i2"))
    (tmp_path / "bold.nii.gz").write_bytes(gzip.compress(raw + bytes(300 << 20), compresslevel=9))
    tracemalloc.start()
    store = open_voxels(subject)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
    plain = apply_mask(
        nib.load(tmp_path / "raw.nii"), nib.load(subject.masks["vt"].files[0]), dtype="f8"
    )
    assert np.array_equal(store.read(store.mask_rows("vt")).T, plain)


# Masks


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros(SHAPE), r"The mask vt\.nii\.gz is empty"),
        (np.full(SHAPE, np.nan), r"The mask vt\.nii\.gz is empty"),
        (
            np.ones((6, 5, 3)),
            r"has 6 x 5 x 3 voxels, where the scan has 6 x 5 x 4",
        ),
        (np.ones((*SHAPE, 2)), r"The mask vt\.nii\.gz has the shape \(6, 5, 4, 2\)"),
        (
            np.arange(120.0).reshape(SHAPE),
            r"The mask vt\.nii\.gz holds 119 values besides 0, .* holds 0 and one other value\.$",
        ),
        (
            np.linspace(-59, 60, 120).clip(0, 2).reshape(SHAPE) / 2.01,
            r"99 % of its values are within 1 % of 0 or 0\.995, .*keep the voxels above",
        ),
    ],
)
def test_a_mask_that_is_none_is_refused(tmp_path, cache, values, match):
    """Empty masks, masks on another grid and images that are no masks are named."""
    subject = one_file(tmp_path, values_of("i2"))
    write_image(tmp_path / "vt.nii.gz", values.astype(np.float32))
    with pytest.raises(DataError, match=match):
        open_voxels(subject)
    assert not [path for path in (cache / "tables").iterdir() if path.is_dir()]


def test_a_mask_elsewhere_in_space_is_refused(tmp_path):
    """A mask of the right shape with another affine is refused."""
    subject = one_file(tmp_path, values_of("i2"))
    write_image(tmp_path / "vt.nii.gz", np.ones(SHAPE, dtype=np.uint8), affine=np.eye(4))
    with pytest.raises(DataError, match="away from the scan in space"):
        open_voxels(subject)


def test_a_mask_with_a_fourth_axis_of_one_is_a_mask(tmp_path):
    """(x, y, z, 1) is a mask, as in nilearn."""
    subject = one_file(tmp_path, values_of("i2"))
    mask = half_mask(SHAPE).astype(np.uint8)
    write_image(tmp_path / "vt.nii.gz", mask[..., None])
    store = open_voxels(subject)
    assert np.array_equal(store.grid.voxels[store.mask_rows("vt")], np.flatnonzero(mask))


def test_a_damaged_mask_is_refused(tmp_path):
    """A mask whose file is cut short is named."""
    subject = one_file(tmp_path, values_of("i2", shape=(20, 20, 20)))
    rng = np.random.default_rng(0)
    write_image(tmp_path / "vt.nii.gz", rng.integers(0, 2, (20, 20, 20)).astype(np.uint8))
    whole = (tmp_path / "vt.nii.gz").read_bytes()
    (tmp_path / "vt.nii.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"vt\.nii\.gz"):
        open_voxels(subject)


def test_the_brain_of_a_masked_recording_is_what_is_not_0(tmp_path):
    """Where most of the grid is 0 and no file gives a brain, the brain is the rest."""
    values = values_of("i2")
    keep = half_mask(SHAPE)
    keep[:3] = False
    values[~keep] = 0
    bold = write_image(tmp_path / "bold.nii", values)
    store = open_voxels(subject_from([bold], {"brain": None}))
    assert np.array_equal(store.grid.voxels[store.mask_rows("brain")], np.flatnonzero(keep))


def test_a_recording_of_nothing_has_no_brain(tmp_path):
    """A recording that is 0 throughout is refused as such, not as a full disk."""
    bold = write_image(tmp_path / "bold.nii", np.zeros((*SHAPE, 5), dtype=np.int16))
    with pytest.raises(DataError, match="no brain"):
        open_voxels(subject_from([bold], {"brain": None}))


def test_the_computed_brain_is_nilearns(tmp_path):
    """Where no file gives a brain it is compute_epi_mask's of the mean scan."""
    from nilearn.masking import compute_epi_mask

    shape = (24, 24, 12)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    inside = (grid**2).sum(axis=0) < 0.5
    rng = np.random.default_rng(0)
    values = 40 * rng.random((*shape, 6)) + 800 * inside[..., None]
    bold = write_image(tmp_path / "bold.nii.gz", values.astype(np.int16), scale=(0.5, 10.0))
    store = open_voxels(subject_from([bold], {"brain": None}))
    mean = nib.load(bold).get_fdata().mean(axis=3)
    wanted = compute_epi_mask(nib.Nifti1Image(mean, AFFINE)).get_fdata() != 0
    assert np.array_equal(store.grid.voxels[store.mask_rows("brain")], np.flatnonzero(wanted))
    assert 0.5 * inside.sum() < wanted.sum() < 2 * inside.sum()


# Memory


def test_making_and_reading_never_hold_the_recording(tmp_path, monkeypatch):
    """Memory stays at a few slabs while 92 MB pass through, and a mask is read by its rows."""
    monkeypatch.setattr(stream, "SLAB_BYTES", 1 << 20)
    monkeypatch.setattr(voxel_table, "PASS_BYTES", 4 << 20)
    shape, n_volumes = (32, 32, 15), 3000
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, (*shape, n_volumes), dtype=np.int16)
    mask = np.zeros(shape)
    mask[:2, :2, :2] = 1
    subject = one_file(tmp_path, values, mask=mask)
    del values
    tracemalloc.start()
    store = open_voxels(subject)
    series = store.read(store.mask_rows("vt"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert series.shape == (8, n_volumes)
    assert peak < 18 << 20  # of which the decompressor's buffers are most
    rows = store.mask_rows("vt")
    assert np.array_equal(store.read(rows), series)
    assert resident_kb(store.folder / "table.bin") == 0  # handed back
    assert np.array_equal(store.read(slice(0, store.n_rows))[rows], series)
    assert resident_kb(store.folder / "table.bin") == 0


def test_info_of_a_table_is_plain(tmp_path):
    """What is kept beside the table is JSON without paths."""
    subject = one_file(tmp_path, values_of("i2"), scale=(0.5, 1.0))
    store = open_voxels(subject)
    info = json.loads((store.folder / "info.json").read_text())
    assert info["segments"] == [{"n_volumes": N_VOLUMES, "slope": 0.5, "inter": 1.0}]
    assert str(tmp_path) not in (store.folder / "info.json").read_text()


def test_threads_that_open_at_once_make_one_table(tmp_path, monkeypatch):
    """Of four threads of one process one makes the table; all read the same."""
    subject = one_file(tmp_path, values_of("i2"))
    monkeypatch.setattr(stream, "SLAB_BYTES", 600)
    made = []

    def slowly(done, total):
        made.append(done)
        time.sleep(0.02)

    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_voxels(subject, slowly), range(4)))
    assert len(made) == len(set(made)) > 3
    assert all(np.array_equal(s.read(slice(None)), stores[0].read(slice(None))) for s in stores)


def test_a_mask_that_would_unpack_to_gigabytes_is_not_read(tmp_path):
    """A small .gz that holds a mask of very many volumes is refused by its header."""
    subject = one_file(tmp_path, values_of("i2"))
    mask = np.ones((*SHAPE, 1), dtype=np.uint8)
    raw = bytearray(write_image(tmp_path / "mask.nii", mask).read_bytes())
    raw[40:50] = np.array([4, *SHAPE, 30000], dtype="<i2").tobytes()
    bomb = gzip.compress(bytes(raw) + bytes(30000 * int(np.prod(SHAPE))), compresslevel=9)
    (tmp_path / "vt.nii.gz").write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(DataError, match="a mask has three dimensions"):
        open_voxels(subject)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
