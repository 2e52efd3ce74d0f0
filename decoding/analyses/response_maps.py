"""Where each category is responded to: the mean of its run betas, voxel by voxel."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pandas as pd

from decoding.analyses.record import Analysis
from decoding.datasets.base import Subject
from decoding.grid import Grid
from decoding.progress import Progress
from decoding.recording.voxels import chunks_of
from decoding.regions import mask_of
from decoding.samples.beta_table import open_betas
from decoding.samples.glm import GlmModel
from decoding.spec import DecodingSpec

AT_ONCE = 4096
"""The betas of so many voxels are held at once: those of a whole brain are 30 MB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ResponseMaps:
    """The response to each category, averaged over runs.

    Parameters
    ----------
    conditions : tuple of str
        Sorted.
    responses : ndarray of float64, shape (n_conditions, n_voxels)
        Percent of each voxel's mean over the run.
    grid : Grid
        Of the mask's voxels.
    tissue : ndarray of bool, shape (n_voxels,)
        Where the mean scan is at least half as bright as in the middle of these voxels: elsewhere,
        as at the rim of the head, a small change is many percent.
    """

    conditions: tuple[str, ...]
    responses: np.ndarray
    grid: Grid
    tissue: np.ndarray
    model: GlmModel

    @property
    def largest(self) -> float:
        """The size of the largest response to any category, in tissue."""
        return float(np.abs(self.responses[:, self.tissue]).max())

    def values(self, condition: str) -> np.ndarray:
        """Return a category's responses, (n_voxels,)."""
        return np.asarray(self.responses[self.conditions.index(condition)])

    def in_tissue(self, condition: str) -> np.ndarray:
        """Return a category's responses, 0 outside tissue, (n_voxels,)."""
        return np.where(self.tissue, self.values(condition), 0.0)

    def image(self, condition: str, minus: str | None = None) -> nib.Nifti1Image:
        """Return a category's map, or its difference from another's, 0 outside the mask."""
        values = self.values(condition)
        if minus is not None:
            values = values - self.values(minus)
        what = f"{condition} minus {minus}" if minus is not None else condition
        return self.grid.image(values, description=f"percent response: {what}")


def run(
    subject: Subject, spec: DecodingSpec, options: GlmModel, on_progress: Progress | None = None
) -> ResponseMaps:
    """Fit run betas and average them over the runs that show each category."""
    mask_of(subject, spec.mask)
    betas = open_betas(subject, "run_beta", options, on_progress, confounds=spec.confounds)
    rows = betas.voxels.mask_rows(spec.mask)
    names = betas.samples["condition"]
    parts = [
        average_runs(betas.read(rows[chunk]), names) for chunk in chunks_of(len(rows), AT_ONCE)
    ]
    conditions, responses = parts[0][0], np.concatenate([part for _, part in parts], axis=1)
    grid = betas.voxels.grid.rows(rows)
    brightness = betas.voxels.mean_image().get_fdata().ravel()[grid.voxels]
    return ResponseMaps(
        conditions=conditions,
        responses=responses,
        grid=grid,
        tissue=brightness >= np.median(brightness) / 2,
        model=options,
    )


def average_runs(betas: np.ndarray, names: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """Average run betas (n_samples, n_voxels) over the samples of each category, sorted."""
    conditions = tuple(sorted(set(names.tolist())))
    return conditions, np.stack([betas[names == name].mean(axis=0) for name in conditions])


ANALYSIS = Analysis(
    name="response_maps",
    question="Where is each category responded to?",
    Options=GlmModel,
    run=run,
    reads=frozenset({"dataset", "subject", "mask", "confounds"}),
)
