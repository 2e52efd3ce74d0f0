"""Linear support vector machines of few features, by an interior-point method.

With few voxels and noisy data a decomposition method such as libsvm's takes many small steps. The
dual is a quadratic program whose matrix has the rank of the voxels, so each Newton step costs one
small Cholesky factor (Fine & Scheinberg 2001, J. Mach. Learn. Res. 2:243-264), and Mehrotra's
predictor-corrector needs few steps whatever the data. It comes near the optimum;
`decoding.kernels.searchlight.active_set` then goes there.
"""

import numpy as np
from numba import njit

from decoding.kernels.searchlight.linalg import combine, dot, factor, fill_gram, project, solve
from decoding.kernels.vectorization import UNORDERED

MAX_STEPS = 60
CLOSEST = 0.999


@njit(cache=True, nogil=True)
def start(extended: np.ndarray, signs: np.ndarray, c: float) -> np.ndarray:
    """Return alpha, and the multipliers of alpha >= 0 and of alpha <= c, (3, n_samples).

    All alphas are equal, where the objective is least so, but well inside. The last row of
    `extended` is of ones.
    """
    x, n = extended[:-1], len(signs)
    state = np.empty((3, n))
    state[0] = c * min(0.5, max(0.02, n / (1.0 + np.square(project(x, signs)).sum())))
    product = signs * combine(x, project(x, signs * state[0]))
    state[1] = np.maximum(product, 1.0)
    state[2] = np.maximum(2.0 - product, 1.0)
    return state


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def descend(
    extended: np.ndarray,
    signs: np.ndarray,
    c: float,
    state: np.ndarray,
    bias: float,
    tolerance: float,
) -> float:
    r"""Take steps until the gap is small; return the bias.

    The last row of `extended` is of ones: its weight is the bias, which costs nothing.
    `state` is changed in place. It need not be feasible: its residual shrinks with each step.
    `tolerance` is relative to the objective, which is of the size of the alphas.

    Notes
    -----
    The optimum of the dual, with Q_ij = y_i y_j x_i . x_j and the slack s = C - alpha, is where

    .. math:: Q \alpha - 1 + b y = \lambda - \mu, \quad y \cdot \alpha = 0,
       \quad \lambda_i \alpha_i = \mu_i s_i = 0

    for lambda, mu, alpha, s >= 0 (`lower`, `upper`). Both products are lowered together along a
    Newton step, predictor and corrector (Mehrotra 1992, SIAM J. Optim. 2:575-601).
    """
    x, n = extended[:-1], len(signs)
    alpha, lower, upper = state[0], state[1], state[2]
    product = signs * combine(x, project(x, signs * alpha))
    residual = lower - upper - product + 1.0 - bias * signs
    gram = np.empty((len(extended), len(extended)))
    largest_residual, infeasibility = np.abs(residual).max(), 1.0
    for _ in range(MAX_STEPS):
        slack = c - alpha
        gap = (dot(lower, alpha) + dot(upper, slack)) / (2 * n)
        imbalance = dot(signs, alpha)
        off = max(gap, abs(imbalance) / n, c * largest_residual * infeasibility)
        if off < tolerance * alpha.mean():
            break
        by_alpha, by_slack = 1.0 / alpha, 1.0 / slack
        scale = 1.0 / (lower * by_alpha + upper * by_slack)
        fill_gram(extended, scale, gram)
        for voxel in range(len(x)):
            gram[voxel, voxel] += 1.0
        factor(gram)
        system = (extended, gram, scale, signs, imbalance)
        step, _ = _newton(system, infeasibility * residual - lower + upper)
        target_gap = _target_gap(state, slack, step * by_alpha, step * by_slack, gap)
        # Corrector: towards the target, with the second-order terms that the predictor left out.
        to_lower = (target_gap + lower * step * (1.0 + step * by_alpha)) * by_alpha - lower
        to_upper = (target_gap - upper * step * (1.0 - step * by_slack)) * by_slack - upper
        step, bias_step = _newton(system, infeasibility * residual + to_lower - to_upper)
        to_lower -= lower * by_alpha * step
        to_upper += upper * by_slack * step
        step_length = _move(state, step, to_lower, to_upper, by_alpha, by_slack)
        bias += step_length * bias_step
        infeasibility *= 1.0 - step_length
    return bias


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _newton(
    system: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float], right: np.ndarray
) -> tuple[np.ndarray, float]:
    """Solve for a step of alpha and of the bias.

    Notes
    -----
    (Q + D) step + y bias_step = right with y . step = -imbalance and D = 1 / scale. By Sherman,
    Morrison and Woodbury this takes a system of the size of the voxels; with a voxel of ones, whose
    weight is free, it gives the step of the bias as well.
    """
    extended, gram, scale, signs, imbalance = system
    change = project(extended, scale * signs * right)
    change[-1] += imbalance
    solve(gram, change)
    return scale * (right - signs * combine(extended, change)), change[-1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _target_gap(
    state: np.ndarray, slack: np.ndarray, rise: np.ndarray, fall: np.ndarray, gap: float
) -> float:
    """Return the gap to aim at, by how far the predictor's step would get.

    `rise` and `fall` are the step relative to alpha and to its slack; the multipliers change by
    -lower (1 + rise) and -upper (1 - fall).

    Notes
    -----
    gap (gap after the predictor / gap)^2: Mehrotra's, with the square in place of his cube.
    """
    alpha, lower, upper = state[0], state[1], state[2]
    highest, lowest = 0.0, 0.0
    for place in range(len(rise)):
        highest = max(highest, fall[place], 1.0 + rise[place])
    for place in range(len(rise)):
        lowest = min(lowest, rise[place], fall[place] - 1.0)
    step_length = 1.0 / max(1.0, highest, -lowest)
    after = 0.0
    for place in range(len(rise)):
        up, down = step_length * rise[place], step_length * fall[place]
        after += lower[place] * alpha[place] * (1.0 + up) * (1.0 - step_length - up)
        after += upper[place] * slack[place] * (1.0 - down) * (1.0 - step_length + down)
    share = after / (2 * len(rise) * gap)
    return gap * share * share


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _move(
    state: np.ndarray,
    step: np.ndarray,
    to_lower: np.ndarray,
    to_upper: np.ndarray,
    by_alpha: np.ndarray,
    by_slack: np.ndarray,
) -> float:
    """Move alpha and its multipliers, nearly to where one of them would be 0; return how far."""
    alpha, lower, upper = state[0], state[1], state[2]
    step_length: float = CLOSEST / max(
        CLOSEST,
        _steepest(step, by_alpha, -1.0),
        _steepest(step, by_slack, 1.0),
        _steepest(to_lower, 1.0 / lower, -1.0),
        _steepest(to_upper, 1.0 / upper, -1.0),
    )
    for place in range(len(step)):
        alpha[place] += step_length * step[place]
    for place in range(len(step)):
        lower[place] += step_length * to_lower[place]
    for place in range(len(step)):
        upper[place] += step_length * to_upper[place]
    return step_length


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _steepest(step: np.ndarray, inverse: np.ndarray, sign: float) -> float:
    """Return the largest product of a step and the inverse of what it changes."""
    steepest = 0.0
    for place in range(len(step)):
        steepest = max(steepest, sign * step[place] * inverse[place])
    return steepest
