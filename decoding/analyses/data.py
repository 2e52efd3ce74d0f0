"""What was measured: a mask's matrix of volumes by voxels, and single voxels over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.datasets.base import Subject
from decoding.grid import Grid, voxel_names
from decoding.progress import Progress, report
from decoding.recording.voxels import chunks_of, open_voxels
from decoding.samples.extract import standardized_series
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec

MAX_VOXELS_SHOWN = 1200


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """A mask's time series, as the spec prepares them.

    Parameters
    ----------
    matrix : ndarray of float32, shape (n_volumes, n_shown)
        Every voxel of the mask, or `MAX_VOXELS_SHOWN` evenly spaced ones of a larger mask.
    shown : ndarray of int, shape (n_shown,)
        The position in the mask of each column.
    grid : Grid
        Of all voxels of the mask.
    telling : ndarray of int, shape (n_shown,)
        Columns of the matrix, those first whose means differ most between conditions.
    n_selected, n_blocks : int
        How many volumes, of how many blocks, the spec's categories select.
    """

    matrix: np.ndarray
    shown: np.ndarray
    grid: Grid
    telling: np.ndarray
    n_selected: int
    n_blocks: int

    @property
    def shape(self) -> tuple[int, int]:
        """The masked matrix' (volumes, voxels)."""
        return len(self.matrix), self.grid.n_voxels

    @property
    def selected_shape(self) -> tuple[int, int]:
        """The shape of what is decoded when every volume is a sample."""
        return self.n_selected, self.grid.n_voxels

    def voxel_names(self, columns: list[int]) -> list[str]:
        """Return a name for some of the shown columns: the grid indices of each."""
        return voxel_names(self.grid.rows(self.shown[columns]).indices)


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> Measurement:
    """Mask the recording and standardize it as the spec says, all volumes kept."""
    selection = select_volumes(subject, spec)
    store = open_voxels(subject, on_progress)
    rows = store.mask_rows(spec.mask)
    n_shown = min(len(rows), MAX_VOXELS_SHOWN)
    shown = np.linspace(0, len(rows) - 1, n_shown).round().astype(np.int64)
    matrix = np.empty((store.n_volumes, n_shown), dtype=np.float32)
    for chunk in chunks_of(n_shown, 256):
        matrix[:, chunk] = standardized_series(store, subject, spec, rows[shown[chunk]])
        report(on_progress, chunk.stop, n_shown)
    return Measurement(
        matrix=matrix,
        shown=shown,
        grid=store.grid.rows(rows),
        telling=_most_telling_first(matrix, subject.volumes["condition"]),
        n_selected=len(selection.volumes),
        n_blocks=len(np.unique(selection.blocks)),
    )


def _most_telling_first(matrix: np.ndarray, conditions: pd.Series) -> np.ndarray:
    """Order columns by how much the means of the conditions differ, for a first look only."""
    means = pd.DataFrame(matrix).groupby(conditions.to_numpy(dtype=object)).mean()
    return np.argsort(-means.var(axis=0).to_numpy(), kind="stable")


ANALYSIS = Analysis(
    name="data",
    question="What was measured?",
    run=run,
    reads=ALL_FIELDS - {"samples", "select", "estimator", "cv"},
)
