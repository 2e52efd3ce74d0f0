"""Folds as flat arrays, the sums that serve all of them, and the scores that come back."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.errors import SpecError
from decoding.folds import Folds, distinct_rows

# Below this share of a voxel's variance, what is left in a category is rounding.
NO_VARIANCE = 1e-12


class FlatFolds(NamedTuple):
    """Folds in the form that compiled code takes.

    Parameters
    ----------
    train : ndarray of bool, shape (n_folds, n_samples)
        Which samples each fold learns from.
    test : ndarray of int, shape (n_held_out,)
        The held-out samples of all folds, one fold after the other.
    starts : ndarray of int, shape (n_folds + 1,)
        Where each fold begins and ends in `test`.
    """

    train: np.ndarray
    test: np.ndarray
    starts: np.ndarray

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.train)

    @property
    def n_samples(self) -> int:
        """Number of samples, held out or not."""
        return int(self.train.shape[1])

    def held_out(self, fold: int) -> np.ndarray:
        """Return the samples that a fold holds out."""
        return self.test[self.starts[fold] : self.starts[fold + 1]]

    @property
    def n_test(self) -> np.ndarray:
        """Number of samples held out in each fold."""
        return np.diff(self.starts)


def flatten_folds(folds: Folds, n_samples: int) -> FlatFolds:
    """Lay folds of (train, test) indices out as flat arrays.

    Raises
    ------
    SpecError
        If there is no fold, or one holds nothing out.
    """
    if not len(folds) or any(len(test) == 0 for _, test in folds):
        raise SpecError(f"{len(folds)} folds, or one that holds nothing out: nothing to score.")
    train = np.zeros((len(folds), n_samples), dtype=bool)
    for row, (indices, _) in zip(train, folds, strict=True):
        row[indices] = True
    tests = [np.asarray(test, dtype=np.int64) for _, test in folds]
    starts = np.cumsum([0, *map(len, tests)])
    return FlatFolds(train=train, test=np.concatenate(tests), starts=starts)


class Design(NamedTuple):
    """What is cross-validated, in the form that compiled code takes.

    Parameters
    ----------
    labels : ndarray of int, shape (n_samples,) or (n_labellings, n_samples)
        Categories by their place in sorted order.
    n_classes : int
        Number of categories.
    folds : FlatFolds
    """

    labels: np.ndarray
    n_classes: int
    folds: FlatFolds


def lay_out(y: np.ndarray, folds: Folds) -> Design:
    """Lay out categories `y`, (n_samples,) or (n_labellings, n_samples), and their folds.

    Raises
    ------
    SpecError
        If there is only one category, or the training samples of a fold lack one.
    """
    classes, labels = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise SpecError(f"Only the category {str(classes[0])!r}: a classifier needs two.")
    labels = labels.reshape(y.shape)
    flat = flatten_folds(folds, y.shape[-1])
    train = flat.train.T.astype(np.float32)
    for code in range(len(classes)):
        counts = np.atleast_2d(labels == code).astype(np.float32) @ train
        if (counts == 0).any():
            fold = int(np.argwhere(counts == 0)[0, 1])
            raise SpecError(
                f"The training samples of fold {fold + 1} lack a category. "
                "Choose another scheme, or categories that every training set holds."
            )
    return Design(labels, len(classes), flat)


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Groups of samples that no fold and no labelling ever tells apart.

    Whatever is summed over the training samples of a category can be summed over units first:
    under block relabelling with whole runs left out they are the blocks.

    Parameters
    ----------
    of_sample : ndarray of int, shape (n_samples,)
        The unit of each sample.
    first : ndarray of int, shape (n_units,)
        One sample of each unit: whatever holds for it holds for all of them.
    counts : ndarray, shape (n_units,)
        Number of samples in each unit.
    train : ndarray, shape (n_folds, n_units)
        1 where a fold learns from the unit, else 0.
    """

    of_sample: np.ndarray
    first: np.ndarray
    counts: np.ndarray
    train: np.ndarray


def find_units(folds: FlatFolds, labellings: np.ndarray) -> Units:
    """Group the samples that share their label in all `labellings` and their side in all folds.

    A labelling is a row of shape (n_samples,): all the labels that the samples will carry.
    """
    traits = np.hstack([labellings.T.astype(np.int16), folds.train.T.astype(np.int16)])
    first, unit = distinct_rows(traits)
    return Units(
        of_sample=unit,
        first=first,
        counts=np.bincount(unit).astype(np.float64),
        train=folds.train[:, first].astype(np.float64),
    )


class UnitSums(NamedTuple):
    """A voxel's sums over the samples of each unit, and those of squares, (n_voxels, n_units)."""

    values: np.ndarray
    squares: np.ndarray


@njit(cache=True, nogil=True)
def sum_units(X: np.ndarray, of_sample: np.ndarray, n_units: int) -> UnitSums:
    """Sum the values and the squares of each row of `X` over the samples of each unit."""
    sums = np.zeros((len(X), n_units))
    squares = np.zeros((len(X), n_units))
    for voxel in range(len(X)):
        for sample in range(X.shape[1]):
            x = X[voxel, sample]
            sums[voxel, of_sample[sample]] += x
            squares[voxel, of_sample[sample]] += x * x
    return UnitSums(sums, squares)


@dataclass(frozen=True, kw_only=True, eq=False)
class SphereScores:
    """What a searchlight returns: how many held-out samples each sphere predicts rightly.

    Parameters
    ----------
    correct : ndarray of int, shape (n_spheres, n_folds)
    n_test : ndarray of int, shape (n_folds,)
        Held-out samples.
    constant : ndarray of bool, shape (n_spheres,)
        Where no voxel varies: nothing can be decoded there.
    n_without_variance : int
        Voxels without variance in a training category of some fold (naive Bayes), where
        GaussianNB's smoothing decides.
    """

    correct: np.ndarray
    n_test: np.ndarray
    constant: np.ndarray
    n_without_variance: int = 0

    @property
    def fold_scores(self) -> np.ndarray:
        """Accuracy of each sphere in each fold, (n_spheres, n_folds)."""
        return np.asarray(self.correct / self.n_test)

    @property
    def scores(self) -> np.ndarray:
        """Accuracy of each sphere, the mean over folds, (n_spheres,)."""
        return np.asarray(self.fold_scores.mean(axis=1))
