"""Files that people download: they open elsewhere, and say where they come from."""

import gzip
import io
import re
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from makers import ROOT, make_search, write_study

from decoding.analyses import decode, weights
from decoding.analyses.searchlight.result import score_image
from decoding.datasets import load_subject
from decoding.datasets.haxby import Haxby
from decoding.output import downloads
from decoding.output.downloads import (
    credit_lines,
    credited_image,
    csv_text,
    file_name,
    header_table,
    mask_file,
    mean_scan_file,
    nifti_bytes,
    picture_words,
    subject_zip,
)
from decoding.recording.voxels import open_voxels
from decoding.spec import DecodingSpec, link_to

SPEC = DecodingSpec(dataset="simulated", subject="1")
LINK = link_to("decode", SPEC)


@pytest.fixture(scope="module")
def subject():
    """Return a simulated subject."""
    return load_subject("simulated", "1")


def read_gz(data):
    """Return the image in the bytes of a .nii.gz."""
    return nib.Nifti1Image.from_bytes(gzip.decompress(data))


def test_zip_is_a_data_folder(subject, tmp_path):
    """The .zip unpacks to a folder that is read like Haxby's own, with the same scores."""
    with zipfile.ZipFile(io.BytesIO(subject_zip(subject))) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "haxby2001" / "mask.nii.gz").is_file()
    again = Haxby().load("1", tmp_path)
    assert set(again.masks) == set(subject.masks)
    pd.testing.assert_frame_equal(again.volumes, subject.volumes)
    expected = decode.run(subject, SPEC).fold_scores
    assert decode.run(again, SPEC).fold_scores == expected


def test_words_of_a_picture(subject):
    """Under a chart in a file stand its reading, what was decoded how, and the credit."""
    late = replace(SPEC, lag=7.5)
    words = picture_words(subject, late, "12 of 12 runs.", LINK, SPEC.conditions)
    assert words[0] == "12 of 12 runs."
    assert f"Decoded: {' against '.join(SPEC.conditions)}, " in words[1]
    assert words[1].endswith("volumes, lag 7.5 s. Leave one run out, linear SVM.")
    assert words[2:] == credit_lines(subject, LINK)


def test_images_read_back(subject):
    """Mean scan and mask read back as they are, on the scan's grid."""
    store = open_voxels(subject)
    mean, mask = read_gz(mean_scan_file(subject)), read_gz(mask_file(subject, "vt"))
    assert np.array_equal(mean.get_fdata(), store.mean_image().get_fdata())
    assert int(mask.get_fdata().sum()) == len(store.mask_rows("vt"))
    assert np.array_equal(mask.affine, store.grid.affine)


def code_header(path, sform, qform):
    """Write a file again with other codes of its two forms; no code, no form."""
    image = nib.load(path)
    image.header.set_sform(image.affine if sform else None, sform)
    image.header.set_qform(image.affine if qform else None, qform)
    nib.Nifti1Image(np.asarray(image.dataobj), None, image.header).to_filename(path)


@pytest.mark.parametrize(("sform", "qform"), [(0, 0), (1, 0), (0, 1), (4, 1), (2, 2)])
def test_exports_lie_where_the_scan_does(tmp_path, sform, qform):
    """Both forms of every image hold the scan's affine, under the code that its header gives."""
    for path in sorted(write_study(tmp_path).parent.rglob("*.nii.gz")):
        code_header(path, sform, qform)
    subject, spec = load_subject("haxby", "1", tmp_path), DecodingSpec(subject="1")
    maps = weights.run(subject, spec)
    search = make_search(maps.weights[0], maps.grid)
    files = [mean_scan_file(subject), mask_file(subject, "vt")]
    exported = (weights.to_image(maps, maps.weights, "weights"), score_image(search))
    files += [nifti_bytes(credited_image(image, subject)) for image in exported]
    for image in map(read_gz, files):
        assert image.header["sform_code"] == image.header["qform_code"] == (sform or qform)
        np.testing.assert_allclose(image.affine, nib.load(subject.bold[0]).affine, atol=1e-5)
        np.testing.assert_allclose(image.get_qform(), image.affine, atol=1e-3)


def test_image_bytes_are_repeatable(subject):
    """The same image is the same bytes, whenever it is written."""
    image = open_voxels(subject).mask_image("vt")
    assert nifti_bytes(image) == nifti_bytes(image)


def test_header_table(subject):
    """The header's table has every field, with its value in words."""
    image = open_voxels(subject).mask_image("vt")
    table = header_table(image).set_index("field")["value"]
    assert list(table.index) == list(image.header)
    assert table["magic"].startswith("n+1")
    assert str(image.shape[0]) in table["dim"]


def test_csv_reads_back(subject):
    """A CSV opens with the credit of its data and reads back as the table it was."""
    table = pd.DataFrame({"run": [1, 2], "label": ["a, b", "c"], "score": [0.1, 1 / 3]})
    text = csv_text(table, subject, LINK)
    assert text.splitlines()[:3] == [f"# {line}" for line in credit_lines(subject, LINK)]
    pd.testing.assert_frame_equal(
        pd.read_csv(io.StringIO(text), comment="#"), table, check_dtype=False
    )


