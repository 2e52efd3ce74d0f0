"""The measures of dissimilarity, and what pictures make of one: places in a plane, and a tree."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform

from decoding.registry import Choice


@dataclass(frozen=True, kw_only=True)
class Measure(Choice):
    """A measure of dissimilarity; ``same`` is its value for two categories that are the same.

    A picture of distances has none below 0: there a value counts from ``same``, and a lower one
    is taken for it.
    """

    same: float = 0.0


MEASURES: Mapping[str, Measure] = {
    "decoding": Measure(
        label="accuracy of the pair",
        help="How well a classifier tells two categories apart; 0.5 where it cannot.",
        methods="the cross-validated accuracy of each pair",
        same=0.5,
    ),
    "correlation": Measure(
        label="1 - r",
        help="One minus the correlation of two mean patterns; 0 where they have one shape.",
        methods="one minus the correlation of mean patterns",
    ),
    "crossnobis": Measure(
        label="crossnobis distance",
        help="The distance of two mean patterns in units of noise, checked on other runs; 0 on "
        "average where nothing but noise parts them.",
        methods="the crossnobis distance between mean patterns, cross-validated over runs",
    ),
}
"""By the name of the field of `Distances` that holds the matrix."""


def is_known(matrix: np.ndarray) -> bool:
    """Tell whether every pair of categories has its value in a matrix (n, n)."""
    return not np.isnan(matrix).any()


def as_distances(matrix: np.ndarray, measure: Measure) -> np.ndarray:
    """Return a matrix of a measure (n, n) as distances of a picture, none below 0."""
    distances = np.maximum(np.asarray(matrix, dtype=float) - measure.same, 0.0)
    np.fill_diagonal(distances, 0.0)
    return distances


def place_in_plane(distances: np.ndarray) -> np.ndarray:
    """Return places in a plane, (n, 2), as far apart as the distances (n, n) say, or nearly so.

    Metric multidimensional scaling (SMACOF), begun at the closed form of the classical one: the
    same distances have the same places each time. Borg and Groenen (2005).
    """
    from sklearn.manifold import smacof  # numbers are on screen before

    largest = float(distances.max())
    if largest == 0.0:
        return np.zeros((len(distances), 2))
    relative = distances / largest
    places = np.asarray(smacof(relative, init=_classical_places(relative), n_init=1)[0]) * largest
    ends = np.abs(places).argmax(axis=0)
    return places * np.where(places[ends, [0, 1]] < 0, -1.0, 1.0)


def _classical_places(distances: np.ndarray) -> np.ndarray:
    """Return the places of classical scaling in a plane, (n, 2).

    Accuracies are no true distances: a way round may be shorter than the direct one. A direction
    in which no places fit then has a negative eigenvalue; nothing is drawn along it.
    """
    centred = np.eye(len(distances)) - 1.0 / len(distances)
    values, vectors = np.linalg.eigh(-0.5 * centred @ distances**2 @ centred)
    widest = slice(-1, -3, -1)
    return np.asarray(vectors[:, widest] * np.sqrt(np.maximum(values[widest], 0.0)))


def misfit(distances: np.ndarray, places: np.ndarray) -> float:
    """Return how wrong the distances between places, (n, 2), are as those of a matrix (n, n).

    It is the root of the sum of squared errors over that of squared distances.
    """
    true, drawn = squareform(distances, checks=False), pdist(places)
    total = float((true**2).sum())
    return float(np.sqrt(((drawn - true) ** 2).sum() / total)) if total else 0.0


def join_alike(distances: np.ndarray) -> np.ndarray:
    """Return the tree, (n - 1, 4), that joins the nearest of a matrix (n, n) first.

    By average linkage, as scipy's `linkage` gives it.
    """
    return np.asarray(linkage(squareform(distances, checks=False), method="average"))
