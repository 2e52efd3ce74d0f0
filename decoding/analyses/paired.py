"""Two results of the same runs compared: how far apart they score, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from decoding.cross_validation import CV_SCHEMES
from decoding.results import DecodingResult


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """The mean difference in accuracy over runs, the ends of its 95 % interval, how many runs."""

    mean: float
    low: float
    high: float
    n_runs: int


def paired_difference(new: DecodingResult, old: DecodingResult) -> PairedDifference | None:
    """Return by how much `new` scores above `old`, run matched with run.

    None where the two are not comparable, where no run can be matched with itself (another
    recording, or a scheme that does not leave out whole runs), and with fewer than two runs.

    Scores of runs are not independent, since any two models share most of their training runs. So
    the interval is Student's with the variance of Nadeau & Bengio (2003, Machine Learning 52),
    which for k folds is (1/k + 1/(k - 1)) s²: the plain paired one, s²/k, is too narrow. A sign
    flip over runs would give a p-value and no interval.
    """
    schemes = (CV_SCHEMES[result.spec.cv] for result in (new, old))
    if not are_comparable(new, old):
        return None
    if new.version != old.version or not all(scheme.by_run for scheme in schemes):
        return None
    differences = (_by_run(new) - _by_run(old)).dropna().to_numpy()
    n = len(differences)
    if n < 2:
        return None
    mean, variance = float(differences.mean()), float(differences.var(ddof=1))
    reach = float(stdtrit(n - 1, 0.975)) * float(np.sqrt((1 / n + 1 / (n - 1)) * variance))
    return PairedDifference(mean=mean, low=mean - reach, high=mean + reach, n_runs=n)


def are_comparable(new: DecodingResult, old: DecodingResult) -> bool:
    """Tell whether two scores may be compared: neither leaks, and both or none are circular."""
    leaky = any(CV_SCHEMES[result.spec.cv].leaks for result in (new, old))
    return not leaky and new.circular == old.circular


def _by_run(result: DecodingResult) -> pd.Series:
    """Return the accuracy in each run, over all folds that test it."""
    right = result.predictions["true"] == result.predictions["predicted"]
    return right.groupby(result.predictions["run"]).mean()
