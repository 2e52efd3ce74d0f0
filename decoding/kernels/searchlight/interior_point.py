"""Linear support vector machines of few features, by an interior-point method.

With few voxels and noisy data a decomposition method such as libsvm's takes many small steps. The
dual is a quadratic program whose matrix has the rank of the voxels, so each Newton step costs one
small Cholesky factor (Fine & Scheinberg 2001, J. Mach. Learn. Res. 2:243-264), and Mehrotra's
predictor-corrector needs few steps whatever the data. It comes near the optimum;
`decoding.kernels.searchlight.active_set` then goes there.
"""

import numpy as np
from numba import njit

from decoding.kernels.searchlight.linalg import (
    combine,
    combine_into,
    dot,
    factor,
    fill_gram,
    project,
    project_into,
    solve,
)
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
    largest_residual, infeasibility = np.abs(residual).max(), 1.0
    # Filled anew in each step: to make an array costs as much as to pass over it.
    gram, change = np.empty((len(extended), len(extended))), np.empty(len(extended))
    room = np.empty((7, n))
    by_alpha, by_slack, scale, right, step = room[0], room[1], room[2], room[3], room[4]
    to_lower, to_upper = room[5], room[6]
    for _ in range(MAX_STEPS):
        gap = (dot(lower, alpha) + c * upper.sum() - dot(upper, alpha)) / (2 * n)
        imbalance = dot(signs, alpha)
        off = max(gap, abs(imbalance) / n, c * largest_residual * infeasibility)
        if off < tolerance * alpha.mean():
            break
        for i in range(n):
            by_alpha[i], by_slack[i] = 1.0 / alpha[i], 1.0 / (c - alpha[i])
            scale[i] = 1.0 / (lower[i] * by_alpha[i] + upper[i] * by_slack[i])
            right[i] = infeasibility * residual[i] - lower[i] + upper[i]
        fill_gram(extended, scale, gram)
        for voxel in range(len(x)):
            gram[voxel, voxel] += 1.0
        factor(gram)
        system = (extended, gram, scale, signs, imbalance, change)
        _newton(system, right, step)
        target = _target_gap(state, step, by_alpha, by_slack, gap)
        _correct(state, step, by_alpha, by_slack, target, to_lower, to_upper)
        for i in range(n):
            right[i] = infeasibility * residual[i] + to_lower[i] - to_upper[i]
        bias_step = _newton(system, right, step)
        step_length = _move(state, step, to_lower, to_upper, by_alpha, by_slack)
        bias += step_length * bias_step
        infeasibility *= 1.0 - step_length
    return bias


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _newton(
    system: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, np.ndarray],
    right: np.ndarray,
    step: np.ndarray,
) -> float:
    """Fill the step of alpha, return that of the bias; `change`, (n_features,), is overwritten.

    Notes
    -----
    (Q + D) step + y bias_step = right with y . step = -imbalance and D = 1 / scale. By Sherman,
    Morrison and Woodbury this takes a system of the size of the voxels; with a voxel of ones, whose
    weight is free, it gives the step of the bias as well.
    """
    extended, gram, scale, signs, imbalance, change = system
    for i in range(len(step)):
        step[i] = scale[i] * signs[i] * right[i]
    project_into(extended, step, change)
    change[-1] += imbalance
    solve(gram, change)
    combine_into(extended, change, step)
    for i in range(len(step)):
        step[i] = scale[i] * (right[i] - signs[i] * step[i])
    bias_step: float = change[-1]
    return bias_step


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _target_gap(
    state: np.ndarray, step: np.ndarray, by_alpha: np.ndarray, by_slack: np.ndarray, gap: float
) -> float:
    """Return the gap to aim at, by how far the predictor's step would get.

    It changes the multipliers by -lower (1 + rise) and -upper (1 - fall), with `rise` and `fall`
    the step relative to alpha and to its slack.

    Notes
    -----
    gap (gap after the predictor / gap)^2: Mehrotra's, with the square in place of his cube.
    """
    alpha, lower, upper = state[0], state[1], state[2]
    furthest = 1.0
    for i in range(len(step)):
        rise, fall = step[i] * by_alpha[i], step[i] * by_slack[i]
        furthest = max(furthest, fall, 1.0 + rise, -rise, 1.0 - fall)
    length = 1.0 / furthest
    after = 0.0
    for i in range(len(step)):
        up, down = length * step[i] * by_alpha[i], length * step[i] * by_slack[i]
        after += lower[i] * alpha[i] * (1.0 + up) * (1.0 - length - up)
        after += upper[i] / by_slack[i] * (1.0 - down) * (1.0 - length + down)
    share = after / (2 * len(step) * gap)
    return gap * share * share


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _correct(
    state: np.ndarray,
    step: np.ndarray,
    by_alpha: np.ndarray,
    by_slack: np.ndarray,
    target: float,
    to_lower: np.ndarray,
    to_upper: np.ndarray,
) -> None:
    """Fill the multipliers' steps to the target, but for what a further step of alpha changes.

    They have the second-order terms that the predictor, `step`, left out.
    """
    lower, upper = state[1], state[2]
    for i in range(len(step)):
        rise, fall = step[i] * by_alpha[i], step[i] * by_slack[i]
        to_lower[i] = (target + lower[i] * step[i] * (1.0 + rise)) * by_alpha[i] - lower[i]
        to_upper[i] = (target - upper[i] * step[i] * (1.0 - fall)) * by_slack[i] - upper[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=UNORDERED)
def _move(
    state: np.ndarray,
    step: np.ndarray,
    to_lower: np.ndarray,
    to_upper: np.ndarray,
    by_alpha: np.ndarray,
    by_slack: np.ndarray,
) -> float:
    """Move alpha and its multipliers, nearly to where one of them would be 0; return how far.

    `to_lower` and `to_upper`, as `_correct` leaves them, are overwritten.
    """
    alpha, lower, upper = state[0], state[1], state[2]
    for i in range(len(step)):
        to_lower[i] -= lower[i] * by_alpha[i] * step[i]
        to_upper[i] += upper[i] * by_slack[i] * step[i]
    furthest = CLOSEST
    for i in range(len(step)):
        furthest = max(furthest, -step[i] * by_alpha[i], step[i] * by_slack[i])
    for i in range(len(step)):
        furthest = max(furthest, -to_lower[i] / lower[i], -to_upper[i] / upper[i])
    length = CLOSEST / furthest
    for i in range(len(step)):
        alpha[i] += length * step[i]
        lower[i] += length * to_lower[i]
        upper[i] += length * to_upper[i]
    return length
