"""Relabelling of whole blocks within runs.

A relabelling shuffles the category labels of a run's blocks among these blocks. Single
volumes are never relabelled: neighbours within a block are not independent, and a test that treats
them so rejects noise far too often.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.errors import SpecError
from decoding.null import Null
from decoding.numbers import count_text, read_count

EXACT_WITHIN = 4096
"""Two categories in twelve runs: where no number is asked for, as many are enumerated."""
SAMPLED = 1000
"""Where no number is asked for, and there are more, so many are drawn."""
MAX_ENUMERATED = 100_000
MOST_OF_A_LINK = 5000
"""A link cannot ask a server for more relabellings."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relabellings:
    """Relabelled samples, and how they were obtained; see `Null` for the other fields.

    Parameters
    ----------
    labels : ndarray of int, shape (1 + n_drawn or n_distinct, n_samples)
        Codes of the sorted categories, as they are in the first row.
    """

    labels: np.ndarray
    exact: bool
    n_distinct: int
    n_tied: int
    seed: int | None

    @property
    def of_null(self) -> np.ndarray:
        """The labels that make up the null, (n, n_samples): all distinct ones, or those drawn."""
        return self.labels if self.exact else self.labels[1:]

    def null(self, scores: np.ndarray) -> Null:
        """Return the null of scores, (n,) or (n, n_columns), one a row of `labels` or `of_null`."""
        return Null(
            scores=scores[len(scores) - len(self.of_null) :],
            exact=self.exact,
            n_distinct=self.n_distinct,
            n_tied=self.n_tied,
            seed=self.seed,
        )


def relabel(
    labels: np.ndarray, runs: np.ndarray, blocks: np.ndarray, permutations: int | None, seed: int
) -> Relabellings:
    """Relabel whole blocks within runs: in every distinct way where that is within reach.

    Parameters
    ----------
    labels : ndarray, shape (n_samples,)
        Category of each sample.
    runs, blocks : ndarray of int, shape (n_samples,)
        Run and block of each sample; a block's number is its own in the whole recording.
    permutations : int or None
        How many are drawn; where there are no more distinct ones (and at most 100,000), these are
        enumerated instead. None: all of up to 4096, else 1000 drawn ones.
    seed : int
        Of the relabellings drawn.

    Raises
    ------
    SpecError
        If `permutations` is not positive, `seed` is negative, or a block holds two categories or
        spans two runs.
    """
    check_number(permutations, seed)
    found = find_blocks(labels, runs, blocks)
    n_distinct = count_relabellings(found)
    number = full_number(n_distinct) if permutations is None else permutations
    exact = n_distinct <= min(number, MAX_ENUMERATED)
    if exact:
        rows = enumerate_relabellings(found)
    else:
        drawn = draw_relabellings(found, number, seed)
        rows = np.concatenate([found.labels[found.of_sample][None], drawn])
    return Relabellings(
        labels=rows,
        exact=exact,
        n_distinct=n_distinct,
        n_tied=n_renamings(found),
        seed=None if exact else seed,
    )


def write_draws(permutations: int | None, seed: int) -> str:
    """Return how a link says that so many are drawn from a seed, ``500_3``; empty: as usual."""
    return "" if permutations is None and not seed else f"{permutations or ''}_{seed}"


def read_draws(text: str) -> tuple[int | None, int]:
    """Read the number and the seed of `write_draws`; a ValueError where a link cannot have them."""
    number, _, seed = text.partition("_")
    permutations = read_count(number) if number else None
    if permutations == 0 or (permutations or 1) > MOST_OF_A_LINK:
        raise ValueError(text)
    return permutations, read_count(seed)


def check_number(permutations: int | None, seed: int = 0) -> None:
    """Refuse a number of relabellings that gives no p-value, and a seed that nothing begins at."""
    if permutations is not None and permutations < 1:
        raise SpecError(f"{permutations} relabellings give no p-value. Draw 1 or more.")
    if seed < 0:
        raise SpecError(f"A seed of {seed} draws nothing. Choose 0 or a larger number.")


