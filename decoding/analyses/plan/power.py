"""How often the exact block test finds an effect: simulated, as no formula holds for its steps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from decoding.analyses.plan.effect import Effect
from decoding.cross_validation import make_folds
from decoding.kernels.permutation.ridge import held_out_operator, training_means
from decoding.null import ALPHA
from decoding.progress import Progress, report
from decoding.relabel import relabel

SIMULATIONS, FEW_SIMULATIONS = 250, 80
SEED = 0
CHANCE = 0.5
MOST_APART, HALVINGS = 12.0, 10
"""So far apart categories are told without error; and so often that range is halved."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a study would give.

    Parameters
    ----------
    n_distinct : int
        How many relabellings there are.
    smallest_p : float
        Whatever the signal, p cannot get smaller.
    power : float
        The share of simulated studies with p <= .05; 0 where no signal can pass.
    """

    n_distinct: int
    smallest_p: float
    power: float


def simulate_power(
    effect: Effect,
    n_runs: int,
    *,
    n_simulations: int | None = None,
    seed: int = SEED,
    on_progress: Progress | None = None,
) -> Planned:
    """Simulate studies of `n_runs` runs, one sample a block, and test each by relabelled blocks.

    Each run is left out once. The classifier is ridge, all of whose relabellings are one product of
    matrices (`decoding.kernels.permutation.ridge`). All relabellings are scored where there are up
    to 4096, else 1000 drawn ones, as `permute` does.
    """
    y, runs = _design(effect, n_runs)
    relabelled = relabel(y, runs, np.arange(len(y)), None, seed)
    n_distinct = relabelled.n_distinct
    wall = relabelled.null(np.zeros(len(relabelled.labels))).smallest_p
    if wall > ALPHA:
        return Planned(n_distinct=n_distinct, smallest_p=wall, power=0.0)
    found, n = 0, n_simulations or SIMULATIONS
    for number, scores in enumerate(_simulate(effect, n_runs, relabelled.labels, n, seed)):
        found += relabelled.null(scores).p_value(scores[0]) <= ALPHA
        report(on_progress, number + 1, n)
    return Planned(n_distinct=n_distinct, smallest_p=wall, power=found / n)


def size_that_scores(score: float, effect: Effect, n_runs: int) -> float:
    """Return the size of the effect with which simulated studies score so much on average.

    A study scores no less than chance and less than 1: a perfect score is taken as half a block
    short of it.
    """
    labels = _design(effect, n_runs)[0][None]
    wanted = min(score, 1 - 0.5 / labels.shape[1])
    if wanted <= CHANCE:
        return 0.0
    low, high = 0.0, MOST_APART
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = replace(effect, size=middle / np.sqrt(effect.directions))
        scores = [one[0] for one in _simulate(tried, n_runs, labels, FEW_SIMULATIONS, SEED)]
        low, high = (middle, high) if np.mean(scores) < wanted else (low, middle)
    return float((low + high) / 2 / np.sqrt(effect.directions))


def _design(effect: Effect, n_runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels and the runs of a study's samples."""
    y = np.tile(np.repeat([0, 1], effect.blocks), n_runs)
    return y, np.repeat(np.arange(n_runs), 2 * effect.blocks)


def _simulate(
    effect: Effect, n_runs: int, labels: np.ndarray, n_simulations: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield each study's scores under all rows of labels, its own first.

    What depends on the labels alone is computed once for all studies. Samples are made so small
    that ridge's penalty is strong: what is best where noise is alike in all directions. A weak one
    fails where there are as many directions as samples.
    """
    y, runs = _design(effect, n_runs)
    folds, rng = make_folds("leave_one_run_out", y, runs), np.random.default_rng(seed)
    codes = 2.0 * labels - 1.0
    means, truth = training_means(codes, folds), labels[:, np.concatenate([t for _, t in folds])]
    for _ in range(n_simulations):
        X = rng.standard_normal((len(y), effect.directions))
        X[:, 0] += (y - 0.5) * effect.size * np.sqrt(effect.directions)
        X /= np.sqrt(X.size)
        right = (codes @ held_out_operator(X, folds) + means > 0) == truth
        yield right.reshape(len(labels), n_runs, -1).mean(axis=2).mean(axis=1)
