"""Noise as measured in Haxby's subject 1: slow, a little smooth, with drift and run effects.

Figures of the recording after removing a line from each run: autocorrelation 0.35, 0.21, 0.14 at
lags 1 to 3; correlation between voxels 0.25 at 3.5 mm, 0.15 at 5.3 mm, 0.04 at 30 mm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from decoding.datasets.simulated.anatomy import ScanGrid
from decoding.datasets.simulated.parameters import RUN_VOLUMES

Array = NDArray[np.float32]

# A first-order autoregressive part plus white noise is an ARMA(1, 1) process.
AR, MA = 0.6, -0.288
SLOW_AR = 0.8
NEIGHBOUR_MM = 0.62  # mixing weight is exp(-distance * this)
N_FIELDS, FIELD_MM, FIELD_SHARE = 32, 18.0, 0.09
DRIFT, DRIFT_SHARED = 0.65, 0.5
RUN_SHIFT, RUN_SHIFT_SHARED, RUN_GAIN = 1.0, 1.0, 0.2
_BURN_IN = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseSpace:
    """How noise is shared between voxels.

    Parameters
    ----------
    mixing : sparse array, shape (n_voxels, n_voxels)
        Each voxel and its neighbours; rows have unit norm.
    fields : ndarray, shape (n_fields, n_voxels)
        Wide smooth maps; columns have unit norm.
    """

    mixing: csr_array
    fields: Array


def make_noise_space(
    grid: ScanGrid, mask: NDArray[np.bool_], rng: np.random.Generator
) -> NoiseSpace:
    """Return how the voxels of a mask share their noise."""
    n_voxels = int(mask.sum())
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(n_voxels)
    rows, columns, weights = [np.arange(n_voxels)], [np.arange(n_voxels)], [np.ones(n_voxels)]
    for axis, edge in enumerate(grid.voxel_size):
        a = np.take(number, range(mask.shape[axis] - 1), axis).ravel()
        b = np.take(number, range(1, mask.shape[axis]), axis).ravel()
        both = (a >= 0) & (b >= 0)
        rows += [a[both], b[both]]
        columns += [b[both], a[both]]
        weights += [np.full(2 * int(both.sum()), np.exp(-edge * NEIGHBOUR_MM))]
    mixing = csr_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))),
        shape=(n_voxels, n_voxels),
    )
    norms = np.sqrt(np.asarray(mixing.power(2).sum(axis=1)).ravel())
    mixing.data /= norms[mixing.nonzero()[0]]
    return NoiseSpace(mixing=mixing.astype(np.float32), fields=_wide_fields(grid, mask, rng))


def _wide_fields(grid: ScanGrid, mask: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    place = grid.positions()[:, mask]
    centres = place[:, rng.integers(0, place.shape[1], N_FIELDS)]
    apart = np.square(place[:, None, :] - centres[:, :, None]).sum(axis=0)
    fields = np.exp(-apart / (2 * FIELD_MM**2)) * rng.choice([-1.0, 1.0], (N_FIELDS, 1))
    fields += 0.03
    return np.asarray(fields / np.linalg.norm(fields, axis=0), dtype=np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class RunNoise:
    """What one run adds to the voxels, in standard deviations of their noise.

    Parameters
    ----------
    noise, drift : ndarray, shape (n_volumes of a run, n_voxels)
        `drift` is a slow course over the run, and the run's own level.
    gain : ndarray, shape (n_voxels,)
        How strong noise and responses are in this run.
    """

    noise: Array
    drift: Array
    gain: Array


def draw_colored(rng: np.random.Generator, n_series: int) -> Array:
    """Draw series of unit variance with the autocorrelation of voxels, shape (n_volumes, n)."""
    return _color(rng.standard_normal((RUN_VOLUMES + _BURN_IN, n_series), dtype=np.float32), AR, MA)


def draw_run(rng: np.random.Generator, space: NoiseSpace) -> RunNoise:
    """Draw the noise of the next run."""
    n_fields, n_voxels = space.fields.shape
    white = rng.standard_normal((n_voxels, RUN_VOLUMES + _BURN_IN), dtype=np.float32)
    local = _color(np.ascontiguousarray((space.mixing @ white).T), AR, MA)
    shape = (RUN_VOLUMES + _BURN_IN, n_fields)
    wide = _color(rng.standard_normal(shape, dtype=np.float32), SLOW_AR, 0.0)
    local *= np.float32(np.sqrt(1 - FIELD_SHARE))
    local += np.float32(np.sqrt(FIELD_SHARE)) * (wide @ space.fields)
    time = np.linspace(-1, 1, RUN_VOLUMES, dtype=np.float32)
    course = np.stack([time, time**2 - 1 / 3, np.ones_like(time)], axis=1)
    spread = np.array([[DRIFT], [DRIFT / 2], [RUN_SHIFT]], dtype=np.float32)
    shared = np.array([[DRIFT_SHARED], [DRIFT_SHARED / 2], [RUN_SHIFT_SHARED]], dtype=np.float32)
    levels = spread * rng.standard_normal((3, n_voxels), dtype=np.float32)
    levels += shared * rng.standard_normal((3, n_fields), dtype=np.float32) @ space.fields
    gain = np.exp(RUN_GAIN * rng.standard_normal(n_voxels, dtype=np.float32))
    return RunNoise(noise=local, drift=course @ levels, gain=gain.astype(np.float32))


def _color(white: Array, ar: float, ma: float) -> Array:
    """Turn white noise into an ARMA(1, 1) process of unit variance along the first axis."""
    scale = np.float32(np.sqrt((1 - ar**2) / (1 + 2 * ar * ma + ma**2)))
    colored = np.empty_like(white)
    colored[0] = white[0]
    for t in range(1, len(white)):
        colored[t] = np.float32(ar) * colored[t - 1] + white[t] + np.float32(ma) * white[t - 1]
    colored *= scale
    return colored[_BURN_IN:]
