"""The folder layout of nilearn's ``fetch_haxby``, read without network."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from decoding.datasets.anatomy import choose_anatomy
from decoding.datasets.base import (
    NO_BLOCK,
    REST,
    WHOLE_BRAIN,
    Mask,
    MaskOrigin,
    Note,
    Subject,
)
from decoding.datasets.digest import files_digest
from decoding.datasets.labels import read_labels, trials_from_volumes, unlike_length
from decoding.datasets.notes import Cases, RefusedMasks, notes_of_trials
from decoding.datasets.text import read_json
from decoding.errors import DataError
from decoding.nifti.headers import read_header, read_recording_header, seconds_a_volume
from decoding.nifti.masks import read_mask

STUDY = "haxby2001"
BOLD, LABELS, ANATOMY, BRAIN_MASK = "bold.nii.gz", "labels.txt", "anat.nii.gz", "mask.nii.gz"
# nilearn's mask_face is the file mask8b, its mask_face_little the file mask8.
MASK_FILES = {
    "vt": "mask4_vt.nii.gz",
    "face": "mask8b_face_vt.nii.gz",
    "house": "mask8b_house_vt.nii.gz",
    "face_little": "mask8_face_vt.nii.gz",
    "house_little": "mask8_house_vt.nii.gz",
}
# What subjects share; nilearn's fetcher asks no server where both and the subject's files lie.
MD5_SUMS = "MD5SUMS"
SHARED_FILES = (BRAIN_MASK, MD5_SUMS)
NEEDED_FILES = frozenset({BOLD, LABELS})
SUBJECT_FILES = frozenset({BOLD, LABELS, ANATOMY, *MASK_FILES.values()})
CATEGORIES = frozenset(
    {"bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe"}
)
LOCALIZER = MaskOrigin(
    chosen="by this subject's own responses to faces and houses, in these very runs",
    responses_to=frozenset({"face", "house"}),
    localizer=True,
)
PLANTED = replace(
    LOCALIZER,
    chosen="where this simulation plants responses to faces and houses, as a localizer of these "
    "very runs would find them",
)
OMNIBUS = MaskOrigin(
    chosen="within anatomical ventral temporal cortex by responses that differ between the "
    "categories, in all of these runs (so the Princeton MVPA toolbox tells of subject 1)",
    responses_to=CATEGORIES,
)
SIMULATED_VT = MaskOrigin(chosen="by anatomy: ventral temporal cortex of the simulated brain")
TRUTH = "truth"
PATTERNS, INFORMATIVE, PARAMETERS = "patterns.nii.gz", "informative.nii.gz", "simulation.json"
T_R = 2.5
UNTOLD = 1.0
"""The repetition time in a header that was not told any: the usual value of programs."""


@dataclass(frozen=True, kw_only=True)
class StudyFolder:
    """A folder ``haxby2001`` with ``mask.nii.gz`` and one folder ``subjN`` a subject."""

    root: Path

    def subject_dir(self, name: str) -> Path:
        """Return the folder of a subject, which may not exist."""
        return self.root / f"subj{name}"

    def subjects(self) -> tuple[str, ...]:
        """Return the names of the subjects whose recording and labels are here, in order."""
        names = (path.name.removeprefix("subj") for path in self.root.glob("subj*"))
        whole = [
            name
            for name in names
            if name.isascii()
            and name.isdecimal()
            and (self.subject_dir(name) / LABELS).is_file()
            and bold_file(self.subject_dir(name)) is not None
        ]
        return tuple(sorted(whole, key=int))


def find_study(data_dir: Path) -> StudyFolder:
    """Return the study below a data folder, or in it when it is the study itself."""
    nested = data_dir / STUDY
    itself = data_dir.name == STUDY or any(path.is_dir() for path in data_dir.glob("subj*"))
    return StudyFolder(root=data_dir if itself and not nested.is_dir() else nested)


def not_on_disk(what: str, there: tuple[str, ...], data_dir: Path | None) -> str:
    """Say that a subject is not on disk, and which are, or why none is in the folder named."""
    if there:
        return f"{what} is not on disk. Choose one of: {', '.join(map(repr, there))}."
    if data_dir is None:
        return f"{what} is not on disk, nor is any other."
    if not data_dir.exists():
        return f"{what} is not on disk: the folder {data_dir} does not exist."
    if not data_dir.is_dir():
        return f"{what} is not on disk: {data_dir} is a file, not a folder."
    return f"{what} is not on disk: the folder {data_dir} holds no {STUDY}/subjN."


def bold_file(folder: Path) -> Path | None:
    """Return the recording of a subject's folder, compressed or not."""
    paths = (folder / BOLD, folder / BOLD.removesuffix(".gz"))
    return next((path for path in paths if path.is_file()), None)


