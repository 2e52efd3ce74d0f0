"""The scores of every combination of some choices, and their joint null.

The same relabelled blocks are scored by every combination, so that a statistic of all of them has
a null of its own: their median, the share above each one's own 95 % point, and the best one, which
is what somebody reports who took the pipeline that scored highest. Simonsohn, Simmons and Nelson
(2020), Nature Human Behaviour 4:1208-1214; Steegen et al. (2016), Perspectives on Psychological
Science 11:702-712.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses.choices.result import ChoicesResult, JointNull, gather
from decoding.analyses.choices.rows import curves_of
from decoding.analyses.choices.scores import Combination, is_fast, score_all, share_labels
from decoding.analyses.choices.universe import (
    CHOICES,
    Universe,
    count,
    make_universe,
    ticked,
    write_tick,
)
from decoding.analyses.circularity import is_circular
from decoding.analyses.record import (
    ALL_FIELDS,
    NO,
    YES,
    Analysis,
    Output,
    Tried,
    check_answer,
    flag,
)
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.progress import Progress, show_so_far
from decoding.recording.voxels import open_voxels, table_folder
from decoding.relabel import Relabellings, check_number, read_draws
from decoding.spec import DecodingSpec

RELABELLINGS = 200
"""So many are drawn where no number is asked for: p reaches 0.005."""
SCORE_S, RELABELLED_S, REFIT_S, USUAL_VOXELS = 0.02, 0.0006, 0.15, 577
"""About how long a score takes, a fast relabelled one, and one by refits, of so many voxels."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values that are combined, by field of the spec; without any, the usual ones."""

    standardize: tuple[str, ...] = ()
    detrend: tuple[bool, ...] = ()
    samples: tuple[str, ...] = ()
    lag: tuple[float, ...] = ()
    select: tuple[int, ...] = ()
    mask: tuple[str, ...] = ()
    estimator: tuple[str, ...] = ()

    def on(self, spec: DecodingSpec) -> dict[str, tuple[Any, ...]]:
        """Return the values that are combined with a spec."""
        return ticked(spec, {name: getattr(self, name) for name in CHOICES})


@dataclass(frozen=True, kw_only=True)
class Options(Values):
    """The values, and the relabellings that all combinations share."""

    permutations: int = flag(
        RELABELLINGS, "how many relabellings all combinations share", metavar="N"
    )
    seed: int = flag(0, "of the relabellings drawn")
    refit: str = flag(
        NO,
        "whether LDA, chosen voxels and logistic of many categories take part, by refits",
        metavar=f"{YES}|{NO}",
        kind=str,
    )


def usual_options(spec: DecodingSpec, permutations: int = RELABELLINGS, seed: int = 0) -> Options:
    """Return the usual values of each choice, named, as the page asks for them."""
    named: dict[str, Any] = Values().on(spec)
    return replace(Options(permutations=permutations, seed=seed), **named)


def run_scores(
    subject: Subject, spec: DecodingSpec, options: Values, on_progress: Progress | None = None
) -> ChoicesResult:
    """Score every combination, each as `decode` does."""
    universe = make_universe(subject, spec, options.on(spec))
    scores = score_all(subject, universe.specs, on_progress=on_progress)
    return _collect(subject, spec, universe, scores, None, on_progress)


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> ChoicesResult:
    """Score every combination, and those that take part under the same relabelled blocks too.

    Raises
    ------
    SpecError
        If the number of relabellings is out of bounds, `refit` is neither yes nor no, or a
        choice is none there is.
    DecodingError
        If no combination can be decoded.
    """
    check_number(options.permutations)
    check_answer(options.refit, "refits take part")
    universe = make_universe(subject, spec, options.on(spec))
    labels = share_labels(subject, universe.specs, options.permutations, options.seed)
    everybody = options.refit == YES
    scores = score_all(
        subject, universe.specs, labels, lambda one: everybody or is_fast(one), on_progress
    )
    return _collect(subject, spec, universe, scores, labels.relabelled, on_progress)


def _collect(
    subject: Subject,
    spec: DecodingSpec,
    universe: Universe,
    scores: Iterable[Combination],
    relabelled: Relabellings | None,
    on_progress: Progress | None,
) -> ChoicesResult:
    """Return all combinations; whoever follows the work sees those that there are by then."""
    found: list[Combination] = []
    show_so_far(on_progress, lambda: _result(subject, spec, universe, tuple(found), relabelled))
    for one in scores:
        found.append(one)  # noqa: PERF402 - others look at it meanwhile
    result = _result(subject, spec, universe, tuple(found), relabelled)
    if result is None:
        _, left_out = gather(found, universe.left_out)
        raise DecodingError(f"No combination can be computed. {' '.join(left_out)}")
    return result