def full_number(n_distinct: int) -> int:
    """Return how many relabellings a full test scores, of so many distinct ones."""
    return n_distinct if n_distinct <= EXACT_WITHIN else SAMPLED


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """The blocks of some samples, in the order in which they come.

    Parameters
    ----------
    labels, runs : ndarray of int, shape (n_blocks,)
        Category and run of each block.
    of_sample : ndarray of int, shape (n_samples,)
        Which block each sample comes from.
    """

    labels: np.ndarray
    runs: np.ndarray
    of_sample: np.ndarray

    def by_run(self) -> list[np.ndarray]:
        """Return the blocks of each run, (n_in_run,), runs in ascending order."""
        return [np.flatnonzero(self.runs == run) for run in np.unique(self.runs)]


def find_blocks(labels: np.ndarray, runs: np.ndarray, blocks: np.ndarray) -> Blocks:
    """Collect the blocks of samples (see `relabel`), categories as codes in sorted order.

    Parameters
    ----------
    labels, runs, blocks : ndarray, shape (n_samples,)
        The category, the run and the block of each sample.

    Raises
    ------
    SpecError
        If a block holds more than one category or run.
    """
    codes = np.unique(labels, return_inverse=True)[1]
    of_sample = pd.factorize(blocks)[0]
    first = np.unique(of_sample, return_index=True)[1]
    for what, values in (("category", codes), ("run", runs)):
        mixed = np.flatnonzero(values != values[first][of_sample])
        if mixed.size:
            raise SpecError(
                f"Block {blocks[mixed[0]]} holds more than one {what}, so blocks cannot be "
                "relabelled as wholes. Give each block a number of its own."
            )
    return Blocks(labels=codes[first], runs=runs[first], of_sample=of_sample)


def count_relabellings(blocks: Blocks) -> int:
    """Count the distinct relabellings: product over runs of n! / prod over categories of n_c!."""
    return math.prod(_n_arrangements(blocks.labels[members]) for members in blocks.by_run())


def n_renamings(blocks: Blocks) -> int:
    """Count the relabellings that only rename categories everywhere: they share one score.

    With two categories that stand equally often in each run these are 2, the identity and its
    mirror.
    """
    runs = [blocks.labels[members] for members in blocks.by_run()]
    counts = [np.bincount(labels, minlength=int(blocks.labels.max()) + 1) for labels in runs]
    kinds = np.unique(np.stack(counts), axis=1, return_counts=True)[1]
    return math.prod(math.factorial(int(n)) for n in kinds)


def enumerate_relabellings(blocks: Blocks) -> np.ndarray:
    """Return all distinct relabellings, (n_relabellings, n_samples), the labels as they are first.

    Raises
    ------
    SpecError
        If there are more than 100,000.
    """
    total = count_relabellings(blocks)
    if total > MAX_ENUMERATED:
        raise SpecError(
            f"{count_text(total)} relabellings are too many to enumerate. Draw a number of them "
            "instead."
        )
    table = np.empty((total, blocks.labels.size), dtype=blocks.labels.dtype)
    repeats = total
    for members in blocks.by_run():
        choices = np.array(_arrangements(blocks.labels[members]))
        repeats //= len(choices)
        turns = np.arange(total) // repeats % len(choices)
        table[:, members] = choices[turns]
    return table[:, blocks.of_sample]


def draw_relabellings(blocks: Blocks, n_relabellings: int, seed: int) -> np.ndarray:
    """Draw relabellings uniformly and independently of each other, (n_relabellings, n_samples).

    For each relabelling in turn, and in it for each run in ascending order, the labels of the run's
    blocks, in the order in which they come, go through ``default_rng(seed).permutation``.
    """
    rng = np.random.default_rng(seed)
    runs = blocks.by_run()
    table = np.empty((n_relabellings, blocks.labels.size), dtype=blocks.labels.dtype)
    for row in table:
        for members in runs:
            row[members] = rng.permutation(blocks.labels[members])
    return table[:, blocks.of_sample]


def _n_arrangements(labels: np.ndarray) -> int:
    counts = Counter(labels.tolist()).values()
    return math.factorial(labels.size) // math.prod(math.factorial(count) for count in counts)


def _arrangements(labels: np.ndarray) -> list[list[int]]:
    """Return the distinct orders of some labels, the given one first."""
    given = labels.tolist()
    others = (order for order in _orders(Counter(given)) if order != given)
    return [given, *others]


def _orders(left: Counter[int]) -> Iterator[list[int]]:
    if not left:
        yield []
    for label in sorted(left):
        for rest in _orders(left - Counter([label])):
            yield [label, *rest]
