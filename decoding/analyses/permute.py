"""The permutation test: relabel whole blocks within runs, redo the complete cross-validation."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from decoding.analyses.decode import estimator_for, pick_estimator
from decoding.analyses.predict_relabelled import predict_relabelled
from decoding.analyses.record import Analysis, flag
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets.base import Subject
from decoding.folds import score_folds
from decoding.progress import Progress, report
from decoding.relabel import SAMPLED, relabel, write_draws
from decoding.results import PermutationResult
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.standardize import UNSCALED
from decoding.spec import DecodingSpec

FEWER = 99
"""So many relabellings reach p = 0.01."""
FULL = "full"
"""How a link says the usual number of relabellings where a page makes a first look."""

Scores: TypeAlias = Callable[[Samples, DecodingSpec, np.ndarray, Progress | None], np.ndarray]
"""Gives the score of a spec under each relabelling, as `relabelled_scores` does."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many relabellings, and drawn from which seed; each field's help says more."""

    permutations: int | None = flag(
        None,
        "how many relabellings are drawn; all of them where there are no more than N "
        "(default: all where two categories are decoded in up to 12 runs, else 1000)",
        metavar="N",
    )
    seed: int = flag(0, "of the relabellings drawn")


def takes_minutes(spec: DecodingSpec) -> bool:
    """Tell whether a spec's full test takes minutes to hours: each relabelling means slow fits."""
    estimator = pick_estimator(spec.estimator)
    refits = spec.select or (estimator.needs_scale and spec.standardize == UNSCALED)
    slow_from = 2 if refits else estimator.slow_from
    n_conditions = len(spec.conditions) or math.inf  # all of the subject's: as good as many
    return slow_from is not None and n_conditions >= slow_from


def seconds_each(spec: DecodingSpec) -> float:
    """Return about how long a relabelling takes, in seconds: fast kernels learn many at once."""
    return 0.6 if takes_minutes(spec) else 0.004


FEW_SAMPLES = 0.3
"""A relabelling of few samples, as means of blocks, takes so much of that time."""


def quick_options(spec: DecodingSpec) -> Options:
    """Return the options of a first look: fewer relabellings where the full test takes long."""
    return Options(permutations=FEWER) if takes_minutes(spec) else Options()


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> PermutationResult:
    """Test a spec's score against relabelled blocks."""
    samples = extract_samples(subject, spec)
    return permute_samples(samples, spec, options, on_progress)


def permute_samples(
    samples: Samples,
    spec: DecodingSpec,
    options: Options,
    on_progress: Progress | None = None,
    scores_of: Scores | None = None,
) -> PermutationResult:
    """Test samples that were extracted before; `scores_of` stands in for `relabelled_scores`."""
    relabelled = relabel(
        samples.y, samples.runs, samples.blocks, options.permutations, options.seed
    )
    scores = (scores_of or relabelled_scores)(samples, spec, relabelled.labels, on_progress)
    return PermutationResult(
        spec=spec,
        observed=float(scores[0]),
        null=relabelled.null(scores),
        n_samples=len(samples.y),
        n_blocks=samples.n_blocks,
        n_voxels=samples.X.shape[1],
    )


def relabelled_scores(
    samples: Samples, spec: DecodingSpec, labels: np.ndarray, on_progress: Progress | None = None
) -> np.ndarray:
    """Return the mean fold accuracy (n_relabellings,) under each row of labels.

    Parameters
    ----------
    labels : ndarray of int, shape (n_relabellings, n_samples)
    """
    estimator = estimator_for(spec, samples)

    def score(y: np.ndarray, rows: np.ndarray, tell: Progress | None) -> np.ndarray:
        folds = make_folds(spec.cv, y, samples.runs)
        predictions = predict_relabelled(estimator, samples, folds, rows, tell)
        return np.asarray(score_folds(predictions, rows, folds).mean(axis=1))

    if not CV_SCHEMES[spec.cv].uses_labels:
        return score(samples.y, labels, on_progress)
    scores = np.empty(len(labels))
    for number, row in enumerate(labels):
        scores[number] = score(row, row[None], None)[0]
        report(on_progress, number + 1, len(labels))
    return scores


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    return (options.permutations or SAMPLED) * seconds_each(spec)


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    asked = write_draws(options.permutations, options.seed) or (FULL if takes_minutes(spec) else "")
    return {"null": asked} if asked else {}


ANALYSIS = Analysis(
    name="permute",
    question="Could this be luck: do shuffled labels score as high?",
    Options=Options,
    run=run,
    seconds=_seconds,
    page="decode",
    page_settings=_page_settings,
    command=True,
)
