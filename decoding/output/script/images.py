"""The exported program's reading of own images: a table of labels and runs, and its files."""

from decoding.datasets.base import Subject
from decoding.datasets.image_table import NOT_AVAILABLE, file_column, read_rows, table_of
from decoding.datasets.own.receive import TABLE
from decoding.output.script.bids import called_code
from decoding.output.script.form import Form
from decoding.regions import mask_of
from decoding.spec import DecodingSpec

MATRIX = (
    "np.concatenate([np.atleast_2d(apply_mask(image, mask, dtype=np.float64)) for image in images])"
)


def read_images(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
    """Write the lines that set ``images``, ``mask``, ``condition``, ``run`` and ``block``."""
    folder = subject.bold[0].parent
    given = (path for path in subject.names if path.stem == TABLE)
    table = next(given, None) or table_of(folder)
    assert table is not None  # or the subject would not have been read
    named = file_column(read_rows(table))
    files = mask_of(subject, spec.mask).files
    mask = f"mask = nib.load(root / {subject.called(files[0])!r})" if files else _FOUND.strip()
    code = _CODE.format(
        folder=form.folder(default),
        here=form.here,
        table=subject.called(table),
        called=called_code(subject),
        label_called=_CALLED if subject.categories.names else "",
        parted="\t" if table.suffix == ".tsv" else ",",
        label=subject.categories.column,
        run=subject.categories.run,
        named=f"[{subject.called(subject.bold[0])!r}]" if named is None else f"table[{named!r}]",
        missing=NOT_AVAILABLE,
        see_top=form.see_top,
    )
    return f"{code.strip()}\n{mask}"


_FOUND = """
total = 0
for image in images:
    values = np.asarray(image.dataobj)
    values = values.reshape(*values.shape[:3], -1)
    total = total + np.where(np.isfinite(values), values, 0).sum(axis=3, dtype=np.float64)
mask = nib.Nifti1Image((total != 0).astype(np.uint8), images[0].affine)
"""

_CALLED = """
label = label.replace(called)"""

_CODE = """
root = Path({folder})
here = {here}
if not (root / {table!r}).is_file():
    sys.exit(f"No {table} in {{root}}. {see_top}")

# One image a row of the table: its label, its run, and its file unless one file holds all
table = pd.read_csv(
    root / {table!r}, sep={parted!r}, dtype=str, keep_default_na=False, encoding="utf-8-sig"
)
table.columns = table.columns.str.strip()
table = table.apply(lambda column: column.str.strip())
label = table[{label!r}]{called}{label_called}
runs = table[{run!r}]
images = [nib.load(root / name) for name in {named}]
condition = label.replace(dict.fromkeys({missing!r}, "rest")).to_numpy(dtype=object).astype(str)
if all(text.isascii() and text.isdecimal() and len(text) < 10 for text in runs):
    run = runs.astype(int).to_numpy()
else:
    def numbers_apart(name):
        return [int(part) if part.isdecimal() else part for part in re.split(r"(\\d+)", name)]

    names = sorted(set(runs), key=numbers_apart)
    run = np.array([names.index(name) + 1 for name in runs])
block = np.where(condition != "rest", np.arange(len(run)), -1)
"""
