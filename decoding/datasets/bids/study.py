"""A BIDS folder: what was recorded, and what pipelines such as fMRIPrep made of it, by space."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from decoding.datasets.base import Note
from decoding.datasets.bids.names import BidsFile, find_images, has_content, inherited
from decoding.datasets.bids.runs import ONE_ACQUISITION, Found, events_file, find_recordings
from decoding.datasets.notes import Cases
from decoding.datasets.space import NATIVE, space_words
from decoding.datasets.text import read_json
from decoding.errors import DataError
from decoding.nifti.headers import read_recording_header
from decoding.spec import RECORDED

DESCRIPTION = "dataset_description.json"
TASK = "_task-"
PREPROC = "preproc"
T1_IMAGES = ("anat/*_T1w.nii*", "ses-*/anat/*_T1w.nii*")
T1W = "T1w"


@dataclass(frozen=True, kw_only=True)
class Study:
    """The folder with the events, and the folders of the pipelines.

    Parameters
    ----------
    root : Path
        Of what was recorded.
    pipelines : list of Path
        Each holds folders ``sub-*``.
    named : Path
        The folder that was asked for: the root, or one pipeline's.
    """

    root: Path
    pipelines: list[Path]
    named: Path


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The runs of one task of a subject, by space; `found` is all that was recorded of it."""

    subject: str
    task: str
    found: Found
    spaces: dict[str, list[BidsFile]]


def open_study(named: Path) -> Study:
    """Return the study that a folder is, or that a pipeline's folder was made from."""
    if not _is_derivative(named):
        folders = (named / "derivatives", *sorted((named / "derivatives").glob("*")))
        return Study(root=named, pipelines=[*filter(_has_subjects, folders)], named=named)
    around = [*named.parents[:3], *sorted(named.parent.glob("*"))]
    raw = (folder for folder in around if _has_subjects(folder) and not _is_derivative(folder))
    return Study(root=next(raw, named), pipelines=[named], named=named)


def read_description(folder: Path) -> dict[str, object]:
    """Return what a folder says of itself, empty where it says nothing that can be read."""
    path = folder / DESCRIPTION
    try:
        return read_json(path) if path.is_file() else {}
    except DataError:
        return {}


def _is_derivative(folder: Path) -> bool:
    about = read_description(folder)
    return about.get("DatasetType") == "derivative" or "PipelineDescription" in about


def _has_subjects(folder: Path) -> bool:
    return any(path.is_dir() for path in folder.glob("sub-*"))


def find_all(study: Study) -> dict[str, Recording]:
    """Return the recordings with events: by subject, and by task too where one has several."""
    recordings = {}
    for folder in sorted(study.root.glob("sub-*")):
        label = folder.name.removeprefix("sub-")
        of_tasks = _by_task(study, label)
        for one in of_tasks:
            recordings[label if len(of_tasks) == 1 else f"{label}{TASK}{one.task}"] = one
    return recordings


def _by_task(study: Study, label: str) -> list[Recording]:
    """Return the recordings of a subject that have events, one a task."""
    is_recorded = study.root not in study.pipelines and study.named == study.root
    found = find_recordings(study.root / f"sub-{label}") if is_recorded else Found()
    spaces: dict[str, dict[str, list[BidsFile]]] = defaultdict(dict)
    for task, files in found.tasks.items():
        spaces[task][RECORDED] = files
    for (space, task), of_pipelines in _preprocessed(study, label, found.notes).items():
        for pipeline, files in of_pipelines.items():
            name = space if len(of_pipelines) == 1 else f"{space}_{pipeline}"
            spaces[task][name] = files
    return [
        Recording(subject=label, task=task, found=found, spaces=of_task)
        for task, of_task in sorted(spaces.items())
        if any(events_file(study.root, file) for files in of_task.values() for file in files)
    ]


def _preprocessed(
    study: Study, label: str, notes: list[Note]
) -> dict[tuple[str, str], dict[str, list[BidsFile]]]:
    """Return preprocessed scans by space and task, those of each pipeline apart; add notes."""
    scans: dict[tuple[str, str], dict[str, list[BidsFile]]] = defaultdict(dict)
    for pipeline in study.pipelines:
        made = find_recordings(pipeline / f"sub-{label}")
        notes.extend(made.notes)
        for task, files in made.tasks.items():
            for file in files:
                if file.entities.get("desc") == PREPROC:
                    of_space = scans[space_of(file), task]
                    of_space.setdefault(pipeline.name, []).append(file)
    return dict(sorted(scans.items()))


