"""The searchlight: decode in a sphere around every voxel, and correct for having looked everywhere.

Kriegeskorte, Goebel & Bandettini (2006), PNAS 103:3863-3868; the family-wise correction by the
maximum over spheres under relabelled blocks follows Nichols & Holmes (2002), Hum. Brain Mapp. 15.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from decoding.analyses.record import ALL_FIELDS, Analysis, Output, flag
from decoding.analyses.searchlight.engines import (
    MEASURED_SAMPLES,
    NULL_THREADS,
    pick_engine,
)
from decoding.analyses.searchlight.result import SearchlightResult, score_image
from decoding.analyses.searchlight.source import VoxelSource, open_source
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.folds import Folds
from decoding.kernels.accelerators import Engine
from decoding.kernels.searchlight.spheres import Spheres, make_spheres
from decoding.null import SCORE_TOLERANCE, Null
from decoding.progress import Progress, part_of
from decoding.recording.voxels import open_voxels, table_folder
from decoding.registry import offer
from decoding.relabel import check_number, relabel, write_draws
from decoding.samples.kinds import pick_kind
from decoding.samples.volumes import chosen_conditions, select_volumes
from decoding.service.compiling import wait_for_kernels
from decoding.service.threads import n_threads
from decoding.spec import DecodingSpec, spec_to_text

if TYPE_CHECKING:
    from decoding.kernels.searchlight.folds import SphereScores

RADIUS_MM = 5.6
RELABELLINGS = 1000
"""So many correct a map where a link does not say another number."""
DRAWN = "&drawn="
"""Parts a search in a link from the number and the seed of its relabellings."""
BRAIN_VOXELS = 40_000
"""About how many a mask may hold, as long as no table tells."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size of the spheres, and how many relabellings; each field's help says more."""

    radius: float = flag(RADIUS_MM, "of the spheres (default: 5.6)", metavar="MM", kind=float)
    permutations: int | None = flag(
        None,
        "how many relabellings correct for having looked everywhere; all of them where "
        "there are no more than N (default: none, a descriptive map)",
        metavar="N",
    )
    seed: int = flag(0, "of the relabellings drawn")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """What every pass over the brain shares."""

    source: VoxelSource
    folds: Folds
    spheres: Spheres
    engine: Engine

    def score(self, labels: np.ndarray, on_progress: Progress | None) -> "SphereScores":
        """Score every sphere on some labels, (n_samples,)."""
        return self.engine.load_score()(
            self.source.read,
            labels,
            self.folds,
            self.spheres,
            n_threads=min(self.engine.map_threads, n_threads()),
            on_progress=on_progress,
        )


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
    scheme = CV_SCHEMES.get(spec.cv)
    if scheme and scheme.uses_labels and options.permutations is not None:
        able, remedy = offer("cv", CV_SCHEMES, [DecodingSpec().cv])
        raise SpecError(
            f"Under {scheme.label.lower()} the labels make the folds, so relabellings share none. "
            f"Choose {able.lower()}, or no relabelling.",
            remedy=remedy,
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
    wait_for_kernels(spec.estimator, on_progress)
    started = time.perf_counter()
    over = Pass(source=source, folds=folds, spheres=spheres, engine=engine)
    null, n_reached = None, None
    # Before many relabellings the map is no progress to speak of.
    share = 1 if options.permutations is None else 0
    found = over.score(source.y, part_of(on_progress, 0, share))
    if options.permutations is not None:
        null, n_reached = _relabel_spheres(
            over, found.scores, options.permutations, options.seed, on_progress
        )
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


def _relabel_spheres(
    over: Pass,
    scores: np.ndarray,
    permutations: int,
    seed: int,
    on_progress: Progress | None,
) -> tuple[Null, np.ndarray]:
    """Return the null of the best sphere, and how often each one reached its observed score."""
    source = over.source
    relabelled = relabel(source.y, source.runs, source.blocks, permutations, seed)
    labels = relabelled.of_null
    if over.engine.null_kernel:
        null = over.engine.load_null()(
            source.read,
            labels,
            over.folds,
            over.spheres,
            scores,
            n_threads=min(NULL_THREADS, n_threads()),
            on_progress=on_progress,
        )
        maxima, reached = null.maxima, null.n_reached
    else:
        maxima, reached = _one_by_one(over, labels, scores, on_progress)
    if relabelled.exact:
        # The labels as they are come first: rounding in single precision must not lose them.
        maxima[0] = max(maxima[0], scores.max())
    return relabelled.null(maxima), reached


def _one_by_one(
    over: Pass, labels: np.ndarray, scores: np.ndarray, on_progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a null's kernel does, where relabellings share nothing."""
    maxima = np.empty(len(labels))
    reached = np.zeros(over.spheres.n_spheres, dtype=np.int64)
    for row, relabelled in enumerate(labels):
        part = part_of(on_progress, row / len(labels), (row + 1) / len(labels))
        found = over.score(relabelled, part).scores
        maxima[row] = found.max()
        reached += found >= scores - SCORE_TOLERANCE
    return maxima, reached


def search_text(spec: DecodingSpec, options: Options) -> str:
    """Return a search in short: a link says by it which one is to be corrected, and how."""
    text = f"{spec_to_text(spec)}&radius={options.radius:g}"
    usual = (options.permutations, options.seed) in ((None, 0), (RELABELLINGS, 0))
    return text if usual else f"{text}{DRAWN}{write_draws(options.permutations, options.seed)}"


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    own = {"within": spec.mask, "classifier": spec.estimator, "radius": f"{options.radius:g}"}
    corrected = {} if options.permutations is None else {"corrected": search_text(spec, options)}
    return own | corrected


def _samples_to_come(subject: Subject, spec: DecodingSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return category and run of about the samples that a spec will have."""
    average = pick_kind(spec.samples).average
    if average is not None:
        shown = average(select_volumes(subject, spec))
        return shown.y, shown.runs
    chosen = subject.trials["condition"].isin(chosen_conditions(subject, spec))
    trials = subject.trials[chosen]
    return trials["condition"].to_numpy(dtype=object), trials["run"].to_numpy()


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    """Return about how long a map and its relabellings take on two cores."""
    engine = pick_engine(spec.estimator)
    y, runs = _samples_to_come(subject, spec)
    share = len(y) / MEASURED_SAMPLES * (len(np.unique(y)) - 1)
    n_spheres = BRAIN_VOXELS
    if table_folder(subject).is_dir():
        n_spheres = len(open_voxels(subject).mask_rows(spec.mask))
    fits = n_spheres * len(make_folds(spec.cv, y, runs)) * share
    return fits * (engine.map_seconds + engine.null_seconds * (options.permutations or 0))


ANALYSIS = Analysis(
    name="searchlight",
    question="Where is the information?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"select"},
    seconds=_seconds,
    page_settings=_page_settings,
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
