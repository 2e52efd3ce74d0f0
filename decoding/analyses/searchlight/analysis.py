"""The searchlight: decode in a sphere around every voxel, and correct for having looked everywhere.

Kriegeskorte, Goebel & Bandettini (2006), PNAS 103:3863-3868; the family-wise correction by the
maximum over spheres under relabelled blocks follows Nichols & Holmes (2002), Hum. Brain Mapp. 15.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from decoding.analyses.decode import decode_samples, pick_estimator
from decoding.analyses.searchlight.engines import pick_engine, threads_to_use
from decoding.analyses.searchlight.null import Pass, relabel_spheres
from decoding.analyses.searchlight.result import SearchlightResult, SphereResult
from decoding.analyses.searchlight.source import VoxelSource, open_source
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.progress import Progress, report
from decoding.service.compiling import wait_for_kernels
from decoding.spec import DecodingSpec

RADIUS_MM = 5.6


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size of the spheres, and how many relabellings.

    Parameters
    ----------
    radius : float
        In mm.
    permutations : int or None
        None for a descriptive map. As many as there are distinct relabellings, or more, means all
        of them: the p-values are then exact.
    seed : int
        Of the relabellings drawn.
    """

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
    subject: Subject,
    spec: DecodingSpec,
    options: Options | None = None,
    on_progress: Progress | None = None,
) -> SearchlightResult:
    """Decode in a sphere around every voxel of the spec's mask.

    Parameters
    ----------
    subject : Subject
    spec : DecodingSpec
    options : Options, optional
    on_progress : callable, optional
        Called with (done, total) of the map, or of its relabellings; may raise to stop.

    Raises
    ------
    DecodingError
        If the spec cannot be computed, or its estimator cannot be taken to every sphere.
    """
    options = options or Options()
    pick_engine(spec.estimator)
    _check_options(spec, options)
    source = open_source(subject, spec, on_progress)
    return search(source, spec, options, subject.version, on_progress)


def is_long(spec: DecodingSpec, options: Options | None) -> bool:
    """Tell whether a searchlight may take minutes: all but a map of naive Bayes may."""
    return spec.estimator != "gnb" or (options is not None and options.permutations is not None)


def _check_options(spec: DecodingSpec, options: Options) -> None:
    if options.permutations is None:
        return
    if options.permutations < 1:
        raise SpecError(f"{options.permutations} relabellings give no p-value. Draw 1 or more.")
    if spec.cv in CV_SCHEMES and CV_SCHEMES[spec.cv].uses_labels:
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
            on_progress=_first_pass(options, on_progress),
        )
        source.release()
        over = Pass(source=source, folds=folds, spheres=spheres, engine=engine)
        null = (
            None
            if options.permutations is None
            else relabel_spheres(
                over, found.scores, options.permutations, options.seed, on_progress
            )
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
        n_left_out=found.n_left_out,
        classes=tuple(np.unique(source.y).tolist()),
        n_samples=len(source.y),
        n_blocks=len(np.unique(source.blocks)),
        version=version,
        seconds=time.perf_counter() - started,
        null=null,
    )


def _first_pass(options: Options, on_progress: Progress | None) -> Progress:
    """Return what the map reports to: before many relabellings it is no progress to speak of."""
    share = 1 if options.permutations is None else 0
    return lambda done, total: report(on_progress, share * done, total)


def decode_sphere(subject: Subject, spec: DecodingSpec, radius: float, centre: int) -> SphereResult:
    """Decode one sphere by the ordinary path, with all its predictions.

    Parameters
    ----------
    subject : Subject
    spec : DecodingSpec
    radius : float
        In mm.
    centre : int
        The C-order index of the sphere's centre in the scan's grid.

    Raises
    ------
    DecodingError
        If the centre is not in the mask, or the spec cannot be computed.
    """
    source = open_source(subject, spec)
    row = int(np.searchsorted(source.grid.voxels, centre))
    if centre not in source.grid.voxels[row : row + 1]:
        raise SpecError(f"Voxel {centre} is not in the mask '{spec.mask}': no sphere is there.")
    _, members = make_spheres(source.grid.mask, source.grid.affine, radius).rows(row, row + 1)
    result = decode_samples(
        source.samples_of(members), spec, pick_estimator(spec.estimator), subject.version
    )
    return SphereResult(result=result, centre_mm=source.grid.place(row))