def space_of(file: BidsFile) -> str:
    """Return the space of a preprocessed scan, with the resolution where its name gives one."""
    own = file.entities
    parts = [f"{name}-{own[name]}" for name in ("cohort", "res", "den") if name in own]
    return "_".join([own.get("space", NATIVE), *parts])


def absent_images(study: Study, label: str) -> Cases:
    """Note anatomies, masks and label images of a subject whose content is not on disk."""
    absent = Cases(
        "{n} image{s} of anatomy or masks {was} not used, as the content is not on disk.",
        "Get it first, as with 'datalad get'.",
    )
    for folder in (study.root, *study.pipelines):
        for pattern in ("*_T1w.nii*", "*_mask.nii*", "*_dseg.nii*"):
            for path in sorted((folder / f"sub-{label}").rglob(pattern)):
                if not has_content(path):
                    absent.add(path.name)
    return absent


def find_anatomies(study: Study, label: str, scan: BidsFile) -> list[Path]:
    """Return the T1 images that may lie where a scan does: of its space, else as recorded."""
    space, res = scan.entities.get("space"), scan.entities.get("res")
    moved = [
        file
        for pipeline in study.pipelines
        for file in _t1_images(pipeline / f"sub-{label}")
        if file.entities.get("desc") == PREPROC and file.entities.get("space", T1W) == space
    ]
    moved.sort(key=lambda file: file.entities.get("res") != res)
    recorded = [] if space not in (None, T1W) else _t1_images(study.root / f"sub-{label}")
    return [file.path for file in [*moved, *recorded]]


def _t1_images(folder: Path) -> list[BidsFile]:
    return [file for pattern in T1_IMAGES for file in find_images(folder, pattern, "T1w")]


def find_confounds(runs: Mapping[int, BidsFile]) -> tuple[dict[int, Path], Cases]:
    """Return by run the tables of confounds beside preprocessed scans, and a note of the others."""
    found, lacks = {}, {}
    for run, file in runs.items():
        table = _confounds_of(file) if file.entities.get("desc") == PREPROC else None
        if table is None:
            lacks[run] = file.path.name
        else:
            found[run] = table
    lacking = Cases(
        "{n} run{s} {has} no table of confounds, so none can be removed from any.",
        "Get the tables, or take those runs out of the folder.",
    )
    for run, name in lacks.items() if found else ():
        lacking.add(f"run {run}: {name}")
    return found, lacking


def _confounds_of(scan: BidsFile) -> Path | None:
    named = replace(scan, entities={**scan.entities, "desc": "confounds"})
    files = (
        file.path
        for suffix in ("timeseries", "regressors")
        for file in inherited(scan.path.parent, named, suffix, ".tsv")
    )
    return next(files, None)


def space_notes(study: Study, recording: Recording, space: str) -> Iterator[Note]:
    """Note what was preprocessed, and how it differs from what was recorded."""
    files = recording.spaces[space]
    if space == RECORDED:
        return
    example = files[0].path
    pipeline = next(p for p in study.pipelines if p in example.parents)
    yield Note(
        note=f"The scans are those that {pipeline.name} preprocessed, in {space_words(space)}; "
        f"events are those of {study.root.name}.",
        count=len(files),
        example=example.name,
    )
    missing = Cases("{n} run{s} {was} left out, as there is no scan in this space.", lost=True)
    cut = Cases(
        "{n} preprocessed scan{s} {has} another number of volumes than what was recorded.",
        "If volumes were cut from the beginning, events and scans do not belong together.",
    )
    ours = {_acquisition(file): file for file in files}
    for file in recording.spaces.get(RECORDED, ()):
        made = ours.get(_acquisition(file))
        if made is None:
            missing.add(file.path.name)
        elif 0 != (n := _n_volumes(made)) != (recorded := _n_volumes(file)) != 0:
            cut.add(f"{made.path.name}: {n} of {recorded}")
    yield from missing
    yield from cut


def _acquisition(file: BidsFile) -> tuple[str, ...]:
    return tuple(file.entities.get(name, "") for name in ONE_ACQUISITION)


def _n_volumes(file: BidsFile) -> int:
    try:
        return read_recording_header(file.path).shape[3]
    except DataError:
        return 0
