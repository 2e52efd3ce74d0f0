"""A control: what the mean signal of the mask decodes on its own."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from decoding.analyses.decode import decode_subject
from decoding.analyses.record import Analysis
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.null import SCORE_TOLERANCE
from decoding.progress import Progress
from decoding.results import DecodingResult
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec

CLEARLY = 2.0
"""A difference of more standard errors than this is called clear."""

Verdict: TypeAlias = Literal[
    "no comparison", "nothing to explain", "below", "between", "enough", "undecided"
]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How the mean's score lies to that of all voxels.

    Parameters
    ----------
    difference : float
        The mean's accuracy minus that of all voxels.
    standard_error : float
        Of the difference, from how it varies over runs: a yardstick, as runs share training data.
    verdict : str
        ``"no comparison"``: by scheme or mask no score may be read against chance.
        ``"nothing to explain"``: all voxels are not clearly above chance. Otherwise whether the
        mean is clearly below them, and clearly above chance: yes and no ``"below"``, yes and
        yes ``"between"``, no and yes ``"enough"``, no and no ``"undecided"``.
    """

    difference: float
    standard_error: float
    n_runs: int
    verdict: Verdict


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> DecodingResult:
    """Decode from one number a sample, the mean over the mask's voxels.

    Where it scores as well as the voxels do, nothing shows that more than the mean is needed to
    tell the categories apart. Where it scores less, no pattern follows: voxels without signal
    dilute a mask's mean.
    """
    samples = mean_over_voxels(extract_samples(subject, spec, on_progress))
    return decode_subject(subject, spec, samples)


def mean_over_voxels(samples: Samples) -> Samples:
    """Return the samples with one column, their mean over voxels."""
    return replace(samples, X=samples.X.mean(axis=1, keepdims=True), grid=None)


def compare(result: DecodingResult, mean: DecodingResult) -> Comparison:
    """Compare the score of the mean with that of all voxels, on the same folds."""
    of_voxels, of_mean = _run_scores(result), _run_scores(mean)
    difference = mean.accuracy - result.accuracy
    error = _standard_error(of_mean - of_voxels)
    verdict: Verdict
    if result.circular or not CV_SCHEMES[result.spec.cv].by_run:
        verdict = "no comparison"
    elif not _clear(result.accuracy - result.chance, _standard_error(of_voxels)):
        verdict = "nothing to explain"
    elif _clear(mean.accuracy - mean.chance, _standard_error(of_mean)):
        verdict = "between" if _clear(-difference, error) else "enough"
    else:
        verdict = "below" if _clear(-difference, error) else "undecided"
    return Comparison(
        difference=difference, standard_error=error, n_runs=len(of_mean), verdict=verdict
    )


def _run_scores(result: DecodingResult) -> np.ndarray:
    """Return the share of right predictions in each run, (n_runs,), over all folds."""
    table = result.predictions
    right = table["true"] == table["predicted"]
    return right.groupby(table["run"]).mean().to_numpy(dtype=float)


def _standard_error(values: np.ndarray) -> float:
    """Return that of the mean over runs; infinite where one run cannot say."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")


def _clear(difference: float, error: float) -> bool:
    return difference > CLEARLY * error + SCORE_TOLERANCE


ANALYSIS = Analysis(name="mean_signal", question="Does the mean alone decode?", run=run)
