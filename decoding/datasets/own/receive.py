"""Writing an upload to a folder, laid out for an existing reader, under names that are ours."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from decoding.datasets.image_table import TABLES, file_column, numbers_apart, read_rows
from decoding.datasets.own.match import applying, bids_name, matched, stems_of
from decoding.datasets.own.received import ROOT, Layout, Received, told_as_theirs
from decoding.datasets.own.upload import (
    REMEDY,
    File,
    Role,
    Room,
    Upload,
    base_name,
    check_columns,
    check_room,
    columns_of,
    columns_text,
    unused_tables,
)
from decoding.datasets.own.writer import PIECE_BYTES, Writer
from decoding.datasets.text import read_json
from decoding.errors import DataError, quoted
from decoding.files import make_once
from decoding.nifti.headers import image_header
from decoding.numbers import list_text, number_text, size_text

LABELS, TABLE, ANATOMY = "labels", "table", "anatomy"
REGIONS = ".regions"
"""Hidden, as a BIDS reader looks for masks that nobody reads in all other folders."""
OF_RUN = "Run"
"""What stands before the number of a run in the name of a mask that is of one run."""
KNOWN_SPACES = frozenset(
    {"T1w", "MNI152NLin2009cAsym", "MNI152NLin6Asym", "MNI152NLin6Sym", "MNI152Lin", "MNI305"}
)
"""What a space's name says of coordinates is kept; of others only that scans were preprocessed."""
KEPT_VALUES = ("RepetitionTime", "StartTime")
"""What is kept of a scan's sidecar: nothing else of it is read."""


def receive(upload: Upload, folder: Path, room: Room | None = None) -> Received:
    """Write an upload to a folder, which appears whole or not at all; nothing is decompressed.

    Parameters
    ----------
    upload : Upload
        What each file is; see `sort_files`.
    folder : Path
        Not there yet.
    room : Room or None
        What may be written; the defaults without it.

    Raises
    ------
    LimitError
        If a file, or all of them, is larger than there is room for.
    DataError
        If a file that is needed is missing, or which belong together is not clear.
    """
    check_room(upload, room or Room())
    layout = _layout_of(upload, room or Room())
    names: dict[str, str] = {}
    paths: dict[str, str] = {}

    def write(scratch: Path) -> None:
        writer = Writer(scratch / ROOT, names, paths)
        {"events": _write_events, "labels": _write_labels, "images": _write_images}[layout](
            upload, writer
        )
        _write_regions(upload, writer)

    with told_as_theirs(names):
        make_once(folder, write, problem="Your files cannot be written")
    unused = tuple(base_name(name) for name, _ in upload.files.get("unused", ()))
    return Received(
        folder=(folder / ROOT).resolve(),
        layout=layout,
        names=names,
        paths=_from_one_folder(paths),
        unused=unused,
    )


def _from_one_folder(paths: Mapping[str, str]) -> dict[str, str]:
    """Return where files lie without the folder, if any, that all of them lie in."""
    parts = {ours: PurePosixPath(theirs).parts or ("file",) for ours, theirs in paths.items()}
    if len({part[0] for part in parts.values()}) == 1 and all(len(p) > 1 for p in parts.values()):
        return {ours: "/".join(part[1:]) for ours, part in parts.items()}
    return {ours: "/".join(part) for ours, part in parts.items()}


def _layout_of(upload: Upload, room: Room) -> Layout:
    """Return how an upload is read, or say what is missing."""
    has = {role for role, files in upload.files.items() if files}
    if "table" in has:
        check_columns(_one(upload, "table", "table of images"))
        if "images" not in has:
            raise DataError(
                f"There is a table of images, but no image. Add them. {_too_large(room)}"
            )
        return "images"
    if "scan" not in has:
        raise DataError(
            "There is no recording: a NIfTI file with four dimensions, the last one being volumes. "
            "Images of one volume each need a table with the columns file, label and run."
            f"{_unfit(upload)} {_too_large(room)}"
        )
    if "events" in has and "labels" in has:
        raise DataError("There are events and labels: either says what was shown. Take one out.")
    if "events" in has:
        return "events"
    if "labels" in has:
        _one(upload, "labels", "file of labels")
        return "labels"
    raise DataError(
        "Nothing says what was shown. Add events (a table with onset, duration and trial_type for "
        "each run) or labels (a text with the header 'labels chunks' and one row a volume)."
        f"{_unfit(upload)}"
    )


