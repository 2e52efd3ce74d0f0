"""What a result suggests to do next: the rules in their order, and the remedy of a wrong score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from decoding.analyses.check import CheckResult
from decoding.analyses.circularity import circularity, is_circular
from decoding.analyses.schemes import HIDES_A_LEAK, TELLING_PAIR, telling
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.null import Null
from decoding.numbers import p_text, score_text
from decoding.results import DecodingResult
from decoding.samples.kinds import SAMPLES
from decoding.settings import mask_label
from decoding.spec import DecodingSpec

ENOUGH = 0.05
"""A test whose smallest p is larger can show nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What a page shows: its selection, and what is known of it by now."""

    subject: Subject
    spec: DecodingSpec
    result: DecodingResult | None = None
    checks: CheckResult | None = None
    null: Null | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: why, what its button says, and the fields of the spec that it changes."""

    why: str
    label: str
    changes: Mapping[str, object] = field(default_factory=dict)


def next_step(seen: Seen) -> Step | None:
    """Return the first step that a rule suggests; None where nothing stands in the way."""
    return next((step for rule in RULES if (step := rule(seen))), None)


def remedies(subject: Subject, spec: DecodingSpec) -> dict[str, Step]:
    """Return what makes a wrong score honest, by the field that is wrong; often nothing."""
    seen = Seen(subject=subject, spec=spec)
    found = {"cv": _leave_runs_out(seen), "mask": _take_honest_mask(seen)}
    return {name: step for name, step in found.items() if step is not None}


def _leave_runs_out(seen: Seen) -> Step | None:
    if not CV_SCHEMES[seen.spec.cv].leaks:
        return None
    usual = DecodingSpec().cv
    return Step(
        why="The test has seen its own answers.",
        label=CV_SCHEMES[usual].label,
        changes={"cv": usual},
    )


def _take_honest_mask(seen: Seen) -> Step | None:
    if not is_circular(seen.subject, seen.spec):
        return None
    for mask in seen.subject.masks:
        if circularity(seen.subject, replace(seen.spec, mask=mask))[0] == "pass":
            return Step(
                why="The mask was chosen by the very responses that are decoded.",
                label=f"Decode from the mask {mask_label(mask)}",
                changes={"mask": mask},
            )
    return None


def _detrend(seen: Seen) -> Step | None:
    found = seen.checks.checks if seen.checks else ()
    order = [one for one in found if one.check == "order_within_runs"]
    if seen.spec.detrend or SAMPLES[seen.spec.samples].is_beta:
        return None
    if not order or order[0].status == "pass":
        return None
    return Step(
        why="One category mostly came first, so a slow drift alone could tell them apart.",
        label="Detrend each run",
        changes={"detrend": True},
    )


def _scale_within_runs(seen: Seen) -> Step | None:
    if seen.result is None or not seen.result.one_sided or seen.spec.standardize == "run":
        return None
    where, n, name = seen.result.one_sided[0]
    return Step(
        why=f"In {where} all {n} samples were called {name}: its signal lies higher or lower than "
        "in the other runs.",
        label="Scale within runs",
        changes={"standardize": "run"},
    )


def _take_harder_pair(seen: Seen) -> Step | None:
    harder = telling(seen.spec)
    known = set(TELLING_PAIR) <= set(seen.subject.conditions)
    if seen.result is None or seen.result.accuracy < HIDES_A_LEAK or not known:
        return None
    if seen.spec.conditions == harder.conditions:
        return None
    return Step(
        why=f"At {score_text(seen.result.accuracy)} this is almost too easy.",
        label=f"Try {' against '.join(TELLING_PAIR)}",
        changes={"conditions": harder.conditions, "standardize": harder.standardize},
    )


def _take_all_blocks(seen: Seen) -> Step | None:
    null = seen.null
    if null is None or not null.exact or null.smallest_p <= ENOUGH or not seen.spec.conditions:
        return None
    n = len(seen.subject.conditions)
    if len(seen.spec.conditions) == n:
        return None
    return Step(
        why=f"With so few blocks p cannot get smaller than {p_text(null.smallest_p)}. More "
        "runs would help; so do more blocks.",
        label=f"Decode all {n} categories",
        changes={"conditions": ()},
    )


RULES: tuple[Callable[[Seen], Step | None], ...] = (
    _leave_runs_out,
    _take_honest_mask,
    _detrend,
    _scale_within_runs,
    _take_all_blocks,
    _take_harder_pair,
)
"""The gravest first."""
