"""How many of the people there are show an effect, from a few of whom each was tested."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import beta


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Prevalence by the minimum over subjects (Allefeld, Goergen and Haynes 2016).

    Parameters
    ----------
    p_global : float
        Of the hypothesis that nobody shows the effect.
    bound : float or None
        More than this share shows it, at level alpha; None where not even somebody does.
    largest_bound : float
        The highest bound that so many subjects can give, whose p cannot be smaller than theirs.
    p_majority : float
        Of the hypothesis that no more than half of the people show it.
    """

    p_global: float
    bound: float | None
    largest_bound: float
    p_majority: float


def prevalence_of_minimum(
    p_of_minimum: np.ndarray, alpha: float = 0.05, smallest_p: np.ndarray | None = None
) -> Majority:
    """Return what the smallest score of all subjects says of everybody.

    Parameters
    ----------
    p_of_minimum : ndarray of float, shape (n_subjects,)
        For each subject the share of its own null that reaches the smallest score of all. Subjects
        are independent, so that the product is exact, where Allefeld et al. draw.
    smallest_p : ndarray of float, shape (n_subjects,), optional
        The smallest p within reach of each subject; without it there is no limit to p.
    """
    n = len(p_of_minimum)
    p_global = float(np.prod(p_of_minimum))
    least = 0.0 if smallest_p is None else float(np.prod(smallest_p))
    return Majority(
        p_global=p_global,
        bound=_bound(p_global, n, alpha),
        largest_bound=_bound(least, n, alpha) or 0.0,
        p_majority=p_of_prevalence(p_global, n, 0.5),
    )


def _bound(p_global: float, n: int, alpha: float) -> float | None:
    """Return the highest share of people that is rejected at level alpha."""
    root, level = p_global ** (1 / n), alpha ** (1 / n)
    return (level - root) / (1 - root) if p_global <= alpha else None


def p_of_prevalence(p_global: float, n: int, share: float) -> float:
    """Return the p of the hypothesis that no more than a `share` of people show the effect."""
    return float(((1 - share) * p_global ** (1 / n) + share) ** n)


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """The share of people who show an effect, given k of n tested (Ince et al. 2021).

    ``low`` and ``high`` are the ends of the shortest interval that holds 95 % of the posterior.
    """

    most_likely: float
    low: float
    high: float


def bayesian_prevalence(k: int, n: int, alpha: float = 0.05, share: float = 0.95) -> Posterior:
    """Return the posterior of the prevalence, from a uniform prior.

    A test at level alpha finds the effect in all who show it, and in alpha of those who do not: so
    a subject is found with probability t = alpha + (1 - alpha) g, and t has a Beta distribution cut
    at alpha.

    Raises
    ------
    ValueError
        If not 0 <= k <= n, or n is 0.
    """
    if not (0 <= k <= n and n):
        raise ValueError(f"{k} of {n} subjects")
    posterior = beta(k + 1, n - k + 1)
    begin = float(posterior.cdf(alpha))
    mass = 1.0 - begin

    def quantile(q: float) -> float:
        return float(posterior.ppf(begin + q * mass))

    if k == n:  # the density rises to the end
        low, high = quantile(1 - share), 1.0
    elif k / n <= alpha:  # it falls from the beginning
        low, high = alpha, quantile(share)
    else:
        start = float(
            minimize_scalar(
                lambda q: quantile(q + share) - quantile(q),
                bounds=(0, 1 - share),
                method="bounded",
                options={"xatol": 1e-9},
            ).x
        )
        low, high = quantile(start), quantile(start + share)
    most_likely, low, high = ((t - alpha) / (1 - alpha) for t in (max(k / n, alpha), low, high))
    return Posterior(most_likely=most_likely, low=low, high=high)
