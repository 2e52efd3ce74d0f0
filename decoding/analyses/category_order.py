"""In which order categories come within runs: a drift of the scanner follows the same clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import binom

from decoding.folds import Folds


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
        Whether all training runs of some fold have one order and all its test runs the other.
    """

    first: str
    second: str
    n_first: int
    n_runs: int
    reversed_in_test: bool

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
    folds, runs
        Of the samples.
    """
    parts = [(set(runs[train].tolist()), set(runs[test].tolist())) for train, test in folds]
    places = blocks.assign(place=blocks.groupby("run").cumcount())
    mean = places.pivot_table(index="run", columns="condition", values="place", aggfunc="mean")
    orders = [_order(mean, pair, parts) for pair in combinations(conditions, 2)]
    return max(orders, key=lambda order: (order.reversed_in_test, order.share))


def _order(
    mean: pd.DataFrame, pair: tuple[str, str], parts: list[tuple[set[int], set[int]]]
) -> PairOrder:
    later = (mean[pair[1]] - mean[pair[0]]).dropna()
    signs = dict(zip(later.index.tolist(), np.sign(later.to_numpy()).tolist(), strict=True))
    n_first, n_second = (sum(sign == side for sign in signs.values()) for side in (1, -1))
    first, second = pair if n_first >= n_second else pair[::-1]
    return PairOrder(
        first=first,
        second=second,
        n_first=max(n_first, n_second),
        n_runs=len(signs),
        reversed_in_test=any(_is_reversed(signs, train, test) for train, test in parts),
    )


def _is_reversed(signs: dict[int, float], train: set[int], test: set[int]) -> bool:
    """Tell whether several training runs all have one order, and several test runs the other."""
    learnt, asked = ([signs[run] for run in part if run in signs] for part in (train, test))
    if len(learnt) < 2 or len(asked) < 2:
        return False
    return len(set(learnt)) == len(set(asked)) == 1 and learnt[0] == -asked[0] != 0
