"""Cross-validation schemes: right ones, the tutorial's, and one that is wrong on purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.model_selection import KFold, LeaveOneGroupOut, LeavePGroupsOut, StratifiedKFold

from decoding.errors import SpecError
from decoding.folds import Folds
from decoding.registry import Choice, pick


@dataclass(frozen=True, kw_only=True)
class CvScheme(Choice[Folds]):
    """A scheme; `make` takes labels and runs, both of shape (n_samples,), and returns folds.

    Parameters
    ----------
    trust : {"right", "tutorial", "wrong"}
        Whether its score may be read as generalisation to new runs.
    by_run : bool
        Whether whole runs are held out.
    min_runs : int
        The smallest number of runs it can work with.
    uses_labels : bool
        Whether relabelled samples have other folds.
    """

    trust: Literal["right", "tutorial", "wrong"]
    by_run: bool
    min_runs: int = 1
    uses_labels: bool = False


def make_folds(name: str, y: np.ndarray, runs: np.ndarray) -> Folds:
    """Split samples into folds of (train, test) indices.

    Parameters
    ----------
    name : str
        A name in ``CV_SCHEMES``.
    y : ndarray, shape (n_samples,)
        Category of each sample.
    runs : ndarray of int, shape (n_samples,)
        Run of each sample, by its number in the file.

    Raises
    ------
    UnknownChoiceError
        If there is no such scheme.
    SpecError
        If the samples are too few for it, or a training fold would hold a single category.
    """
    scheme = pick(CV_SCHEMES, name, "cross-validation scheme")
    assert isinstance(scheme, CvScheme)
    n_runs = len(np.unique(runs))
    if n_runs < scheme.min_runs:
        raise SpecError(
            f"{scheme.label} needs {scheme.min_runs} runs with the chosen categories; "
            f"there are {n_runs}. Choose another scheme."
        )
    try:
        folds = scheme.make(y, runs)
    except ValueError as error:
        raise SpecError(
            f"{scheme.label} cannot split {len(y)} samples of {n_runs} runs: {error} "
            "Choose another scheme."
        ) from error
    for number, (train, _) in enumerate(folds):
        if len(np.unique(y[train])) < 2:
            raise SpecError(
                f"Under {scheme.label.lower()} the training samples of fold {number + 1} are all "
                f"{str(y[train][0])!r}; a classifier needs two categories. Choose another scheme."
            )
    return folds


def _leave_one_run_out(y: np.ndarray, runs: np.ndarray) -> Folds:
    return list(LeaveOneGroupOut().split(y, y, runs))


def _leave_two_runs_out(y: np.ndarray, runs: np.ndarray) -> Folds:
    return list(LeavePGroupsOut(2).split(y, y, runs))


def _split_half(y: np.ndarray, runs: np.ndarray) -> Folds:
    return list(LeaveOneGroupOut().split(y, y, runs % 2))


def _kfold(y: np.ndarray, runs: np.ndarray) -> Folds:
    return list(KFold(5).split(y))


def _stratified(y: np.ndarray, runs: np.ndarray) -> Folds:
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if smallest < 5:
        raise ValueError(f"a category has only {smallest} samples for 5 folds.")
    return list(StratifiedKFold(5).split(y, y))


def _shuffled_kfold(y: np.ndarray, runs: np.ndarray) -> Folds:
    return list(KFold(len(np.unique(runs)), shuffle=True, random_state=0).split(y))


def _resubstitution(y: np.ndarray, runs: np.ndarray) -> Folds:
    everything = np.arange(len(y))
    return [(everything, everything)]


def _scheme(
    label: str,
    make: Callable[[np.ndarray, np.ndarray], Folds],
    trust: Literal["right", "tutorial", "wrong"],
    help: str,
    *,
    min_runs: int = 1,
    uses_labels: bool = False,
) -> CvScheme:
    return CvScheme(
        label=label,
        make=make,
        trust=trust,
        by_run=trust == "right",
        help=help,
        min_runs=min_runs,
        uses_labels=uses_labels,
    )


CV_SCHEMES: dict[str, CvScheme] = {
    "leave_one_run_out": _scheme(
        "Leave one run out",
        _leave_one_run_out,
        "right",
        "Each run is decoded by a model that never saw any of it.",
        min_runs=2,
    ),
    "leave_two_runs_out": _scheme(
        "Leave two runs out",
        _leave_two_runs_out,
        "right",
        "Each pair of runs is decoded by a model of all the others.",
        min_runs=3,
    ),
    "split_half": _scheme(
        "Split half, odd against even runs",
        _split_half,
        "right",
        "Odd runs decode even runs, then the other way round, as in the 2001 paper.",
        min_runs=2,
    ),
    "kfold": _scheme(
        "5 folds in order",
        _kfold,
        "tutorial",
        "Five stretches of consecutive samples, without looking where runs begin: the tutorial's "
        "first scheme.",
    ),
    "stratified": _scheme(
        "5 stratified folds",
        _stratified,
        "tutorial",
        "What cross_val_score takes by default: five stretches with equal shares of each category.",
        uses_labels=True,
    ),
    "shuffled_kfold": _scheme(
        "Shuffled folds",
        _shuffled_kfold,
        "wrong",
        "Wrong on purpose: volumes of one block fall on both sides, so the test leaks.",
        min_runs=2,
    ),
    "resubstitution": _scheme(
        "Training = testing",
        _resubstitution,
        "wrong",
        "Wrong on purpose: the model is asked about the very samples it has learnt.",
    ),
}
