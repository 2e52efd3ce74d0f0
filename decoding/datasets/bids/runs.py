"""The runs of a subject: one acquisition each, with its events; and what else lies there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from decoding.datasets.base import Note
from decoding.datasets.bids.events import FalseRowError, read_events
from decoding.datasets.bids.names import (
    IMAGE_ENDS,
    BidsFile,
    as_recorded,
    has_content,
    inherited,
    parse_name,
    sidecar_value,
)
from decoding.datasets.notes import Cases
from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader, read_recording_header, same_grid, unlike_grid
from decoding.spec import Categories

SESSION_RUNS = 100
ONE_ACQUISITION = ("ses", "task", "acq", "ce", "dir", "run")
"""Recordings that differ in none of these are one acquisition, in several versions."""
_ON_SURFACE = re.compile(r".*bold\.(\w+series\.nii|func\.gii)", re.IGNORECASE)
_LOOKS_LIKE_IMAGE = re.compile(r".*bold.*(?<!series)\.(nii|hdr|img)(\.\w+)?", re.IGNORECASE)


def numbers_of_sessions(runs: Mapping[int, BidsFile]) -> Iterator[Note]:
    """Note how runs of several sessions are numbered."""
    numbered = Cases("{n} run{s} of several sessions {was} numbered by session and run.")
    if len({file.entities.get("ses", "") for file in runs.values()}) > 1:
        for number, file in runs.items():
            numbered.add(f"{file.path.name} is run {number}")
    yield from numbered


@dataclass(frozen=True, kw_only=True)
class Found:
    """The recordings of a subject's folder by task, and notes of what was not taken."""

    tasks: dict[str, list[BidsFile]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def find_recordings(folder: Path) -> Found:
    """Find the recordings in a subject's folder, sorted; a fault of one does not touch others."""
    found = Found()
    misnamed = Cases(
        "{n} file{s} with the name of a recording {was} not read, as the name is not BIDS.",
        "Name it sub-LABEL_task-LABEL_run-NUMBER_bold.nii.gz: labels are letters, digits and +, "
        "an ending is in small letters.",
    )
    empty = Cases(
        "{n} recording{s} {was} left out, as the content is not on disk.",
        "Get it first, as with 'datalad get'.",
    )
    surfaces = Cases("{n} recording{s} on the surface {was} left out: voxels are read.")
    phases = Cases("{n} recording{s} of phase or other parts {was} left out: magnitude is read.")
    for path in sorted([*folder.glob("func/*"), *folder.glob("ses-*/func/*")]):
        file = parse_name(path)
        if file is None or file.end not in IMAGE_ENDS:
            if _ON_SURFACE.fullmatch(path.name):
                surfaces.add(path.name)
            elif _LOOKS_LIKE_IMAGE.fullmatch(path.name):
                misnamed.add(path.name)
        elif file.suffix != "bold":
            continue
        elif not has_content(path):
            empty.add(path.name)
        elif file.entities.get("part", "mag") != "mag":
            phases.add(path.name)
        else:
            found.tasks.setdefault(file.entities.get("task", ""), []).append(file)
    for files in found.tasks.values():
        files.sort(key=lambda file: file.order)
    found.notes.extend([*misnamed, *empty, *surfaces, *phases])
    return found


def events_file(root: Path, run: BidsFile) -> BidsFile | None:
    """Return the events file of a run: the nearest that applies to what was recorded."""
    return next(inherited(root, as_recorded(root, run), "events", ".tsv"), None)


def readable_runs(
    root: Path, files: Iterable[BidsFile], categories: Categories
) -> tuple[list[BidsFile], list[Note]]:
    """Return the runs whose events and header can be read, and notes of the others.

    Events that say what cannot be are refused: see `read_events`.
    """
    files = list(files)
    silent = Cases(
        "{n} run{s} {was} left out, as there is no events file.",
        "Put the onset, duration and trial_type of its stimuli into a file *_events.tsv beside it.",
        lost=True,
    )
    damaged = Cases(
        "{n} run{s} {was} left out, as the recording cannot be read.", by_cause=True, lost=True
    )
    unread = Cases(
        "{n} run{s} {was} left out, as events or sidecar cannot be read.",
        "Mend each such file.",
        by_cause=True,
        lost=True,
    )
    kept: list[tuple[BidsFile, NiftiHeader]] = []
    problem = None
    for file in files:
        try:
            header = read_recording_header(file.path)
        except DataError as error:
            problem = problem or error
            damaged.add(str(error).rstrip("."))
            continue
        if (events := events_file(root, file)) is None:
            silent.add(file.path.name)
            continue
        try:
            read_events(events.path, categories)
            sidecar_value(root, file, "RepetitionTime")
        except FalseRowError as error:
            raise DataError(
                f"{error} Other rows may be as wrong without looking so, and nobody knows which: "
                f"mend {events.path.name}, or take {file.path.name} out of the folder."
            ) from error
        except DataError as error:
            problem = problem or error
            unread.add(str(error).rstrip("."))
        else:
            kept.append((file, header))
    if not kept:
        raise problem or DataError(
            f"{files[0].path.name} has no events file, nor has any other run; put the onset, "
            "duration and trial_type of its stimuli into "
            f"{files[0].stem.removesuffix('bold')}events.tsv."
        )
    on_grid, elsewhere = _of_one_grid(kept)
    return on_grid, [*damaged, *silent, *unread, *elsewhere]


def _of_one_grid(runs: list[tuple[BidsFile, NiftiHeader]]) -> tuple[list[BidsFile], Cases]:
    """Return the runs that share the grid that most have, and a note of the others."""
    elsewhere = Cases(
        "{n} run{s} {was} left out, as the voxels are not those of the other runs.",
        "Align all runs to one, and write them on its grid.",
        by_cause=True,
        lost=True,
    )
    alike = [sum(same_grid(header, other) for _, other in runs) for _, header in runs]
    usual, usual_header = runs[alike.index(max(alike))]
    kept = []
    for file, header in runs:
        if same_grid(header, usual_header):
            kept.append(file)
        else:
            told = unlike_grid(header, usual_header, usual.path.name)
            elsewhere.add(f"{file.path.name} {told}")
    return kept, elsewhere


def number_runs(files: list[BidsFile]) -> dict[int, BidsFile]:
    """Return the runs by the numbers in their names; those of later sessions start at 201, 301.

    Raises
    ------
    DataError
        If two files are one acquisition: echoes, reconstructions, spaces, or a copy.
    """
    sessions = sorted({file.entities.get("ses", "") for file in files})
    numbers: dict[int, BidsFile] = {}
    acquisitions: dict[tuple[str, ...], BidsFile] = {}
    for position, file in enumerate(files):
        key = tuple(file.entities.get(name, "") for name in ONE_ACQUISITION)
        run = file.entities.get("run", str(position + 1 if len(sessions) == 1 else 1))
        session = sessions.index(file.entities.get("ses", "")) + 1 if len(sessions) > 1 else 0
        number = SESSION_RUNS * session + (int(run) if run.isdecimal() else position + 1)
        other = acquisitions.get(key) or numbers.get(number)
        if other is not None:
            same = f"both run {run}" if "run" in file.entities else "one acquisition"
            raise DataError(
                f"{other.path.name} and {file.path.name} are {same}; keep one recording a "
                "run (one echo, one reconstruction, one part, one space, one file)."
            )
        numbers[number] = acquisitions[key] = file
    return numbers


def other_tasks(root: Path, found: Found, task: str) -> Iterator[Note]:
    """Note the recordings of tasks without events, which nobody can choose."""
    resting = Cases("{n} recording{s} of other tasks {was} left out, as there are no events.")
    for name, files in found.tasks.items():
        if name != task and not any(events_file(root, file) for file in files):
            for file in files:
                resting.add(file.path.name)
    yield from resting
