"""Reading a received upload by the reader of its layout."""

import hashlib
import re
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
from decoding.datasets.digest import files_digest
from decoding.datasets.images import find_label_images, find_masks, read_subject
from decoding.datasets.labels import read_labels, trials_from_volumes, unlike_length
from decoding.datasets.layout import repetition_time
from decoding.datasets.notes import Cases, left_out_text, notes_of_categories, notes_of_trials
from decoding.datasets.own.receive import (
    ANATOMY,
    LABELS,
    OF_RUN,
    REGIONS,
)
from decoding.datasets.own.received import Received, told_as_theirs
from decoding.errors import DataError
from decoding.nifti.headers import read_recording_header
from decoding.spec import AS_RECORDED, Reading


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
        raise DataError(unlike_length(labels, len(volumes), "the recording", n_volumes))
    written = read_labels(labels)["condition"]
    if (volumes["block"] == NO_BLOCK).all():
        raise DataError(
            left_out_text(written, categories)
            or f"{labels.name} names no category, only '{REST}'; there is nothing to decode."
        )
    t_r, assumed = repetition_time(scans[0])
    trials = trials_from_volumes(volumes, t_r)
    anatomy, seen = choose_anatomy(sorted(folder.glob(f"{ANATOMY}-*")), headers[0])
    digest = files_digest([*scans, labels, *([anatomy] if anatomy else [])])
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
