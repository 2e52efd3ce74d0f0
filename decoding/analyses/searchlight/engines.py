"""Which estimators can be taken to every sphere."""

from decoding.analyses.decode import pick_estimator
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.kernels.accelerators import Engine
from decoding.registry import offer

NULL_THREADS = 2
"""A null's working arrays take 60 MB on any number of threads."""

MEASURED_SAMPLES = 216
"""The samples with which an engine's seconds were measured."""


def searchable() -> list[str]:
    """Return the names of the estimators that have an engine."""
    return [name for name, estimator in ESTIMATORS.items() if estimator.engine]


def pick_engine(estimator: str) -> Engine:
    """Return how an estimator is taken to every sphere.

    Raises
    ------
    UnknownChoiceError
        If there is no such estimator.
    SpecError
        If it has no engine; those that have one are named.
    """
    picked = pick_estimator(estimator)
    if picked.engine:
        return picked.engine
    able, remedy = offer("estimator", ESTIMATORS, searchable())
    raise SpecError(
        f"A searchlight fits a classifier in every sphere, and {picked.label} is too slow for "
        f"that. Choose {able}.",
        remedy=remedy,
    )
