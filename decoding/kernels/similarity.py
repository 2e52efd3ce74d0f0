"""Distances between the patterns of categories, as rsatoolbox computes them, each in closed form.

Nili et al. 2014 (the toolbox), Walther et al. 2016 (crossnobis), Schaefer and Strimmer 2005
(shrinkage).
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve


def category_means(X: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return each category's mean pattern, (n_classes, n_voxels); NaN for one without samples.

    Parameters
    ----------
    X : ndarray of float, shape (n_samples, n_voxels)
    codes : ndarray of int, shape (n_samples,)
        From 0.
    """
    chosen = np.equal.outer(np.arange(n_classes), codes).astype(float)
    with np.errstate(invalid="ignore"):
        return np.asarray((chosen @ X) / chosen.sum(axis=1, keepdims=True))


def correlation_distances(X: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return 1 - r between the mean patterns of categories, (n_classes, n_classes).

    Parameters are those of `category_means`. A pattern that is the same in all voxels has no r: its
    distances are NaN.
    """
    means = category_means(X, codes, n_classes)
    means -= means.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        means /= np.sqrt((means**2).sum(axis=1, keepdims=True))
    distances = 1.0 - means @ means.T
    np.fill_diagonal(distances, 0.0)
    return np.asarray(distances)


def correlation_by_run(
    X: np.ndarray, codes: np.ndarray, runs: np.ndarray, n_classes: int
) -> np.ndarray:
    """Return `correlation_distances` in each run, (n_runs, n_classes, n_classes)."""
    own = (runs == run for run in np.unique(runs))
    return np.stack([correlation_distances(X[rows], codes[rows], n_classes) for rows in own])


def mean_of_runs(matrices: np.ndarray) -> np.ndarray:
    """Return the mean of matrices (n_runs, n, n) over the runs that know a value; else NaN.

    Of `crossnobis_by_run` it is the crossnobis distances: noise alone gives 0 on average, so a
    value may be negative.
    """
    known = ~np.isnan(matrices)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, matrices, 0.0).sum(axis=0) / known.sum(axis=0))


def crossnobis_by_run(
    X: np.ndarray,
    codes: np.ndarray,
    runs: np.ndarray,
    n_classes: int,
    covariance: np.ndarray | None = None,
) -> np.ndarray:
    """Return what each run says of the crossnobis distances between categories.

    The difference of two mean patterns in one run, times the precision, times the same difference
    in the other runs, divided by the number of voxels. A run that lacks one of two categories says
    nothing of them, NaN, and is left out for that pair; with fewer than two runs of both none does.

    Parameters
    ----------
    X, codes, n_classes
        As in `category_means`.
    runs : ndarray of int, shape (n_samples,)
    covariance : ndarray, shape (n_voxels, n_voxels), optional
        Of the noise; the identity by default.

    Returns
    -------
    ndarray, shape (n_runs, n_classes, n_classes)
        In the order of the runs' numbers.
    """
    places = np.unique(runs, return_inverse=True)[1]
    n_runs, n_voxels = int(places.max()) + 1, X.shape[1]
    cells = codes * n_runs + places
    counts = np.bincount(cells, minlength=n_classes * n_runs).reshape(n_classes, n_runs)
    means = category_means(X, cells, n_classes * n_runs)
    whitened = means
    if covariance is not None:
        there = counts.ravel() > 0
        whitened = np.full_like(means, np.nan)
        whitened[there] = cho_solve(cho_factor(covariance), means[there].T).T
    means, whitened = (one.reshape(n_classes, n_runs, n_voxels) for one in (means, whitened))
    terms = np.full((n_runs, n_classes, n_classes), np.nan)
    terms[:, np.arange(n_classes), np.arange(n_classes)] = 0.0
    for first, second in zip(*np.triu_indices(n_classes, k=1), strict=True):
        both = (counts[first] > 0) & (counts[second] > 0)
        if both.sum() < 2:
            continue
        here = whitened[first, both] - whitened[second, both]
        others = [_in_other_runs(means[k, both], counts[k, both]) for k in (first, second)]
        values = np.einsum("rv,rv->r", here, others[0] - others[1]) / n_voxels
        terms[both, first, second] = terms[both, second, first] = values
    return terms


def _in_other_runs(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return for each run the mean over the samples of all others; means are (n_runs, n_voxels)."""
    sums = means * counts[:, None]
    return np.asarray((sums.sum(axis=0) - sums) / (counts.sum() - counts)[:, None])


def shrunk_covariance(residuals: np.ndarray, dof: int) -> np.ndarray:
    """Return the covariance of noise, shrunk towards its diagonal, (n_voxels, n_voxels).

    It equals rsatoolbox's ``cov_from_residuals(residuals, dof, method="shrinkage_diag")``.

    Parameters
    ----------
    residuals : ndarray of float, shape (n_samples, n_voxels)
        Each voxel must vary.
    dof : int
        Degrees of freedom that are left.
    """
    R = residuals - residuals.mean(axis=0)
    n = len(R)
    scale = np.sqrt((R**2).sum(axis=0) / dof)
    Z = R / scale
    correlation = Z.T @ Z / (n - 1)
    diagonal = np.diag(correlation).copy()
    np.fill_diagonal(correlation, 0.0)
    total = float(np.vdot(correlation, correlation))
    # Sums over all pairs of voxels of squared products: those of voxels, squared, need no pairs.
    squares = Z**2
    fourth = (float((squares.sum(axis=1) ** 2).sum()) - float((squares**2).sum())) / (n - 1)
    share = min(max(n / dof**2 * (fourth - total) / total, 0.0), 1.0) if total else 1.0
    correlation *= 1.0 - share
    np.fill_diagonal(correlation, diagonal)
    return np.asarray(correlation * np.multiply.outer(scale, scale) * ((n - 1) / dof))
