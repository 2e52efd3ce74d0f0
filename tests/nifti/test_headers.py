"""Headers: read as nibabel reads them, refused where they claim what cannot be."""

import gzip
import struct
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest
from makers import AFFINE, write_image

from decoding.errors import DataError
from decoding.nifti.headers import read_header, same_grid

SHAPE = (5, 4, 3, 6)
DTYPES = ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "f4", "f8")


def scan(dtype="i2", order="<", kind=nib.Nifti1Image, shape=SHAPE):
    """Make an image of some type and byte order."""
    rng = np.random.default_rng(3)
    values = rng.integers(0, 100, size=shape).astype(dtype)
    header = kind.header_class(endianness=order)
    header.set_data_dtype(dtype)
    return kind(values, AFFINE, header)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_header_equals_nibabels(tmp_path, dtype, order, kind, suffix):
    """Shape, affine, type with byte order, scaling and offset are those of nibabel's image."""
    path = tmp_path / f"bold{suffix}"
    image = scan(dtype, order, kind)
    image.header.set_slope_inter(*((1.5, -3.0) if dtype in ("i2", "u1") else (1.0, 0.0)))
    image.to_filename(path)
    header, image = read_header(path), nib.load(path)
    assert header.shape == image.shape
    assert np.array_equal(header.affine, image.affine)
    assert header.dtype == image.get_data_dtype()
    assert (header.slope, header.inter) == (image.dataobj.slope, image.dataobj.inter)
    assert header.offset == image.dataobj.offset
    raw = path.read_bytes() if suffix == ".nii" else gzip.decompress(path.read_bytes())
    assert header.n_bytes == len(raw)


def test_extensions_only_move_the_data(tmp_path):
    """A header extension is skipped, the data's offset is right."""
    image = scan()
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"x" * 5000))
    image.to_filename(tmp_path / "bold.nii.gz")
    header = read_header(tmp_path / "bold.nii.gz")
    assert header.offset == nib.load(tmp_path / "bold.nii.gz").dataobj.offset > 5000


def patched(tmp_path, fields, suffix=".nii", image=None):
    """Write an image with some header fields set to what no writer would set."""
    path = tmp_path / f"bold{suffix}"
    (image or scan()).to_filename(tmp_path / "whole.nii")
    raw = bytearray((tmp_path / "whole.nii").read_bytes())
    for offset, form, value in fields:
        struct.pack_into(form, raw, offset, value)
    path.write_bytes(gzip.compress(bytes(raw)) if suffix == ".nii.gz" else bytes(raw))
    return path


