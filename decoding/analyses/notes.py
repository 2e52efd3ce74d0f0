"""Notes of reading: what was merged, left out, assumed or not used on the way to a subject."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from decoding.analyses.record import Analysis
from decoding.datasets.base import Note, Subject
from decoding.numbers import number_text
from decoding.progress import Progress
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
    return Notes(notes=subject.notes)


def notes_finding(subject: Subject) -> tuple[Literal["pass"], str]:
    """Say all notes as the finding of a check, which they never spoil: a note hides no score."""
    if not subject.notes:
        return "pass", "All that is there was read as it stands."
    n = number_text(len(subject.notes), "note")
    return "pass", " ".join([f"Reading left {n}.", *(note.line for note in subject.notes)])


ANALYSIS = Analysis(
    name="notes",
    question="What did reading leave out, merge or assume?",
    run=run,
    reads=frozenset({"dataset", "subject"}),
    page="data",
    command=True,
)
"""A subject that was read otherwise has another version, so nothing else of a spec matters."""
