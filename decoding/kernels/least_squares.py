"""Ordinary least squares of one design a run on many voxels, in percent of each voxel's mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import pinv

ROUNDING = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class RunWeights:
    """A run's volumes in the recording, and the `effect_weights` of its models over them."""

    volumes: slice
    weights: np.ndarray


def effect_weights(design: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return the linear combinations of volumes that estimate some columns of a design.

    An estimate is linear in the recording, so a model is solved once, not once a voxel. The
    pseudoinverse is that of nilearn's ``OLSModel``, which settles collinear columns alike. Of a
    design (n_volumes, n_columns) the weights are of shape (len(columns), n_volumes).
    """
    return np.asarray(pinv(design)[list(columns)])


def percent_effects(series: np.ndarray, runs: Sequence[RunWeights]) -> np.ndarray:
    """Estimate effects in percent of each voxel's run mean, as nilearn's ``signal_scaling=0``.

    As there, a mean below 1 counts as 1 (a centred voxel gives its effect times 100), and values
    that are not finite count as 0. A voxel that is constant in a run gives exactly 0: the rounding
    that nilearn leaves in it would be blown up by a later standardization. The effects are of shape
    (n_effects of all runs, n_voxels).

    Parameters
    ----------
    series : ndarray of float64, shape (n_volumes, n_voxels)
        The recording as it is.
    runs : sequence of RunWeights
        One or more.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        effects = np.concatenate([run.weights @ series[run.volumes] for run in runs])
        means = np.stack([_mean(series[run.volumes]) for run in runs])
    if not np.isfinite(means).all():
        return percent_effects(np.nan_to_num(series, nan=0.0, posinf=0.0, neginf=0.0), runs)
    n_effects = [len(run.weights) for run in runs]
    effects *= np.repeat(100.0 / np.maximum(means, 1.0), n_effects, axis=0)
    effects -= 100.0 * np.concatenate([run.weights.sum(axis=1) for run in runs])[:, None]
    _silence_constant_voxels(effects, series, runs)
    return effects


def _mean(series: np.ndarray) -> np.ndarray:
    # A product, because NumPy's own mean is slower on either layout of the recording.
    return np.asarray(np.full(len(series), 1 / len(series)) @ series)


def _silence_constant_voxels(
    effects: np.ndarray, series: np.ndarray, runs: Sequence[RunWeights]
) -> None:
    suspects = np.flatnonzero((np.abs(effects) < ROUNDING).any(axis=0))
    row = 0
    for run in runs:
        rows = slice(row, row + len(run.weights))
        constant = np.ptp(series[run.volumes][:, suspects], axis=0) == 0
        effects[rows, suspects[constant]] = 0.0
        row = rows.stop
