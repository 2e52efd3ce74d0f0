"""The same samples under every scheme, right and wrong, each with its own null."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from decoding.analyses import permute
from decoding.analyses.permute import (
    permute_samples,
    relabelled_scores,
    seconds_each,
)
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.cross_validation import CV_SCHEMES, CvScheme, Trust
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.progress import Progress, part_of, report
from decoding.results import PermutationResult
from decoding.samples.extract import Samples, extract_samples
from decoding.select import rank_voxels
from decoding.spec import DecodingSpec

RELABELLINGS = 200
SELECTED_SHARE = 0.1
"""The share of voxels that selection keeps."""
SELECT_FIRST = "select_first"
"""Feature selection before the split: no scheme of a spec, only shown to be wrong."""
TELLING_PAIR = ("bottle", "shoe")
"""Alike enough that no scheme decodes them perfectly: a leak then shows."""
HIDES_A_LEAK = 0.97
"""From this score on a leak has little room to show."""


def all_schemes() -> dict[str, CvScheme]:
    """Return every scheme that is compared: a spec's, and voxels chosen before the split."""
    chosen_first = replace(
        CV_SCHEMES["leave_one_run_out"],
        label="Voxels chosen before the split",
        help="Wrong on purpose: the best voxels are chosen on all samples before one run is left "
        "out.",
        methods="leave-one-run-out cross-validation of voxels that were chosen on all samples",
        trust="wrong",
        explanation="The voxels that tell the categories apart best, a tenth of them or as many as "
        "each training fold is to choose, are chosen on all samples. Then one run is left out. "
        "That run took part in the choice, so even shuffled labels leave a trace in it. Chosen "
        "inside each training fold (see the preparation above) as many voxels leave none.",
    )
    return {**CV_SCHEMES, SELECT_FIRST: chosen_first}


def telling(spec: DecodingSpec) -> DecodingSpec:
    """Return the spec on a pair that is hard enough for a leak to show."""
    return replace(spec, conditions=TELLING_PAIR, standardize="run")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many voxels are chosen before the split; 0 for as many as a spec chooses, or a tenth."""

    first: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One scheme's score and null, or why it has none.

    Parameters
    ----------
    scheme : str
        A name in ``CV_SCHEMES``, or `SELECT_FIRST`.
    problem : str
        Why the scheme cannot be computed here; empty where it can.
    """

    scheme: str
    test: PermutationResult | None
    problem: str = ""

    @property
    def entry(self) -> CvScheme:
        """All there is to say about the scheme."""
        return all_schemes()[self.scheme]

    @property
    def trust(self) -> Trust:
        """Whether the score may be read as generalisation to new runs."""
        return self.entry.trust


@dataclass(frozen=True, kw_only=True)
class SchemesResult:
    """All schemes on the same samples, ``n_classes`` categories."""

    spec: DecodingSpec
    n_classes: int
    outcomes: tuple[Outcome, ...]

    @property
    def chance(self) -> float:
        """The score of guessing among equal categories, 1/K."""
        return 1.0 / self.n_classes

    def with_test(self, scheme: str, test: PermutationResult) -> "SchemesResult":
        """Return the same with a scheme's fuller test, so that a page shows one null for it."""
        outcomes = tuple(
            replace(outcome, test=test) if outcome.scheme == scheme else outcome
            for outcome in self.outcomes
        )
        return replace(self, outcomes=outcomes)


def run(
    subject: Subject,
    spec: DecodingSpec,
    options: Options | None = None,
    on_progress: Progress | None = None,
) -> SchemesResult:
    """Score the spec's samples under every scheme, on real labels and on relabelled blocks."""
    samples = extract_samples(subject, spec)
    names = [*CV_SCHEMES, SELECT_FIRST]
    outcomes, first = [], (options.first if options else 0) or spec.select
    for number, name in enumerate(names):
        part = part_of(on_progress, number / len(names), (number + 1) / len(names))
        outcomes.append(_score(name, samples, spec, first, part))
        report(part, 1, 1)
    return SchemesResult(spec=spec, n_classes=len(samples.classes), outcomes=tuple(outcomes))


def _score(
    name: str, samples: Samples, spec: DecodingSpec, first: int, on_progress: Progress | None
) -> Outcome:
    own, scores_of = replace(spec, cv=name), relabelled_scores
    if name == SELECT_FIRST:
        own = replace(spec, cv="leave_one_run_out", select=0)
        scores_of = partial(_scores_of_best, first)
    options = permute.Options(permutations=RELABELLINGS)
    try:
        test = permute_samples(samples, own, options, on_progress, scores_of)
    except DecodingError as error:
        return Outcome(scheme=name, test=None, problem=str(error))
    return Outcome(scheme=name, test=test)


def _scores_of_best(
    first: int,
    samples: Samples,
    spec: DecodingSpec,
    labels: np.ndarray,
    on_progress: Progress | None,
) -> np.ndarray:
    """Choose the best voxels on all labels before the split: wrong on purpose."""
    scores = np.empty(len(labels))
    for number, row in enumerate(labels):
        chosen = replace(samples, X=samples.X[:, best_voxels(samples.X, row, first)])
        scores[number] = relabelled_scores(chosen, spec, row[None])[0]
        report(on_progress, number + 1, len(scores))
    return scores


def best_voxels(X: np.ndarray, labels: np.ndarray, n: int = 0) -> np.ndarray:
    """Return the voxels whose activity differs most between categories, by the F statistic.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_voxels)
    labels : ndarray, shape (n_samples,)
    n : int
        How many; 0 for a tenth of the voxels, at least one.

    Returns
    -------
    ndarray of int
        From the highest F down.
    """
    n_chosen = n or max(1, round(SELECTED_SHARE * X.shape[1]))
    return np.argsort(-rank_voxels(X, labels))[:n_chosen]


def _tried(result: SchemesResult) -> Iterator[Tried]:
    for outcome in result.outcomes:
        if outcome.test is not None:
            own = outcome.scheme in CV_SCHEMES
            yield outcome.test.spec, "" if own else outcome.entry.label.lower()


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    return (len(CV_SCHEMES) + 1) * RELABELLINGS * seconds_each(spec)


ANALYSIS = Analysis(
    name="schemes",
    question="What do real and shuffled labels score under each scheme?",
    Options=Options,
    run=run,
    seconds=_seconds,
    reads=ALL_FIELDS - {"cv"},
    tried=_tried,
)
