"""A BIDS folder: runs of one task with their events; the operator's, or a visitor's own."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import Subject, files_digest
from decoding.datasets.bids.clock import read_clock
from decoding.datasets.bids.events import read_events
from decoding.datasets.bids.masks import find_masks
from decoding.datasets.bids.names import BidsFile, find_images, read_json
from decoding.datasets.bids.runs import (
    Found,
    events_file,
    find_recordings,
    number_runs,
    other_tasks,
    readable_runs,
)
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.notes import notes_of_trials
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.nifti.headers import read_header
from decoding.spec import AS_RECORDED, Reading

ROOT_VARIABLE = "VOXELSCOPE_BIDS"
DESCRIPTION = "dataset_description.json"
TASK = "_task-"
T1_IMAGES = ("anat/*_T1w.nii*", "ses-*/anat/*_T1w.nii*")


@dataclass(frozen=True, kw_only=True)
class Bids:
    """A folder in the Brain Imaging Data Structure (BIDS).

    Parameters
    ----------
    root : Path or None
        The folder that is credited; None for the operator's.
    """

    name: str = "bids"
    label: str = "BIDS folder"
    help: str = "Recordings that whoever runs this server has put there."
    root: Path | None = None

    @property
    def citation(self) -> str:
        """The authors, title and DOI that the folder names."""
        about = _description(self.root)
        authors = about.get("Authors")
        names = ", ".join(map(str, authors)) if isinstance(authors, list) else ""
        parts = [str(part) for part in (names, about.get("Name"), about.get("DatasetDOI")) if part]
        credit = ". ".join(part.rstrip(".") for part in parts)
        return f"{credit}." if credit else f"See {DESCRIPTION} of the folder."

    @property
    def licence(self) -> str:
        """The licence that the folder names."""
        return str(_description(self.root).get("License") or f"see {DESCRIPTION} of the folder")

    def credits_of(self, subject: Subject) -> "Bids":
        """Return the credits that the subject's own folder names."""
        return replace(self, root=bids_root(subject))

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the labels of the subjects with runs and events, each task of several apart."""
        root = _configured(data_dir)
        return tuple(_recordings(root)) if root is not None and root.is_dir() else ()

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject's runs of one task; see `Dataset.load`."""
        root = _existing_root(data_dir)
        try:
            recordings = _recordings(root)
            if not recordings:
                raise DataMissingError(
                    f"{root} holds no runs with events. A BIDS root holds "
                    "sub-*/func/*_task-*_bold.nii.gz, and *_events.tsv beside them."
                )
            label = subject.removeprefix("sub-")
            if label not in recordings:
                raise UnknownChoiceError("subject", subject, recordings, f" in {root.name}")
            return _read_subject(root, label, recordings[label], reading.merge_gap)
        except OSError as error:
            name = Path(error.filename or root).name
            raise DataError(
                f"{name} cannot be read ({error.strerror}); check the permissions of the folder."
            ) from error


def _configured(data_dir: Path | None) -> Path | None:
    configured = os.environ.get(ROOT_VARIABLE)
    return data_dir or (Path(configured) if configured else None)


def _existing_root(data_dir: Path | None) -> Path:
    root = _configured(data_dir)
    if root is None:
        raise DataMissingError(
            "No BIDS folder is set up here.",
            remedy=f"Name its root with --data-dir, or in {ROOT_VARIABLE}.",
        )
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise DataMissingError(
            f"The BIDS folder {root} {problem}.",
            remedy=f"Name the root of a BIDS dataset with --data-dir, or in {ROOT_VARIABLE}.",
        )
    return root.resolve()


def bids_root(subject: Subject) -> Path:
    """Return the root of the BIDS folder that a subject was read from."""
    folders = subject.bold[0].parents
    return next(folder.parent for folder in folders if folder.name.startswith("sub-"))


def _description(credited: Path | None) -> dict[str, object]:
    root = _configured(credited)
    path = root / DESCRIPTION if root is not None else None
    try:
        return read_json(path) if path is not None and path.is_file() else {}
    except DataError:
        return {}


def _recordings(root: Path) -> dict[str, tuple[Found, str]]:
    """Return the recordings of each subject: by its label, and by its task too if it has several.

    With each label stands what its folder holds, and the task that is meant.
    """
    recordings = {}
    for folder in sorted(root.glob("sub-*")):
        found = find_recordings(folder)
        shown = [
            task
            for task, files in sorted(found.tasks.items())
            if any(events_file(root, file) for file in files)
        ]
        label = folder.name.removeprefix("sub-")
        for task in shown:
            recordings[label if len(shown) == 1 else f"{label}{TASK}{task}"] = found, task
    return recordings


def _read_subject(
    root: Path, label: str, recordings: tuple[Found, str], merge_gap: float | None
) -> Subject:
    found, task = recordings
    files, left_out = readable_runs(root, found.tasks[task])
    runs = number_runs(files)
    clock = read_clock(root, runs)
    gap = clock.t_r if merge_gap is None else merge_gap
    paths = {run: _events_path(root, file) for run, file in runs.items()}
    events = {run: read_events(path) for run, path in paths.items()}
    timing = {
        run: Timing(n_volumes=read_header(file.path).shape[3], start=clock.starts[run])
        for run, file in runs.items()
    }
    trials, volumes, notes = trials_of_events(events, timing, clock.t_r, gap)
    if trials.empty:
        raise DataError(
            f"The events of subject {label} name no category within its runs; there is nothing "
            "to decode. Check trial_type and onset (in seconds) of the events files."
        )
    name = label.split(TASK)[0]
    masks = find_masks(root, name, runs)
    folder = root / f"sub-{name}"
    images = [file for pattern in T1_IMAGES for file in find_images(folder, pattern, "T1w")]
    anatomy, seen = choose_anatomy([i.path for i in images], read_header(files[0].path))
    read = [file.path for file in files] + list(paths.values())
    read += [path for mask in masks.masks.values() for path in mask.files]
    digest = files_digest([*read, *([anatomy] if anatomy else [])])
    about = f"{digest} {clock.t_r} {sorted(clock.starts.items())} {gap}"
    return Subject(
        dataset="bids",
        name=label,
        bold=tuple(file.path for file in files),
        masks=masks.masks,
        anatomy=anatomy,
        trials=trials,
        volumes=volumes,
        t_r=clock.t_r,
        version=hashlib.blake2b(about.encode(), digest_size=16).hexdigest(),
        events=paths,
        starts=clock.starts,
        merge_gap=gap,
        unusable=masks.unusable,
        notes=(
            *found.notes,
            *other_tasks(root, found, task),
            *left_out,
            *clock.notes,
            *notes,
            *notes_of_trials(trials, volumes, clock.t_r),
            *masks.notes,
            *seen,
        ),
    )


def _events_path(root: Path, run: BidsFile) -> Path:
    file = events_file(root, run)
    assert file is not None  # or the run would have been left out
    return file.path
