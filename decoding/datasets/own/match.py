"""Which files of an upload belong together, told by their BIDS names or else by their order."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from decoding.datasets.bids.names import PREPROCESSED, BidsFile, parse_name
from decoding.datasets.image_table import numbers_apart
from decoding.datasets.own.upload import File, base_name
from decoding.errors import DataError
from decoding.numbers import list_text, number_text


def bids_name(name: str) -> BidsFile | None:
    """Return what a file's BIDS name says, None where it has none."""
    return parse_name(Path(base_name(name)))


def stems_of(scans: Sequence[File]) -> list[str]:
    """Return where each run lies: by the session and run in its name, or else in their order.

    Raises
    ------
    DataError
        If two recordings are of one run, or they are of several people or tasks.
    """
    named = [file for name, _ in scans if (file := bids_name(name))]
    for entity, what in (("sub", "people"), ("task", "tasks")):
        if len(labels := {file.entities.get(entity, "") for file in named}) > 1:
            raise DataError(
                f"The recordings are of {len(labels)} {what}: {list_text(sorted(labels))}. Upload "
                "those of one at a time, each under a name of its own."
            )
    told = [pair for file in named if (pair := _session_and_run(file))]
    if len(told) == len(scans) and len({*told}) < len(scans):
        one, other = (named[i].path.name for i in _first_two_alike(told))
        raise DataError(
            f"{one} and {other} are one run; keep one recording a run (one echo, one "
            "reconstruction, one space)."
        )
    if len(told) < len(scans):
        told = [("", number) for number in range(1, len(scans) + 1)]
    sessions = sorted({session for session, _ in told})
    stems = []
    for session, run in told:
        ses = f"{sessions.index(session) + 1:02}" if len(sessions) > 1 else ""
        folder, entity = (f"sub-1/ses-{ses}/func", f"_ses-{ses}") if ses else ("sub-1/func", "")
        stems.append(f"{folder}/sub-1{entity}_task-own_run-{run:02}")
    return stems


def _session_and_run(file: BidsFile) -> tuple[str, int] | None:
    run = file.entities.get("run", "")
    is_number = run.isascii() and run.isdecimal() and len(run) < 5
    return (file.entities.get("ses", ""), int(run)) if is_number else None


def _first_two_alike(told: list[tuple[str, int]]) -> tuple[int, int]:
    second = next(i for i, pair in enumerate(told) if pair in told[:i])
    return told.index(told[second]), second


def matched(scans: Sequence[File], others: Sequence[File], what: str) -> list[File | None]:
    """Return for each scan what belongs to it: by their BIDS names, or else in their order.

    Raises
    ------
    DataError
        If it is not clear which file belongs to which recording.
    """
    found = [next(iter(applying(scan, others)), None) for scan in scans]
    left = [file for file in others if not any(file is taken for taken in found)]
    if not left:
        return found
    if len(scans) == len(others):
        return [*sorted(others, key=lambda file: numbers_apart(file[0]))]
    unlike = base_name(left[0][0])
    raise DataError(
        f"Which {what} belong to which recording is not clear: there are "
        f"{number_text(len(scans), 'recording')} and {number_text(len(others), 'file')} of {what}, "
        f"and {unlike!r} is named as none of the recordings is. Name them as BIDS does, "
        f"sub-1_task-faces_run-1_bold.nii.gz and sub-1_task-faces_run-1_{what}.tsv."
    )


def applying(scan: File, others: Iterable[File]) -> list[File]:
    """Return the files whose BIDS names apply to a scan, those that say most first."""
    recorded = _recorded(scan[0])
    if recorded is None:
        return []
    named = ((_recorded(file[0]), file) for file in others)
    found = [(len(own), file) for own, file in named if own is not None and own <= recorded]
    return [file for _, file in sorted(found, key=lambda pair: -pair[0])]


def _recorded(name: str) -> set[tuple[str, str]] | None:
    """Return the entities of a BIDS name that a recording has before a pipeline takes it."""
    file = bids_name(name)
    return {*file.entities.items()} - _made(file) if file and file.entities else None


def _made(file: BidsFile) -> set[tuple[str, str]]:
    return {(name, value) for name, value in file.entities.items() if name in PREPROCESSED}
