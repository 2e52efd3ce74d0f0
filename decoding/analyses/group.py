"""Does it hold for every subject: the rows of each, side by side, and what they say of others.

An analysis takes one subject: its rows are those of a sweep, for masks and categories in all their
combinations, raw and detrended. `compare_subjects` reads the rows of several, from wherever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses import permute
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.analyses.rows import make_row, read_test, spec_of
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.kernels.prevalence import (
    Majority,
    Posterior,
    bayesian_prevalence,
    prevalence_of_minimum,
)
from decoding.null import ALPHA, Null
from decoding.numbers import list_text
from decoding.progress import Progress, part_of, report
from decoding.results import plain
from decoding.samples.kinds import SAMPLES
from decoding.spec import SPEC_FIELDS, DecodingSpec

FEWEST = 2
VARIED = frozenset({"mask", "conditions", "detrend"})
"""The fields of a spec that the rows of a subject go through."""
_SHOWN = ["subject", "accuracy", "p_value", "smallest_p", "circular"]
SCORE_S = 0.2
"""About how long a score takes without its test."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which rows of a subject, and how they are tested.

    Parameters
    ----------
    masks : tuple of str
    pairs : tuple of tuple of str
        Sets of categories, mostly of two.
    permutations, seed
        See `permute.Options`.
    tested : bool
        Whether shuffled labels are scored too: a first look goes without.
    """

    masks: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...]
    permutations: int | None = None
    seed: int = 0
    tested: bool = True

    @property
    def test(self) -> permute.Options:
        """How each row is tested."""
        return permute.Options(permutations=self.permutations, seed=self.seed)


def specs_of(
    spec: DecodingSpec, masks: Sequence[str], pairs: Sequence[tuple[str, ...]], *, maps: bool
) -> list[DecodingSpec]:
    """Return a spec for each set of categories and each mask, raw and detrended.

    There is no trend to take out of `maps`, nor of betas, whose model holds the drift.
    """
    trends = (False,) if maps or SAMPLES[spec.samples].is_beta else (False, True)
    return [
        replace(spec, mask=mask, conditions=pair, detrend=detrend)
        for pair, mask, detrend in product(pairs, masks, trends)
    ]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> pd.DataFrame:
    """Return the rows of one subject, as a sweep has them; one without a score says why."""
    rows = []
    specs = specs_of(spec, options.masks, options.pairs, maps=subject.maps)
    for number, own in enumerate(specs):
        part = part_of(on_progress, number / len(specs), (number + 1) / len(specs))
        row = make_row(own, options.test, lambda: subject, tested=options.tested, on_progress=part)
        report(part, 1, 1)
        rows.append(row)
    return pd.DataFrame(rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupRow:
    """One way to decode, in all subjects.

    Parameters
    ----------
    choices : mapping
        The fields of the spec but the subject.
    scores : pandas.DataFrame
        One row a subject: ``subject`` (str), ``accuracy``, ``p_value``, ``smallest_p`` (what its
        runs and relabellings allow), ``circular``.
    chance : float
    missing : mapping of str to str
        Subjects without a score, and why.
    majority : Majority or None
        By the smallest score of all; None with fewer than two subjects, before all of them are
        tested, or where the mask is circular.
    posterior : Posterior or None
        From how many have p <= .05; None as above, or where no p of .05 is within reach.
    test : permute.Options
        How each subject was tested.
    """

    choices: dict[str, Any]
    scores: pd.DataFrame
    chance: float
    missing: dict[str, str] = field(default_factory=dict)
    majority: Majority | None = None
    posterior: Posterior | None = None
    test: permute.Options = field(default_factory=permute.Options)

    @property
    def n_significant(self) -> int:
        """How many subjects have p <= .05."""
        return int((self.scores["p_value"] <= ALPHA).sum())

    @property
    def n_unreachable(self) -> int:
        """How many subjects cannot have a p <= .05, whatever they score."""
        return int((self.scores["smallest_p"] > ALPHA).sum())

    def as_json(self) -> dict[str, Any]:
        """Return what ``group --json`` holds of it."""
        majority, posterior = self.majority, self.posterior
        return {
            **self.choices,
            **vars(self.test),
            "chance": self.chance,
            "subjects": self.scores.to_dict("records"),
            "missing": self.missing,
            "n_significant": self.n_significant,
            "prevalence": None if majority is None else vars(majority),
            "bayesian": None if posterior is None else vars(posterior),
        }


def compare_subjects(table: pd.DataFrame) -> list[GroupRow]:
    """Return one row for each way to decode in a sweep's table; see `decoding.sweep.read_sweep`.

    Rows that were tested otherwise are another way: each subject stands once in a row.

    Raises
    ------
    DecodingError
        If the table holds fewer than two subjects.
    """
    subjects = sorted(table["subject"].unique(), key=in_order)
    if len(subjects) < FEWEST:
        raise DecodingError(
            f"The table holds {list_text(subjects, 'and') or 'no subject'} only; a group is two "
            "subjects or more.",
            remedy="Sweep over more with --subject 1 2 3.",
        )
    return group_rows(table)


def group_rows(table: pd.DataFrame) -> list[GroupRow]:
    """Return one row for each way to decode and to test it, be it of one subject only."""
    names = [name for name in SPEC_FIELDS if name != "subject"]
    texts = table[names].map(lambda value: str(list(value)) if np.ndim(value) else str(value))
    tests = table["key"].map(read_test)
    groups = table.groupby([*(texts[name] for name in names), tests.map(str)], sort=False)
    return [_row(own, names) for _, own in groups]


def in_order(subject: str) -> tuple[int, str]:
    """Return what subjects are sorted by: 2 comes before 10."""
    return (len(subject) if subject.isdigit() else 1000, subject)


def _row(own: pd.DataFrame, names: list[str]) -> GroupRow:
    own = own.sort_values("subject", kind="stable", key=lambda names: names.map(in_order))
    bad = own["problem"] != ""
    good = own[~bad]
    first = own.iloc[0]
    choices = {
        name: list(first[name]) if np.ndim(first[name]) else plain(first[name]) for name in names
    }
    tested = good["p_value"].notna().all()
    sound = bool(tested) and len(good) >= FEWEST and not good["circular"].any()
    reachable = sound and bool((good["smallest_p"] <= ALPHA).all())
    n_found = int((good["p_value"] <= ALPHA).sum())
    least = good["smallest_p"].to_numpy()
    return GroupRow(
        choices=choices,
        test=read_test(first["key"]),
        scores=good[_SHOWN].reset_index(drop=True),
        chance=float(good["chance"].iloc[0]) if len(good) else np.nan,
        missing=dict(zip(own[bad]["subject"], own[bad]["problem"], strict=True)),
        majority=prevalence_of_minimum(_shares(good), ALPHA, least) if sound else None,
        posterior=bayesian_prevalence(n_found, len(good), ALPHA) if reachable else None,
    )


def _shares(rows: pd.DataFrame) -> np.ndarray:
    """Return for each subject the p-value that the smallest score of all has in its own null."""
    least = float(rows["accuracy"].min())
    return np.array([_null_of(row).p_value(least) for row in rows.to_dict("records")])


def _null_of(row: Mapping[Any, Any]) -> Null:
    """Return the null of a row, whose columns hold its distinct scores and how often each came."""
    scores = np.repeat(row["null_scores"], row["null_counts"])
    n_tied = round(row["smallest_p"] * len(scores)) if row["exact"] else 1
    return Null(scores=scores, exact=row["exact"], n_distinct=len(scores), n_tied=n_tied, seed=None)


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    specs = specs_of(spec, options.masks, options.pairs, maps=subject.maps)
    each = [
        SCORE_S + options.tested * permute.ANALYSIS.seconds(subject, own, options.test)
        for own in specs
    ]
    return sum(each)


def _tried(rows: pd.DataFrame) -> Iterator[Tried]:
    """Return the specs that were scored."""
    for row in rows[rows["problem"] == ""].to_dict("records"):
        yield spec_of(row), ""


ANALYSIS = Analysis(
    name="group",
    question="Does it hold for every subject?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - VARIED,
    seconds=_seconds,
    tried=_tried,
)
