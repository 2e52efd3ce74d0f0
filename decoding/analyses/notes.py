"""Notes of reading: what was merged, left out, assumed or not used on the way to a subject."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from decoding.analyses.record import Analysis
from decoding.datasets.base import Note, Subject
from decoding.datasets.notes import Cases
from decoding.numbers import number_text, place_text
from decoding.progress import Progress
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of, region_words
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The notes of a subject."""

    notes: tuple[Note, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return what ``notes --json`` prints."""
        return [asdict(note) for note in self.notes]


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> Notes:
    """Return what reading the subject left out, merged or assumed."""
    return Notes(notes=notes_of(subject, spec))


def notes_of(subject: Subject, spec: DecodingSpec) -> tuple[Note, ...]:
    """Return what reading the subject left out, merged or assumed, and then its mask's region."""
    region = mask_of(subject, spec.mask).region if region_words(spec.mask) else None
    if region is None:
        return subject.notes
    store = open_voxels(subject)
    beyond = np.setdiff1d(np.arange(np.prod(store.grid.shape)), store.grid.voxels)
    places = replace(store.grid, voxels=beyond).centres
    outside = places[region.inside(places)]
    left_out = Cases("{n} voxel{s} of the mask {is_} outside the recorded brain, so left out.")
    for place in outside:
        left_out.add(f"{region_words(spec.mask)}: {place_text(place)}")
    return (*subject.notes, *region.notes, *left_out)


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
    reads=frozenset({"dataset", "subject", "mask"}),
    page="data",
    command=True,
)
"""A subject read otherwise has another version; of the rest of a spec only a region has notes."""
