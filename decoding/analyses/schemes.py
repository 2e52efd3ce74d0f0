"""The same samples under every scheme, right and wrong, each with its own null."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
from sklearn.feature_selection import f_classif

from decoding.analyses.decode import pick_estimator
from decoding.analyses.permute import Options, permute_samples, seconds_each
from decoding.analyses.predict_relabelled import predict_relabelled
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.cross_validation import CV_SCHEMES, CvScheme, Trust, make_folds
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.folds import score_folds
from decoding.progress import Progress, part_of, report
from decoding.relabel import relabel
from decoding.results import PermutationResult
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec

RELABELLINGS = 200
SELECTED_SHARE = 0.1
"""The share of voxels that selection keeps."""
SELECT_FIRST = "select_first"
"""Feature selection before the split: no scheme of a spec, only shown to be wrong."""
TELLING_PAIR = ("bottle", "shoe")
"""Alike enough that no scheme decodes them perfectly: a leak then shows."""
HIDES_A_LEAK = 0.97
"""From this score on a leak has no room to show."""


def all_schemes() -> dict[str, CvScheme]:
    """Return every scheme that is compared: a spec's, and voxels chosen before the split."""
    chosen_first = replace(
        CV_SCHEMES["leave_one_run_out"],
        label="Voxels chosen before the split",
        help="Wrong on purpose: the best voxels are chosen on all samples before one run is left "
        "out.",
        methods="leave-one-run-out cross-validation of voxels that were chosen on all samples",
        trust="wrong",
        explanation="The tenth of the voxels that tells the categories apart best is chosen on all "
        "samples, then one run is left out. The run left out took part in the choice, so even "
        "meaningless labels leave a trace in it.",
    )
    return {**CV_SCHEMES, SELECT_FIRST: chosen_first}


def telling(spec: DecodingSpec) -> DecodingSpec:
    """Return the spec on a pair that is hard enough for a leak to show."""
    return replace(spec, conditions=TELLING_PAIR, standardize="run")


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


Step: TypeAlias = Callable[[Samples, DecodingSpec, Progress | None], Outcome]


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> SchemesResult:
    """Score the spec's samples under every scheme, on real labels and on relabelled blocks."""
    samples = extract_samples(subject, spec)
    steps: list[Step] = [*(partial(_scheme, name) for name in CV_SCHEMES), _select_first]
    outcomes = []
    for number, step in enumerate(steps):
        part = part_of(on_progress, number / len(steps), (number + 1) / len(steps))
        outcomes.append(step(samples, spec, part))
        report(part, 1, 1)
    return SchemesResult(spec=spec, n_classes=len(samples.classes), outcomes=tuple(outcomes))


def _scheme(
    name: str, samples: Samples, spec: DecodingSpec, on_progress: Progress | None
) -> Outcome:
    options = Options(permutations=RELABELLINGS)
    try:
        test = permute_samples(samples, replace(spec, cv=name), options, on_progress)
    except DecodingError as error:
        return Outcome(scheme=name, test=None, problem=str(error))
    return Outcome(scheme=name, test=test)


def _select_first(samples: Samples, spec: DecodingSpec, on_progress: Progress | None) -> Outcome:
    """Choose the best voxels on all labels, then leave one run out: wrong on purpose."""
    spec = replace(spec, cv="leave_one_run_out")
    try:
        folds = make_folds(spec.cv, samples.y, samples.runs)
    except DecodingError as error:
        return Outcome(scheme=SELECT_FIRST, test=None, problem=str(error))
    relabelled = relabel(samples.y, samples.runs, samples.blocks, RELABELLINGS, seed=0)
    scores = np.empty(len(relabelled.labels))
    for number, row in enumerate(relabelled.labels):
        chosen = replace(samples, X=samples.X[:, best_voxels(samples.X, row)])
        labels = row[None]
        answers = predict_relabelled(pick_estimator(spec.estimator), chosen, folds, labels)
        scores[number] = score_folds(answers, labels, folds).mean()
        report(on_progress, number + 1, len(scores))
    test = PermutationResult(
        spec=spec,
        observed=float(scores[0]),
        null=relabelled.null(scores),
        n_samples=len(samples.y),
        n_blocks=samples.n_blocks,
    )
    return Outcome(scheme=SELECT_FIRST, test=test)


def best_voxels(X: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the voxels whose activity differs most between categories, by the F statistic.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_voxels)
    labels : ndarray, shape (n_samples,)

    Returns
    -------
    ndarray of int
        A tenth of the voxels, at least one.
    """
    varying = np.flatnonzero(np.ptp(X, axis=0) > 0)
    scores, _ = f_classif(X[:, varying], labels)
    n_chosen = max(1, round(SELECTED_SHARE * X.shape[1]))
    return np.asarray(varying[np.argsort(-scores, kind="stable")[:n_chosen]])


def _tried(result: SchemesResult) -> Iterator[Tried]:
    for outcome in result.outcomes:
        if outcome.test is not None:
            own = outcome.scheme in CV_SCHEMES
            yield outcome.test.spec, "" if own else outcome.entry.label.lower()


def _seconds(subject: Subject, spec: DecodingSpec, options: None) -> float:
    return (len(CV_SCHEMES) + 1) * RELABELLINGS * seconds_each(spec)


ANALYSIS = Analysis(
    name="schemes",
    question="What does each scheme score, and its null?",
    run=run,
    seconds=_seconds,
    reads=ALL_FIELDS - {"cv"},
    tried=_tried,
)