DIM, DATATYPE, VOX_OFFSET, SLOPE, INTER, MAGIC = 40, 70, 108, 112, 116, 344
SFORM = 280
DAMAGE = {
    "859 GB": ([(DIM + 2 * i, "<h", n) for i, n in ((1, 32767), (2, 32767), (3, 400))], "claims"),
    "a volume too many": ([(DIM + 8, "<h", 7)], r"claims 5 x 4 x 3 x 7 values"),
    "no dimension": ([(DIM, "<h", 0)], "shape"),
    "negative size": ([(DIM + 2, "<h", -5)], "shape"),
    "empty axis": ([(DIM + 4, "<h", 0)], "shape"),
    "two dimensions": ([(DIM, "<h", 2)], "three dimensions or four"),
    "unknown type": ([(DATATYPE, "<h", 9999)], "no data type 9999"),
    "complex": ([(DATATYPE, "<h", 32)], "real numbers"),
    "colour": ([(DATATYPE, "<h", 128)], "real numbers"),
    "data far away": ([(VOX_OFFSET, "<f", 1e12)], r"begin at byte 1e\+12"),
    "data in the header": ([(VOX_OFFSET, "<f", 0)], "begin at byte 0"),
    "data nowhere": ([(VOX_OFFSET, "<f", float("nan"))], "begin at byte nan"),
    "endless intercept": ([(INTER, "<f", float("inf"))], "intercept inf"),
    "affine not finite": ([(SFORM, "<f", float("nan"))], "no usable affine"),
    "flat affine": ([(SFORM, "<f", 0.0)], "no usable affine"),
    "header file of a pair": ([(MAGIC, "<3s", b"ni1")], "in one file"),
    "no header": ([(0, "<i", 347)], "no header"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_absurd_header_is_refused(tmp_path, kind):
    """What a header cannot mean is a DataError that names the file and the value."""
    fields, message = DAMAGE[kind]
    with pytest.raises(DataError, match=message) as caught:
        read_header(patched(tmp_path, fields))
    assert "bold.nii" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_compressed_file_that_claims_too_much_is_refused(tmp_path):
    """No gzip file holds more than 1032 times its size; beyond that nothing is read."""
    fields = DAMAGE["859 GB"][0]
    with pytest.raises(
        DataError, match=r"32767 x 32767 x 400 x 6 values of type int16 \(5.15e\+03"
    ):
        read_header(patched(tmp_path, fields, ".nii.gz"))


def test_zeros_that_compress_well_are_not_refused(tmp_path):
    """A scan of nothing but zeros is within what gzip can do."""
    image = nib.Nifti1Image(np.zeros((40, 40, 40, 10), dtype=np.int16), AFFINE)
    image.to_filename(tmp_path / "bold.nii.gz")
    assert read_header(tmp_path / "bold.nii.gz").shape == (40, 40, 40, 10)


@pytest.mark.parametrize("keep", [0, 3, 200, 360, 1000])
def test_truncated_file_is_refused(tmp_path, keep):
    """A .nii cut in header or data is refused by its size alone."""
    scan().to_filename(tmp_path / "bold.nii")
    whole = (tmp_path / "bold.nii").read_bytes()
    assert keep < len(whole)
    (tmp_path / "bold.nii").write_bytes(whole[:keep])
    with pytest.raises(DataError, match=r"bold.nii .*(whole|again)"):
        read_header(tmp_path / "bold.nii")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", b"PK\x03\x04zip", b"<html>no</html>" * 99])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_other_files_are_no_nifti(tmp_path, content, suffix):
    """An empty file, an archive or a web page is refused with the remedy."""
    path = tmp_path / f"bold{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is not a NIfTI file.*check that it is whole"):
        read_header(path)


def test_missing_file_is_a_data_error(tmp_path):
    """A path that leads nowhere is named."""
    with pytest.raises(DataError, match=r"none.nii.gz .*No such file"):
        read_header(tmp_path / "none.nii.gz")


def test_grids_are_compared_by_shape_and_affine():
    """The number of volumes does not matter, a voxel size or a shift does."""
    shifted = AFFINE.copy()
    shifted[0, 3] += 1
    image = SimpleNamespace(shape=(5, 4, 3), affine=AFFINE)
    assert same_grid(image, SimpleNamespace(shape=(5, 4, 3, 9), affine=AFFINE + 1e-9))
    assert not same_grid(image, SimpleNamespace(shape=(5, 4, 4), affine=AFFINE))
    assert not same_grid(image, SimpleNamespace(shape=(5, 4, 3), affine=shifted))


@pytest.mark.recordings
def test_real_recordings_have_the_grid_that_is_documented(recordings):
    """Grid, type and length of the real files are those of their README."""
    header = read_header(recordings / "task-vt" / "haxby2001" / "subj1" / "bold.nii.gz")
    assert header.shape == (40, 64, 64, 864)
    assert header.affine[:3, 3].tolist() == [68.25, -118.125, -118.125]
    assert np.diag(header.affine).tolist() == [-3.5, 3.75, 3.75, 1.0]


def test_image_written_by_the_tests_is_read(tmp_path):
    """The other tests' own writer gives readable files."""
    write_image(tmp_path / "mask.nii.gz", np.ones(SHAPE[:3], dtype=np.uint8))
    assert read_header(tmp_path / "mask.nii.gz").shape == SHAPE[:3]
