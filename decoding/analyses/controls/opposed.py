"""Why a score lies below chance: folds that learn the opposite of what they are tested on."""

from dataclasses import dataclass

import numpy as np

from decoding.folds import Folds
from decoding.numbers import number_text
from decoding.samples.extract import Samples

CANCELS = 0.5
"""Folds that leave less than this share of what independent ones leave are called balanced."""


@dataclass(frozen=True, kw_only=True)
class Opposed:
    """How the difference between categories in training lies to that in the test.

    Parameters
    ----------
    n_opposed, n_folds : int
        In how many folds it points the other way, of those whose test holds every category.
    left : float
        The square of all tests' differences summed, over the sum of their squares: about 1 where
        folds are independent of each other, more where they agree, 0 where they cancel. Where each
        fold is tested on one part and trained on all others, they are opposed on average just where
        this is below 1.
    """

    n_opposed: int
    n_folds: int
    left: float

    @property
    def is_common(self) -> bool:
        """Whether most folds learn the opposite of what they are tested on."""
        return 2 * self.n_opposed > self.n_folds

    @property
    def words(self) -> str:
        """A sentence or two that explain a score below chance."""
        told = (
            f"The score lies below guessing as {self.n_opposed} of "
            f"{number_text(self.n_folds, 'fold')} learn the opposite of what they are tested on."
        )
        if self.left >= CANCELS:
            return told
        return (
            f"{told} Over all folds the differences between the categories cancel, as they do in a "
            "balanced design: without the run that is tested, the others lean the other way."
        )


def opposed_folds(samples: Samples, folds: Folds) -> Opposed:
    """Compare, fold by fold, how categories differ in training and in the test."""
    codes = np.unique(samples.y, return_inverse=True)[1]
    pairs = [
        (learnt, asked)
        for learnt, asked in (
            [_differences(samples.X[part], codes[part]) for part in fold] for fold in folds
        )
        if learnt.shape == asked.shape
    ]
    tested = np.array([asked for _, asked in pairs])
    squares = float(np.sum(tested**2))
    return Opposed(
        n_opposed=sum(float((learnt * asked).sum()) < 0 for learnt, asked in pairs),
        n_folds=len(pairs),
        left=float(np.sum(tested.sum(axis=0) ** 2)) / squares if squares else 1.0,
    )


def _differences(X: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return each category's mean less the mean of all categories', (n_categories, n_columns)."""
    means = np.stack([X[codes == code].mean(axis=0) for code in np.unique(codes)])
    return np.asarray(means - means.mean(axis=0))
