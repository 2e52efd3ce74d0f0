"""The searchlight: decode in a sphere around every voxel, and correct for having looked everywhere.

Kriegeskorte, Goebel & Bandettini (2006), PNAS 103:3863-3868; the family-wise correction by the
maximum over spheres under relabelled blocks follows Nichols & Holmes (2002), Hum. Brain Mapp. 15.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from decoding.analyses.record import Analysis, Output
from decoding.analyses.searchlight.engines import MEASURED_SAMPLES, pick_engine, threads_to_use
from decoding.analyses.searchlight.null import Pass, relabel_spheres
from decoding.analyses.searchlight.result import SearchlightResult, score_image
from decoding.analyses.searchlight.source import VoxelSource, open_source
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.progress import Progress, part_of
from decoding.recording.voxels import open_voxels, table_folder
from decoding.registry import pick
from decoding.relabel import check_number
from decoding.samples.kinds import SAMPLES
from decoding.samples.volumes import block_means, select_volumes
from decoding.service.compiling import wait_for_kernels
from decoding.spec import DecodingSpec

RADIUS_MM = 5.6
BRAIN_VOXELS = 40_000
"""About how many a mask may hold, as long as no table tells."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size of the spheres, and how many relabellings; each field's help says more."""

    radius: float = field(
        default=RADIUS_MM,
        metadata={"type": float, "metavar": "MM", "help": "of the spheres (default: 5.6)"},
    )
    permutations: int | None = field(
        default=None,
        metadata={
            "type": int,
            "metavar": "N",
            "help": "how many relabellings correct for having looked everywhere; all of them where "
            "there are no more than N (default: none, a descriptive map)",
        },
    )
    seed: int = field(default=0, metadata={"type": int, "help": "of the relabellings drawn"})


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> SearchlightResult:
    """Decode in a sphere around every voxel of the spec's mask."""
    pick_engine(spec.estimator)
    _check_options(spec, options)
    source = open_source(subject, spec, on_progress)
    return search(source, spec, options, subject.version, on_progress)


def _check_options(spec: DecodingSpec, options: Options) -> None:
    check_number(options.permutations)
    uses_labels = spec.cv in CV_SCHEMES and CV_SCHEMES[spec.cv].uses_labels
    if uses_labels and options.permutations is not None:
        raise SpecError(
            f"The scheme '{spec.cv}' makes its folds from the labels, so relabellings share none. "
            "Choose leave_one_run_out, or no relabelling."
        )


def search(
    source: VoxelSource,
    spec: DecodingSpec,
    options: Options,
    version: str,
    on_progress: Progress | None = None,
) -> SearchlightResult:
    """Decode in every sphere of a source that was opened before; see `run`."""
    engine = pick_engine(spec.estimator)
    spheres = make_spheres(source.grid.mask, source.grid.affine, options.radius)
    folds = make_folds(spec.cv, source.y, source.runs)
    wait_for_kernels(on_progress)
    started = time.perf_counter()
    try:
        found = engine.load_score()(
            source.read,
            source.y,
            folds,
            spheres,
            n_threads=threads_to_use(engine.map_threads),
            # Before many relabellings the map is no progress to speak of.
            on_progress=part_of(on_progress, 0, 1 if options.permutations is None else 0),
        )
        source.release()
        over = Pass(source=source, folds=folds, spheres=spheres, engine=engine)
        null, n_reached = None, None
        if options.permutations is not None:
            null, n_reached = relabel_spheres(
                over, found.scores, options.permutations, options.seed, on_progress
            )
    finally:
        source.release()
    return SearchlightResult(
        spec=spec,
        radius=options.radius,
        scores=found.scores,
        sizes=spheres.sizes(),
        grid=source.grid,
        n_test=found.n_test,
        constant=found.constant,
        n_without_variance=found.n_without_variance,
        classes=tuple(np.unique(source.y).tolist()),
        n_samples=len(source.y),
        n_blocks=len(np.unique(source.blocks)),
        version=version,
        seconds=time.perf_counter() - started,
        null=null,
        n_reached=n_reached,
    )


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    """Return about how long a map and its relabellings take on two cores."""
    engine = pick_engine(spec.estimator)
    kind = pick(SAMPLES, spec.samples, "kind of sample")
    shown = (kind.average or block_means)(select_volumes(subject, spec))
    share = len(shown.y) / MEASURED_SAMPLES * (len(np.unique(shown.y)) - 1)
    n_spheres = BRAIN_VOXELS
    if table_folder(subject).is_dir():
        n_spheres = len(open_voxels(subject).mask_rows(spec.mask))
    fits = n_spheres * len(make_folds(spec.cv, shown.y, shown.runs)) * share
    return fits * (engine.map_seconds + engine.null_seconds * (options.permutations or 0))


ANALYSIS = Analysis(
    name="searchlight",
    question="Where is the information?",
    Options=Options,
    run=run,
    seconds=_seconds,
    # Once, not by spheres: its own correction counts them.
    tried=lambda result: [(result.spec, f"searchlight of {result.radius:g} mm")],
    outputs=(
        Output(
            flag="--out",
            help="write the score of each sphere at its centre, .nii.gz",
            make=lambda subject, result: score_image(result),
            is_image=True,
        ),
    ),
    command=True,
)
