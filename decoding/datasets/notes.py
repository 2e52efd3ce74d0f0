"""Notes on what reading did: cases of one kind are gathered, and become one note."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from decoding.datasets.alike import near_alike
from decoding.datasets.base import BRAIN, IMAGE, REST, Note
from decoding.datasets.image_table import NOT_AVAILABLE
from decoding.datasets.responses import lacking
from decoding.errors import DataError
from decoding.numbers import list_text, number_text
from decoding.spec import AS_WRITTEN, Categories


class Cases:
    """Cases of one kind, each an example; they become a note if there are any.

    Parameters
    ----------
    note : str
        A sentence with ``{n}`` for the number, ``{s}`` for a plural's ending, ``{was}``,
        ``{is_}`` and ``{has}`` for a verb's form.
    remedy : str
        What to do about it.
    change : (str, object), optional
        See `Note`.
    by_cause : bool
        Whether examples say why, so that there is one for each cause.
    lost : bool, optional
        See `Note`.
    """

    def __init__(
        self,
        note: str,
        remedy: str = "",
        *,
        change: tuple[str, object] | None = None,
        by_cause: bool = False,
        lost: bool = False,
    ) -> None:
        self.note, self.remedy, self.change = note, remedy, change
        self.by_cause, self.lost = by_cause, lost
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
        told: dict[str, str] = {}
        for example in self.examples if self.by_cause else self.examples[:1]:
            told.setdefault(_NAMES.sub("", example), example)
        example = "; ".join(told.values())
        yield Note(
            note=sentence, count=n, example=example, remedy=self.remedy, change=self.change,
            lost=self.lost,
        )  # fmt: skip


_NAMES = re.compile(r"\S*[\d'_]\S*")
"""The words of an example that name files and values, not a cause."""


def notes_of_categories(
    written: Iterable[str], categories: Categories, each: str
) -> Iterator[Note]:
    """Note types that are called otherwise than in the files, and those that are left out.

    `written` is the type of `each` row or volume, as the files have it.
    """
    counts = Counter(written)
    renamed: dict[str, list[str]] = {}
    for kind in sorted(counts):
        if kind and (called := categories.called(kind)) != kind:
            renamed.setdefault(called, []).append(kind)
    if categories.column != AS_WRITTEN.column:
        yield Note(
            note=f"The category of a trial is read from the column {categories.column!r}.",
            count=counts.total(),
            example=f"{next(iter(counts), '')!r}",
        )
    for called, kinds in renamed.items():
        n = sum(counts[kind] for kind in kinds)
        named = list_text(map(repr, kinds))
        unmodelled = not called and each != IMAGE
        told = f"called {called!r} here" if called else "left out"
        yield Note(
            note=f"You asked for it: {named} {'is' if len(kinds) == 1 else 'are'} {told}.",
            count=n,
            example=f"{kinds[0]!r}, {number_text(counts[kinds[0]], each)}",
            remedy=f"{_UNMODELLED} {KEEP_NAMED}" if unmodelled else "",
        )


_UNMODELLED = "Models of betas have no regressor for them, so they count as baseline there."
KEEP_NAMED = (
    "Where something was shown, keep the name and choose the other categories: such trials have "
    "regressors, and are not decoded."
)
"""What to do where trials that were left out belong in the models of betas."""


def left_out_text(written: Iterable[str], categories: Categories) -> str:
    """Say that a visitor has left out all types that the files name; empty where that is not so."""
    kinds = {kind for kind in written if kind not in (*NOT_AVAILABLE, REST)}
    if not kinds or any(map(categories.called, kinds)):
        return ""
    return f"All {len(kinds)} categories were emptied. Give at least two of them a name again."


def notes_of_trials(
    trials: pd.DataFrame,
    volumes: pd.DataFrame,
    t_r: float | None,
    starts: Mapping[int, float] = MappingProxyType({}),
) -> list[Note]:
    """Note trials that give no volume or no beta, and categories with names that look alike.

    The tables and starts are those of a `Subject`; without a repetition time no beta is asked for.
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
            cases.add(f"{condition} at {starts.get(run, 0) + onset:g} s of run {run}")
    alike = Cases(
        "{n} name{s} of categories may not mean what it seems.",
        "Where several names mean one category, write them alike in the events or labels.",
    )
    for names, reason in near_alike(trials["condition"]):
        alike.add(f"{list_text(map(repr, names))}, {reason}")
    return [*short, *late, *alike]


class RefusedMasks(Cases):
    """Masks that are there but cannot be used; each case says why, and what to do."""

    def __init__(self) -> None:
        super().__init__("{n} mask{s} {was} not used.", by_cause=True)
        self.why: dict[str, str] = {}

    def refuse(self, name: str, error: DataError) -> None:
        """Take one more mask, by its name."""
        told = str(error).removesuffix(".")
        self.add(f"the {told[4:]}" if told.startswith("The ") else told)
        self.why[name] = str(error)

    def unusable(self, found: Iterable[str]) -> dict[str, str]:
        """Return by name why masks cannot be used, but for those of a name that was `found`.

        The brain is none of them: it is computed then, and the note says so.
        """
        names = {*found}
        if BRAIN in self.why and BRAIN not in names:
            self.remedy = "The mask 'brain' is computed from the scans instead."
        return {name: why for name, why in self.why.items() if name not in {*names, BRAIN}}
