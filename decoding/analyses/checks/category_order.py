"""In which order categories come within runs: a drift of the scanner follows the same clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from scipy.stats import binom

from decoding.analyses.checks.design import Design, Finding
from decoding.folds import Folds
from decoding.numbers import number_text, percent_text
from decoding.samples.kinds import SAMPLES

OFTEN = 0.75
"""In this share of runs or more, a fixed order of two categories is worth a warning."""


def order_within_runs(design: Design) -> Finding:
    """Look for two categories whose order within runs is almost always the same."""
    if design.subject.maps:
        return "moot", "The images are no series in time."
    classes = design.samples.classes
    found = most_uneven_order(design.blocks, classes, design.folds, design.samples.runs)
    n_pairs = comb(len(classes), 2)
    where = (
        f"The category {found.first} comes before {found.second} in {found.n_first} of "
        f"{number_text(found.n_runs, 'run')}"
        f"{f', the most of {n_pairs} pairs' if n_pairs > 1 else ''}"
    )
    if max(found.share, found.turned) < OFTEN and not found.reversed_in_test:
        return "pass", f"The order of categories varies over runs. {where}."
    always = found.share == 1 or found.reversed_in_test
    share = percent_text(found.chance_of_luck(n_pairs))
    luck = (
        "In some fold all training runs have one order and the test runs the other"
        if found.reversed_in_test
        else f"Random orders are as uneven in {share} of designs"
        if found.share >= OFTEN
        else "In every fold most training runs have one order and most test runs the other"
    )
    if design.spec.detrend or SAMPLES[design.spec.samples].is_beta:
        return "warn" if always else "pass", (
            f"{where}. {luck}. A linear drift is taken out, so it cannot tell them apart. "
            "Relabelling still assumes that order was random."
        )
    return "fail" if always else "warn", (
        f"{where}. A slow drift of the scanner alone can then tell them apart, and relabelling "
        f"assumes that order was random. {luck}. Detrend, and randomise the order in a new study."
    )


@dataclass(frozen=True, kw_only=True)
class PairOrder:
    """How often one category of a pair comes before the other.

    Parameters
    ----------
    first, second : str
        Named so that `first` comes first more often.
    n_first, n_runs : int
        In how many of the runs that show both; a run in which both come equally early counts as a
        run, for neither.
    reversed_in_test : bool
        Whether all training runs of some fold have one order and all its test runs the other,
        several on each side or in every fold.
    turned : float
        The share of training runs, and of test runs, that keep opposite orders in each fold.
    """

    first: str
    second: str
    n_first: int
    n_runs: int
    reversed_in_test: bool
    turned: float = 0.0

    @property
    def share(self) -> float:
        """The share of runs in which `first` comes first."""
        return self.n_first / self.n_runs if self.n_runs else 0.0

    def chance_of_luck(self, n_pairs: int) -> float:
        """Return how likely random orders are to be as uneven in one of so many pairs.

        The pairs are taken as independent, which they nearly are.
        """
        one = min(1.0, 2 * float(binom.sf(self.n_first - 1, self.n_runs, 0.5)))
        return float(1 - (1 - one) ** n_pairs)


def most_uneven_order(
    blocks: pd.DataFrame, conditions: Sequence[str], folds: Folds, runs: np.ndarray
) -> PairOrder:
    """Return the pair of categories whose order within runs is most alike over the runs.

    Parameters
    ----------
    blocks : pandas.DataFrame
        One row a block, in the order of the recording: ``run``, ``condition``.
    conditions : sequence of str
        Two or more.
    folds : sequence of (train, test)
        Indices of samples.
    runs : ndarray of int, shape (n_samples,)
    """
    parts = [(set(runs[train].tolist()), set(runs[test].tolist())) for train, test in folds]
    places = blocks.assign(place=blocks.groupby("run").cumcount())
    mean = places.pivot_table(index="run", columns="condition", values="place", aggfunc="mean")
    orders = [_order(mean, pair, parts) for pair in combinations(conditions, 2)]
    return max(orders, key=lambda it: (it.reversed_in_test, max(it.share, it.turned)))


def _order(
    mean: pd.DataFrame, pair: tuple[str, str], parts: list[tuple[set[int], set[int]]]
) -> PairOrder:
    later = (mean[pair[1]] - mean[pair[0]]).dropna()
    signs = dict(zip(later.index.tolist(), np.sign(later.to_numpy()).tolist(), strict=True))
    n_first, n_second = (sum(sign == side for sign in signs.values()) for side in (1, -1))
    first, second = pair if n_first >= n_second else pair[::-1]
    turns = [_turn(signs, train, test) for train, test in parts]
    return PairOrder(
        first=first,
        second=second,
        n_first=max(n_first, n_second),
        n_runs=len(signs),
        reversed_in_test=any(share == 1 and several for share, several in turns)
        or all(share == 1 for share, _ in turns),
        turned=min(share for share, _ in turns),
    )


def _turn(signs: dict[int, float], train: set[int], test: set[int]) -> tuple[float, bool]:
    """Return which share of each part keeps opposite orders, and whether parts are several runs."""
    learnt, asked = ([signs[run] for run in part if run in signs] for part in (train, test))
    if not learnt or not asked:
        return 0.0, False
    opposite = (
        min(learnt.count(side) / len(learnt), asked.count(-side) / len(asked)) for side in (1, -1)
    )
    return max(opposite), min(len(learnt), len(asked)) > 1