def _too_large(room: Room) -> str:
    """Say what became of a file that the uploader would not take: nothing here knows its name."""
    return f"Was one refused, as larger than {size_text(room.a_file)}? {REMEDY}"


def _unfit(upload: Upload) -> str:
    """Say what the tables and texts hold that are not used: one may be what is missing."""
    tables = unused_tables(upload)
    told = [f" {columns_text(table)}, and is not used." for table in tables]
    texts = [file for file in upload.files.get("unused", ()) if file not in tables]
    return "".join([*told, *map(_unfit_text, texts)])


def _unfit_text(text: File) -> str:
    """Say why a text is no file of labels, by its first line; empty where it is nothing of this."""
    if not _ends(text, ".txt"):
        return ""
    first = " ".join(columns_of(text))
    if "labels" in first.lower().split():
        return f" {base_name(text[0])} is not used: it has no column of runs ('chunks')."
    return (
        f" {base_name(text[0])} is not used: its first line {quoted(first)} is not the header "
        "'labels chunks'."
    )


def _one(upload: Upload, role: Role, what: str) -> File:
    files = upload.files[role]
    if len(files) > 1:
        named = list_text(repr(base_name(name)) for name, _ in files)
        raise DataError(f"There is more than one {what}: {named}. Keep one.")
    return files[0]


def _write_events(upload: Upload, writer: Writer) -> None:
    """Lay out runs with events as a BIDS folder does; preprocessed ones as a pipeline's."""
    scans = sorted(upload.files["scan"], key=lambda file: numbers_apart(file[0]))
    stems = stems_of(scans)
    events = matched(scans, upload.files["events"], "events")
    confounds = [f for f in upload.files.get("confounds", ()) if not _ends(f, ".json")]
    about = [f for f in upload.files.get("confounds", ()) if _ends(f, ".json")]
    named = [bids_name(name) for name, _ in scans]
    is_made = bool(confounds) or any(one and one.entities.get("desc") == "preproc" for one in named)
    spaces = {one.entities.get("space", "") for one in named if one} & KNOWN_SPACES
    space = f"_space-{spaces.pop()}" if len(spaces) == 1 else ""
    made, ending = (f"derivatives/{ROOT}/", f"{space}_desc-preproc") if is_made else ("", "")
    for stem, scan, table in zip(stems, scans, events, strict=True):
        writer.copy(scan, f"{made}{stem}{ending}_bold")
        if table is not None:
            writer.copy(table, f"{stem}_events", ".tsv")
        if values := _sidecar_values(scan, upload.files.get("sidecar", ()), writer):
            writer.write(json.dumps(values), f"{made}{stem}{ending}_bold.json")
    for part, end in ((confounds, ".tsv"), (about, ".json")):
        if not part:
            continue
        for stem, found in zip(stems, matched(scans, part, "confounds"), strict=True):
            if found is not None:
                writer.copy(found, f"{made}{stem}_desc-confounds_timeseries", end)
    for number, image in enumerate(upload.files.get("anatomy", ()), start=1):
        writer.copy(image, f"sub-1/anat/sub-1_run-{number}_T1w")


def _ends(file: File, end: str) -> bool:
    return base_name(file[0]).lower().endswith(end)


def _sidecar_values(scan: File, sidecars: Sequence[File], writer: Writer) -> dict[str, object]:
    """Return what the sidecars of a scan say of its clock, the nearest one first."""
    found = applying(scan, sidecars) or (list(sidecars) if len(sidecars) == 1 else [])
    values: dict[str, object] = {}
    for sidecar in found:
        path = writer.copy(sidecar, "sidecar", ".json")
        said = read_json(path)
        path.unlink()
        values = {key: said[key] for key in KEPT_VALUES if key in said} | values
    return values


def _write_labels(upload: Upload, writer: Writer) -> None:
    scans = sorted(upload.files["scan"], key=lambda file: numbers_apart(file[0]))
    for number, scan in enumerate(scans, start=1):
        writer.copy(scan, f"scan-{number:03}")
    writer.copy(upload.files["labels"][0], LABELS, ".txt")
    for number, image in enumerate(upload.files.get("anatomy", ()), start=1):
        writer.copy(image, f"{ANATOMY}-{number}")


