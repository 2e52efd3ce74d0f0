"""A recording as arrays: patterns, responses and noise put together, run by run."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from decoding.datasets.simulated.noise import draw_colored, draw_runs, make_noise_space
from decoding.datasets.simulated.parameters import (
    DELAY,
    SimulationParameters,
    Size,
    stream,
)
from decoding.datasets.simulated.patterns import Planted, draw_planted
from decoding.datasets.simulated.regions import Head, make_head
from decoding.datasets.simulated.timeline import block_responses, draw_order, make_timeline

Array = NDArray[np.float32]

BLOCK_SPREAD = 0.08


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
    delay: float = DELAY,
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
    planted = draw_planted(parameters, head).within(voxels[head.brain])
    X = np.concatenate(list(generate_runs(parameters, head, voxels, planted)))
    return SimulatedArrays(
        X=X,
        volumes=make_timeline(draw_order(parameters)),
        patterns=planted.patterns,
        mask=voxels,
        affine=head.grid.affine,
    )


def generate_runs(
    parameters: SimulationParameters, head: Head, voxels: NDArray[np.bool_], planted: Planted
) -> Iterator[Array]:
    """Yield each run's deviation from the voxels' means, in standard deviations of their noise.

    Yields
    ------
    ndarray of float32, shape (n_volumes of a run, n_voxels)
    """
    order = draw_order(parameters)
    responses = block_responses(parameters)
    space = make_noise_space(head.grid, voxels, stream(parameters, "noise fields"))
    rng = stream(parameters, "responses")
    active = np.flatnonzero(planted.patterns.any(axis=1))
    patterns = np.ascontiguousarray(planted.patterns[active].T)
    swings = np.ascontiguousarray(planted.swings[:, active])
    for run, noise in enumerate(draw_runs(parameters, space)):
        strength = rng.normal(1, BLOCK_SPREAD, order[run].shape).astype(np.float32)
        moves = draw_colored(rng, len(swings))
        deviation = noise.noise
        deviation[:, active] += (responses[run] * strength) @ patterns[order[run]] + moves @ swings
        deviation *= noise.gain
        deviation += noise.drift
        yield deviation
