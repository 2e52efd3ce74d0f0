"""One sphere of a searchlight, decoded by the ordinary path with all its predictions."""

from dataclasses import dataclass

import numpy as np

from decoding.analyses.decode import decode_subject
from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.analyses.searchlight.analysis import RADIUS_MM
from decoding.analyses.searchlight.source import open_source
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.progress import Progress
from decoding.results import DecodingResult
from decoding.settings import mask_label
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which sphere: its radius in mm, and its centre's C-order index in the scan's grid."""

    radius: float = RADIUS_MM
    centre: int = 0


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> DecodingResult:
    """Decode one sphere of the spec's mask.

    Raises
    ------
    SpecError
        If no sphere of the mask has that centre.
    """
    source = open_source(subject, spec, on_progress)
    centre, grid = options.centre, source.grid
    row = int(np.searchsorted(grid.voxels, centre))
    if centre not in grid.voxels[row : row + 1]:
        raise SpecError(
            f"Voxel {centre} is not in the mask '{mask_label(spec.mask)}': no sphere is there."
        )
    _, members = make_spheres(grid.mask, grid.affine, options.radius).rows(row, row + 1)
    return decode_subject(subject, spec, source.samples_of(members))


ANALYSIS = Analysis(
    name="sphere",
    question="What is taken for what around a peak?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"select"},
)
