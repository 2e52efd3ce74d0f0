"""Combinations side by side: their scores, how much each choice moves them, their joint null."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses.choices.scores import Combination
from decoding.analyses.choices.universe import CHOICES
from decoding.null import ALPHA, SCORE_TOLERANCE, Null
from decoding.numbers import count_json
from decoding.relabel import Relabellings
from decoding.results import plain_rows
from decoding.spec import DecodingSpec

STATISTICS = ("median", "share", "best")
"""Of all combinations: their median score, the share above their own 95 % point, the highest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class JointNull:
    """Scores of many combinations under the same relabellings of blocks.

    Parameters
    ----------
    scores : ndarray of float, shape (1 + n_relabellings, n_joined)
        Under the labels as they are first.
    relabelled : Relabellings
        The relabellings.
    """

    scores: np.ndarray
    relabelled: Relabellings

    @cached_property
    def each(self) -> Null:
        """Every combination's own null, a column each."""
        return self.relabelled.null(self.scores)

    @cached_property
    def points(self) -> np.ndarray | None:
        """The score that 95 % of each one's relabellings do not exceed, (n_joined,).

        None where no p of 0.05 is within reach.
        """
        if self.each.smallest_p > ALPHA:
            return None
        return np.asarray(np.quantile(self.each.scores, 0.95, axis=0))

    @cached_property
    def bands(self) -> np.ndarray:
        """The scores between which the middle 95 % of each lie, (2, n_joined)."""
        return np.asarray(np.quantile(self.each.scores, (0.025, 0.975), axis=0))

    @cached_property
    def statistics(self) -> dict[str, tuple[float, float]]:
        """Of each in `STATISTICS` its value and its p-value (Simonsohn et al. 2020).

        The share is missing where no p of 0.05 is within reach.
        """
        of_rows = {"median": np.median(self.scores, axis=1), "best": self.scores.max(axis=1)}
        if self.points is not None:
            above = self.scores > self.points + SCORE_TOLERANCE
            of_rows["share"] = above.mean(axis=1)
        return {
            name: (float(rows[0]), float(self.relabelled.null(rows).p_value(rows[0])))
            for name, rows in of_rows.items()
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class ChoicesResult:
    """Every combination of some choices on one recording.

    Parameters
    ----------
    spec : DecodingSpec
        What all share.
    values : mapping of str to tuple
        By field, the values that are combined.
    combinations : tuple of Combination
        Those that could be computed.
    left_out : mapping of str to int
        Why others could not, and how many.
    joint : JointNull or None
        Of those that took part in the shared relabellings, in the order of `joined`.
    circular : bool
        Whether responses to the categories chose one of the masks.
    to_come : int
        So many combinations are still being computed.
    """

    spec: DecodingSpec
    values: Mapping[str, tuple[Any, ...]]
    combinations: tuple[Combination, ...]
    left_out: Mapping[str, int]
    joint: JointNull | None
    n_classes: int
    n_blocks: int
    circular: bool = False
    to_come: int = 0

    @property
    def chance(self) -> float:
        """The score of guessing among equal categories, 1/K."""
        return 1.0 / self.n_classes

    @cached_property
    def accuracies(self) -> np.ndarray:
        """The score of each combination, (n_combinations,)."""
        return np.array([one.accuracy for one in self.combinations])

    @property
    def varied(self) -> tuple[str, ...]:
        """The choices of which there is more than one value."""
        return tuple(name for name in CHOICES if len(self.values[name]) > 1)

    @cached_property
    def joined(self) -> list[int]:
        """The places of the combinations in the joint null."""
        return [place for place, one in enumerate(self.combinations) if len(one.scores) > 1]

    def place_of(self, spec: DecodingSpec) -> int | None:
        """Return the place of a spec among the combinations; None where it is not one."""
        own = [getattr(spec, name) for name in CHOICES]
        found = (
            place
            for place, one in enumerate(self.combinations)
            if [getattr(one.spec, name) for name in CHOICES] == own
        )
        return next(found, None)

    @cached_property
    def p_values(self) -> np.ndarray:
        """Each combination's own p-value, (n_combinations,), as if no other had been tried.

        NaN where it has none.
        """
        p = np.array([one.p_value for one in self.combinations], dtype=float)
        if self.joint is not None:
            p[self.joined] = self.joint.each.p_value(self.joint.scores[0])
        return p

    @cached_property
    def moves(self) -> dict[str, float]:
        """How much each choice moves the score: the mean absolute difference, all else equal.

        A choice of which no two combinations differ in nothing else is left out.
        """
        keys = [[getattr(one.spec, name) for name in CHOICES] for one in self.combinations]
        moved = {}
        for column, name in enumerate(CHOICES):
            groups: dict[tuple[Any, ...], list[float]] = {}
            for key, score in zip(keys, self.accuracies.tolist(), strict=True):
                groups.setdefault((*key[:column], *key[column + 1 :]), []).append(score)
            pairs = [abs(a - b) for group in groups.values() for a, b in combinations(group, 2)]
            if pairs:
                moved[name] = float(np.mean(pairs))
        return moved

    @property
    def moves_table(self) -> pd.DataFrame:
        """One row a choice: ``choice``, ``mean_difference``."""
        return pd.DataFrame(list(self.moves.items()), columns=["choice", "mean_difference"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a combination, lowest score first.

        Columns: the choices, ``accuracy``, and of those in the joint null ``band_low``,
        ``band_high``, ``percentile_95`` and ``p_value``, each one's own. Those of a sweep have the
        ``p_value`` of their test.
        """
        rows = [
            {**{name: getattr(one.spec, name) for name in CHOICES}, "accuracy": one.accuracy}
            for one in self.combinations
        ]
        table = pd.DataFrame(rows)
        table[["band_low", "band_high", "percentile_95"]] = np.nan
        table["p_value"] = self.p_values
        if self.joint is not None:
            table.loc[self.joined, "band_low"] = self.joint.bands[0]
            table.loc[self.joined, "band_high"] = self.joint.bands[1]
            if self.joint.points is not None:
                table.loc[self.joined, "percentile_95"] = self.joint.points
        return table.iloc[self.order]

    @cached_property
    def order(self) -> list[int]:
        """The places of the combinations, lowest score first."""
        order: list[int] = np.argsort(self.accuracies, kind="stable").tolist()
        return order

    def as_json(self) -> dict[str, Any]:
        """Return what ``choices --json`` prints below its head."""
        values: dict[str, Any] = {
            "n_combinations": len(self.combinations),
            "n_blocks": self.n_blocks,
            "lowest": float(self.accuracies.min()),
            "median": float(np.median(self.accuracies)),
            "highest": float(self.accuracies.max()),
            "combinations": plain_rows(self.table),
            "moves": self.moves,
            "left_out": [{"reason": why, "count": n} for why, n in self.left_out.items()],
        }
        if self.joint is None:
            return {**values, "null": None}
        null = self.joint.each
        return {
            **values,
            "null": {
                **dict.fromkeys(STATISTICS),
                **{name: p for name, (_, p) in self.joint.statistics.items()},
                "n_joined": len(self.joined),
                "n_relabellings": null.n_relabellings,
                "n_distinct": count_json(null.n_distinct),
                "smallest_p": null.smallest_p,
                "exact": null.exact,
                "seed": null.seed,
            },
        }


def with_bands(scores: ChoicesResult | None, joint: ChoicesResult | None) -> ChoicesResult | None:
    """Return combinations with what there is by now of the joint null of these combinations."""
    if scores is None or joint is None or not joint.to_come:
        return joint or scores
    if scores.to_come:
        return scores
    known = {one.spec: one for one in joint.combinations}
    combined = tuple(known.get(one.spec, one) for one in scores.combinations)
    return replace(scores, combinations=combined, joint=joint.joint)


def gather(
    found: Sequence[Combination], left_out: Mapping[str, int]
) -> tuple[tuple[Combination, ...], dict[str, int]]:
    """Part those that were computed from those that could not be, which are counted."""
    counted = dict(left_out)
    for one in found:
        if one.problem:
            counted[one.problem] = counted.get(one.problem, 0) + 1
    return tuple(one for one in found if not one.problem), counted
