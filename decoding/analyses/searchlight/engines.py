"""Estimators that can be taken to every sphere: their compiled kernels, and how fast they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from decoding.analyses.decode import pick_estimator
from decoding.errors import SpecError
from decoding.service.threads import n_threads

if TYPE_CHECKING:
    from decoding.kernels.searchlight.folds import SphereScores
    from decoding.kernels.searchlight.null import NullMaxima

NULL_THREADS = 2
"""A null's working arrays take 60 MB on any number of threads."""

MEASURED_SAMPLES = 216

ScoreSpheres: TypeAlias = "Callable[..., SphereScores]"
NullOfSpheres: TypeAlias = "Callable[..., NullMaxima]"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An estimator that can be taken to every sphere.

    Parameters
    ----------
    load_score : callable
        Imports and returns the function that scores every sphere.
    load_null : callable or None
        The same for its null; None where each relabelling scores every sphere anew.
    map_threads : int
        Threads for a map. Each has 30 MB of its own for naive Bayes, 40 MB are shared for an SVM,
        so that a map and another one's null stay below 100 MB together.
    map_seconds, null_seconds : float
        About how long a sphere and fold takes on two cores, once and under one relabelling, with
        two categories in `MEASURED_SAMPLES` samples.
    """

    load_score: Callable[[], ScoreSpheres]
    load_null: Callable[[], NullOfSpheres] | None
    map_threads: int
    map_seconds: float
    null_seconds: float


def _naive_bayes() -> ScoreSpheres:
    from decoding.kernels.searchlight.naive_bayes import score_naive_bayes

    return score_naive_bayes


def _naive_bayes_null() -> NullOfSpheres:
    from decoding.kernels.searchlight.null import null_naive_bayes

    return null_naive_bayes


def _svm() -> ScoreSpheres:
    from decoding.kernels.searchlight.interior_point import score_svm

    return score_svm


def _ridge() -> ScoreSpheres:
    from decoding.kernels.searchlight.linear import score_ridge

    return score_ridge


def _correlation() -> ScoreSpheres:
    from decoding.kernels.searchlight.linear import score_correlation

    return score_correlation


ENGINES: dict[str, Engine] = {
    "gnb": Engine(
        load_score=_naive_bayes,
        load_null=_naive_bayes_null,
        map_threads=1,
        map_seconds=3e-6,
        null_seconds=9.4e-8,
    ),
    "svc": Engine(
        load_score=_svm, load_null=None, map_threads=2, map_seconds=1.2e-4, null_seconds=1.2e-4
    ),
    "ridge": Engine(
        load_score=_ridge, load_null=None, map_threads=2, map_seconds=1.2e-5, null_seconds=1.2e-5
    ),
    "correlation": Engine(
        load_score=_correlation,
        load_null=None,
        map_threads=2,
        map_seconds=1.2e-5,
        null_seconds=1.2e-5,
    ),
}
"""By the name of the estimator."""


def pick_engine(estimator: str) -> Engine:
    """Return how an estimator is taken to every sphere.

    Raises
    ------
    DecodingError
        If the name is unknown, or too slow to be taken there.
    """
    label = pick_estimator(estimator).label
    if estimator not in ENGINES:
        raise SpecError(
            f"{label} ('{estimator}') is too slow for a searchlight, which fits it in every "
            f"sphere. Choose the estimator {' or '.join(ENGINES)}."
        )
    return ENGINES[estimator]


def threads_to_use(most: int) -> int:
    """Return how many threads a pass takes, `most` if there are so many cores.

    No result depends on it.
    """
    return min(most, n_threads())
