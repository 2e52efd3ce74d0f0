"""In which orders blocks came, run by run, and whether several subjects share them."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np
import pandas as pd

from decoding.datasets.base import Subject
from decoding.datasets.bids.dataset import Bids
from decoding.datasets.bids.study import TASK
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.datasets.layout import LABELS, StudyFolder
from decoding.errors import DecodingError
from decoding.numbers import number_text

Order: TypeAlias = tuple[str, ...]
"""The categories of a run's blocks, in the order in which they came."""
MOST_BESIDE = 24


@dataclass(frozen=True, kw_only=True)
class SharedOrders:
    """Block orders that all of some subjects were shown.

    Parameters
    ----------
    n_subjects, n_orders : int
        How many subjects, and how many different orders they share.
    same_runs : bool
        Whether every run has one order in all of them; else they were dealt to other runs.
    lacking : tuple of str
        The subjects whose runs are fewer than those of others: some orders are missing there.
    """

    n_subjects: int
    n_orders: int
    same_runs: bool
    lacking: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """A sentence that says so."""
        orders = number_text(self.n_orders, "block order")
        dealt = "in the same runs" if self.same_runs else "dealt to other runs"
        fewer = f" (some are missing in {', '.join(self.lacking)})" if self.lacking else ""
        return f"All {self.n_subjects} subjects were shown the same {orders}, {dealt}{fewer}."


def orders_by_run(trials: pd.DataFrame) -> dict[int, Order]:
    """Return the order of each run, from a table of trials; see `Subject.trials`."""
    in_time = trials.sort_values(["run", "onset"], kind="stable")
    runs = in_time["run"].to_numpy()
    return {int(run): tuple(in_time["condition"][runs == run].tolist()) for run in np.unique(runs)}


def shared_orders(trials: Mapping[str, pd.DataFrame]) -> SharedOrders | None:
    """Return the block orders that all subjects share; None where they do not, or are fewer than 2.

    They share them where the runs of each have the orders of the subject with the most runs, each
    as often, but for runs that a subject lacks. What a clock tells apart in one of them it then
    can in all, so that they are no independent witnesses against it.

    Parameters
    ----------
    trials : mapping of str to pandas.DataFrame
        By the subject's name, its trials: ``run, condition, onset`` (s); see `Subject.trials`.
    """
    orders = {name: orders_by_run(table) for name, table in trials.items()}
    if len(orders) < 2:
        return None
    fullest = max(orders.values(), key=len)
    all_orders = Counter(fullest.values())
    if not all(own and Counter(own.values()) <= all_orders for own in orders.values()):
        return None
    return SharedOrders(
        n_subjects=len(orders),
        n_orders=len(all_orders),
        same_runs=all(fullest.get(run) == it for own in orders.values() for run, it in own.items()),
        lacking=tuple(name for name, own in orders.items() if len(own) < len(fullest)),
    )


def trials_beside(subject: Subject) -> dict[str, pd.DataFrame]:
    """Return the trials of all subjects that lie on disk beside one, its own among them.

    Nothing is fetched or made. Of a BIDS folder the runs of the same task are read, those of no
    more than 24 subjects; what cannot be read is left out.
    """
    found = {subject.name: subject.trials}
    if subject.root is not None:
        task = subject.name.partition(TASK)[1:]
        alike = (name for name in Bids().subjects(subject.root) if name.partition(TASK)[1:] == task)
        for name in islice(alike, MOST_BESIDE):
            with suppress(DecodingError):
                found.setdefault(name, Bids().load(name, subject.root).trials)
        return found
    study = StudyFolder(root=subject.bold[0].parents[1])
    for name in study.subjects() if subject.name in study.subjects() else ():
        with suppress(DecodingError):
            volumes = read_labels(study.subject_dir(name) / LABELS)
            found.setdefault(name, trials_from_volumes(volumes, subject.t_r))
    return found
