"""A BIDS folder: runs of one task with their events; the operator's, or a visitor's own."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import nibabel as nib
import pandas as pd

from decoding.datasets.base import NO_BLOCK, REST, WHOLE_BRAIN, Subject, files_digest
from decoding.datasets.bids.events import label_volumes, trials_from_events
from decoding.datasets.bids.names import (
    BidsFile,
    find_images,
    inherited,
    parse_name,
    read_json,
    sidecar_value,
)
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.nifti.headers import read_header, read_recording_header, same_grid

ROOT_VARIABLE = "VOXELSCOPE_BIDS"
DESCRIPTION = "dataset_description.json"
NOT_AVAILABLE = ("n/a", "")
SESSION_RUNS = 100
TASK = "_task-"


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

    def load(self, subject: str, data_dir: Path | None = None) -> Subject:
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
            return _read_subject(root, label, recordings[label])
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


def _recordings(root: Path) -> dict[str, list[BidsFile]]:
    """Return the runs of each subject: by its label, and by its task too where it has several."""
    recordings = {}
    for folder in sorted(root.glob("sub-*")):
        tasks: dict[str, list[BidsFile]] = {}
        for pattern in ("func/*_bold.nii*", "ses-*/func/*_bold.nii*"):
            for file in find_images(folder, pattern, "bold"):
                if file.entities.get("part", "mag") == "mag":
                    tasks.setdefault(file.entities.get("task", ""), []).append(file)
        shown = {
            task: sorted(runs, key=BidsFile.order)
            for task, runs in sorted(tasks.items())
            if any(_events_file(root, run) for run in runs)
        }
        label = folder.name.removeprefix("sub-")
        for task, runs in shown.items():
            recordings[label if len(shown) == 1 else f"{label}{TASK}{task}"] = runs
    return recordings


def _events_file(root: Path, run: BidsFile) -> BidsFile | None:
    return next(inherited(root, run, "events", ".tsv"), None)


def _read_subject(root: Path, label: str, files: list[BidsFile]) -> Subject:
    runs = dict(zip(_run_numbers(files), files, strict=True))
    t_r = _repetition_time(root, files)
    tables = {run: _read_events(root, file) for run, file in runs.items()}
    lengths = {run: read_recording_header(file.path).shape[3] for run, file in runs.items()}
    trials = trials_from_events(tables)
    volumes = label_volumes(trials, lengths, t_r)
    if (volumes["block"] == NO_BLOCK).all():
        raise DataError(
            f"The events of subject {label} name no category during any volume; there is nothing "
            "to decode. Check trial_type and onset (in seconds) of the events files."
        )
    masks = _find_masks(root, label.split(TASK)[0], files[0].path)
    events_paths = [event.path for file in files if (event := _events_file(root, file))]
    digest = files_digest([*(file.path for file in files), *events_paths, *masks.values()])
    return Subject(
        dataset="bids",
        name=label,
        bold=tuple(file.path for file in files),
        masks={**masks, "brain": masks.get("brain")},
        mask_origins={"brain": WHOLE_BRAIN},
        anatomy=_find_anatomy(root / f"sub-{label.split(TASK)[0]}"),
        volumes=volumes,
        t_r=t_r,
        version=hashlib.blake2b(f"{digest} {t_r}".encode(), digest_size=16).hexdigest(),
        events=tables,
    )


def _run_numbers(files: list[BidsFile]) -> list[int]:
    """Return the numbers in the files' names; those of later sessions start at 201, 301, ..."""
    sessions = sorted({file.entities.get("ses", "") for file in files})
    numbers: dict[int, BidsFile] = {}
    for position, file in enumerate(files):
        run = file.entities.get("run", str(position + 1 if len(sessions) == 1 else 1))
        session = sessions.index(file.entities.get("ses", "")) + 1 if len(sessions) > 1 else 0
        number = SESSION_RUNS * session + (int(run) if run.isdecimal() else position + 1)
        if number in numbers:
            raise DataError(
                f"{numbers[number].path.name} and {file.path.name} are both run {run}; "
                "keep one recording a run (one echo, one reconstruction)."
            )
        numbers[number] = file
    return list(numbers)


def _repetition_time(root: Path, files: list[BidsFile]) -> float:
    times = {file.path.name: _seconds_a_volume(root, file) for file in files}
    if len(set(times.values())) > 1:
        first, other = min(times, key=times.__getitem__), max(times, key=times.__getitem__)
        raise DataError(
            f"{first} has a repetition time of {times[first]:g} s and {other} of "
            f"{times[other]:g} s; all runs need one."
        )
    return next(iter(times.values()))


def _seconds_a_volume(root: Path, file: BidsFile) -> float:
    value = sidecar_value(root, file, "RepetitionTime")
    if value is None:  # not what BIDS asks for, but the header mostly knows
        header = nib.load(file.path).header
        scale = {"msec": 1e-3, "usec": 1e-6}.get(header.get_xyzt_units()[1], 1.0)
        value = round(float(header.get_zooms()[-1]) * scale, 6)
    if not isinstance(value, (int, float)) or not 0 < value < 60:
        raise DataError(
            f"The repetition time of {file.path.name} is {value!r}; give RepetitionTime in seconds "
            "in its .json sidecar."
        )
    return float(value)


def _read_events(root: Path, run: BidsFile) -> pd.DataFrame:
    """Read the events of a run; rows without a trial_type count as rest."""
    file = _events_file(root, run)
    if file is None:
        raise DataError(
            f"{run.path.name} has no events file; put the onset, duration and trial_type of its "
            f"stimuli into {run.path.name.removesuffix(run.end).removesuffix('bold')}events.tsv."
        )
    try:
        table = pd.read_csv(file.path, sep="\t", dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(
            f"{file.path.name} is not a table that can be read ({str(error).splitlines()[0]}); "
            "it needs columns onset, duration and trial_type, parted by tabs."
        ) from error
    if "trial_type" not in table.columns:
        raise DataError(
            f"{file.path.name} has no column 'trial_type', but {', '.join(table.columns)}; "
            "the category of each stimulus belongs there."
        )
    kinds = table["trial_type"].str.strip()
    return table.assign(trial_type=kinds.where(~kinds.isin(NOT_AVAILABLE), REST))


def runs_and_events(root: Path, subject: Subject) -> dict[int, tuple[Path, Path]]:
    """Return the recording and the events file of each run of a subject read from `root`."""
    found = {}
    numbers = subject.volumes["run"].drop_duplicates().tolist()
    for number, path in zip(numbers, subject.bold, strict=True):
        file = parse_name(path)
        events = _events_file(root, file) if file else None
        assert events is not None  # or the subject would not have been read
        found[number] = (path, events.path)
    return found


def _find_masks(root: Path, label: str, bold: Path) -> dict[str, Path]:
    """Return the masks among the derivatives that share the scan's grid, by label or desc."""
    scan = read_header(bold)
    masks: dict[str, Path] = {}
    for folder in sorted((root / "derivatives").glob(f"*/sub-{label}")):
        for file in find_images(folder, "**/*_mask.nii*", "mask"):
            name = file.entities.get("label") or file.entities.get("desc") or "mask"
            if same_grid(read_header(file.path), scan):
                masks.setdefault(name, file.path)
    return masks


def _find_anatomy(folder: Path) -> Path | None:
    patterns = ("anat/*_T1w.nii*", "ses-*/anat/*_T1w.nii*")
    found = (file.path for pattern in patterns for file in find_images(folder, pattern, "T1w"))
    return next(found, None)
