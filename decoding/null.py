"""The scores of relabelled blocks, and the one rule by which p-values are taken from them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

ALPHA = 0.05
"""Scores with a p of this or less are told from those of relabelled data."""
SCORE_TOLERANCE = 1e-9
"""Scores closer than this are equal: they are means of a few fractions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Null:
    """The scores of relabelled blocks, and every p-value that is taken from them.

    Parameters
    ----------
    scores : ndarray of float, shape (n_relabellings,) or (n_relabellings, n_columns)
        The score under each relabelling; with columns, of several things under the same ones.
        Enumerated ones include the labels as they are.
    exact : bool
        Whether all distinct relabellings were enumerated.
    n_distinct : int
        How many distinct relabellings there are.
    n_tied : int
        How many of them share the observed score because they only rename the categories.
    seed : int or None
        Of the relabellings drawn; None for enumerated ones.
    """

    scores: np.ndarray
    exact: bool
    n_distinct: int
    n_tied: int
    seed: int | None

    @property
    def n_relabellings(self) -> int:
        """How many relabellings were scored."""
        return len(self.scores)

    def p_value(self, observed: Any) -> Any:  # noqa: ANN401 - of a float a float, else an array
        """Return the share of relabellings that score as high as observed, one score or many.

        Where the null has columns, they are one a column.
        """
        return self.p_of_count(self.n_reaching(observed))

    def n_reaching(self, observed: Any) -> Any:  # noqa: ANN401 - of a float an int, else an array
        """Count the relabellings that score as high as observed, as `p_value` takes it."""
        least = np.asarray(observed) - SCORE_TOLERANCE
        if self.scores.ndim == 1:
            return self.n_relabellings - np.searchsorted(np.sort(self.scores), least)
        return np.count_nonzero(self.scores >= least, axis=0)

    def p_of_count(self, reached: Any) -> Any:  # noqa: ANN401 - of an int a float, else an array
        """Return the p-value of a score that so many relabellings reach, int or ndarray of int.

        Enumerated: their share. Drawn: (b + 1) / (m + 1), the labels as they are being one more,
        so that p is never 0 (Phipson and Smyth 2010).
        """
        if self.exact:
            # Renaming the categories changes no score but by the solver's tolerance.
            p = np.maximum(reached, self.n_tied) / self.n_relabellings
        else:
            p = (reached + 1) / (self.n_relabellings + 1)
        return float(p) if np.ndim(p) == 0 else p

    @property
    def smallest_p(self) -> float:
        """The smallest p within reach of this design and this number of relabellings."""
        reachable = self.n_tied / self.n_distinct
        return reachable if self.exact else max(reachable, 1 / (self.n_relabellings + 1))

    def score_to_beat(self, alpha: float) -> float | None:
        """Return the score above which p is `alpha` or less; None where no p is so small."""
        if self.smallest_p > alpha:
            return None
        extra = 0 if self.exact else 1
        may_reach = int(alpha * (self.n_relabellings + extra) + SCORE_TOLERANCE) - extra
        return float(np.sort(self.scores)[::-1][may_reach])

    def of_maxima(self) -> "Null":
        """Return the null of the highest column under each relabelling, for family-wise p."""
        return replace(self, scores=self.scores.max(axis=1))

    @property
    def mean(self) -> float:
        """The mean score of relabelled blocks."""
        return float(np.mean(self.scores))

    @property
    def sd(self) -> float:
        """The standard deviation of the scores of relabelled blocks."""
        return float(np.std(self.scores))

    @property
    def percentile_95(self) -> float:
        """The score that 95 % of the relabellings do not exceed."""
        return float(np.quantile(self.scores, 0.95))

    @property
    def one_sided_point(self) -> float | None:
        """The score above which p is 0.05 or less; None where no such p is within reach."""
        return self.score_to_beat(ALPHA)

    @property
    def band(self) -> tuple[float, float]:
        """The scores between which the middle 95 % of relabellings lie."""
        low, high = np.quantile(self.scores, [0.025, 0.975])
        return float(low), float(high)

    def bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Return a histogram: edges, shape (n_bins + 1,), and counts, shape (n_bins,).

        Scores lie on a lattice of steps; bins are whole numbers of steps, so that none is empty by
        its place alone.
        """
        scores = np.round(self.scores, 9)
        levels = np.unique(scores)
        step = float(np.diff(levels).min()) if len(levels) > 1 else 0.02
        low, high = levels[0] - step / 2, levels[-1] + step / 2
        width = step * max(1, int(np.ceil((high - low) / 36 / step)))
        n_bins = max(1, int(np.ceil((high - low) / width - 1e-6)))
        edges = low + width * np.arange(n_bins + 1)
        return edges, np.histogram(scores, edges)[0]

    def expected_best(self, n: int) -> float:
        """Return the mean of the best of `n` scores drawn from the null, `n` at least 1."""
        scores = np.sort(self.scores)
        reached = (np.arange(len(scores) + 1) / len(scores)) ** n
        return float(scores @ np.diff(reached))

    def best_point(self, n: int) -> float:
        """Return what the best of `n` independent scores of the null does not exceed in 95 %."""
        return float(np.quantile(self.scores, 0.95 ** (1 / n)))
