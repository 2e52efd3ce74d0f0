"""A BIDS folder: runs of one task with their events; the operator's, or a visitor's own."""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import LabelImage, Mask, Note, Subject
from decoding.datasets.bids.clock import Clock, read_clock
from decoding.datasets.bids.events import read_events
from decoding.datasets.bids.label_images import find_label_images
from decoding.datasets.bids.masks import find_masks
from decoding.datasets.bids.names import BidsFile
from decoding.datasets.bids.runs import (
    events_file,
    number_runs,
    numbers_of_sessions,
    other_tasks,
    readable_runs,
)
from decoding.datasets.bids.strays import stray_masks
from decoding.datasets.bids.study import (
    DESCRIPTION,
    TASK,
    Recording,
    Study,
    absent_images,
    find_all,
    find_anatomies,
    find_confounds,
    open_study,
    read_description,
    space_notes,
)
from decoding.datasets.bids.trials import Timing, trials_of_events
from decoding.datasets.digest import files_digest
from decoding.datasets.notes import left_out_text, notes_of_categories, notes_of_trials
from decoding.errors import DataError, DataMissingError, UnknownChoiceError
from decoding.nifti.headers import read_header
from decoding.spec import AS_RECORDED, AS_WRITTEN, RECORDED, Categories, Reading

ROOT_VARIABLE = "VOXELSCOPE_BIDS"


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
    absent: str = f"Whoever runs this server names the folder in {ROOT_VARIABLE}."
    published: tuple[str, ...] = ()
    root: Path | None = None

    @property
    def citation(self) -> str:
        """The authors, title and DOI that the folder names."""
        about = _about(self.root)
        authors = about.get("Authors")
        names = ", ".join(map(str, authors)) if isinstance(authors, list) else ""
        parts = [str(part) for part in (names, about.get("Name"), about.get("DatasetDOI")) if part]
        credit = ". ".join(part.rstrip(".") for part in parts)
        return f"{credit}." if credit else f"See {DESCRIPTION} of the folder."

    @property
    def licence(self) -> str:
        """The licence that the folder names."""
        return str(_about(self.root).get("License") or f"see {DESCRIPTION} of the folder")

    def credits_of(self, subject: Subject) -> "Bids":
        """Return the credits that the subject's own folder names."""
        return replace(self, root=bids_root(subject))

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the labels of the subjects with runs and events, each task of several apart."""
        root = _configured(data_dir)
        return tuple(find_all(open_study(root))) if root is not None and root.is_dir() else ()

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject's runs of one task; see `Dataset.load`.

        Raises
        ------
        UnknownChoiceError
            If the folder has no such subject; those it has are named.
        DataMissingError
            If there is no folder, or no recording with events in it.
        DataError
            If files cannot be read, or do not belong together.
        """
        root = _existing_root(data_dir)
        try:
            study = open_study(root)
            recordings = find_all(study)
            if not recordings:
                raise DataMissingError(_nothing_there(study))
            label = subject.removeprefix("sub-")
            known = {name.split(TASK)[0] for name in recordings}
            if label not in known and (root / f"sub-{label}").is_dir():
                raise DataError(
                    f"Subject {label} of {root.name} has no run with an events file, so nobody "
                    f"knows what was shown. Choose from: {', '.join(recordings)}."
                )
            if label not in recordings:
                raise UnknownChoiceError("subject", subject, recordings, f" in {root.name}")
            return _read_subject(study, label, recordings[label], reading)
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
    assert subject.root is not None  # of every subject of a BIDS folder
    return subject.root


def _about(credited: Path | None) -> dict[str, object]:
    root = _configured(credited)
    return read_description(root) if root is not None else {}


def _nothing_there(study: Study) -> str:
    if study.root in study.pipelines:
        return (
            f"{study.named} holds what a pipeline made, and no events: they lie in the folder that "
            "it was made from, which is neither above nor beside it. Name that one."
        )
    return (
        f"{study.named} holds no runs with events. A BIDS root holds "
        "sub-*/func/*_task-*_bold.nii.gz, and *_events.tsv beside them."
    )


