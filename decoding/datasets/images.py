"""Your own images as samples: betas or t maps with a table of their categories and runs."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from decoding.datasets.base import (
    NO_BLOCK,
    REST,
    WHOLE_BRAIN,
    LabelImage,
    Mask,
    Subject,
)
from decoding.datasets.bids.names import IMAGE_ENDS
from decoding.datasets.digest import files_digest
from decoding.datasets.image_table import (
    NOT_AVAILABLE,
    TABLES,
    file_column,
    notes_of_columns,
    read_rows,
    run_numbers,
    table_of,
    taken_columns,
)
from decoding.datasets.labels import trials_from_volumes
from decoding.datasets.notes import (
    Cases,
    RefusedMasks,
    left_out_text,
    notes_of_categories,
    notes_of_trials,
)
from decoding.datasets.text import checked_name
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.nifti.headers import image_header
from decoding.nifti.masks import read_mask
from decoding.numbers import number_text
from decoding.spec import AS_RECORDED, AS_WRITTEN, Categories, Reading

ROOT_VARIABLE = "VOXELSCOPE_IMAGES"
MASK, LABELS = "mask", "dseg"
"""What stands in the names of images that are regions."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """A folder of images and a table ``images.tsv``, or such a folder for each of several subjects.

    The table has one row an image, with its ``label`` and ``run``; and its ``file``, unless the
    folder holds one 4D image beside it, whose volumes are the rows in their order. Images called
    ``*_mask.nii`` are masks, and those called ``*_dseg.nii`` label images, whose names stand in a
    table ``*_dseg.tsv``.
    """

    name: str = "images"
    label: str = "own images"
    help: str = "Betas or t maps that were made elsewhere, each one a sample."
    absent: str = f"Whoever runs this server names their folder in {ROOT_VARIABLE}."
    published: tuple[str, ...] = ()
    citation: str = "Images of your own."
    licence: str = "not stated"

    def credits_of(self, subject: Subject) -> "Images":
        """Return this: a folder of images says nothing of its origin."""
        return self

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the names of the folders with a table; "1" where there is only one folder."""
        return tuple(_folders(data_dir))

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject's images; see `Dataset.load`.

        Raises
        ------
        UnknownChoiceError
            If no folder is called so.
        DataMissingError
            If there is no folder with a table.
        """
        folders = _folders(data_dir)
        if not folders:
            where = _root(data_dir)
            raise DataMissingError(
                f"{where} holds no {TABLES[0]}, nor does a folder in it."
                if where
                else "No folder of images is set up here.",
                remedy=f"Name a folder of images with --data-dir, or in {ROOT_VARIABLE}: it holds "
                f"{TABLES[0]} with one row an image, its label and its run.",
            )
        if subject not in folders:
            raise UnknownChoiceError("subject", subject, folders)
        return read_subject(subject, folders[subject], reading.categories)


def _root(data_dir: Path | None) -> Path | None:
    configured = os.environ.get(ROOT_VARIABLE)
    return data_dir or (Path(configured) if configured else None)


def _folders(data_dir: Path | None) -> dict[str, Path]:
    """Return by subject the folders that hold a table."""
    root = _root(data_dir)
    if root is None or not root.is_dir():
        return {}
    if table_of(root) is not None:
        return {"1": root}
    folders = sorted(path for path in root.iterdir() if path.is_dir() and table_of(path))
    return {folder.name.removeprefix("sub-"): folder for folder in folders}


def read_subject(name: str, folder: Path, categories: Categories = AS_WRITTEN) -> Subject:
    """Read a folder that holds a table; what `categories` leaves out has no label then.

    Raises
    ------
    DataError
        If the table names no category, or what it names cannot be read.
    """
    path = table_of(folder)
    assert path is not None  # or it would be no subject
    rows = read_rows(path)
    label, run = taken_columns(path, list(rows.columns), categories)
    images = _images(path, rows)
    _check_columns(path, rows, label, run)
    written = ["" if value in NOT_AVAILABLE else value for value in rows[label]]
    conditions = [categories.called(value) or REST for value in written]
    numbers, renamed = run_numbers(rows[run])
    shown = [condition != REST for condition in conditions]
    volumes = pd.DataFrame({"condition": conditions, "run": numbers})
    volumes["block"] = [i if is_shown else NO_BLOCK for i, is_shown in enumerate(shown)]
    if not any(shown):
        left_out = left_out_text(filter(None, written), categories)
        raise DataError(left_out or f"{path.name} names no category; there is nothing to decode.")
    trials = trials_from_volumes(volumes, 1.0)
    masks, unusable, refused = find_masks(folder, images[0])
    label_images = find_label_images(folder)
    files = [file for mask in masks.values() for file in mask.files]
    for image in label_images.values():
        files += [*image.files, *([image.table] if image.table else [])]
    return Subject(
        dataset="images",
        name=name,
        bold=images,
        masks=masks,
        anatomy=None,
        trials=trials,
        volumes=volumes,
        t_r=1.0,
        version=_version([path, *images, *files], categories),
        categories=replace(categories, column=label, run=run),
        maps=True,
        unusable=unusable,
        label_images=label_images,
        notes=(
            *notes_of_columns(rows, label, run),
            *renamed,
            *notes_of_categories(
                filter(None, written), replace(categories, column=AS_WRITTEN.column), "image"
            ),
            *_unlabelled(path, written),
            *refused,
            *notes_of_trials(trials, volumes, None),
        ),
    )


def _check_columns(path: Path, rows: pd.DataFrame, label: str, run: str) -> None:
    """Refuse one column for both, and names that cannot be."""
    if label == run:
        raise DataError(
            f"The column {run!r} of {path.name} cannot say both what an image shows and of which "
            "run it is. Choose another for one of them."
        )
    for i, names in enumerate(rows[[label, run]].itertuples(index=False, name=None)):
        for name in names:
            checked_name(name, f"{path.name}, row {i + 2}")


def _unlabelled(path: Path, written: list[str]) -> Cases:
    """Return the note on rows that say nothing."""
    found = Cases("{n} image{s} without a label {was} left out.")
    for i, value in enumerate(written):
        if not value:
            found.add(f"row {i + 2} of {path.name}")
    return found


def _version(files: list[Path], categories: Categories) -> str:
    digest = files_digest(files)
    if categories == AS_WRITTEN:
        return digest
    return hashlib.blake2b(f"{digest} {categories}".encode(), digest_size=16).hexdigest()


def _images(table: Path, rows: pd.DataFrame) -> tuple[Path, ...]:
    """Return the images in the order of the rows: 3D ones by name, or the folder's 4D image."""
    if (named := file_column(rows)) is not None:
        paths = [_beside(table, value) for value in rows[named]]
        for path in dict.fromkeys(paths):
            if (n := image_header(path).shape[3]) != 1:
                raise DataError(
                    f"{path.name} holds {n} images, and a row of {table.name} is one; leave out "
                    f"the column {named} where one 4D image holds all."
                )
        if twice := [path.name for path, n in Counter(paths).items() if n > 1]:
            raise DataError(
                f"{table.name} names {twice[0]} in several rows; each image is one sample."
            )
        return tuple(paths)
    regions = (MASK, LABELS)
    found = [p for p in _niftis(table.parent) if not any(word in p.name for word in regions)]
    if len(found) != 1:
        raise DataError(
            f"{table.name} has no column 'file' with the names of its images, and beside it is "
            f"{number_text(len(found), 'image')}. Add that column, or bring one 4D image with an "
            "image for each row."
        )
    if (n := image_header(found[0]).shape[3]) != len(rows):
        raise DataError(
            f"{table.name} has {len(rows)} rows but {found[0].name} holds {n} images; it needs one "
            "row for each."
        )
    return (found[0],)