def _write_images(upload: Upload, writer: Writer) -> None:
    """Write images and their table, in which each goes by our name for it."""
    table = upload.files["table"][0]
    images = {}
    for number, image in enumerate(upload.files["images"], start=1):
        images[base_name(image[0])] = writer.copy(image, f"image-{number:04}").name
    start = table[1].read(PIECE_BYTES).split(b"\n")[0]
    table[1].seek(0)
    path = writer.copy(table, TABLE, ".tsv" if b"\t" in start else ".csv")
    rows = read_rows(path)
    if (column := file_column(rows)) is not None:
        named = [base_name(name) for name in rows[column]]
        if unknown := [i for i, name in enumerate(named) if name not in images]:
            remedy = _remedy_of_names(column, len(unknown) == len(named), writer, images)
            raise DataError(
                f"{path.name} names files that you have not brought, in {len(unknown)} of "
                f"{number_text(len(named), 'row')}: row {unknown[0] + 2} says "
                f"{named[unknown[0]]!r}. {remedy}"
            )
        rows[column] = [images[name] for name in named]
    with (writer.root / TABLES[0]).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(
            chain([rows.columns], rows.itertuples(index=False, name=None))
        )
    writer.names[TABLES[0]] = base_name(table[0])


def _remedy_of_names(column: str, none: bool, writer: Writer, images: Mapping[str, str]) -> str:
    """Say what to do where names of a table, or `none` of them, are those of the images."""
    theirs, *more = sorted(images, key=numbers_apart)
    if not more and image_header(writer.root / images[theirs]).shape[3] > 1:
        return f"If its rows are the images in {theirs}, in order, leave out the column {column}."
    if not none:
        return "Add those files, or take out the rows."
    called = f"are called {theirs!r} to {more[-1]!r}" if more else f"is called {theirs!r}"
    return (
        f"Your {number_text(len(images), 'file')} {called}: write these names into the column "
        f"{column}, or call the files as the table does."
    )


def _write_regions(upload: Upload, writer: Writer) -> None:
    """Write masks and label images, each under the letters and digits of its name."""
    taken: set[str] = set()
    for image in upload.files.get("mask", ()):
        writer.copy(image, f"{REGIONS}/{_label(image[0], 'mask', taken)}_mask")
    tables = list(upload.files.get("names", ()))
    images = upload.files.get("regions", ())
    for image in images:
        label = _label(image[0], "dseg", taken)
        writer.copy(image, f"{REGIONS}/{label}_dseg")
        alike = [t for t in tables if _stem(t[0]) == _stem(image[0])]
        for table in alike or (tables if len(images) == len(tables) == 1 else []):
            writer.copy(table, f"{REGIONS}/{label}_dseg", ".tsv")


def _stem(name: str) -> str:
    return re.sub(r"\.(nii|tsv|csv|txt)(\.gz)?$", "", base_name(name), flags=re.IGNORECASE)


def _label(name: str, word: str, taken: set[str]) -> str:
    """Return what a region is called: letters and digits of its file's name, and its own."""
    file, stem = bids_name(name), _stem(name)
    told = (file.entities.get("label") or file.entities.get("desc")) if file else ""
    told = told or _region_of(stem, word)
    alone = "roi" if "roi" in stem.lower() else word
    base = re.sub(r"[^A-Za-z0-9]", "", told)[:MOST_LETTERS] or alone
    if file and (run := file.entities.get("run", "")).isdecimal():
        base += f"{OF_RUN}{int(run)}"
    label, number = base, 2
    while label in taken:
        label, number = f"{base}{number}", number + 1
    taken.add(label)
    return label


def _region_of(stem: str, word: str) -> str:
    """Return a file's name without the word that says what it is, nor the word's own number.

    So mask4_vt is vt, as among Haxby's masks; and mask8b_face_vt, which is face there, facevt.
    """
    return re.sub(f"(?i)({word}|roi)([0-9]+[a-z]?(?=_))?", "", stem)


MOST_LETTERS = 24
