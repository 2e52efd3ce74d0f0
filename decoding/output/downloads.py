"""What people download: every file opens with where its numbers come from."""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

import nibabel as nib
import pandas as pd

from decoding import __version__
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.datasets.layout import SHARED_FILES, STUDY
from decoding.files import SEAL
from decoding.grid import describe
from decoding.output.text.wording import decoded_text
from decoding.recording.voxels import open_voxels
from decoding.spec import DecodingSpec

Image: TypeAlias = nib.Nifti1Image


def credit_lines(subject: Subject, link: str = "") -> tuple[str, ...]:
    """Return the lines that name dataset, licence, citation, version and link.

    `link` leads to the page that shows the same: its full address where that is known.
    """
    credit = credits_of(subject)
    lines = (
        f"{credit.label}, subject {subject.name}. Licence: {credit.licence}.",
        credit.citation,
        ", ".join(part for part in (f"Voxelscope {__version__}", link) if part),
    )
    # A folder's own words may be several lines, or hold what no text does.
    return tuple(" ".join(_CONTROL.sub(" ", line).split()) for line in lines)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def picture_words(
    subject: Subject, spec: DecodingSpec, reading: str, link: str = "", named: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return what stands under a picture in a file: its reading, what was decoded how, its credit.

    Categories stand in the order in which they are `named`, if they are.
    """
    return (reading, decoded_text(spec, subject, named), *credit_lines(subject, link))


def csv_text(table: pd.DataFrame, subject: Subject, link: str) -> str:
    """Return a table as CSV below its credit, one ``#`` a line.

    ``pandas.read_csv(..., comment="#", keep_default_na=False, na_values="")`` gives the table with
    its names as they are: one with a ``#`` is quoted, and NA is a name as any other. Only where a
    spreadsheet would take a name for a formula it begins with an apostrophe.
    """
    credit = "".join(f"# {line}\n" for line in credit_lines(subject, link))
    harmless = table.rename(columns=_no_formula).map(_no_formula)
    text = harmless.to_csv(index=False)
    return credit + (
        harmless.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC) if "#" in text else text
    )


def _no_formula(value: object) -> object:
    """Return a text so that a spreadsheet takes it for a text; anything else as it is."""
    is_formula = isinstance(value, str) and _FORMULA.match(value)
    return f"'{value}" if is_formula else value


_FORMULA = re.compile(r"\s*([=@]|[+-](?!(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$))", re.IGNORECASE)


def file_name(text: str, most: int = 24) -> str:
    """Return a text of names as a part of a file's name: no folder, of about `most` letters.

    Where that takes something away a few letters of a digest tell it from its like.
    """
    name = re.sub(r"[^\w.+=,-]+", "-", text)
    if name == text and len(name) <= most:
        return name
    digest = blake2b(text.encode(), digest_size=3).hexdigest()
    return f"{name[:most].strip('-_.')}-{digest}"


def credited_image(image: nib.Nifti1Image, subject: Subject, link: str = "") -> nib.Nifti1Image:
    """Return an image whose header says where it comes from; see `credit_lines`.

    The description (79 letters at most) names dataset and subject before its own words; the first
    comment extension holds all of the credit.
    """
    own = image.header["descrip"].item().decode("latin-1")
    source = f"{credits_of(subject).label}, subject {subject.name}"
    credited = nib.Nifti1Image(image.dataobj, image.affine, image.header)
    describe(credited, f"{source}; {own}" if own else source)
    credit = "\n".join(credit_lines(subject, link)).encode()
    credited.header.extensions.insert(0, nib.nifti1.Nifti1Extension("comment", credit))
    return credited


def nifti_bytes(image: nib.Nifti1Image) -> bytes:
    """Return an image as the bytes of a .nii.gz, the same for the same image."""
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)


def mean_scan_file(subject: Subject) -> bytes:
    """Return the mean scan over all volumes as the bytes of a .nii.gz."""
    return nifti_bytes(credited_image(open_voxels(subject).mean_image(), subject))


def mask_file(subject: Subject, mask: str) -> bytes:
    """Return a mask as the bytes of a .nii.gz, 0 and 1 on the scan's grid."""
    return nifti_bytes(credited_image(open_voxels(subject).mask_image(mask), subject))


def header_table(image: nib.Nifti1Image) -> pd.DataFrame:
    """Return the NIfTI header, one row a ``field`` with its ``value``."""
    header = image.header
    rows = [(name, _header_text(header[name])) for name in header]
    return pd.DataFrame(rows, columns=["field", "value"])


def _header_text(value: object) -> str:
    text = value.item() if getattr(value, "shape", None) == () else value  # type: ignore[attr-defined]
    return text.decode("latin-1") if isinstance(text, bytes) else str(text)


def subject_zip(subject: Subject) -> bytes:
    """Return a subject's files as a .zip in nilearn's layout, the same bytes each time.

    Unpacked into a folder, that folder is nilearn's data folder or a ``--data-dir``.
    """
    folder = subject.bold[0].parent
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != SEAL]
    files += [path for name in SHARED_FILES if (path := folder.parent / name).is_file()]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            name = Path(STUDY, path.relative_to(folder.parent)).as_posix()
            # A fixed date: a zip stores one, and the same files should give the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2001, 9, 28, 0, 0, 0)), path.read_bytes())
    return target.getvalue()
