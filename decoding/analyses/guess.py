"""A game: name what a held-out block showed by its pattern, against a classifier that does too."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from decoding.analyses.decode import decode_subject
from decoding.analyses.record import Analysis
from decoding.datasets.base import Subject
from decoding.grid import Grid
from decoding.null import ALPHA
from decoding.progress import Progress
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

ROUNDS = 10
SMALL_EFFECT = 0.2
"""How far above chance somebody is right who sees something, as an example."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The seed of the rounds: who has the same one plays the same rounds."""

    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class GuessResult:
    """The rounds of a game.

    Parameters
    ----------
    rounds : pandas.DataFrame
        One row a round: ``run``, ``block``, ``true``, ``predicted`` (by a classifier that learnt
        from the other runs).
    patterns : ndarray of float32, shape (n_rounds, n_voxels)
        How the block differs from the middle of all categories in the other runs.
    examples : ndarray of float32, shape (n_rounds, n_categories, n_voxels)
        How each category differs from that middle in the other runs.
    grid : Grid
        Of the voxels.
    """

    classes: tuple[str, ...]
    rounds: pd.DataFrame
    patterns: np.ndarray
    examples: np.ndarray
    grid: Grid

    @property
    def n_by_machine(self) -> int:
        """How many rounds the classifier names correctly."""
        return int((self.rounds["true"] == self.rounds["predicted"]).sum())


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> GuessResult:
    """Draw rounds from the samples of a spec, and have each named by a model of other runs."""
    samples = extract_samples(subject, spec, on_progress)
    assert samples.grid is not None, "samples of a recording lie in its voxels"
    table = decode_subject(subject, spec, samples).predictions.drop_duplicates("sample")
    drawn = table.loc[draw_rounds(table["true"], options.seed)].reset_index(drop=True)
    patterns, examples = [], []
    for sample, tested in zip(drawn["sample"], drawn["run"], strict=True):
        others = samples.runs != tested
        means = np.stack(
            [samples.X[others & (samples.y == name)].mean(axis=0) for name in samples.classes]
        )
        middle = means.mean(axis=0)
        patterns.append(samples.X[sample] - middle)
        examples.append(means - middle)
    return GuessResult(
        classes=samples.classes,
        rounds=drawn[["run", "block", "true", "predicted"]],
        patterns=np.stack(patterns).astype(np.float32),
        examples=np.stack(examples).astype(np.float32),
        grid=samples.grid,
    )


def draw_rounds(true: pd.Series, seed: int, n_rounds: int = ROUNDS) -> list[int]:
    """Draw rounds: each time any category, all equally likely, then one of its samples.

    A sample comes twice only once all of its category have been. As the category is drawn afresh
    each time, what came before says nothing of what comes next: with samples drawn from one heap
    somebody could count which are left (Diaconis and Graham 1981, Annals of Statistics 9, 3-23).

    Returns
    -------
    list of int
        Labels of the series' index.
    """
    rng = np.random.default_rng(seed)
    names = sorted(true.unique())
    heaps: dict[str, list[int]] = {name: [] for name in names}
    drawn = []
    for _ in range(n_rounds):
        name = names[rng.integers(len(names))]
        heap = heaps[name] = heaps[name] or rng.permutation(true.index[true == name]).tolist()
        drawn.append(heap.pop())
    return drawn


def p_of_guesses(n_right: int, n_categories: int, n_rounds: int = ROUNDS) -> float:
    """Return how often somebody who sees nothing in the patterns names as many, or more.

    Each round's category is drawn afresh, equally likely, whatever was guessed or told before: so
    whatever the guesses, the number right is binomial, and this p is exact.
    """
    return float(binom.sf(n_right - 1, n_rounds, 1 / n_categories))


def needed(n_categories: int, n_rounds: int = ROUNDS, level: float = ALPHA) -> int:
    """Return the fewest right answers with a p of a level or less; above the rounds if none has."""
    counts = range(n_rounds + 1)
    return next(
        (n for n in counts if p_of_guesses(n, n_categories, n_rounds) <= level), n_rounds + 1
    )


def share_reaching(share: float, n_categories: int, n_rounds: int = ROUNDS) -> float:
    """Return in what share of games somebody gets enough right who is right that often a round."""
    return float(binom.sf(needed(n_categories, n_rounds) - 1, n_rounds, share))


ANALYSIS = Analysis(name="guess", question="Can you name what was shown?", Options=Options, run=run)
