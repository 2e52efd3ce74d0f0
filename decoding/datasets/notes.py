"""Notes on what reading did: cases of one kind are gathered, and become one note."""

from collections.abc import Iterator

import pandas as pd

from decoding.datasets.alike import near_alike
from decoding.datasets.base import Note
from decoding.datasets.responses import lacking
from decoding.numbers import list_text


class Cases:
    """Cases of one kind, each an example; they become a note if there are any.

    Parameters
    ----------
    note : str
        A sentence with ``{n}`` for the number, ``{s}`` for a plural's ending, ``{was}``,
        ``{is_}`` and ``{has}`` for a verb's form.
    remedy : str
        What to do about it.
    """

    def __init__(self, note: str, remedy: str = "") -> None:
        self.note, self.remedy = note, remedy
        self.examples: list[str] = []

    def add(self, example: str) -> None:
        """Take one more case."""
        self.examples.append(example)

    def __iter__(self) -> Iterator[Note]:
        """Give the note, or nothing where there is no case."""
        n = len(self.examples)
        if n == 0:
            return
        s, was, is_, has = ("", "was", "is", "has") if n == 1 else ("s", "were", "are", "have")
        sentence = self.note.format(n=n, s=s, was=was, is_=is_, has=has)
        yield Note(note=sentence, count=n, example=self.examples[0], remedy=self.remedy)


def notes_of_trials(trials: pd.DataFrame, volumes: pd.DataFrame, t_r: float | None) -> list[Note]:
    """Note trials that give no volume or no beta, and categories with names that look alike.

    The tables are those of a `Subject`; without a repetition time no beta is asked for.
    """
    held = trials["block"].isin(volumes["block"])
    unheard = ~held & False if t_r is None else lacking(trials, volumes, t_r)
    short = Cases(
        f"Of {len(trials)} trials {{n}} {{has}} no volume: volumes and block means go without.",
        "Decode betas, which need none.",
    )
    late = Cases(
        "{n} trial{s} {has} no beta, as less than a twentieth of the response lies in the run."
    )
    for cases, chosen in ((short, ~held), (late, unheard)):
        columns = trials.loc[chosen, ["condition", "onset", "run"]]
        for condition, onset, run in columns.itertuples(index=False, name=None):
            cases.add(f"{condition} at {onset:g} s of run {run}")
    alike = Cases(
        "{n} name{s} of categories may not mean what it seems.",
        "Where several names mean one category, write them alike in the events or labels.",
    )
    for names, reason in near_alike(trials["condition"]):
        alike.add(f"{list_text(map(repr, names))}, {reason}")
    return [*short, *late, *alike]


def refused_masks() -> Cases:
    """Return what gathers masks that are there but cannot be used."""
    return Cases(
        "{n} mask{s} {was} not used.",
        "A mask holds 0 and one other value, and has the voxels of the scan: resample it by "
        "nearest neighbour.",
    )
