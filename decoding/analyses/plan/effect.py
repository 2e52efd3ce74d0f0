"""How large an effect a recording shows, and in how many independent directions its noise lies."""

from dataclasses import dataclass

import numpy as np

from decoding.errors import SpecError
from decoding.samples.extract import Samples

FEWEST_RUNS = 4


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a simulation needs to know of a study.

    Parameters
    ----------
    size : float
        How far the two categories lie apart along an independent direction of the noise, in
        standard deviations from block to block: about what they do in a voxel.
    independent : float
        The share of voxels that would hold as much noise if they were independent, above 0 to 1.
    blocks : int
        Blocks of each category in a run.
    n_voxels : int
    """

    size: float
    independent: float
    blocks: int
    n_voxels: int

    @property
    def directions(self) -> int:
        """How many independent directions the noise has."""
        return max(1, round(self.independent * self.n_voxels))


def measure_noise(samples: Samples) -> Effect:
    """Measure the noise of a recording by the differences between two categories in its runs, d_r.

    The mean of d_r . d_s over pairs of runs is signal, which noise does not add to, as no two runs
    share it. What is left of |d_r|^2 is noise, T. The trace of its squared covariance is estimated
    over pairs of runs (Chen and Qin 2010, Annals of Statistics 38, 808-835); T^2 over that trace is
    the number of independent directions. The size of the effect is left at 0.

    Parameters
    ----------
    samples : Samples
        One a block, of two categories.

    Raises
    ------
    SpecError
        If fewer than four runs show both categories.
    """
    differences, counts = [], []
    for run in np.unique(samples.runs):
        parts = [samples.X[(samples.runs == run) & (samples.y == name)] for name in samples.classes]
        if all(map(len, parts)):
            differences.append(parts[1].mean(axis=0) - parts[0].mean(axis=0))
            counts += [len(part) for part in parts]
    n, n_voxels = len(differences), samples.X.shape[1]
    if n < FEWEST_RUNS:
        raise SpecError(
            f"Only {n} runs show both categories; noise is measured over {FEWEST_RUNS} or more. "
            "Choose other categories, or more runs."
        )
    products = np.array(differences) @ np.array(differences).T
    signal = max(0.0, float(products[~np.eye(n, dtype=bool)].mean()))
    noise, squared = float(np.trace(products)) / n - signal, _trace_of_square(products)
    directions = np.clip(noise**2 / squared, 1, n_voxels) if squared > 0 < noise else n_voxels
    return Effect(
        size=0.0,
        independent=float(directions / n_voxels),
        blocks=max(1, int(np.median(counts))),
        n_voxels=n_voxels,
    )


def _trace_of_square(products: np.ndarray) -> float:
    """Return Chen and Qin's estimate of tr(S^2) from products of n vectors of covariance S."""
    n = len(products)
    columns = products.sum(axis=0)
    # Of row j and column k: d_k times the mean of all vectors but these two.
    others = (columns[None, :] - products - np.diag(products)[None, :]) / (n - 2)
    centred = products - others
    terms = centred * centred.T
    return float(terms[~np.eye(n, dtype=bool)].mean())
