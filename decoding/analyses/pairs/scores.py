"""Every pair of the categories decoded, all of them at once, and how far apart they lie."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from decoding.analyses.circularity import is_circular
from decoding.analyses.decode import decode_subject, pick_estimator, result_of
from decoding.analyses.pairs.one_fit import predict_pairs
from decoding.analyses.record import Analysis, Tried
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.kernels.similarity import (
    category_means,
    correlation_distances,
    crossnobis_by_run,
    mean_of_runs,
    shrunk_covariance,
)
from decoding.progress import Progress, part_of, report
from decoding.results import DecodingResult, plain
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec

MOST_VOXELS = 4096
"""The noise of more voxels is not modelled: their covariance would not fit in memory."""
EACH_S = 0.05
"""About how long a pair takes."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two categories and how they were told apart, or why they cannot be."""

    conditions: tuple[str, str]
    result: DecodingResult | None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Distances:
    """Dissimilarities of all categories, each (n_classes, n_classes), 0 on the diagonal.

    Parameters
    ----------
    correlation : ndarray
        1 - r between mean patterns.
    crossnobis : ndarray or None
        Cross-validated over runs, so that noise alone gives 0 on average; None where the noise of
        so many voxels cannot be modelled, or there is one run only.
    decoding : ndarray
        Accuracy of each pair; NaN where it could not be decoded.
    has_noise : bool
        Whether crossnobis weighs the voxels by their noise: that of volumes about their block's
        mean. Samples that are one a block have none.
    """

    correlation: np.ndarray
    crossnobis: np.ndarray | None
    decoding: np.ndarray
    has_noise: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class PairScores:
    """Every pair's score, the score of all categories at once, and the distances.

    Parameters
    ----------
    together : DecodingResult
        All the categories decoded at once.
    pairs : tuple of Pair
        In the order of the sorted categories.
    """

    spec: DecodingSpec
    together: DecodingResult
    pairs: tuple[Pair, ...]
    distances: Distances

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories, sorted."""
        return self.together.classes


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> PairScores:
    """Decode every pair of the spec's categories, and all of them; compare their patterns."""
    pick_estimator(spec.estimator)
    samples = extract_samples(subject, spec, part_of(on_progress, 0.0, 0.5))
    return score_pairs(subject, spec, samples, part_of(on_progress, 0.5, 1.0))


def score_pairs(
    subject: Subject, spec: DecodingSpec, samples: Samples, on_progress: Progress | None = None
) -> PairScores:
    """Score samples that were extracted before; see `run`."""
    together = decode_subject(subject, spec, samples)
    both, pairs = list(combinations(samples.classes, 2)), []
    known = predict_pairs(samples, spec)
    for number, conditions in enumerate(both):
        own, two = pair_spec(spec, conditions), samples.of(conditions)
        if together.classes == conditions:
            pair = Pair(conditions=conditions, result=together)
        elif conditions in known:
            result = result_of(two, own, known[conditions], subject.version)
            result = replace(result, circular=is_circular(subject, own))
            pair = Pair(conditions=conditions, result=result)
        else:
            pair = _score_pair(subject, own, two)
        pairs.append(pair)
        report(on_progress, number + 1, len(both))
    return PairScores(
        spec=spec,
        together=together,
        pairs=tuple(pairs),
        distances=measure_distances(samples, tuple(pairs)),
    )


def pair_spec(spec: DecodingSpec, conditions: tuple[str, ...]) -> DecodingSpec:
    """Return the spec of one pair: on its own it is decoded the same."""
    return replace(spec, conditions=conditions)


def _score_pair(subject: Subject, spec: DecodingSpec, samples: Samples) -> Pair:
    first, second = spec.conditions
    try:
        result = decode_subject(subject, spec, samples)
    except DecodingError as error:
        return Pair(conditions=(first, second), result=None, problem=str(error))
    return Pair(conditions=(first, second), result=result)


def measure_distances(samples: Samples, pairs: tuple[Pair, ...]) -> Distances:
    """Return the distances between the categories of samples; the pairs bring their scores."""
    classes, codes = np.unique(samples.y, return_inverse=True)
    n = len(classes)
    accuracy = np.zeros((n, n))
    for (row, column), pair in zip(combinations(range(n), 2), pairs, strict=True):
        score = np.nan if pair.result is None else pair.result.accuracy
        accuracy[row, column] = accuracy[column, row] = score
    return Distances(
        correlation=correlation_distances(samples.X, codes, n),
        crossnobis=crossnobis_of(samples),
        decoding=accuracy,
        has_noise=_has_noise(samples),
    )


def crossnobis_of(samples: Samples) -> np.ndarray | None:
    """Return the crossnobis distances of samples, (n_categories, n_categories); see `Distances`."""
    matrices = crossnobis_runs(samples)
    return None if matrices is None else mean_of_runs(matrices)


def crossnobis_runs(samples: Samples) -> np.ndarray | None:
    """Return what each run says of the crossnobis distances, (n_runs, n_classes, n_classes)."""
    noisy = _has_noise(samples)
    if len(np.unique(samples.runs)) < 2 or (noisy and samples.X.shape[1] > MOST_VOXELS):
        return None
    X, covariance = _with_noise(samples) if noisy else (samples.X, None)
    classes, codes = np.unique(samples.y, return_inverse=True)
    return crossnobis_by_run(X, codes, samples.runs, len(classes), covariance)


def _has_noise(samples: Samples) -> bool:
    return samples.n_blocks < len(samples.y)


def _with_noise(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Return the voxels whose noise is known, and its covariance."""
    blocks = np.unique(samples.blocks, return_inverse=True)[1]
    residuals = samples.X - category_means(samples.X, blocks, samples.n_blocks)[blocks]
    varies = np.ptp(residuals, axis=0) > 0
    dof = len(samples.y) - samples.n_blocks
    return samples.X[:, varies], shrunk_covariance(residuals[:, varies], dof)


def distances_json(distances: Distances) -> dict[str, Any]:
    """Return the matrices as square lists; what is not known is None."""
    found = {name: getattr(distances, name) for name in ("correlation", "crossnobis", "decoding")}
    return {
        name: None if matrix is None else plain(matrix.tolist()) for name, matrix in found.items()
    }


def _tried(result: PairScores) -> Iterator[Tried]:
    yield result.together.spec, ""
    for pair in result.pairs:
        if pair.result is not None:
            yield pair_spec(result.spec, pair.conditions), ""


def _seconds(subject: Subject, spec: DecodingSpec, options: None) -> float:
    n = len(spec.conditions or subject.conditions)
    return 0.5 + EACH_S * n * (n - 1) / 2


ANALYSIS = Analysis(
    name="pair_scores",
    question="Which categories are told apart, two by two and all at once?",
    run=run,
    seconds=_seconds,
    tried=_tried,
    page="pairs",
)
