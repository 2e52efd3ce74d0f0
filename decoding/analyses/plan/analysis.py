"""How many runs, blocks and voxels a new study needs for the exact test to find its effect."""

from dataclasses import dataclass, replace
from typing import Any

from decoding.analyses.circularity import is_circular
from decoding.analyses.decode import decode_samples
from decoding.analyses.plan.effect import Effect, measure_noise
from decoding.analyses.plan.power import Planned, simulate_power, size_that_scores
from decoding.analyses.record import ALL_FIELDS, Analysis, flag, rows_file
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.null import ALPHA
from decoding.numbers import count_json
from decoding.progress import Progress, part_of
from decoding.samples.extract import extract_samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.volumes import chosen_conditions
from decoding.setting import read_number
from decoding.spec import DecodingSpec

RUNS = (3, 4, 5, 6, 8, 10, 12, 16, 20)
MOST_RUNS, MOST_BLOCKS, MOST_DIRECTIONS = 40, 8, 2000
AUTO = "auto"
SECONDS_A_ROW = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    """The study that is planned; what is None is as in this recording."""

    runs: str = flag(
        ",".join(map(str, RUNS)), "numbers of runs, with commas between", metavar="LIST", kind=str
    )
    effect: float | None = flag(
        None,
        "distance of the categories in a voxel, in standard deviations of its noise from block to "
        "block (default: estimated from this recording)",
        metavar="D",
        kind=float,
    )
    blocks: int | None = flag(
        None, "blocks of each category in a run (default: as in this recording)", metavar="N"
    )
    voxels: int | None = flag(None, "voxels (default: those of the mask)", metavar="N")

    @property
    def n_runs(self) -> tuple[int, ...]:
        """The numbers of runs, from few to many.

        Raises
        ------
        SpecError
            If one is no number from 2 to 40.
        """
        words = self.runs.replace(",", " ").split()
        if not words or not all(w.isdecimal() and 2 <= int(w) <= MOST_RUNS for w in words):
            raise SpecError(
                f"{self.runs!r} is no list of numbers of runs. Write numbers from 2 to "
                f"{MOST_RUNS} with commas between, as 4,8,12."
            )
        return tuple(sorted({int(word) for word in words}))


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanResult:
    """What studies of several numbers of runs would give.

    Parameters
    ----------
    effect : Effect
        What was simulated: estimated, stated, or some of both.
    own_runs : int
        Runs of this recording that hold the categories.
    score : float
        What ridge scores in this recording, one sample a block, each run left out once.
    is_stated : bool
        Whether the size of the effect was stated, not estimated.
    circular : bool
        Whether responses to the categories chose the mask: the estimate is then too large.
    rows : mapping of int to Planned
        By the number of runs.
    """

    effect: Effect
    own_runs: int
    score: float
    is_stated: bool
    circular: bool
    rows: dict[int, Planned]

    @property
    def out_of_reach(self) -> int | None:
        """The largest number of runs with which no p of .05 is within reach; None where all are."""
        return max((n for n, row in self.rows.items() if row.smallest_p > ALPHA), default=None)

    def as_json(self) -> list[dict[str, Any]]:
        """Return what ``plan --json`` prints."""
        return [
            {
                "n_runs": n,
                "n_distinct": count_json(row.n_distinct),
                "smallest_p": row.smallest_p,
                "power": row.power,
                "blocks": self.effect.blocks,
                "voxels": self.effect.n_voxels,
                "effect": self.effect.size,
            }
            for n, row in self.rows.items()
        ]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> PlanResult:
    """Simulate studies of several numbers of runs, with this recording's effect or a stated one.

    The effect of this recording is the one with which simulated studies of as many runs score what
    it scores: ridge on one sample a block, each run left out once. Held-out runs are scored, so
    that noise does not add to it; a mask that was chosen by these responses does. Voxels of another
    number are taken to be like those of the mask: as strong, and independent to the same degree.

    Raises
    ------
    SpecError
        If more than two categories are chosen, or a number is out of range.
    """
    n_runs = options.n_runs
    if len(chosen_conditions(subject, spec)) != 2:
        raise SpecError("A study is planned for two categories. Choose a pair.")
    kind = spec.samples if SAMPLES[spec.samples].is_beta or subject.maps else "block"
    samples = extract_samples(subject, replace(spec, samples=kind))
    own, own_runs = measure_noise(samples), len(set(samples.runs.tolist()))
    plain = replace(spec, estimator="ridge", cv="leave_one_run_out", select=0)
    score = decode_samples(samples, plain, ESTIMATORS["ridge"], subject.version).accuracy
    size = options.effect
    effect = replace(
        own,
        size=size_that_scores(score, own, own_runs) if size is None else size,
        blocks=own.blocks if options.blocks is None else options.blocks,
        n_voxels=own.n_voxels if options.voxels is None else options.voxels,
    )
    _check(effect)
    rows = {}
    for number, n in enumerate(n_runs):
        part = part_of(on_progress, number / len(n_runs), (number + 1) / len(n_runs))
        rows[n] = simulate_power(effect, n, on_progress=part)
    return PlanResult(
        effect=effect,
        own_runs=own_runs,
        score=score,
        is_stated=options.effect is not None,
        circular=is_circular(subject, spec),
        rows=rows,
    )


def _check(effect: Effect) -> None:
    within = effect.n_voxels >= 1 and effect.directions <= MOST_DIRECTIONS
    if not (effect.size >= 0 and 1 <= effect.blocks <= MOST_BLOCKS and within):
        raise SpecError(
            f"An effect of {effect.size:g} with {effect.blocks} blocks and {effect.n_voxels} "
            f"voxels is no study that can be simulated. Take an effect of 0 or more, 1 to "
            f"{MOST_BLOCKS} blocks, and fewer voxels."
        )


def write_options(options: Options) -> str:
    """Return how a link asks for a study: effect, blocks and voxels, ``0.5_2_auto``."""
    values = (options.effect, options.blocks, options.voxels)
    return "_".join(AUTO if value is None else f"{value:g}" for value in values)


def read_options(text: str) -> Options:
    """Read what `write_options` wrote; a ValueError where a link cannot have it."""
    effect, blocks, voxels = (None if word == AUTO else word for word in text.split("_"))
    return Options(
        effect=None if effect is None else read_number(effect),
        blocks=None if blocks is None else int(blocks),
        voxels=None if voxels is None else int(voxels),
    )


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    asked = replace(options, runs=Options().runs)
    return {} if asked == Options() else {"plan": write_options(asked)}


ANALYSIS = Analysis(
    name="plan",
    question="How many runs does a new study need?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"estimator", "cv", "select"},
    seconds=lambda subject, spec, options: len(options.n_runs) * SECONDS_A_ROW,
    outputs=(rows_file("write one row a number of runs, .csv"),),
    page="validate",
    page_settings=_page_settings,
    command=True,
)
