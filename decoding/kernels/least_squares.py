"""Least squares of the models of a run on many voxels: effects in percent, and their t values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import orth, pinv

ROUNDING = 1e-8
"""Below this an effect, or its standard error, in percent is rounding."""
CLOSE_FIT = 1e-6
"""Below this share of what the drift leaves, a model's residual is squared, not subtracted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tasks:
    """The regressors of a model that are not drift, and which of them are estimated.

    Parameters
    ----------
    regressors : ndarray, shape (n_volumes, n_regressors)
    effects : sequence of int
        Columns of `regressors`.
    """

    regressors: np.ndarray
    effects: Sequence[int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Residuals:
    """What gives the residuals of a run's models, and from them the standard errors.

    Parameters
    ----------
    drift : ndarray, shape (n_drift, n_volumes)
        An orthonormal basis of the drift, which all models of a run share.
    tasks : list of ndarray, each of shape (n_tasks, n_volumes)
        Of each model an orthonormal basis of what its other regressors add to the drift.
    spreads : list of ndarray, each of shape (n_effects, 1)
        The standard errors of each model's effects where its residual is of norm 1.
    """

    drift: np.ndarray
    tasks: list[np.ndarray]
    spreads: list[np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class RunFit:
    """A run's volumes in the recording, and its models solved for them.

    Parameters
    ----------
    weights : ndarray, shape (n_effects of all models, n_volumes)
        From `effect_weights`.
    residuals : Residuals or None
        None where no standard errors are asked for.
    """

    volumes: slice
    weights: np.ndarray
    residuals: Residuals | None = None


def solve_models(
    volumes: slice, drift: np.ndarray, models: Sequence[Tasks], *, with_errors: bool
) -> RunFit:
    """Solve one or more models of a run that share a drift, (n_volumes, n_drift)."""
    weights = [
        effect_weights(np.hstack([one.regressors, drift]), list(one.effects)) for one in models
    ]
    residuals = _solve_residuals(drift, models, weights) if with_errors else None
    return RunFit(volumes=volumes, weights=np.concatenate(weights), residuals=residuals)


def effect_weights(design: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return the linear combinations of volumes that estimate some columns of a design.

    An estimate is linear in the recording, so a model is solved once, not once a voxel. The
    pseudoinverse is that of nilearn's ``OLSModel``, which settles collinear columns alike. Of a
    design (n_volumes, n_columns) the weights are of shape (len(columns), n_volumes).
    """
    return np.asarray(pinv(design)[list(columns)])


def _solve_residuals(
    drift: np.ndarray, models: Sequence[Tasks], weights: Sequence[np.ndarray]
) -> Residuals:
    basis = orth(drift).T
    # As nilearn counts them: a column takes a degree of freedom even where others say the same.
    n_left = [len(drift) - drift.shape[1] - one.regressors.shape[1] for one in models]
    norms = [np.linalg.norm(rows, axis=1, keepdims=True) for rows in weights]
    return Residuals(
        drift=basis,
        tasks=[_added_to(basis, one.regressors) for one in models],
        spreads=[norm / np.sqrt(left) for norm, left in zip(norms, n_left, strict=True)],
    )


def _added_to(drift: np.ndarray, regressors: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of what regressors add to an orthonormal basis of the drift."""
    added = regressors - drift.T @ (drift @ regressors)
    directions, sizes, _ = np.linalg.svd(added, full_matrices=False)
    rounding = len(added) * np.finfo(float).eps * np.linalg.norm(regressors, 2)
    return np.asarray(directions[:, sizes > rounding].T)


def percent_effects(series: np.ndarray, runs: Sequence[RunFit]) -> np.ndarray:
    """Estimate effects in percent of each voxel's run mean, as nilearn's ``signal_scaling=0``.

    As there, a mean below 1 counts as 1 (a centred voxel gives its effect times 100), and values
    that are not finite count as 0. A voxel that is constant in a run gives exactly 0: the rounding
    that nilearn leaves in it would be blown up by a later standardization. The effects are of shape
    (n_effects of all runs, n_voxels).

    Parameters
    ----------
    series : ndarray of float64, shape (n_volumes, n_voxels)
        The recording as it is.
    runs : sequence of RunFit
        One or more.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        effects = np.concatenate([run.weights @ series[run.volumes] for run in runs])
        means = np.stack([_mean(series[run.volumes]) for run in runs])
    if not np.isfinite(means).all():
        return percent_effects(_finite(series), runs)
    n_effects = [len(run.weights) for run in runs]
    effects *= np.repeat(_percent(means), n_effects, axis=0)
    effects -= 100.0 * np.concatenate([run.weights.sum(axis=1) for run in runs])[:, None]
    _silence_constant_voxels(effects, series, runs)
    return effects


def t_values(series: np.ndarray, runs: Sequence[RunFit]) -> np.ndarray:
    """Divide each of the `percent_effects` by its standard error, as nilearn's OLS has it.

    With weights w, residual e, n volumes and k columns that is |w| |e| / sqrt(n - k). One below
    `ROUNDING` counts as that, so that t is finite where a model fits a voxel exactly, and 0 where
    the voxel is constant. The runs are solved ``with_errors``.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        means = np.stack([_mean(series[run.volumes]) for run in runs])
    if not np.isfinite(means).all():
        return t_values(_finite(series), runs)
    errors = [
        percent * _standard_errors(series[run.volumes], run.residuals)
        for run, percent in zip(runs, _percent(means), strict=True)
        if run.residuals is not None
    ]
    return np.asarray(percent_effects(series, runs) / np.maximum(np.concatenate(errors), ROUNDING))


def _finite(series: np.ndarray) -> np.ndarray:
    return np.asarray(np.nan_to_num(series, nan=0.0, posinf=0.0, neginf=0.0))


def _mean(series: np.ndarray) -> np.ndarray:
    # A product, because NumPy's own mean is slower on either layout of the recording.
    return np.asarray(np.full(len(series), 1 / len(series)) @ series)


def _percent(means: np.ndarray) -> np.ndarray:
    return np.asarray(100.0 / np.maximum(means, 1.0))


def _standard_errors(series: np.ndarray, residuals: Residuals) -> np.ndarray:
    """Return the standard errors of a run's effects, (n_effects, n_voxels), in its own units.

    What a model leaves is what the drift leaves, less what the model's tasks explain of it: so all
    models of a run are one product. Where next to nothing is left, that difference is rounding, and
    the residual itself is made.
    """
    rest = series - residuals.drift.T @ (residuals.drift @ series)
    total = _squares(rest)
    products = np.concatenate(residuals.tasks) @ rest
    errors, row = [], 0
    for tasks, spread in zip(residuals.tasks, residuals.spreads, strict=True):
        explained = products[row : row + len(tasks)]
        left = total - _squares(explained)
        close = np.flatnonzero(left < CLOSE_FIT * total)
        left[close] = _squares(rest[:, close] - tasks.T @ explained[:, close])
        errors.append(spread * np.sqrt(left))
        row += len(tasks)
    return np.concatenate(errors)


def _squares(series: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,ij->j", series, series))


def _silence_constant_voxels(
    effects: np.ndarray, series: np.ndarray, runs: Sequence[RunFit]
) -> None:
    suspects = np.flatnonzero((np.abs(effects) < ROUNDING).any(axis=0))
    row = 0
    for run in runs:
        rows = slice(row, row + len(run.weights))
        constant = np.ptp(series[run.volumes][:, suspects], axis=0) == 0
        effects[rows, suspects[constant]] = 0.0
        row = rows.stop
