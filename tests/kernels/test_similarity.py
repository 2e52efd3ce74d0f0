"""Dissimilarities, held to rsatoolbox's."""

import numpy as np
import pytest
from rsatoolbox.data import Dataset
from rsatoolbox.data.noise import cov_from_residuals, prec_from_residuals
from rsatoolbox.rdm import calc_rdm
from scipy.spatial.distance import squareform

from decoding.kernels.similarity import (
    correlation_distances,
    crossnobis_by_run,
    mean_of_runs,
    shrunk_covariance,
)

# rsatoolbox fills whole numbers with NaN
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
N_CLASSES, N_RUNS, N_VOXELS = 4, 5, 12


def design(kind):
    """Return categories and runs of some samples: of equal, unequal numbers, or one cell empty."""
    codes = np.tile(np.repeat(np.arange(N_CLASSES), 3), N_RUNS)
    runs = np.repeat(np.arange(N_RUNS) + 3, 3 * N_CLASSES)
    keep = np.ones(len(codes), dtype=bool)
    if kind == "unequal":
        keep[[0, 7, 8, 30, 44]] = False
    if kind == "missing":
        keep = (codes != 1) | (runs != 5)
    return codes[keep], runs[keep]


def by_toolbox(X, codes, runs, method, noise=None):
    """Return rsatoolbox's matrix."""
    data = Dataset(X, obs_descriptors={"category": codes.astype(str).tolist(), "run": runs})
    options = {"cv_descriptor": "run", "noise": noise} if method == "crossnobis" else {}
    return squareform(
        calc_rdm(data, method=method, descriptor="category", **options).dissimilarities[0]
    )


@pytest.mark.parametrize("kind", ["equal", "unequal", "missing"])
@pytest.mark.parametrize("with_noise", [True, False])
def test_distances_equal_rsatoolbox(kind, with_noise):
    """Both distances; of a pair that a run lacks one of, on the runs that have both."""
    rng = np.random.default_rng(3)
    codes, runs = design(kind)
    X = rng.normal(size=(len(codes), N_VOXELS)) + rng.normal(size=(N_CLASSES, N_VOXELS))[codes]
    residuals = rng.normal(size=(70, N_VOXELS)) @ rng.normal(size=(N_VOXELS, N_VOXELS))
    covariance = shrunk_covariance(residuals, 40) if with_noise else None
    noise = prec_from_residuals(residuals, dof=40) if with_noise else None
    ours = mean_of_runs(crossnobis_by_run(X, codes, runs, N_CLASSES, covariance))
    np.testing.assert_allclose(
        correlation_distances(X, codes, N_CLASSES), by_toolbox(X, codes, runs, "correlation"),
        atol=1e-10,
    )  # fmt: skip
    for first, second in zip(*np.triu_indices(N_CLASSES, k=1), strict=True):
        shared = set(runs[codes == first]) & set(runs[codes == second])
        own = np.isin(codes, (first, second)) & np.isin(runs, list(shared))
        theirs = by_toolbox(X[own], codes[own], runs[own], "crossnobis", noise)[0, 1]
        assert ours[first, second] == pytest.approx(theirs, abs=1e-6)
        assert ours[second, first] == ours[first, second]
    if kind != "missing":
        theirs = by_toolbox(X, codes, runs, "crossnobis", noise)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("n", [6, 200])
def test_shrunk_covariance_equals_rsatoolbox(n):
    """With fewer samples than voxels too, and with degrees of freedom lost to block means."""
    rng = np.random.default_rng(n)
    residuals = rng.normal(size=(n, N_VOXELS)) * rng.uniform(0.1, 9, N_VOXELS)
    for dof in (n - 1, n - 3):
        theirs = cov_from_residuals(residuals, dof=dof, method="shrinkage_diag")
        np.testing.assert_allclose(shrunk_covariance(residuals, dof), theirs, rtol=1e-9)


def test_a_single_voxel_has_a_covariance():
    """There is nothing to shrink."""
    residuals = np.array([[1.0], [-1.0], [3.0], [-3.0]])
    assert shrunk_covariance(residuals, 3) == pytest.approx(20 / 3)


def test_noise_has_no_crossnobis_distance():
    """Over 200 seeds the mean distance is 0 within its standard error; that of 1 - r is not."""
    codes, runs = design("unequal")
    found = []
    for seed in range(200):
        X = np.random.default_rng(seed).normal(size=(len(codes), N_VOXELS))
        residuals = np.random.default_rng(seed + 1000).normal(size=(60, N_VOXELS))
        covariance = shrunk_covariance(residuals, 59)
        matrix = mean_of_runs(crossnobis_by_run(X, codes, runs, N_CLASSES, covariance))
        found.append(matrix[np.triu_indices(N_CLASSES, k=1)].mean())
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 2 * error


def test_what_cannot_be_known_is_nan():
    """A category that shares one run with another, or a pattern alike in all voxels."""
    X = np.random.default_rng(0).normal(size=(4, 5))
    codes, runs = np.array([0, 1, 0, 0]), np.array([1, 1, 2, 3])
    assert np.isnan(mean_of_runs(crossnobis_by_run(X, codes, runs, 2))[0, 1])
    X[codes == 1] = 2.0
    assert np.isnan(correlation_distances(X, codes, 2)[0, 1])
