"""Audiences of the app: who comes in the busiest hour, and what they look at; drawn by chance."""

from dataclasses import dataclass

import numpy as np

SHOWS = {
    "home": ("decode", "check", "weights"),
    "data": ("data", "notes"),
    "decode": ("decode", "check", "weights", "permute", "mean_signal", "split_half"),
    "validate": ("decode", "check", "permute", "schemes"),
    "searchlight": ("searchlight",),
    "timecourse": (
        "timecourse", "block_responses", "design_matrix", "onset_shifts", "response_maps",
    ),
    "pairs": ("pair_scores", "pair_models", "pair_masks", "pairs"),
}  # fmt: skip
"""The analyses of a page; each name is a row of `benchmarks.costs`."""
OPENED = {"home": 0.25, "decode": 0.25}
"""The share of pages opened that is each of these; the others share the rest alike."""
WARM_UP_S, TOGETHER_S, HOUR_S = 1800.0, 300.0, 3600.0


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who comes in the busiest hour, and what they do.

    Parameters
    ----------
    visits : float
        In the busiest hour.
    pages, changes : int
        That a visit opens, and choices that it changes besides.
    minutes : float
        That a visit lasts.
    together : bool
        Whether all come within five minutes, and not at random.
    selections : int
        Different selections that people think of; the n-th is chosen 1/n as often as the first.
    """

    name: str
    visits: float
    why: str
    pages: int = 5
    changes: int = 8
    minutes: float = 15.0
    selections: int = 20_000
    together: bool = False


AUDIENCES = (
    Audience(
        name="a class of 30", visits=30, minutes=45, pages=7, changes=20, selections=500,
        why="everybody in one lesson, and all at its beginning", together=True,
    ),
    Audience(
        name="a course of 1,000", visits=200, minutes=30, pages=7, changes=20, selections=2_000,
        why="a fifth of the course in the evening before the deadline",
    ),
    Audience(
        name="100,000 visitors a day", visits=10_000, why="a tenth of the day in its busiest hour",
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Looks:
    """Every answer of a peak hour and its warm-up, in the order of time; arrays (n_looks,)."""

    at: np.ndarray
    visit: np.ndarray
    page: np.ndarray
    is_change: np.ndarray
    selection: np.ndarray


def draw_looks(audience: Audience, seed: int) -> Looks:
    """Draw who looks at what, and when."""
    rng = np.random.default_rng(seed)
    span = WARM_UP_S + HOUR_S
    begin, end, n_visits = 0.0, span, rng.poisson(audience.visits * span / HOUR_S)
    if audience.together:
        begin, end, n_visits = WARM_UP_S, WARM_UP_S + TOGETHER_S, round(audience.visits)
    n = audience.pages + audience.changes
    pauses = rng.exponential(audience.minutes * 60 / n, (n_visits, n))
    pauses[:, 0] = 0.0
    at = rng.uniform(begin, end, (n_visits, 1)) + pauses.cumsum(axis=1)
    is_change = np.zeros((n_visits, n), bool)
    is_change[:, 1:] = rng.permuted(
        np.tile(np.arange(n - 1) < audience.changes, (n_visits, 1)), axis=1
    )
    others = (1 - sum(OPENED.values())) / (len(SHOWS) - len(OPENED))
    page = rng.choice(len(SHOWS), (n_visits, n), p=[OPENED.get(name, others) for name in SHOWS])
    weight = 1 / np.arange(1, audience.selections + 1)
    selection = rng.choice(audience.selections, (n_visits, n), p=weight / weight.sum())
    selection[:, 0] = 0  # the app's own
    page, selection = last(page, ~is_change), last(selection, is_change)
    visit = np.repeat(np.arange(n_visits), n).reshape(n_visits, n)
    order = np.argsort(at, axis=None, kind="stable")
    flat = (part.ravel()[order] for part in (at, visit, page, is_change, selection))
    return Looks(*flat)


def last(values: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """Return, along each row, the value that was new last; the first one is."""
    where = np.maximum.accumulate(np.where(is_new, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, where, axis=1)
