"""Estimators that can be taken to every sphere: their compiled kernels, and how fast they are."""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from decoding.analyses.decode import pick_estimator
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.registry import offer

if TYPE_CHECKING:
    from decoding.kernels.searchlight.folds import SphereScores
    from decoding.kernels.searchlight.null import NullMaxima

NULL_THREADS = 2
"""A null's working arrays take 60 MB on any number of threads."""

MEASURED_SAMPLES = 216

KERNELS = "decoding.kernels.searchlight"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An estimator that can be taken to every sphere.

    Parameters
    ----------
    kernel : str
        Module and name, in `KERNELS`, of the function that scores every sphere.
    null_kernel : str or None
        The same for its null; None where each relabelling scores every sphere anew.
    map_threads : int
        The most threads for a map. Each has 30 MB of its own for naive Bayes, 40 MB are shared for
        an SVM, so that a map and another one's null stay below 100 MB together.
    map_seconds, null_seconds : float
        About how long a sphere and fold takes on two cores, once and under one relabelling, with
        two categories in `MEASURED_SAMPLES` samples.
    """

    kernel: str
    null_kernel: str | None = None
    map_threads: int
    map_seconds: float
    null_seconds: float

    def load_score(self) -> "Callable[..., SphereScores]":
        """Import and return the function that scores every sphere."""
        return resolve_name(f"{KERNELS}.{self.kernel}")  # type: ignore[no-any-return]

    def load_null(self) -> "Callable[..., NullMaxima]":
        """Import and return the function that does so under relabelled blocks."""
        return resolve_name(f"{KERNELS}.{self.null_kernel}")  # type: ignore[no-any-return]


ENGINES: dict[str, Engine] = {
    "gnb": Engine(
        kernel="naive_bayes:score_naive_bayes",
        null_kernel="null:null_naive_bayes",
        map_threads=1,
        map_seconds=3e-6,
        null_seconds=9.4e-8,
    ),
    "svc": Engine(kernel="svm:score_svm", map_threads=2, map_seconds=1.2e-4, null_seconds=1.2e-4),
    "ridge": Engine(
        kernel="linear:score_ridge", map_threads=2, map_seconds=1.2e-5, null_seconds=1.2e-5
    ),
    "correlation": Engine(
        kernel="linear:score_correlation", map_threads=2, map_seconds=1.2e-5, null_seconds=1.2e-5
    ),
}
"""By the name of the estimator."""


def pick_engine(estimator: str) -> Engine:
    """Return how an estimator is taken to every sphere."""
    label = pick_estimator(estimator).label
    if estimator not in ENGINES:
        able, remedy = offer("estimator", ESTIMATORS, ENGINES)
        raise SpecError(
            f"A searchlight fits a classifier in every sphere, and {label} is too slow for that. "
            f"Choose {able}.",
            remedy=remedy,
        )
    return ENGINES[estimator]