def _result(
    subject: Subject,
    spec: DecodingSpec,
    universe: Universe,
    found: tuple[Combination, ...],
    relabelled: Relabellings | None,
) -> ChoicesResult | None:
    """Return the combinations found by now, as the result of them all; None without any."""
    kept, left_out = gather(found, universe.left_out)
    if not kept:
        return None
    columns = [one.scores for one in kept if len(one.scores) > 1]
    joint = None
    if relabelled is not None and columns:
        joint = JointNull(scores=np.stack(columns, axis=1), relabelled=relabelled)
    classes = spec.conditions or subject.conditions
    blocks = subject.volumes[subject.volumes["condition"].isin(classes)]["block"]
    return ChoicesResult(
        spec=spec,
        values=universe.values,
        combinations=kept,
        left_out=left_out,
        joint=joint,
        n_classes=len(classes),
        n_blocks=blocks.nunique(),
        circular=any(
            is_circular(subject, replace(spec, mask=mask)) for mask in {o.spec.mask for o in kept}
        ),
        to_come=len(universe.specs) - len(found),
    )


def _tried(result: ChoicesResult) -> Iterator[Tried]:
    for one in result.combinations:
        yield one.spec, ""


def _seconds_of_scores(subject: Subject, spec: DecodingSpec, options: Values) -> float:
    """Return about how long all scores take, in proportion to voxels and pairs of categories."""
    values = options.on(spec)
    larger = sum(_times_larger(subject, mask) for mask in values["mask"]) / len(values["mask"])
    return SCORE_S * count(values) * larger * _pairs(subject, spec)


def _pairs(subject: Subject, spec: DecodingSpec) -> int:
    return math.comb(len(spec.conditions or subject.conditions), 2)


def _times_larger(subject: Subject, mask: str) -> float:
    """Return how many times as many voxels as usual a mask has; 1 where that is not known yet."""
    if not table_folder(subject).is_dir() or mask not in subject.masks:
        return 1.0
    return max(1.0, len(open_voxels(subject).rows.get(mask, ())) / USUAL_VOXELS)


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    values = options.on(spec)
    fast = sum(is_fast(replace(spec, estimator=name, select=0)) for name in values["estimator"])
    fast *= values["select"].count(0)
    number = count(values)
    n_fast = number * fast / (len(values["estimator"]) * len(values["select"]))
    refits = (number - n_fast) * REFIT_S * (options.refit == YES)
    null = options.permutations * (n_fast * RELABELLED_S + refits)
    return _seconds_of_scores(subject, spec, options) + null * _pairs(subject, spec)


TICKS = "try_"
"""Begins the names of the page's settings that say which values are combined."""


def write_joint(options: Options) -> str:
    """Return how a link says the relabellings, ``200_0`` or ``200_0_refit``; empty: as usual."""
    drawn = f"{options.permutations}_{options.seed}"
    text = drawn if options.refit == NO else f"{drawn}_refit"
    return "" if text == f"{RELABELLINGS}_0" else text


def read_joint(text: str) -> Options:
    """Read the relabellings that `write_joint` wrote; a ValueError where none can be."""
    drawn = text.removesuffix("_refit")
    number, seed = read_draws(drawn)
    refit = NO if drawn == text else YES
    return Options(permutations=number or RELABELLINGS, seed=seed, refit=refit)


def _page_settings(spec: DecodingSpec, options: Values) -> dict[str, str]:
    ticks = {name: write_tick(name, getattr(options, name)) for name in CHOICES}
    found = {f"{TICKS}{name}": text for name, text in ticks.items() if text}
    joint = write_joint(options) if isinstance(options, Options) else ""
    return {**found, "joint": joint} if joint else found


def _of_rows(table: pd.DataFrame) -> list[tuple[Options, ChoicesResult]]:
    return [(replace(Options(), **dict[str, Any](one.values)), one) for one in curves_of(table)]


SCORES = Analysis(
    name="choice_scores",
    question="What does every combination of these choices score?",
    Options=Values,
    run=run_scores,
    reads=ALL_FIELDS - set(CHOICES),
    seconds=_seconds_of_scores,
    tried=_tried,
    page="choices",
    page_settings=_page_settings,
)
ANALYSIS = Analysis(
    name="choices",
    question="Did the choice make the score?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - set(CHOICES),
    seconds=_seconds,
    tried=_tried,
    page_settings=_page_settings,
    lists=CHOICES,
    of_rows=_of_rows,
    outputs=(
        Output(
            flag="--out",
            help="write one row a combination, .csv",
            make=lambda subject, result: result.table,
        ),
    ),
    command=True,
)
