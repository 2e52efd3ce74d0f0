"""Reading a received upload by the reader of its layout."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import (
    BRAIN,
    NO_BLOCK,
    REST,
    WHOLE_BRAIN,
    Mask,
    Note,
    Subject,
)
from decoding.datasets.bids.dataset import Bids
from decoding.datasets.bids.events import event_rows
from decoding.datasets.bids.study import TASK
from decoding.datasets.digest import files_digest
from decoding.datasets.image_table import (
    FILE,
    TABLES,
    numbers_apart,
    read_rows,
    taken_columns,
)
from decoding.datasets.images import find_label_images, find_masks, read_subject
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.datasets.layout import repetition_time
from decoding.datasets.notes import Cases, notes_of_categories, notes_of_trials
from decoding.datasets.own.receive import (
    ANATOMY,
    LABELS,
    OF_RUN,
    REGIONS,
)
from decoding.datasets.own.received import Received, told_as_theirs
from decoding.errors import DataError
from decoding.nifti.headers import read_recording_header
from decoding.spec import AS_RECORDED, Categories, Reading

TIMES = ("onset", "duration")
MOST_TYPES = 200
"""A column with more different values names no categories."""


def event_columns(received: Received) -> dict[str, dict[str, int]]:
    """Return the columns of an upload's events that may name its categories.

    Of each by type, as it is written, in how many rows it stands; sorted by type.

    Raises
    ------
    DataError
        If an events table cannot be read.
    """
    counts: dict[str, Counter[str]] = {}
    with told_as_theirs(received.names):
        label = received.subject.split(TASK)[0]
        files = [*received.folder.glob("*.tsv"), *received.folder.glob(f"sub-{label}/**/*.tsv")]
        for path in (path for path in sorted(files) if path.stem.endswith("events")):
            for _, cells in event_rows(path, TIMES):
                for name, value in cells.items():
                    counts.setdefault(name, Counter())[value] += 1
    return {
        name: dict(sorted(found.items()))
        for name, found in counts.items()
        if name not in TIMES and len(found) <= MOST_TYPES
    }


def image_columns(received: Received) -> dict[str, dict[str, int]]:
    """Return the columns of an upload's table of images that may name its categories, or its runs.

    Of each by type, as `event_columns` does.
    """
    with told_as_theirs(received.names):
        rows = read_rows(received.folder / TABLES[0])
    counts = {str(name): Counter(map(str, rows[name])) for name in rows.columns}
    return {
        name: {kind: found[kind] for kind in sorted(found, key=numbers_apart)}
        for name, found in counts.items()
        if name.lower() not in FILE and len(found) <= MOST_TYPES
    }


def columns_to_choose(received: Received) -> dict[str, dict[str, int]]:
    """Return the columns among which an upload's categories can be chosen; labels have none."""
    found = {"events": event_columns, "images": image_columns}.get(received.layout)
    return found(received) if found else {}


def columns_chosen(received: Received, categories: Categories) -> tuple[str, str]:
    """Return which column of an upload says its categories and, of images, which their runs."""
    if received.layout != "images":
        return categories.column, ""
    with told_as_theirs(received.names):
        table = received.folder / TABLES[0]
        return taken_columns(table, list(read_rows(table).columns), categories)


def read_own(
    received: Received, name: str, home: Path | None = None, reading: Reading = AS_RECORDED
) -> Subject:
    """Return a received upload as a subject of the dataset ``own``.

    Its files stay where they are as long as the subject is in use: besides the voxel table, the
    controls outside the brain, headers, label images and the script read them.

    Parameters
    ----------
    name : str
        What its owner calls it.
    home : Path or None
        See `Subject`.
    reading : Reading
        With what counts as a category.

    Raises
    ------
    DataError
        If the files are not what they should be; they are called as their owner calls them.
    """
    with told_as_theirs(received.names):
        read = {"events": _read_events, "labels": _read_labels, "images": _read_images}
        subject = _with_regions(received, read[received.layout](received, name, reading))
    return replace(
        subject,
        dataset="own",
        name=name,
        home=home,
        names={received.folder / ours: theirs for ours, theirs in received.paths.items()},
        notes=tuple(_note_told(received, note) for note in (*_unused(received), *subject.notes)),
        unusable={mask: received.told(why) for mask, why in subject.unusable.items()},
    )


def _read_events(received: Received, name: str, reading: Reading) -> Subject:
    return Bids().load(received.subject, received.folder, reading)


def _read_images(received: Received, name: str, reading: Reading) -> Subject:
    return read_subject(name, received.folder, reading.categories)


def _read_labels(received: Received, name: str, reading: Reading) -> Subject:
    """Read labels and the recording that they are of, in one file or several in order."""
    folder, categories = received.folder, reading.categories
    scans = tuple(sorted(folder.glob("scan-*")))
    labels = folder / f"{LABELS}.txt"
    headers = [read_recording_header(path) for path in scans]
    n_volumes = sum(header.shape[3] for header in headers)
    volumes = read_labels(labels, categories)
    if len(volumes) != n_volumes:
        raise DataError(
            f"{labels.name} has {len(volumes)} rows but the recording has {n_volumes} volumes; "
            "it needs one row for each volume."
        )
    if (volumes["block"] == NO_BLOCK).all():
        raise DataError(
            f"{labels.name} names no category, only '{REST}'; there is nothing to decode."
        )
    t_r, assumed = repetition_time(scans[0])
    trials = trials_from_volumes(volumes, t_r)
    anatomy, seen = choose_anatomy(sorted(folder.glob(f"{ANATOMY}-*")), headers[0])
    digest = files_digest([*scans, labels, *([anatomy] if anatomy else [])])
    written = read_labels(labels)["condition"]
    return Subject(
        dataset="own",
        name=name,
        bold=scans,
        masks={BRAIN: Mask(origin=WHOLE_BRAIN)},
        anatomy=anatomy,
        trials=trials,
        volumes=volumes,
        t_r=t_r,
        version=_digest(digest, categories),
        categories=categories,
        notes=(
            *assumed,
            *notes_of_categories(written, categories, "volume"),
            *seen,
            *notes_of_trials(trials, volumes, t_r),
        ),
    )


def _with_regions(received: Received, subject: Subject) -> Subject:
    """Return the subject with the masks and label images that came with it.

    A mask of each run is one: where all of them agree.
    """
    folder = received.folder / REGIONS
    if not folder.is_dir():
        return subject
    masks, unusable, refused = find_masks(folder, subject.bold[0])
    of_runs: dict[str, list[Path]] = {}
    for mask, found in masks.items():
        of_runs.setdefault(re.sub(rf"{OF_RUN}\d+$", "", mask), []).extend(found.files)
    masks = {
        mask: Mask(files=tuple(files), origin=WHOLE_BRAIN if mask == BRAIN else None)
        for mask, files in of_runs.items()
        if files
    }
    images = find_label_images(folder)
    files = sorted(path for path in folder.iterdir())
    return replace(
        subject,
        masks={**subject.masks, **masks},
        label_images={**subject.label_images, **images},
        unusable={**subject.unusable, **unusable},
        version=_digest(subject.version, files_digest(files)),
        notes=(*subject.notes, *refused),
    )


def _digest(*parts: object) -> str:
    return hashlib.blake2b(" ".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def _unused(received: Received) -> Iterator[Note]:
    unused = Cases("{n} file{s} {was} not used.")
    unused.examples.extend(received.unused)
    return iter(unused)


def _note_told(received: Received, note: Note) -> Note:
    return replace(note, note=received.told(note.note), example=received.told(note.example))
