"""The line search of More and Thuente (1994), as L-BFGS-B takes its steps, on a convex function.

ACM Transactions on Mathematical Software 20:286-307; the constants are those of L-BFGS-B.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from decoding.kernels.logistic.loss import Samples, dot, loss_gradient

DECREASE, CURVATURE, NARROW = 1e-3, 0.9, 0.1
LONGEST = 1e10
MOST_TRIED = 20
CLOSE = 1e-6
"""Two numbers whose order decides something are apart by more than this share of them."""


class Point(NamedTuple):
    """A step along a direction, with the function and its slope there."""

    step: float
    value: float
    slope: float


@njit(cache=True, nogil=True, error_model="numpy")
def search(
    samples: Samples,
    train: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    gradient: np.ndarray,
    start: np.ndarray,
    direction: np.ndarray,
    origin: Point,
    step: float,
) -> Point:
    """Go from `start` along `direction`, and return where; a step of 0 where we give up.

    `weights` and `gradient` are written: like `start` and `direction` they are
    (n_coordinates + 1,), the intercept last. The first try is `step`. Learnt are the samples of
    `train`, (n_train,), with their `codes`, (n_samples,).

    Notes
    -----
    Accepted is f(t) <= f(0) + 0.001 t f'(0) with |f'(t)| <= 0.9 |f'(0)|.
    """
    nowhere = Point(0.0, origin.value, origin.slope)
    if not origin.slope < 0:
        return nowhere
    best, other, bracketed, first_stage = origin, 0.0, False, True
    width, width_before = LONGEST, 2 * LONGEST
    shortest, longest = 0.0, 5.0 * step
    for _ in range(MOST_TRIED):
        tried: Point = _try(samples, train, codes, weights, gradient, start, direction, step)
        bound = origin.value + step * DECREASE * origin.slope
        steep = abs(tried.slope) + CURVATURE * origin.slope
        if min(abs(tried.value - bound) / step, abs(steep)) <= -CLOSE * origin.slope:
            return nowhere
        if tried.value <= bound and steep <= 0:
            return tried
        first_stage = first_stage and not (tried.value <= bound and tried.slope >= 0)
        tilt = DECREASE * origin.slope if first_stage and best.value >= tried.value > bound else 0.0
        low, new = _tilted(best, tilt), _tilted(tried, tilt)
        rises = new.value > low.value
        turns = rises or new.slope * low.slope < 0
        step = _next_step(low, other, new, bracketed, shortest, longest)
        bracketed = bracketed or turns
        if rises:
            other = tried.step
        else:
            other, best = (best.step if turns else other), tried
        if bracketed:
            if abs(other - best.step) >= 0.66 * width_before:
                step = 0.5 * (best.step + other)
            width_before, width = width, abs(other - best.step)
            shortest, longest = min(best.step, other), max(best.step, other)
            inside = shortest < step < longest and width > NARROW * longest
        else:
            shortest = step + 1.1 * (step - best.step)
            longest = step + 4.0 * (step - best.step)
            inside = 0.0 < step < LONGEST
        if not inside:
            return nowhere
    return nowhere


@njit(cache=True, nogil=True, error_model="numpy")
def _try(
    samples: Samples,
    train: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    gradient: np.ndarray,
    start: np.ndarray,
    direction: np.ndarray,
    step: float,
) -> Point:
    """Write the weights of a step and the gradient there, and return the point."""
    for t in range(weights.size):
        weights[t] = start[t] + step * direction[t]
    value = loss_gradient(samples, train, codes, weights, gradient)
    return Point(step, value, dot(gradient, direction))


@njit(cache=True, nogil=True, error_model="numpy")
def _tilted(point: Point, tilt: float) -> Point:
    """Return a point of the function less `tilt` times the step."""
    return Point(point.step, point.value - point.step * tilt, point.slope - tilt)


@njit(cache=True, nogil=True, error_model="numpy")
def _next_step(
    best: Point, other: float, tried: Point, bracketed: bool, shortest: float, longest: float
) -> float:
    """Return the step to try after `tried`; NaN for what no convex function asks for.

    `best` is the lowest point so far and, where `bracketed`, a minimum lies between it and the step
    `other`.

    Notes
    -----
    A cubic through both points, and a quadratic or a secant, give two steps; which is taken depends
    on whether the function rose, its slope changed sign, or its slope fell.
    """
    gap = best.step - tried.step
    theta = 3.0 * (tried.value - best.value) / gap + best.slope + tried.slope
    scale = max(abs(theta), abs(best.slope), abs(tried.slope))
    inside = (theta / scale) ** 2 - (best.slope / scale) * (tried.slope / scale)
    gamma = math.copysign(scale * math.sqrt(max(inside, 0.0)), gap)
    if tried.value > best.value:
        ratio = (theta - gamma - best.slope) / (tried.slope - 2.0 * gamma - best.slope)
        fall = best.slope / ((tried.value - best.value) / gap + best.slope)
        cubic, quadratic = best.step - ratio * gap, best.step - 0.5 * fall * gap
        if abs(cubic - best.step) <= abs(quadratic - best.step):
            return cubic
        return cubic + 0.5 * (quadratic - cubic)
    secant = tried.step + tried.slope / (tried.slope - best.slope) * gap
    ratio = (gamma - tried.slope + theta) / (2.0 * gamma - tried.slope + best.slope)
    cubic = tried.step + ratio * gap
    if tried.slope * best.slope < 0:
        return cubic if abs(cubic - tried.step) > abs(secant - tried.step) else secant
    if abs(tried.slope) >= abs(best.slope):
        return math.nan
    if ratio >= 0 or gamma == 0:
        cubic = longest if gap < 0 else shortest
    nearer = abs(cubic - tried.step) < abs(secant - tried.step)
    if not bracketed:
        return min(max(secant if nearer else cubic, shortest), longest)
    step, limit = cubic if nearer else secant, tried.step + 0.66 * (other - tried.step)
    return min(limit, step) if gap < 0 else max(limit, step)
