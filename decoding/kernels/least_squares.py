"""Ordinary least squares of one design on many voxels, in percent of each voxel's mean."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import pinv

ROUNDING = 1e-8


def effect_weights(design: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return the linear combinations of volumes that estimate some columns of a design.

    An estimate is linear in the recording, so a model is solved once, not once a voxel. The
    pseudoinverse is that of nilearn's ``OLSModel``, which settles collinear columns alike.

    Parameters
    ----------
    design : ndarray, shape (n_volumes, n_columns)
    columns : sequence of int

    Returns
    -------
    ndarray, shape (len(columns), n_volumes)
    """
    return np.asarray(pinv(design)[list(columns)])


def percent_effects(series: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Estimate effects in percent of each voxel's mean, as nilearn's ``signal_scaling=0`` does.

    As there, a mean below 1 counts as 1 (a centred voxel gives its effect times 100), and values
    that are not finite count as 0. A constant voxel gives exactly 0: the rounding that nilearn
    leaves in it would be blown up by a later standardization.

    Parameters
    ----------
    series : ndarray, shape (n_volumes, n_voxels)
        One run as recorded, float64.
    weights : ndarray, shape (n_effects, n_volumes)
        From `effect_weights`.

    Returns
    -------
    ndarray, shape (n_effects, n_voxels)
    """
    n_volumes = len(series)
    with np.errstate(invalid="ignore", over="ignore"):
        # The mean is one more combination of volumes: one product passes over the data once.
        products = np.vstack([weights, np.full((1, n_volumes), 1 / n_volumes)]) @ series
    if not np.isfinite(products[-1]).all():
        return percent_effects(np.nan_to_num(series, nan=0.0, posinf=0.0, neginf=0.0), weights)
    effects: np.ndarray = products[:-1]
    effects /= np.maximum(products[-1], 1.0)
    effects -= weights.sum(axis=1, keepdims=True)
    effects *= 100.0
    small = np.flatnonzero(np.abs(effects).max(axis=0, initial=0.0) < ROUNDING)
    effects[:, small[np.ptp(series[:, small], axis=0) == 0]] = 0.0
    return effects