def test_names_in_a_csv_survive_the_read_that_is_documented(subject):
    """Names with marks of CSV, NA and spaces read back; of a formula a spreadsheet gets a text."""
    names = ["tone#1", "#a", 'b "c", d', "NA", "face ", "a*b", "1.5e3", "response/left", "-1"]
    table = pd.DataFrame({"label#": names, "score": np.arange(9) / 7, "NA": names[::-1]})
    how = {"comment": "#", "keep_default_na": False, "na_values": ""}
    told = re.search(
        r"read_csv\(\.\.\., (.*?)\)`", (ROOT / "docs" / "command_line.md").read_text(), re.DOTALL
    )
    assert eval(f"dict({told[1]})") == how
    text = csv_text(table, subject, LINK)
    read = pd.read_csv(io.StringIO(text), **how)
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
    formulas = pd.DataFrame({"=a": ["=1+1", "+x", "-x", "@x", " =2", "-1", "+.5e3", "a=b"]})
    rows = csv_text(formulas, subject, LINK).splitlines()[3:]
    assert rows == ["'=a", "'=1+1", "'+x", "'-x", "'@x", "' =2", "-1", "+.5e3", "a=b"]
    assert csv_text(pd.DataFrame({"p": [-0.5, None]}), subject, LINK).endswith('p\n-0.5\n""\n')


def test_a_part_of_a_file_name_is_no_folder_and_short():
    """Names keep what files can be called; what is taken away leaves a digest of its own."""
    assert file_name("face-house_1.5+a=b,c") == "face-house_1.5+a=b,c"
    odd = [file_name(name) for name in ("response/left", "response left", "../../x", "a*b", "\n")]
    assert len(set(odd)) == len(odd)
    assert not any(set("/\\*\n ") & set(name) or name.startswith(".") for name in odd)
    many = file_name("-".join(f"category{i}" for i in range(31)), 36)
    assert len(many) <= 43 and many.startswith("category0-category1-")


def test_a_credit_is_a_line_whatever_a_folder_is_called(subject, monkeypatch):
    """A line break in a dataset's name is a space: each line of a CSV's head begins with #."""
    odd = SimpleNamespace(label="A\nB", licence="CC0\r\n1", citation="by\n\nC")
    monkeypatch.setattr(downloads, "credits_of", lambda subject: odd)
    assert credit_lines(subject)[:2] == ("A B, subject 1. Licence: CC0 1.", "by C")


def credits_in(image):
    """Return the credit in an image's header."""
    return image.header.extensions[0].get_content().decode()


def test_images_open_with_their_credit(subject):
    """Every NIfTI names its data, licence, citation and version; a map also its link."""
    maps = weights.run(subject, SPEC)
    image = credited_image(weights.to_image(maps, maps.weights, "weights"), subject, LINK)
    read = read_gz(nifti_bytes(image))
    assert credits_in(read).splitlines() == list(credit_lines(subject, LINK))
    assert "face (+) against cat (-)" in read.header.extensions[1].get_content().decode()
    said = read.header["descrip"].item().decode()
    assert said.startswith("Simulated recording, subject 1; Voxelscope")
    assert np.array_equal(read.get_fdata()[..., 0].ravel()[maps.grid.voxels], maps.weights[0])
    foreign = replace(subject, name="мозг")
    named = credited_image(weights.to_image(maps, maps.weights, "weights"), foreign, LINK)
    assert "subject мозг" in credits_in(named)
    assert named.header["descrip"].item().startswith(b"Simulated recording, subject ????; V")
    planted = credited_image(weights.to_image(maps, maps.weights, "planted"), subject, LINK)
    assert planted.header["descrip"].item().endswith(b"planted: subject 1, vt")  # not cut off
    for data in (mean_scan_file(subject), mask_file(subject, "vt")):
        assert credits_in(read_gz(data)).splitlines() == list(credit_lines(subject))


def test_a_simulated_subject_is_never_credited_to_haxby(subject):
    """Read by either dataset, a folder that we simulated is credited to us, with our licence."""
    study = subject.bold[0].parents[2]
    for dataset in ("simulated", "haxby"):
        read = load_subject(dataset, "1", study)
        assert read.simulated
        table = pd.DataFrame({"score": [1.0]})
        link = link_to("decode", DecodingSpec(dataset=dataset, subject="1"))
        image = credited_image(open_voxels(read).mask_image("vt"), read, link)
        for text in (csv_text(table, read, link), credits_in(image)):
            assert "Simulated by Voxelscope" in text
            assert "CC0 1.0" in text
            assert "Haxby" not in text.replace(link, "")
        assert b"Haxby" not in image.header["descrip"].item()


def test_a_recorded_subject_is_credited_to_its_dataset(tmp_path):
    """A recording in nilearn's layout carries the citation and licence of Haxby et al."""
    write_study(tmp_path)
    lines = credit_lines(load_subject("haxby", "1", tmp_path))
    assert lines[0] == "Haxby et al. 2001, subject 1. Licence: CC BY-SA 3.0."
    assert "Science, 293" in lines[1]
