"""A label of the subject's own label image: the voxels that a segmentation gives one value."""

import inspect
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from io import StringIO
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

from decoding.datasets.base import LabelImage, MaskOrigin, Note, Region, Subject
from decoding.datasets.text import checked_name, read_table
from decoding.errors import DataError, DecodingError, SpecError, UnknownChoiceError
from decoding.nifti.headers import (
    MNI,
    NiftiHeader,
    read_header,
    same_grid,
    unlike_grid,
)
from decoding.nifti.streams import read_image
from decoding.regions.kind import RegionKind

FORM = "label:IMAGE:VALUE"
NEAREST = "@nearest"
_MOST = 12


@dataclass(frozen=True, kw_only=True)
class Label:
    """A value or its name in an image; `nearest` where it may have other voxels than the scan."""

    image: str
    value: str
    nearest: bool = False


def read_label(text: str) -> Label:
    """Read ``IMAGE:VALUE`` or ``IMAGE:VALUE@nearest``.

    Raises
    ------
    SpecError
        If there is no image or no value in it.
    """
    image, _, value = (part.strip() for part in text.removesuffix(NEAREST).partition(":"))
    if not image or not value:
        raise SpecError(
            f"'label:{text}' is no label. Write the image and a value or name in it, for example "
            "label:aseg:17."
        )
    return Label(image=image, value=value, nearest=text.endswith(NEAREST))


def write_label(label: Label) -> str:
    """Write a label as `read_label` reads it."""
    return f"{label.image}:{label.value}{NEAREST if label.nearest else ''}"


def label_words(label: Label) -> str:
    """Say a label as a part of a sentence."""
    how = " (nearest neighbour)" if label.nearest else ""
    return f"label {label.value} of {label.image}{how}"


def label_region(label: Label, subject: Subject) -> Region:
    """Return the region of a label: where all files of its image agree on it.

    Raises
    ------
    UnknownChoiceError
        If the subject has no such label image.
    DataError
        If its files cannot be read.
    """
    if label.image not in subject.label_images:
        where = f" for subject {subject.name}"
        raise UnknownChoiceError("label image", label.image, subject.label_images, where)
    image = subject.label_images[label.image]
    names = _names(image)
    value, scan = _value(label, names), read_header(subject.bold[0])
    notes = [note for file in image.files if (note := _check_grid(label, file, scan))]
    files = [subject.called(file) for file in image.files]
    function = inspect.getsource(labels_at)
    return Region(
        inside=lambda places: np.all(
            [labels_at(places, _load(file)) == value for file in image.files], axis=0
        ),
        code=f"{function}\n\nimages = [nib.load(root / name) for name in {files!r}]\n"
        f"inside = np.all([labels_at(places, image) == {value!r} for image in images], axis=0)",
        possible=lambda places: _there(labels_at(places, _load(image.files[0])), names),
        notes=tuple(notes),
    )


def label_texts(subject: Subject) -> list[str]:
    """Return the masks that a subject's label images offer: a text for each label there is."""
    if not subject.label_images:
        return []
    scan, found = read_header(subject.bold[0]), []
    for name, image in subject.label_images.items():
        try:
            nearest = not all(same_grid(read_header(file), scan) for file in image.files)
            values = values_there(image, subject.version)
            for file in image.files:
                _check_grid(Label(image=name, value="", nearest=nearest), file, scan)
        except DecodingError:
            continue  # said where one of its labels is asked for
        labels = (Label(image=name, value=value, nearest=nearest) for value in values)
        found += [f"label:{write_label(label)}" for label in labels]
    return found


@lru_cache(maxsize=64)
def values_there(image: LabelImage, version: str) -> tuple[str, ...]:
    """Return the values of an image, by name where they have one; never 0, which is no label."""
    names = {value: name for name, value in _names(image).items()}
    file = image.files[0]
    values = np.unique(read_image(file, read_header(file)))
    return tuple(names.get(value, f"{value:g}") for value in values.tolist() if value)


def labels_at(places: np.ndarray, image: nib.Nifti1Image) -> np.ndarray:
    """Return the value of the voxel nearest to each place (n_places, 3) in mm; 0 outside it."""
    values = np.asarray(image.dataobj).reshape(image.shape[:3])
    indices = nib.affines.apply_affine(np.linalg.inv(image.affine), places)
    indices = np.floor(indices + 0.5).astype(int)
    within = ((indices >= 0) & (indices < values.shape)).all(axis=1)
    found = np.zeros(len(places), dtype=values.dtype)
    found[within] = values[tuple(indices[within].T)]
    return found


def _names(image: LabelImage) -> dict[str, float]:
    """Read the values by name of an image's table, which BIDS calls ``index`` and ``name``."""
    if image.table is None:
        return {}
    try:
        table = pd.read_csv(StringIO(read_table(image.table)), sep="\t")
        table = table.dropna(subset="name")  # a value without a name goes by its number
        values = table["index"].astype(float)
        names = [checked_name(name, image.table.name) for name in table["name"].astype(str)]
        return dict(zip(names, values, strict=True))
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{image.table.name} cannot be read as names of labels ({error}); it needs columns "
            "'index' and 'name'."
        ) from error


def _load(file: Path) -> nib.Nifti1Image:
    header = read_header(file)
    return nib.Nifti1Image(read_image(file, header), header.affine)


def _value(label: Label, names: dict[str, float]) -> float:
    if label.value in names:
        return names[label.value]
    try:
        return float(label.value)
    except ValueError:
        close = get_close_matches(label.value, names, 4, 0.5) or [*names][:4]
        told = f"Near to it are: {', '.join(close)}." if close else "Write its value as a number."
        raise SpecError(
            f"No label of {label.image} is called {label.value!r}, of {len(names)} names. {told}"
        ) from None


def _check_grid(label: Label, file: Path, scan: NiftiHeader) -> Note | None:
    header = read_header(file)
    if same_grid(header, scan):
        return None
    unlike = unlike_grid(header, scan, "the scan")
    if not label.nearest:
        raise SpecError(
            f"The label image {file.name} {unlike}. Write label:{write_label(label)}{NEAREST} to "
            "take the label nearest to each voxel of the scan, if both lie in one space."
        )
    if (header.code == MNI) != (scan.code == MNI):
        raise SpecError(
            f"The label image {file.name} lies in another space than the scan: only one of the two "
            "is in MNI space. Take a label image of the scan's space."
        )
    return Note(
        note=f"Labels of {label.image} are those nearest to each voxel of the scan.",
        count=1,
        example=f"{file.name} {unlike}",
        remedy="See on Data whether the mask lies where it should.",
    )


def _there(labels: np.ndarray, names: dict[str, float]) -> str:
    by_value = {value: name for name, value in names.items()}
    found = [value for value in np.unique(labels).tolist() if value]
    told = [f"{value:g}" + (f" {by_value[value]}" if value in by_value else "") for value in found]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f"Labels there are: {', '.join(told[:_MOST]) or 'none'}{more}."


LABEL = RegionKind(
    label="label",
    help="The voxels with one value in a label image of the subject's own.",
    methods="a label of the subject's own label image",
    form=FORM,
    origin=lambda label: MaskOrigin(
        chosen="by a label image of this subject",
        provided="if that image was not drawn from these responses",
    ),
    read=read_label,
    write=write_label,
    words=label_words,
    find=label_region,
)
