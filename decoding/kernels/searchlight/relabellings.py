"""Which models a set of relabellings needs: those that share one are fitted once."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from decoding.folds import distinct_rows
from decoding.kernels.searchlight.folds import FlatFolds, Units, find_units

WIDTH = 64
MIN_WIDTH = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldModels:
    """The distinct models of one fold, with the labels that they are tested on.

    Parameters
    ----------
    held_out : ndarray of int, shape (n_test,)
        The fold's held-out samples.
    train_labels, test_labels : ndarray of int, shape (n_models, n_units)
        Labels of the units, of use where the fold trains or tests on them.
    starts : ndarray of int, shape (n_models + 1,)
        Where each model's relabellings begin and end in `rows`.
    rows : ndarray of int, shape (n_relabellings,)
        Relabellings, by model.
    mirrored : ndarray of bool, shape (n_relabellings,)
        Where, in the same order, right predictions of the model are wrong ones of the relabelling.
    """

    held_out: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    mirrored: np.ndarray


class Task(NamedTuple):
    """Some models of one fold, in the form that compiled code takes; see also `FoldModels`.

    Parameters
    ----------
    train : ndarray, shape (n_units,)
        1 where the fold learns from the unit, else 0.
    member : ndarray, shape (n_classes - 1, n_units, width)
        1 where the unit carries the category, from category 1 on, else 0.
    sizes : ndarray, shape (n_classes, width)
        Number of training samples in each category.
    truth : ndarray of int32, shape (n_test, width)
        Labels of the held-out samples.
    weight : int
        What a right prediction counts, so that every fold counts the same.
    """

    fold: int
    train: np.ndarray
    member: np.ndarray
    sizes: np.ndarray
    truth: np.ndarray
    held_out: np.ndarray
    weight: int
    train_labels: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    mirrored: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class RelabellingPlan:
    """Distinct relabellings and the models they need in each fold.

    Parameters
    ----------
    inverse : ndarray of int, shape (n_relabellings,)
        Which distinct relabelling each one is.
    repeats : ndarray of int, shape (n_distinct,)
        How often each occurs.
    units : Units
        Samples that always share their label and their side.
    models : list of FoldModels
        One a fold.
    full_count : int
        The count of a sphere that predicts everything rightly: a score is count / full_count.
    n_classes : int
    """

    inverse: np.ndarray
    repeats: np.ndarray
    units: Units
    models: list[FoldModels]
    full_count: int
    n_classes: int

    @property
    def width(self) -> int:
        """Number of models in a task: fewer with more categories, whose tables are larger."""
        return max(MIN_WIDTH, WIDTH // (self.n_classes - 1))

    @property
    def counts_type(self) -> np.dtype:
        """The smallest type that holds all counts."""
        return np.dtype(np.uint16 if self.full_count < 2**16 else np.int64)

    def tasks(self, fold: int) -> list[Task]:
        """Cut the models of one fold into tasks, each for one thread."""
        n_models = len(self.models[fold].train_labels)
        return [self._task(fold, start) for start in range(0, n_models, self.width)]

    def _task(self, fold: int, start: int) -> Task:
        models = self.models[fold]
        chosen = slice(start, start + self.width)
        labels = models.train_labels[chosen]
        classes = np.arange(self.n_classes)
        member = (classes[:, None, None] == labels.T).astype(np.float64)
        truth = models.test_labels[chosen, self.units.of_sample[models.held_out]]
        starts = models.starts[start : start + len(labels) + 1]
        return Task(
            fold=fold,
            train=self.units.train[fold],
            member=np.ascontiguousarray(member[1:]),
            sizes=np.einsum("kuw,u->kw", member, self.units.train[fold] * self.units.counts),
            truth=np.ascontiguousarray(truth.T, dtype=np.int32),
            held_out=models.held_out,
            weight=round(self.full_count / (len(self.models) * len(models.held_out))),
            train_labels=labels,
            starts=starts - starts[0],
            rows=models.rows[starts[0] : starts[-1]],
            mirrored=models.mirrored[starts[0] : starts[-1]],
        )


def make_plan(labels: np.ndarray, folds: FlatFolds, n_classes: int) -> RelabellingPlan:
    """Find the distinct models of relabellings, (n_relabellings, n_samples), in every fold."""
    units = find_units(folds, labels)
    labels = labels[:, units.first]
    if n_classes == 2:
        # Exchanging the categories everywhere changes no score.
        labels = labels ^ labels[:, :1]
    first, inverse = distinct_rows(labels)
    distinct = labels[first]
    # Test sets of many sizes have a huge common multiple; then counts are rounded to 1e-12.
    common = min(math.lcm(*folds.n_test.tolist()), 2**40)
    return RelabellingPlan(
        inverse=inverse,
        repeats=np.bincount(inverse),
        units=units,
        models=[_find_models(distinct, units, folds, n, n_classes) for n in range(folds.n_folds)],
        full_count=common * folds.n_folds,
        n_classes=n_classes,
    )


def _find_models(
    labels: np.ndarray, units: Units, folds: FlatFolds, fold: int, n_classes: int
) -> FoldModels:
    """Find what one fold must fit and test to serve every relabelling, (n_distinct, n_units)."""
    held_out, trained = folds.held_out(fold), units.train[fold] > 0
    tested = np.zeros(len(units.first), dtype=bool)
    tested[units.of_sample[held_out]] = True
    train = np.where(trained, labels, 0)
    test = np.where(tested, labels, 0)
    mirrored = np.zeros(len(labels), dtype=bool)
    if n_classes == 2:
        train_flip = labels[:, np.argmax(trained)]
        test_flip = labels[:, np.argmax(tested)]
        train = np.where(trained, train ^ train_flip[:, None], 0)
        test = np.where(tested, test ^ test_flip[:, None], 0)
        mirrored = train_flip != test_flip
    first, model = distinct_rows(np.hstack([train, test]))
    rows = np.argsort(model, kind="stable")
    return FoldModels(
        held_out=held_out,
        train_labels=train[first],
        test_labels=test[first],
        starts=np.cumsum([0, *np.bincount(model)]),
        rows=rows,
        mirrored=mirrored[rows],
    )
