"""A recording as arrays: patterns, responses and noise put together, run by run."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from decoding.datasets.simulation.noise import draw_runs, make_noise_space
from decoding.datasets.simulation.parameters import (
    N_RUNS,
    RUN_VOLUMES,
    SimulationParameters,
    Size,
    stream,
)
from decoding.datasets.simulation.patterns import draw_patterns
from decoding.datasets.simulation.regions import Head, make_head
from decoding.datasets.simulation.timeline import block_responses, draw_order, make_timeline

Array = NDArray[np.float32]

BLOCK_SPREAD = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedArrays:
    """A simulated recording in memory.

    Parameters
    ----------
    X : ndarray of float32, shape (n_volumes, n_voxels)
        In standard deviations of each voxel's noise around its mean.
    volumes : pandas.DataFrame
        See `decoding.datasets.base.Subject`.
    patterns : ndarray of float32, shape (n_voxels, 8)
        What was planted for each of ``CATEGORIES``.
    mask : ndarray of bool, shape of the grid
        Where the voxels lie; they are in the order of ``numpy.flatnonzero``.
    affine : ndarray, shape (4, 4)
    """

    X: Array
    volumes: pd.DataFrame
    patterns: Array
    mask: NDArray[np.bool_]
    affine: NDArray[np.float64]


def simulate_arrays(
    seed: int,
    signal: float = 1.0,
    *,
    subject: int = 1,
    mask: str = "vt",
    size: Size = "demo",
    delay: float | None = None,
) -> SimulatedArrays:
    """Simulate the voxels of one mask without writing files: the same model, in milliseconds.

    Parameters
    ----------
    seed, signal, subject, size, delay
        See `SimulationParameters`.
    mask : str
        A mask by name, or ``"brain"``.
    """
    parameters = SimulationParameters(
        subject=subject, size=size, seed=seed, signal=signal, delay=delay
    )
    head = make_head(subject, size)
    voxels = head.brain if mask == "brain" else head.masks[mask]
    patterns = draw_patterns(parameters, head)[voxels[head.brain]]
    X = np.concatenate(list(generate_runs(parameters, head, voxels, patterns)))
    return SimulatedArrays(
        X=X,
        volumes=make_timeline(draw_order(parameters)),
        patterns=patterns,
        mask=voxels,
        affine=head.grid.affine,
    )


def generate_runs(
    parameters: SimulationParameters, head: Head, voxels: NDArray[np.bool_], patterns: Array
) -> Iterator[Array]:
    """Yield each run's deviation from the voxels' means, in standard deviations of their noise.

    Yields
    ------
    ndarray of float32, shape (n_volumes of a run, n_voxels)
    """
    order = draw_order(parameters)
    responses = block_responses(parameters)
    space = make_noise_space(head.grid, voxels, stream(parameters, "noise fields"))
    strength = stream(parameters, "block strength").normal(1, BLOCK_SPREAD, order.shape)
    active = np.flatnonzero(patterns.any(axis=1))
    planted = np.ascontiguousarray(patterns[active].T)
    for run, noise in enumerate(draw_runs(parameters, space)):
        deviation = noise.noise
        weighted = responses[run] * strength[run].astype(np.float32)
        deviation[:, active] += weighted @ planted[order[run]]
        deviation *= noise.gain
        deviation += noise.drift
        yield deviation


N_VOLUMES = N_RUNS * RUN_VOLUMES
