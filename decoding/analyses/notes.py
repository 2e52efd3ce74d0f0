"""Notes of reading: what was merged, left out, assumed or not used on the way to a subject."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from decoding.analyses.record import Analysis
from decoding.datasets.base import Note, Subject
from decoding.datasets.notes import Cases
from decoding.errors import DecodingError
from decoding.numbers import list_text, number_text, place_text
from decoding.progress import Progress
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of, region_words
from decoding.samples.confounds import confounds_of
from decoding.settings import flag_text
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The notes of a subject."""

    notes: tuple[Note, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return what ``notes --json`` prints."""
        return [_as_typed(note) for note in self.notes]


def _as_typed(note: Note) -> dict[str, Any]:
    values = asdict(note)
    del values["change"], values["lost"]
    return {**values, "remedy": f"{note.remedy} {flag_text(note)}".strip()}


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> Notes:
    """Return what reading the subject left out, merged or assumed."""
    return Notes(notes=notes_of(subject, spec))


def notes_of(subject: Subject, spec: DecodingSpec) -> tuple[Note, ...]:
    """Return what reading the subject left out, merged or assumed; then of confounds and region."""
    return (*subject.notes, *_removed(subject, spec), *_of_region(subject, spec))


def _removed(subject: Subject, spec: DecodingSpec) -> Iterator[Note]:
    """Note volumes that are left out with the confounds, by run."""
    try:
        confounds = confounds_of(subject, spec.confounds)
    except DecodingError:  # said where samples are asked for
        return
    runs = subject.volumes["run"]
    removed = runs.iloc[:0] if confounds is None else runs[~confounds.kept]
    by_run = [f"{n} in run {run}" for run, n in removed.value_counts(sort=False).items()]
    left_out = Cases(
        f"Of {len(runs)} volumes {{n}} {{was}} left out with the confounds: "
        f"{list_text(by_run) if by_run else 'none'}.",
        "In the models of betas each of them has a regressor of its own.",
    )
    for run, own in removed.groupby(removed):
        for volume in own.index - runs[runs == run].index[0]:
            left_out.add(f"volume {volume} of run {run}")
    yield from left_out


def _of_region(subject: Subject, spec: DecodingSpec) -> tuple[Note, ...]:
    region = mask_of(subject, spec.mask).region if region_words(spec.mask) else None
    if region is None:
        return ()
    store = open_voxels(subject)
    beyond = np.setdiff1d(np.arange(np.prod(store.grid.shape)), store.grid.voxels)
    places = replace(store.grid, voxels=beyond).centres
    outside = places[region.inside(places)]
    left_out = Cases("{n} voxel{s} of the mask {is_} outside the recorded brain, so left out.")
    for place in outside:
        left_out.add(f"{region_words(spec.mask)}: {place_text(place)}")
    return (*region.notes, *left_out)


def notes_finding(subject: Subject, spec: DecodingSpec) -> tuple[Literal["pass"], str]:
    """Say all notes as the finding of a check, which they never spoil: a note hides no score."""
    notes = notes_of(subject, spec)
    if not notes:
        return "pass", "All that is there was read as it stands."
    n = number_text(len(notes), "note")
    return "pass", " ".join([f"Reading left {n}.", *(note.line for note in notes)])


ANALYSIS = Analysis(
    name="notes",
    question="What did reading leave out, merge or assume?",
    run=run,
    reads=frozenset({"dataset", "subject", "mask", "confounds"}),
    page="data",
    command=True,
)
"""A subject read otherwise has another version; else only regions and confounds have notes."""
