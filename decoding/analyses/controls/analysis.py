"""The same folds, estimator and relabellings on what should not decode.

What a row that decodes means: Goergen et al. 2018 ("same analysis"), NeuroImage 180, 19-30. It is
no proof that a score is false; it names what else could carry it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from decoding.analyses.circularity import is_circular
from decoding.analyses.controls.opposed import Opposed, opposed_folds
from decoding.analyses.controls.rows import CHOSEN, CONTROLS, Asked, Control
from decoding.analyses.permute import Options as Draws
from decoding.analyses.permute import permute_samples, seconds_each
from decoding.analyses.record import NO, YES, Analysis, Tried, check_answer, flag, rows_file
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets.base import BRAIN, Subject
from decoding.errors import DecodingError
from decoding.null import ALPHA, SCORE_TOLERANCE
from decoding.numbers import p_text, score_text
from decoding.progress import Progress, part_of, report
from decoding.recording.voxels import open_voxels, table_folder
from decoding.relabel import read_draws
from decoding.results import PermutationResult
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.volumes import chosen_conditions
from decoding.spec import DecodingSpec

RELABELLINGS = 200
FEWEST = 19
"""So many relabellings reach p = 0.05."""
CHOOSING_S, REFIT_S, RANK_S = 20.0, 3e-3, 4e-8
"""About how long choosing voxels anew may take; a fit takes; ranking takes a value: all in s."""
QUICKLY_S = 4.0
"""Where choosing takes longer a page asks first."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many relabellings each row has, the same for all, and drawn from which seed."""

    permutations: int = flag(
        RELABELLINGS,
        "how many relabellings are drawn; all of them where there are no more than N "
        f"(default {RELABELLINGS})",
        metavar="N",
    )
    seed: int = flag(0, "of the relabellings drawn")
    choosing: str = flag(
        YES,
        "whether voxels are chosen from the whole brain in training as well: yes or no",
        kind=str,
    )

    def __post_init__(self) -> None:
        check_answer(self.choosing, "voxels are chosen in training")