def read_subject(
    study: StudyFolder,
    name: str,
    *,
    dataset: str,
    simulated: bool = False,
    folder: Path | None = None,
) -> Subject:
    """Read a subject's folder, which must hold the recording and the labels.

    Parameters
    ----------
    study : StudyFolder
        Where the whole-brain mask lies, if anywhere.
    simulated : bool
        Whether it was made by us, not recorded; a folder that says so needs no word here.
    folder : Path or None
        The subject's folder where it is not in the study's.

    Raises
    ------
    DataError
        If there is no recording, or files of the folder do not belong together.
    """
    folder = folder or study.subject_dir(name)
    bold = bold_file(folder)
    if bold is None:
        raise DataError(f"{folder.name} holds no {BOLD}; a subject needs its recording.")
    volumes = _read_volumes(folder / LABELS, bold)
    t_r, assumed = repetition_time(bold)
    trials = trials_from_volumes(volumes, t_r)
    simulated = simulated or (folder / TRUTH / PARAMETERS).is_file()
    images = [path] if (path := folder / ANATOMY).is_file() else []
    anatomy, seen = choose_anatomy(images, read_header(bold))
    files, unusable, refused = _find_masks(study, folder, bold)
    origins = {"vt": SIMULATED_VT if simulated else OMNIBUS, "brain": WHOLE_BRAIN}
    others = PLANTED if simulated and not _chose_by_responses(folder) else LOCALIZER
    read = [bold, folder / LABELS, *files.values(), *([anatomy] if anatomy else [])]
    return Subject(
        dataset=dataset,
        name=name,
        bold=(bold,),
        masks={
            key: Mask(files=(files[key],) if key in files else (), origin=origins.get(key, others))
            for key in [*files, *({"brain"} - set(files))]
        },
        anatomy=anatomy,
        trials=trials,
        volumes=volumes,
        t_r=t_r,
        version=files_digest(read),
        simulated=simulated,
        unusable=unusable,
        notes=(*assumed, *refused, *seen, *notes_of_trials(trials, volumes, t_r)),
    )


def _chose_by_responses(folder: Path) -> bool:
    """Tell whether a simulated subject's own responses chose its masks of faces and houses."""
    told = folder / TRUTH / PARAMETERS
    return told.is_file() and read_json(told).get("localizer") == "responses"


def _find_masks(
    study: StudyFolder, folder: Path, bold: Path
) -> tuple[dict[str, Path], dict[str, str], Cases]:
    """Return the masks that can be used, and why others cannot."""
    scan, refused = read_header(bold), RefusedMasks()
    files = {}
    named = {key: folder / file for key, file in MASK_FILES.items()}
    for key, path in {**named, "brain": study.root / BRAIN_MASK}.items():
        if not path.is_file():
            continue
        try:
            read_mask(path, scan)
        except DataError as error:
            refused.refuse(key, error)
        else:
            files[key] = path
    return files, refused.unusable(files), refused


def repetition_time(bold: Path) -> tuple[float, list[Note]]:
    """Return the header's repetition time, in s; the study's where the header was not told any."""
    seconds, has_unit = seconds_a_volume(bold)
    told = 0 < seconds < 60 and (has_unit or seconds != UNTOLD)
    if told and (has_unit or seconds == T_R):  # the published headers have no unit
        return seconds, []
    note = Note(
        note=f"The header of the recording gives no repetition time in seconds; "
        f"{seconds if told else T_R:g} s is taken.",
        count=1,
        example=f"{bold.name}: {seconds:g} without a unit",
        remedy="Write the repetition time and its unit into the header.",
    )
    return seconds if told else T_R, [note]


def _read_volumes(labels: Path, bold: Path) -> pd.DataFrame:
    n_volumes = read_recording_header(bold).shape[3]
    volumes = read_labels(labels)
    if len(volumes) != n_volumes:
        raise DataError(unlike_length(labels, len(volumes), bold.name, n_volumes))
    if (volumes["block"] == NO_BLOCK).all():
        raise DataError(
            f"{labels.name} names no category, only '{REST}'; there is nothing to decode."
        )
    return volumes
