"""Samples of a simulated subject without files, for tests that need hundreds of them."""

import numpy as np

from decoding.datasets.simulated.arrays import simulate_arrays
from decoding.samples.extract import Samples
from decoding.samples.standardize import zscore


def simulated_samples(seed, conditions=("cat", "face"), signal=1.0):
    """Return the volumes of two or more categories in VT, scaled within each run."""
    arrays = simulate_arrays(seed, signal)
    runs = arrays.volumes["run"].to_numpy()
    y = arrays.volumes["condition"].to_numpy(dtype=object).astype(str)
    X = arrays.X.astype(np.float64)
    X = np.concatenate([zscore(X[runs == run]) for run in np.unique(runs)])
    keep = np.isin(y, conditions)
    return Samples(
        X=X[keep],
        y=y[keep],
        runs=runs[keep],
        blocks=arrays.volumes["block"].to_numpy()[keep],
        voxels=np.flatnonzero(arrays.mask),
    )