def quick_options(subject: Subject, spec: DecodingSpec) -> Options:
    """Return the options of a first look: voxels are chosen anew where that takes no time."""
    quickly = seconds_of_choosing(subject, spec) <= QUICKLY_S
    return Options(choosing=YES if quickly else NO)


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """What one control scored.

    Parameters
    ----------
    control : str
        A name in ``CONTROLS``.
    test : PermutationResult or None
        None where the control does not apply; `problem` then says why.
    opposed : Opposed or None
        How the folds lie to each other; None as above.
    wrong : bool
        Whether it is leaky or circular, and no score to be read against chance.
    note : str
        What else is to be known of it here; often empty.
    """

    control: str
    chance: float
    test: PermutationResult | None = None
    opposed: Opposed | None = None
    wrong: bool = False
    note: str = ""
    problem: str = ""

    @property
    def entry(self) -> Control:
        """All there is to say of the control."""
        return CONTROLS[self.control]

    @property
    def sentence(self) -> str:
        """What the row means, or why it does not apply."""
        if self.test is None or self.opposed is None:
            return f"Not applicable. {self.problem}"
        told = [self.entry.found if self.test.p_value <= ALPHA else self.entry.lost]
        if self.test.observed < self.chance - SCORE_TOLERANCE and self.opposed.is_common:
            told.append(self.opposed.words)
        return " ".join([*told, self.note]).rstrip()

    @property
    def numbers(self) -> str:
        """Its score, its band and its p as a sentence; empty where there are none."""
        if self.test is None:
            return ""
        low, high = map(score_text, self.test.null.band)
        return (
            f"Score {score_text(self.test.observed)}; shuffled labels {low} to {high}; "
            f"p {p_text(self.test.p_value)}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the row as ``controls --json`` prints it."""
        test, words = self.test, {"row": self.control}
        if test is None:
            nothing = dict.fromkeys(("accuracy", "null_mean", "null_low", "null_high", "p_value"))
            return {**words, **nothing, "sentence": self.sentence}
        low, high = test.null.band
        return {
            **words,
            "accuracy": test.observed,
            "null_mean": test.null.mean,
            "null_low": low,
            "null_high": high,
            "p_value": test.p_value,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class ControlsResult:
    """All rows on the same folds and relabellings, what is decoded first."""

    spec: DecodingSpec
    rows: tuple[Row, ...]

    def with_test(self, test: PermutationResult) -> "ControlsResult":
        """Return the same with a fuller test of what is decoded, so that a page shows one null."""
        first, *others = self.rows
        return replace(self, rows=(replace(first, test=test), *others))

    def as_json(self) -> list[dict[str, Any]]:
        """Return what ``controls --json`` prints."""
        return [row.as_json() for row in self.rows]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> ControlsResult:
    """Score what should not decode as the spec's categories are scored, beside these.

    Raises
    ------
    DecodingError
        If the categories themselves cannot be decoded; a control that cannot says so in its row.
    """
    samples = extract_samples(subject, spec)
    names = [name for name in CONTROLS if name != CHOSEN or options.choosing == YES]
    rows, n = [], len(names)
    for number, name in enumerate(names):
        part = part_of(on_progress, number / n, (number + 1) / n)
        asked = Asked(subject=subject, spec=spec, samples=samples, on_progress=part)
        rows.append(_row(name, asked, options))
        report(part, 1, 1)
    if rows[0].test is None:
        raise DecodingError(rows[0].problem)
    return ControlsResult(spec=spec, rows=tuple(rows))


def _row(name: str, asked: Asked, options: Options) -> Row:
    control, chance = CONTROLS[name], 1 / len(asked.samples.classes)
    try:
        spec, samples = control.make(asked)
        draws = Draws(permutations=_affordable(spec, samples, options), seed=options.seed)
        test = permute_samples(samples, spec, draws, asked.on_progress)
        folds = make_folds(spec.cv, samples.y, samples.runs)
    except DecodingError as error:
        return Row(control=name, chance=chance, problem=str(error))
    return Row(
        control=name,
        chance=chance,
        test=test,
        opposed=opposed_folds(samples, folds),
        wrong=CV_SCHEMES[spec.cv].leaks or (control.of_mask and is_circular(asked.subject, spec)),
        note=control.note(asked.subject),
    )


def _affordable(spec: DecodingSpec, samples: Samples, options: Options) -> int:
    """Return how many relabellings a row has: the first ones only where all voxels are ranked."""
    if not spec.select:
        return options.permutations
    seconds = _seconds_choosing(len(np.unique(samples.runs)), samples.X.size)
    return min(options.permutations, max(FEWEST, round(CHOOSING_S / seconds)))


def _seconds_choosing(n_runs: int, n_values: int) -> float:
    """Return about how long one relabelling takes where each fold ranks so many values."""
    return n_runs * (REFIT_S + n_values * RANK_S)


def seconds_of_choosing(subject: Subject, spec: DecodingSpec) -> float:
    """Return about how long the row takes whose voxels are chosen anew, in seconds."""
    if spec.select or spec.mask == BRAIN or not table_folder(subject).is_dir():
        return 0.0
    table = subject.volumes if spec.samples == "volume" else subject.trials
    n = int(table["condition"].isin(chosen_conditions(subject, spec)).sum())
    n_values = n * len(open_voxels(subject).rows.get(BRAIN, ()))
    each = _seconds_choosing(subject.n_runs, n_values)
    return each * min(RELABELLINGS, max(FEWEST, round(CHOOSING_S / each)))


def _tried(result: ControlsResult) -> Iterator[Tried]:
    for row in result.rows:
        if row.test is not None and row.entry.scores_category:
            yield row.test.spec, ""


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    choosing = seconds_of_choosing(subject, spec) if options.choosing == YES else 0.0
    return len(CONTROLS) * options.permutations * seconds_each(spec) + choosing


def write_options(options: Options) -> str:
    """Return how a link asks for them, ``500_3`` or ``500_3_no``."""
    draws = f"{options.permutations}_{options.seed}"
    return draws if options.choosing == YES else f"{draws}_{NO}"


def read_options(text: str) -> Options:
    """Read what `write_options` wrote; a ValueError where a link cannot have it."""
    draws, without = text.removesuffix(f"_{NO}"), text.endswith(f"_{NO}")
    permutations, seed = read_draws(draws)
    if permutations is None:
        raise ValueError(text)
    return Options(permutations=permutations, seed=seed, choosing=NO if without else YES)


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    return {} if options == Options() else {"controls": write_options(options)}


ANALYSIS = Analysis(
    name="controls",
    question="What else could tell the categories apart?",
    Options=Options,
    run=run,
    seconds=_seconds,
    tried=_tried,
    outputs=(rows_file("write one row a control, .csv"),),
    page="validate",
    page_settings=_page_settings,
    command=True,
)