def _choose_space(recording: Recording, asked: str) -> str:
    """Return the space that is read: the first there is, where nothing was recorded.

    A space in one resolution needs no word of that.
    """
    spaces = recording.spaces
    if asked == RECORDED:
        return next(iter(spaces))
    within = [space for space in spaces if space.startswith(f"{asked}_")]
    if asked not in spaces and len(within) == 1:
        return within[0]
    if asked not in spaces:
        raise UnknownChoiceError("space", asked, spaces, f" for subject {recording.subject}")
    return asked


def _read_subject(study: Study, label: str, recording: Recording, reading: Reading) -> Subject:
    root, space = study.root, _choose_space(recording, reading.space)
    files, left_out = readable_runs(root, recording.spaces[space], reading.categories)
    runs = number_runs(files)
    clock = read_clock(root, runs)
    gap = clock.t_r if reading.merge_gap is None else reading.merge_gap
    paths = {run: _events_path(root, file) for run, file in runs.items()}
    trials, volumes, notes = _read_trials(label, runs, paths, clock, gap, reading.categories)
    masks = find_masks(study, recording.subject, runs)
    label_images, labelled = find_label_images(study, recording.subject, runs)
    images = find_anatomies(study, recording.subject, files[0])
    anatomy, seen = choose_anatomy(images, read_header(files[0].path))
    tables, untold = find_confounds(runs)
    read = [*(file.path for file in files), *paths.values()]
    read += _files_beside(masks.masks.values(), tables.values(), label_images.values())
    digest = files_digest([*read, *([anatomy] if anatomy else [])])
    about = f"{digest} {clock.t_r} {sorted(clock.starts.items())} {gap}"
    if reading.categories != AS_WRITTEN:
        about += f" {reading.categories}"
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
        root=root,
        space=space,
        spaces=tuple(recording.spaces),
        confounds=tables,
        events=paths,
        starts=clock.starts,
        merge_gap=gap,
        categories=reading.categories,
        unusable=masks.unusable,
        label_images=label_images,
        notes=(
            *recording.found.notes,
            *other_tasks(root, recording.found, recording.task),
            *space_notes(study, recording, space),
            *left_out,
            *untold,
            *numbers_of_sessions(runs),
            *clock.notes,
            *notes,
            *notes_of_trials(trials, volumes, clock.t_r, clock.starts),
            *masks.notes,
            *stray_masks(study, recording.subject),
            *absent_images(study, recording.subject),
            *labelled,
            *seen,
        ),
    )


def _files_beside(
    masks: Iterable[Mask], tables: Collection[Path], label_images: Iterable[LabelImage]
) -> list[Path]:
    """Return the files of masks, of confounds with their sidecars, and of label images."""
    found = [path for mask in masks for path in mask.files]
    beside = (path.with_suffix(".json") for path in tables)
    found += [path for path in (*tables, *beside) if path.is_file()]
    for image in label_images:
        found += [*image.files, *([image.table] if image.table else [])]
    return found


def _read_trials(
    label: str,
    runs: Mapping[int, BidsFile],
    events: Mapping[int, Path],
    clock: Clock,
    gap: float,
    categories: Categories,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """Return the trials and volumes of runs, and notes; see `trials_of_events`."""
    timing = {
        run: Timing(n_volumes=read_header(file.path).shape[3], start=clock.starts[run])
        for run, file in runs.items()
    }
    rows = {run: read_events(path, categories) for run, path in events.items()}
    trials, volumes, notes = trials_of_events(rows, timing, clock.t_r, gap)
    written = [kind for table in rows.values() for kind in table.written]
    notes = [*notes_of_categories(written, categories, "row"), *notes]
    if trials.empty:
        raise DataError(
            left_out_text(written, categories)
            or f"The events of subject {label} name no category within its runs; there is nothing "
            f"to decode. Check {categories.column} and onset (in seconds) of the events files."
        )
    return trials, volumes, notes


def _events_path(root: Path, run: BidsFile) -> Path:
    file = events_file(root, run)
    assert file is not None  # or the run would have been left out
    return file.path
