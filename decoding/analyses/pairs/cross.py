"""Cross-decoding: a classifier that learnt one pair names another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses.decode import estimator_for, predict_folds
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.cross_validation import make_folds
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.folds import Folds, score_folds
from decoding.null import Null
from decoding.progress import Progress
from decoding.relabel import relabel
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.volumes import chosen_conditions
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class CrossResult:
    """What was named from one pair's classifier on another pair.

    Parameters
    ----------
    train, test : tuple of str
        Two each. The first of `train` is taken for the first of `test`.
    predictions : pandas.DataFrame
        One row a tested sample and fold: ``fold`` (from 1), ``run``, ``block`` (int), ``true``,
        ``predicted`` (str, both in the categories of `test`).
    n_train : int
        How many samples of `train` there are.
    fold_scores, balanced_scores : tuple of float
        Accuracy of each fold, and the mean of its two categories' shares.
    null : Null
        Of the mean accuracy, the tested blocks relabelled within runs.
    """

    spec: DecodingSpec
    train: tuple[str, ...]
    test: tuple[str, ...]
    predictions: pd.DataFrame
    n_train: int
    fold_scores: tuple[float, ...]
    balanced_scores: tuple[float, ...]
    null: Null

    @property
    def accuracy(self) -> float:
        """The mean of the folds' accuracies."""
        return float(np.mean(self.fold_scores))

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the folds' balanced scores."""
        return float(np.mean(self.balanced_scores))

    @property
    def p_value(self) -> float:
        """The p of the accuracy."""
        return float(self.null.p_value(self.accuracy))

    @property
    def n_test(self) -> int:
        """How many samples of `test` there are."""
        return int(self.predictions["sample"].nunique())

    def as_json(self) -> dict[str, Any]:
        """Return what ``pairs --json`` holds of it."""
        return {
            "train": list(self.train),
            "test": list(self.test),
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "fold_scores": list(self.fold_scores),
            "p_value": self.p_value,
            "n_train": self.n_train,
            "n_test": self.n_test,
        }


def _check_pairs(train: tuple[str, ...], test: tuple[str, ...]) -> None:
    """Refuse what are not two pairs."""
    for name, what, pair in (("train", "learnt", train), ("test", "named", test)):
        if len(set(pair)) != 2:
            given = " ".join(pair) or "nothing"
            raise SpecError(
                f"Cross-decoding learns one pair and names another; the one {what} is {given}. "
                "Choose two categories for each.",
                remedy=f"Type --{name} CATEGORY CATEGORY.",
            )


def cross_decode(
    subject: Subject,
    spec: DecodingSpec,
    train: tuple[str, ...],
    test: tuple[str, ...],
    permutations: int | None = None,
    seed: int = 0,
) -> CrossResult:
    """Fit one pair on each training fold, and name the other in the held-out samples.

    Where the brain tells both pairs apart in the same way, the score is above chance. The null
    relabels the tested blocks within runs and keeps the classifiers: the hypothesis is that they
    say nothing of the tested pair. Kaplan, Man and Greening (2015).

    Raises
    ------
    DecodingError
        If a category is unknown, or a fold has nothing to learn or to name.
    """
    _check_pairs(train, test)
    asked = replace(spec, conditions=tuple(sorted({*train, *test})))
    chosen_conditions(subject, asked)
    samples = extract_samples(subject, asked)
    tested = np.isin(samples.y, test)
    folds = [
        (fit[np.isin(samples.y[fit], train)], held[tested[held]])
        for fit, held in make_folds(spec.cv, samples.y, samples.runs)
    ]
    folds = [(fit, held) for fit, held in folds if len(held)]
    for fit, held in folds:
        if len(np.unique(samples.y[fit])) < 2:
            runs = ", ".join(map(str, np.unique(samples.runs[held])))
            raise SpecError(
                f"Without run {runs} the training samples lack {train[0]} or {train[1]}. Choose "
                "another scheme, or another pair to learn from."
            )
    if not folds:
        raise SpecError(f"No fold holds samples of {' or '.join(test)}. Choose another pair.")
    table = predict_folds(samples, estimator_for(spec, samples), folds)
    table["predicted"] = table["predicted"].map(dict(zip(train, test, strict=True)))
    right = table["true"] == table["predicted"]
    by_fold = right.groupby(table["fold"])
    shares = right.groupby([table["fold"], table["true"]]).mean()
    return CrossResult(
        spec=asked,
        train=train,
        test=test,
        predictions=table,
        n_train=int(np.isin(samples.y, train).sum()),
        fold_scores=tuple(by_fold.mean().tolist()),
        balanced_scores=tuple(shares.groupby(level=0).mean().tolist()),
        null=_null(samples, tested, table, folds, permutations, seed),
    )


def _null(
    samples: Samples,
    tested: np.ndarray,
    table: pd.DataFrame,
    folds: Folds,
    permutations: int | None,
    seed: int,
) -> Null:
    """Return the scores of what was named against relabelled blocks of the tested pair."""
    y, place = samples.y[tested], np.cumsum(tested) - 1
    relabelled = relabel(y, samples.runs[tested], samples.blocks[tested], permutations, seed)
    named = np.searchsorted(np.unique(y), table["predicted"].to_numpy(dtype=y.dtype))
    rows = np.broadcast_to(named, (len(relabelled.labels), len(named)))
    local = [(fit, place[held]) for fit, held in folds]
    scores = score_folds(rows, relabelled.labels, local).mean(axis=1)
    # The classifiers stay, so exchanged names are another score, and no tie.
    return replace(relabelled.null(scores), n_tied=1)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The pair that is learnt, and the one that is named by it."""

    train: tuple[str, str]
    test: tuple[str, str]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> CrossResult:
    """Cross-decode two pairs; see `cross_decode`."""
    return cross_decode(subject, spec, options.train, options.test)


def tried_cross(result: CrossResult) -> Iterator[Tried]:
    """Return what was scored: the categories, and which of them were learnt."""
    learnt, named = (" against ".join(pair) for pair in (result.train, result.test))
    yield result.spec, f"{named} by {learnt}"


ANALYSIS = Analysis(
    name="cross",
    question="Does what tells one pair apart tell another?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"conditions"},
    tried=tried_cross,
    page="pairs",
)
