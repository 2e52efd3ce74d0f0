"""The 2001 paper's own analysis: category patterns correlated between halves of the data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.cross_validation import halve
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.numbers import list_text
from decoding.progress import Progress
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitHalfResult:
    """Correlations of category patterns between odd and even runs.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Pearson's r: rows are categories in the odd runs, columns in the even runs.
    runs : ndarray of int, shape (n_samples,)
        Each sample's run; `decoding.cross_validation.halve` parts them.
    """

    spec: DecodingSpec
    correlations: pd.DataFrame
    runs: np.ndarray

    @property
    def by_number(self) -> bool:
        """Whether the runs' numbers part them, and not their places."""
        return bool((halve(self.runs) == self.runs % 2).all())

    @property
    def halves(self) -> tuple[str, str]:
        """How the halves are called."""
        return ("odd runs", "even runs") if self.by_number else ("odd places", "even places")

    @property
    def identified(self) -> dict[str, float]:
        """For each category, the share of comparisons in which within exceeds between."""
        r = self.correlations.to_numpy()
        names = list(self.correlations.index)
        shares = {}
        for i, name in enumerate(names):
            others = np.concatenate([np.delete(r[i], i), np.delete(r[:, i], i)])
            shares[name] = float((r[i, i] > others).mean())
        return shares

    @property
    def share_identified(self) -> float:
        """The share over all categories; 0.5 by chance."""
        return float(np.mean(list(self.identified.values())))


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> SplitHalfResult:
    """Correlate category patterns between odd and even runs (Haxby et al. 2001)."""
    return correlate_halves(extract_samples(subject, spec, on_progress), spec)


def correlate_halves(samples: Samples, spec: DecodingSpec) -> SplitHalfResult:
    """Correlate the halves of samples that were extracted before; see `run`."""
    odd = halve(samples.runs) == 1
    halves = [_category_patterns(samples, half) for half in (odd, ~odd)]
    n = len(samples.classes)
    r = np.corrcoef(np.concatenate(halves))[:n, n:]
    names = list(samples.classes)
    table = pd.DataFrame(r, index=names, columns=names)
    return SplitHalfResult(spec=spec, correlations=table, runs=samples.runs)


def _category_patterns(samples: Samples, half: np.ndarray) -> np.ndarray:
    """Return the mean pattern of each category, the mean over categories taken off each voxel."""
    means = []
    for name in samples.classes:
        chosen = half & (samples.y == name)
        if not chosen.any():
            which = list_text(np.unique(samples.runs[half]).tolist())
            raise SpecError(
                f"One half of the runs ({which}) does not show {name}, so the halves cannot be "
                "compared. Choose other categories."
            )
        means.append(samples.X[chosen].mean(axis=0))
    patterns = np.stack(means)
    return np.asarray(patterns - patterns.mean(axis=0))


ANALYSIS = Analysis(
    name="split_half",
    question="Are patterns alike from run to run?",
    run=run,
    reads=ALL_FIELDS - {"select", "estimator", "cv"},
)
