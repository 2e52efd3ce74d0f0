"""Maps held against what was planted: only a simulated subject knows the truth."""

from dataclasses import dataclass

import numpy as np

from decoding.analyses import weights
from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.datasets.base import Subject
from decoding.datasets.simulated.dataset import load_truth
from decoding.progress import Progress
from decoding.results import WeightMaps
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class TruthResult:
    """How far weights and pattern resemble the planted difference of two categories.

    Parameters
    ----------
    planted : ndarray of float, shape (n_pairs, n_voxels)
        The second category's planted response minus the first's, in standard deviations of a
        voxel's noise.
    """

    maps: WeightMaps
    planted: np.ndarray

    def resemblance(self, what: str, pair: int = 0) -> float:
        """Return Pearson's r over voxels of ``weights`` or ``pattern`` with what was planted.

        NaN where one of them is the same in all voxels.
        """
        values, planted = self.maps.values(what)[pair], self.planted[pair]
        if np.ptp(values) == 0 or np.ptp(planted) == 0:
            return float("nan")
        return float(np.corrcoef(values, planted)[0, 1])


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> TruthResult:
    """Hold the weights and patterns of a simulated subject against what was planted."""
    maps = weights.run(subject, spec, None, on_progress)
    truth = load_truth(subject)
    planted = [truth.difference(*pair).ravel()[maps.grid.voxels] for pair in maps.pairs]
    return TruthResult(maps=maps, planted=np.stack(planted).astype(np.float64))


ANALYSIS = Analysis(
    name="truth",
    question="How far do the maps resemble what was planted?",
    run=run,
    reads=ALL_FIELDS - {"cv"},
)