def _beside(table: Path, name: str) -> Path:
    """Return the file that a table names: one of its folder, wherever the name would lead."""
    path = Path(name)
    try:
        is_there = (table.parent / path).is_file()
    except (OSError, ValueError):  # too long, or with a sign that no name has
        is_there = False
    if path.is_absolute() or ".." in path.parts or not is_there:
        raise DataError(f"{table.name} names {name[:80]!r}, which is not in its folder.")
    return table.parent / path


def _niftis(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.name.endswith(IMAGE_ENDS))


def _name(path: Path, word: str) -> str:
    """Return what a region's file is called, without the word that says what it is."""
    stem = path.name.split(".nii")[0].replace(word, "").strip("_-")
    return stem.split("_")[-1].removeprefix("desc-").removeprefix("label-")


def find_label_images(folder: Path) -> dict[str, LabelImage]:
    """Return the folder's label images by name, each with the table of its names beside it."""
    found = {}
    for path in _niftis(folder):
        if LABELS in path.name:
            table = path.with_name(f"{path.name.split('.nii')[0]}.tsv")
            name = _name(path, LABELS) or LABELS
            found[name] = LabelImage(files=(path,), table=table if table.is_file() else None)
    return found


def find_masks(folder: Path, image: Path) -> tuple[dict[str, Mask], dict[str, str], Cases]:
    """Return the folder's masks by name, why others cannot be used, and a note of those."""
    grid, refused = image_header(image), RefusedMasks()
    masks = {}
    for path in _niftis(folder):
        if MASK not in path.name:
            continue
        name = _name(path, MASK) or "brain"
        try:
            read_mask(path, grid)
        except DataError as error:
            refused.refuse(name, error)
        else:
            origin = WHOLE_BRAIN if name == "brain" else None
            masks[name] = Mask(files=(path,), origin=origin)
    unusable = refused.unusable(masks)
    masks.setdefault("brain", Mask(origin=WHOLE_BRAIN))
    return masks, unusable, refused
