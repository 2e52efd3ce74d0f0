"""Names that try to be something else: in programs, files, reports and messages they stay names."""

import ast
import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from makers import write_image

from decoding.analyses import decode, permute
from decoding.datasets import load_subject
from decoding.errors import DataError
from decoding.output.downloads import credit_lines, credited_image, csv_text, file_name
from decoding.output.figures.confusion import plot_confusion
from decoding.output.report import html
from decoding.output.report.parts import compute_report
from decoding.output.script.program import make_script
from decoding.regions import mask_of, masks_offered
from decoding.spec import DecodingSpec

CATEGORIES = (
    "</script><script>x()</script>", "a\"*3'''\\", ":material/home: :red[x]", '=HYPERLINK("x")',
    "@SUM(1)", "%{x}{0}{n}%s", "$\\frac{1}{2}$",
)  # fmt: skip
SUBJECT = "x'); import os #{0}"
MASK = "it's\"{x}$`\nimport os\n"
SPEC = DecodingSpec(
    dataset="images", subject=SUBJECT, mask=MASK.strip(), conditions=CATEGORIES,
    estimator="ridge", standardize="none",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of own images in which every name is such a one."""
    top = tmp_path_factory.mktemp("names")
    own, rng = top / SUBJECT, np.random.default_rng(0)
    rows = [(name, run) for run in (1, 2, 3) for name in CATEGORIES for _ in range(2)]
    values = rng.standard_normal((4, 4, 3, len(rows))).astype(np.float32)
    write_image(own / "betas.nii.gz", values)
    with (own / "images.tsv").open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([("label", "run"), *rows])
    write_image(own / f"{MASK.strip()}_mask.nii.gz", (values[..., 0] > 0).astype(np.uint8))
    return top


def test_names_stay_strings_in_the_exported_program(folder):
    """A name that closes a quote or ends a line is no code: every import is one of ours."""
    subject = load_subject("images", SUBJECT, folder)
    tree = ast.parse(make_script(subject, SPEC))
    imported = [one.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for one in node.names]  # fmt: skip
    assert set(imported) == {"re", "json", "sys", "nibabel", "numpy", "pandas"}
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert strings >= {*CATEGORIES, f"{MASK.strip()}_mask.nii.gz"}


def test_names_of_labels_are_no_code_either(folder):
    """A table whose names of labels hold lines is refused by its name, and offers no mask."""
    own = folder / SUBJECT
    image, table = own / "seg_dseg.nii.gz", own / "seg_dseg.tsv"
    write_image(image, (np.arange(48).reshape(4, 4, 3) % 3).astype(np.uint8))
    table.write_text('index\tname\n1\t"a\nimport os\nos.abort()"\n2\tb\n')
    subject = load_subject("images", SUBJECT, folder)
    assert not [name for name in masks_offered(subject) if name.startswith("label:")]
    with pytest.raises(DataError, match=r"seg_dseg\.tsv.*cannot be printed"):
        mask_of(subject, "label:seg:2")
    image.unlink()
    table.unlink()


@pytest.mark.usefixtures("quick_reports")
def test_names_are_no_formula_no_folder_and_no_markup(folder, monkeypatch):
    """Files for spreadsheets, file names, headers and the report show each name as it is."""
    subject = load_subject("images", SUBJECT, folder)
    result = decode.run(subject, SPEC)
    text = csv_text(result.predictions, subject, "link")
    rows = [line for line in csv.reader(io.StringIO(text)) if not line[0].startswith("#")]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+"))]
    read = pd.read_csv(io.StringIO(text), comment="#", keep_default_na=False)
    assert set(read["true"].str.removeprefix("'")) == set(CATEGORIES)
    for name in (*CATEGORIES, MASK, SUBJECT, "../../x", "a\0b"):
        assert not set(file_name(name)) & set("/\\\0\n'\"$`{}<>")
    monkeypatch.setattr(html, "MOST_PAIRS", 1)  # drawn: each has a second of pictures
    report = html.render_report(compute_report(subject, SPEC, permute.Options(permutations=5)))
    assert "<script" not in report and "&lt;/script&gt;&lt;script&gt;x()" in report
    figure = plot_confusion(result, "light")
    figure.update_traces(customdata=None).update_layout(meta=None)  # told to us, and not drawn
    drawn = json.dumps(figure.to_plotly_json(), default=str)
    assert "<script" not in drawn and "%{x}{0}" not in drawn


def test_a_folders_own_words_are_one_line_of_text(tmp_path, folder):
    """What a folder says of itself ends no string, line or comment, whatever it holds."""
    subject = load_subject("images", SUBJECT, folder)
    lines = credit_lines(subject, "a\0b\r\n# c\x1b[31m")
    assert all(line.isprintable() for line in lines)
    image = credited_image(write_and_load(tmp_path), subject, "a\0b")
    assert b"\0" not in image.header.extensions[0].get_content()


def write_and_load(folder):
    """Return a small image."""
    import nibabel as nib

    return nib.load(write_image(folder / "x.nii", np.ones((3, 3, 3), np.uint8)))
