"""Cross-validation schemes: right ones, the tutorial's, and two that are wrong on purpose."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import getsource
from typing import Literal, TypeAlias

import numpy as np
from sklearn.model_selection import KFold, LeaveOneGroupOut, LeavePGroupsOut, StratifiedKFold

from decoding.errors import SpecError
from decoding.folds import Fold, Folds
from decoding.numbers import list_text
from decoding.registry import Choice, Code, pick

Trust: TypeAlias = Literal["right", "tutorial", "wrong"]

TRUST_WORDS: dict[Trust, str] = {
    "right": "",
    "tutorial": "the tutorial's",
    "wrong": "wrong on purpose",
}
"""How a scheme that is not simply right is marked."""


@dataclass(frozen=True, kw_only=True)
class CvScheme(Choice):
    """A scheme.

    Parameters
    ----------
    make : callable
        Takes labels and runs, both of shape (n_samples,), and returns folds.
    code : Code
        The same in the exported program: an expression of ``X``, ``y`` and ``runs``.
    trust : {"right", "tutorial", "wrong"}
        Whether its score may be read as generalisation to new runs.
    explanation : str
        What it does, then what follows for its score: a few sentences, in which ``{t_r:g}`` stands
        for the repetition time in seconds.
    of_images : str
        The same of samples that are images made elsewhere; empty where it holds of both.
    min_runs : int
        The smallest number of runs it can work with.
    uses_labels : bool
        Whether relabelled samples have other folds.
    parts : callable or None
        Says in a sentence how it parts these runs (n_samples,), where that hangs on their numbers.
    """

    make: Callable[[np.ndarray, np.ndarray], Iterable[Fold]]
    code: Code
    trust: Trust
    explanation: str
    of_images: str = ""
    min_runs: int = 1
    uses_labels: bool = False
    parts: Callable[[np.ndarray], str] | None = None

    @property
    def by_run(self) -> bool:
        """Whether whole runs are held out: only then may a score be read against chance."""
        return self.trust == "right"

    @property
    def leaks(self) -> bool:
        """Whether it is wrong on purpose."""
        return self.trust == "wrong"


def make_folds(name: str, y: np.ndarray, runs: np.ndarray) -> Folds:
    """Split samples into folds of (train, test) indices, by a name in ``CV_SCHEMES``.

    `y` and `runs`, (n_samples,), are each sample's category and its run's number in the file.

    Raises
    ------
    UnknownChoiceError
        If there is no such scheme.
    SpecError
        If the samples are too few for it, or a training fold would hold a single category.
    """
    scheme = pick(CV_SCHEMES, name, "cross-validation scheme")
    n_runs = len(np.unique(runs))
    if n_runs < scheme.min_runs:
        raise SpecError(
            f"{scheme.label} needs {scheme.min_runs} runs with the chosen categories; "
            f"there are {n_runs}. Choose another scheme."
        )
    try:
        folds = list(scheme.make(y, runs))
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


def halve(runs: np.ndarray) -> np.ndarray:
    """Return the half of each sample, 1 for an odd run: by its number, or else by its place.

    Numbers serve where the halves then differ by at most one run.
    """
    numbers, place = np.unique(runs, return_inverse=True)
    by_number = abs(2 * np.sum(numbers % 2) - len(numbers)) <= 1
    return np.asarray(runs % 2 if by_number else (place + 1) % 2)


def halves_text(runs: np.ndarray) -> str:
    """Say which of the runs (n_samples,) each half holds, by their numbers or their order."""
    half = halve(runs)
    odd, even = (np.unique(runs[half == side]).tolist() for side in (1, 0))
    how = "by number" if (half == runs % 2).all() else "by order, as numbers give no equal halves"
    return f"The halves are {_runs_text(odd)} against {_runs_text(even)}, {how}."


def _runs_text(numbers: list[int]) -> str:
    return f"run{'' if len(numbers) == 1 else 's'} {list_text(numbers)}" + (
        " alone" if len(numbers) == 1 else ""
    )


def _stratified(y: np.ndarray, runs: np.ndarray) -> Iterator[Fold]:
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if smallest < 5:
        raise ValueError(f"a category has only {smallest} samples for 5 folds.")
    folds: Iterator[Fold] = StratifiedKFold(5).split(y, y)
    return folds


def _splitter(expression: str, name: str) -> Code:
    return Code(expression=expression, imports=(f"from sklearn.model_selection import {name}",))


CV_SCHEMES: dict[str, CvScheme] = {
    "leave_one_run_out": CvScheme(
        label="Leave one run out",
        help="Each run is decoded by a model that never saw any of it.",
        methods="leave-one-run-out cross-validation",
        make=lambda y, runs: LeaveOneGroupOut().split(y, y, runs),
        code=_splitter("LeaveOneGroupOut().split(X, y, runs)", "LeaveOneGroupOut"),
        trust="right",
        explanation="Each run is decoded by a model that never saw any of it. Shuffled labels then "
        "score at chance, so what lies above chance is evidence.",
        min_runs=2,
    ),
    "leave_two_runs_out": CvScheme(
        label="Leave two runs out",
        help="Each pair of runs is decoded by a model of all the others.",
        methods="leave-two-runs-out cross-validation",
        make=lambda y, runs: LeavePGroupsOut(2).split(y, y, runs),
        code=_splitter("LeavePGroupsOut(2).split(X, y, runs)", "LeavePGroupsOut"),
        trust="right",
        explanation="Each pair of runs is decoded by a model of all the others. That is as honest "
        "as leaving one out, with less to learn from and more folds.",
        min_runs=3,
    ),
    "split_half": CvScheme(
        label="Split half, odd against even runs",
        help="Odd runs decode even runs, then the other way round, as in the 2001 paper.",
        methods="split-half cross-validation, each half of the runs against the other",
        make=lambda y, runs: LeaveOneGroupOut().split(y, y, halve(runs)),
        code=Code(
            expression="LeaveOneGroupOut().split(X, y, halve(runs))",
            imports=("from sklearn.model_selection import LeaveOneGroupOut",),
            setup=f"{getsource(halve)}\n\n",
        ),
        trust="right",
        explanation="Odd runs decode even runs, and the other way round. Where the runs' numbers "
        "give no equal halves, their order does. The model learns from half of the scans only, so "
        "its score is usually lower.",
        min_runs=2,
        parts=halves_text,
    ),
    "kfold": CvScheme(
        label="5 folds in order",
        help="Five stretches of consecutive samples, without looking where runs begin: the "
        "tutorial's first scheme.",
        methods="5-fold cross-validation over consecutive samples",
        make=lambda y, runs: KFold(5).split(y),
        code=_splitter("KFold(5).split(X)", "KFold"),
        trust="tutorial",
        explanation="Five stretches of samples in order, cut wherever they fall. A block or a run "
        "can lie on both sides, and a fold can hold more of one category: the score of shuffled "
        "labels then lies off chance.",
    ),
    "stratified": CvScheme(
        label="5 stratified folds",
        help="What scikit-learn does where nothing is chosen: five stretches with equal shares of "
        "each category.",
        methods="stratified 5-fold cross-validation over consecutive samples",
        make=_stratified,
        code=_splitter("StratifiedKFold(5).split(X, y)", "StratifiedKFold"),
        trust="tutorial",
        explanation="Five stretches with equal shares of each category, cut without looking at "
        "runs. A run on both sides lends its own drift and noise to the model, even when its "
        "labels are shuffled.",
        uses_labels=True,
    ),
    "shuffled_kfold": CvScheme(
        label="Shuffled folds",
        help="Wrong on purpose: scans taken seconds apart are in training and in test, so the "
        "test leaks.",
        methods="k-fold cross-validation over shuffled samples",
        make=lambda y, runs: KFold(len(np.unique(runs)), shuffle=True, random_state=0).split(y),
        code=_splitter(
            "KFold(len(np.unique(runs)), shuffle=True, random_state=0).split(X)", "KFold"
        ),
        trust="wrong",
        explanation="Scans taken seconds apart are in training and in test. Volumes of one block "
        "are {t_r:g} s apart and almost the same image, so the model recognises the block and "
        "not the category. It does so just as well when the labels are shuffled.",
        of_images="Images of one run are in training and in test. They share what that run's "
        "scanner, head and model gave to all of them, so the score is none of a new run.",
        min_runs=2,
    ),
    "resubstitution": CvScheme(
        label="Training = testing",
        help="Wrong on purpose: the model is asked about the very samples it has learnt.",
        methods="no cross-validation: training and test samples were the same",
        make=lambda y, runs: [(np.arange(len(y)), np.arange(len(y)))],
        code=Code(expression="[(np.arange(len(y)), np.arange(len(y)))]"),
        trust="wrong",
        explanation="The model is asked about the very samples it has learnt. With many voxels it "
        "learns any labels by heart, so the score says nothing about new samples.",
    ),
}
