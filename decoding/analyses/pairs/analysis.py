"""The test of every pair, corrected over the pairs, beside scores and distances."""

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import false_discovery_control

from decoding.analyses import permute
from decoding.analyses.pairs import scores
from decoding.analyses.pairs.cross import CrossResult, cross_decode, tried_cross
from decoding.analyses.pairs.models import COMPARED, ModelsResult, compare_models
from decoding.analyses.pairs.models import Options as ModelOptions
from decoding.analyses.pairs.scores import Pair, PairScores, distances_json, pair_spec
from decoding.analyses.record import Analysis, Tried, flag
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.progress import Progress, part_of, report
from decoding.relabel import SAMPLED
from decoding.results import PermutationResult
from decoding.samples.extract import extract_samples
from decoding.setting import write_names
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Options(permute.Options):
    """The relabellings of each pair's test, and two pairs for cross-decoding."""

    train: tuple[str, ...] = flag(
        (), "cross-decoding: the pair that is learnt", metavar=("A", "B"), kind=str
    )
    test: tuple[str, ...] = flag(
        (), "cross-decoding: the pair that is named by it", metavar=("C", "D"), kind=str
    )


@dataclass(frozen=True, kw_only=True)
class TestedPair:
    """A pair and its test; None where it could not be decoded.

    ``p_corrected`` holds for all pairs at once (Holm), ``p_fdr`` bounds the share of false ones
    among those called (Benjamini and Hochberg).
    """

    pair: Pair
    test: PermutationResult | None
    p_corrected: float | None = None
    p_fdr: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what ``pairs --json`` holds of it."""
        values: dict[str, Any] = {
            "conditions": list(self.pair.conditions),
            "accuracy": None if self.pair.result is None else self.pair.result.accuracy,
            "p_value": None if self.test is None else self.test.p_value,
            "p_corrected": self.p_corrected,
            "p_fdr": self.p_fdr,
        }
        return {**values, "problem": self.pair.problem} if self.pair.problem else values


@dataclass(frozen=True, kw_only=True, eq=False)
class PairsResult:
    """Scores and distances, each pair with its test, and what was cross-decoded if asked for.

    `models` are compared by each measure, where there are enough categories.
    """

    scores: PairScores
    pairs: tuple[TestedPair, ...]
    cross: CrossResult | None
    models: tuple[ModelsResult, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what ``pairs --json`` prints below its head."""
        together = self.scores.together
        values = {
            "n_samples": together.n_samples,
            "n_blocks": together.n_blocks,
            "n_voxels": together.n_voxels,
            "accuracy": together.accuracy,
            "fold_scores": together.fold_scores,
            "confusion": together.confusion.to_numpy().tolist(),
            "pairs": [pair.as_json() for pair in self.pairs],
            "dissimilarity": distances_json(self.scores.distances),
        }
        if self.models:
            values["models"] = [one.as_json() for one in self.models]
        return values if self.cross is None else {**values, "cross": self.cross.as_json()}


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> PairsResult:
    """Score every pair and test it against its own relabelled blocks.

    The relabellings of two pairs that share a category conflict, so that their nulls have no common
    maximum: the p-values are corrected by Holm's step-down method, which needs none.
    """
    cross = None
    if options.train or options.test:  # what cannot be is refused before the pairs are tested
        cross = cross_decode(
            subject, spec, options.train, options.test, options.permutations, options.seed
        )
    samples = extract_samples(subject, spec, part_of(on_progress, 0.0, 0.1))
    found = scores.score_pairs(subject, spec, samples, part_of(on_progress, 0.1, 0.2))
    draws = permute.Options(permutations=options.permutations, seed=options.seed)
    tests: list[PermutationResult | None] = []
    for number, pair in enumerate(found.pairs):
        begin, end = (0.2 + 0.8 * step / len(found.pairs) for step in (number, number + 1))
        part = part_of(on_progress, begin, end)
        test = None
        if pair.result is not None:
            own, two = pair_spec(spec, pair.conditions), samples.of(pair.conditions)
            test = permute.permute_samples(two, own, draws, part)
        tests.append(test)
        report(part, 1, 1)
    models = []
    for measure in COMPARED:
        with suppress(SpecError):  # too few categories for any, or no crossnobis distance
            asked = ModelOptions(measure=measure)
            models.append(compare_models(subject, spec, samples, asked))
    return PairsResult(
        scores=found, pairs=_corrected(found.pairs, tests), cross=cross, models=tuple(models)
    )


def _corrected(
    pairs: tuple[Pair, ...], tests: list[PermutationResult | None]
) -> tuple[TestedPair, ...]:
    tested = [number for number, test in enumerate(tests) if test is not None]
    p = np.array([test.p_value for test in tests if test is not None])
    rows = [TestedPair(pair=pair, test=test) for pair, test in zip(pairs, tests, strict=True)]
    if tested:
        for number, family, rate in zip(tested, holm(p), false_discovery_control(p), strict=True):
            rows[number] = replace(rows[number], p_corrected=float(family), p_fdr=float(rate))
    return tuple(rows)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values, (n_tests,), corrected family-wise by Holm's step-down method (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1.0)
    return corrected


def _tried(result: PairsResult) -> Iterator[Tried]:
    yield from scores.ANALYSIS.tried(result.scores)
    if result.cross is not None:
        yield from tried_cross(result.cross)


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    n_pairs = math.comb(len(spec.conditions or subject.conditions), 2)
    number = options.permutations or SAMPLED
    one = permute.seconds_each(pair_spec(spec, ("", "")))
    return scores.ANALYSIS.seconds(subject, spec, None) + n_pairs * number * one


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    asked = {"categories": spec.conditions, "train": options.train, "test": options.test}
    own = {name: write_names(names) for name, names in asked.items() if names}
    return {**own, **permute.ANALYSIS.page_settings(pair_spec(spec, ("", "")), options)}


ANALYSIS = Analysis(
    name="pairs",
    question="Which categories look alike to this brain?",
    Options=Options,
    run=run,
    seconds=_seconds,
    tried=_tried,
    page_settings=_page_settings,
    command=True,
)
