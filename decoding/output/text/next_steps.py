"""What a result suggests to do next: the rules in their order, each with its pages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from decoding.analyses.check import CheckResult
from decoding.analyses.circularity import circularity
from decoding.analyses.schemes import HIDES_A_LEAK, TELLING_PAIR, telling
from decoding.datasets.base import BRAIN, Subject
from decoding.estimators import ESTIMATORS
from decoding.null import ALPHA, Null
from decoding.numbers import list_text, number_text, p_text, percent_text, score_text
from decoding.output.text.remedies import Step, remedies
from decoding.output.text.wording import luck_text
from decoding.results import DecodingResult
from decoding.samples.kinds import SAMPLES
from decoding.settings import mask_label
from decoding.spec import DecodingSpec

if TYPE_CHECKING:  # a first number on screen can spare them
    from decoding.analyses.searchlight.result import SearchlightResult
    from decoding.analyses.timecourse.result import ScoreCurve

WIDER_MM = (8.0, 12.0)
"""Radii to try where no sphere is significant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What a page shows, by its name in the navigation: its selection, and what is known by now.

    `correction` is how the link asks for the correction of the searchlight that is shown.
    """

    page: str
    subject: Subject
    spec: DecodingSpec
    result: DecodingResult | None = None
    checks: CheckResult | None = None
    null: Null | None = None
    lags: "ScoreCurve | None" = None
    search: "SearchlightResult | None" = None
    correction: str = ""

    @property
    def p_value(self) -> float | None:
        """The p of the score, where its null is known."""
        known = self.null is not None and self.result is not None
        return float(self.null.p_value(self.result.accuracy)) if known else None  # type: ignore[union-attr]


def next_step(seen: Seen) -> Step | None:
    """Return the first step that a rule of the page suggests; None where no rule has one."""
    rules = (rule for rule, pages in RULES.items() if seen.page in pages)
    return next((step for rule in rules if (step := rule(seen))), None)


def _remedy(seen: Seen) -> Step | None:
    return next(iter(remedies(seen.subject, seen.spec).values()), None)


def _take_whole_runs(seen: Seen) -> Step | None:
    if seen.subject.has_rest:
        return None
    return Step(
        why="A time course needs the rest between blocks, and this recording has none of it.",
        label="Take a simulated recording",
        changes={"dataset": "simulated", "subject": "1"},
    )


def _scale(seen: Seen) -> Step | None:
    if seen.spec.standardize != "none":
        return None
    return Step(
        why="Voxels are in the scanner's units, so the brightest count most.",
        label="Scale within runs",
        changes={"standardize": "run"},
    )


def _detrend(seen: Seen) -> Step | None:
    found = seen.checks.checks if seen.checks else ()
    order = [one for one in found if one.check == "order_within_runs"]
    if seen.spec.detrend or SAMPLES[seen.spec.samples].is_beta:
        return None
    if not order or order[0].status in ("pass", "moot"):
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
        why=f"In {where} all {n} samples were called {name}: its signal may lie higher or lower "
        "than in other runs.",
        label="Scale within runs",
        changes={"standardize": "run"},
    )


def _take_all_blocks(seen: Seen) -> Step | None:
    null = seen.null
    if null is None or not null.exact or null.smallest_p <= ALPHA or not seen.spec.conditions:
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


def _look_again(seen: Seen) -> Step | None:
    """Suggest less noise, then another time, where the score may be luck."""
    p = float(seen.lags.table["p_corrected"].min()) if seen.lags else seen.p_value
    if p is None or p <= ALPHA:
        return None
    why = f"{luck_text(p)} Each further look counts."
    if seen.spec.samples == "volume":
        return Step(
            why=f"{why} The mean of a block has less noise than one scan.",
            label="Decode block means",
            changes={"samples": "block"},
        )
    if seen.page == "Timecourse" or not seen.subject.has_rest:
        return None
    return Step(
        why=f"{why} Blood answers late: perhaps the scans are taken too early or too late.",
        label="When is the information there?",
        page="Timecourse",
    )


def _compare_with_brain(seen: Seen) -> Step | None:
    whole = replace(seen.spec, mask=BRAIN)
    suspect = seen.spec.mask != BRAIN and circularity(seen.subject, seen.spec)[0] != "pass"
    fits = ESTIMATORS[seen.spec.estimator].max_voxels is None and BRAIN in seen.subject.masks
    if not suspect or not fits or circularity(seen.subject, whole)[0] != "pass":
        return None
    return Step(
        why="Responses may have chosen the mask, which makes a score too good.",
        label=f"Compare with the {mask_label(BRAIN)}",
        changes={"mask": BRAIN},
    )


def _decode(seen: Seen) -> Step:
    shown = seen.spec.conditions or seen.subject.conditions
    n = int(seen.subject.volumes["condition"].isin(list(shown)).sum())
    return Step(
        why=f"{number_text(n, seen.subject.each)} of {list_text(shown)}:",
        label="Can we read the category from the activity?",
        page="Decode",
    )


def _ask_for_trust(seen: Seen) -> Step | None:
    if seen.page == "Decode" and (seen.checks is None or seen.checks.worst == "pass"):
        return None
    if seen.result is None:
        return None
    why = f"A score of {percent_text(seen.result.accuracy)} is only as good as its design."
    if seen.page == "Decode" and seen.checks is not None:
        why = seen.checks.sentence
    return Step(why=why, label="Can I trust the score?", page="Validate")


def _search(seen: Seen) -> Step | None:
    """Ask where, once a score is told from luck."""
    if seen.lags is not None:
        why = f"The score is highest at a lag of {_best_lag(seen.lags):g} s."
    elif seen.p_value is not None and seen.p_value <= ALPHA:
        why = luck_text(seen.p_value)
    else:
        return None
    return Step(why=why, label="Where is the information?", page="Searchlight")


def _correct(seen: Seen) -> Step | None:
    if seen.search is None or seen.search.null is not None or not seen.correction:
        return None
    return Step(
        why=f"The best of {number_text(len(seen.search.scores), 'sphere')} scores high by luck "
        "alone.",
        label="Correct for having looked everywhere",
        settings={"corrected": seen.correction},
    )


def _widen(seen: Seen) -> Step | None:
    found = seen.search
    if found is None or found.null is None or found.n_significant:
        return None
    wider = next((mm for mm in WIDER_MM if mm > found.radius), None)
    if wider is None:
        return None
    return Step(
        why="No sphere is told from luck. A wider one gathers more voxels.",
        label=f"Search with a radius of {wider:g} mm",
        settings={"radius": f"{wider:g}"},
    )


def _ask_when(seen: Seen) -> Step | None:
    found = seen.search
    if found is None or not found.n_significant or not seen.subject.has_rest:
        return None
    n, verb = found.n_significant, "is" if found.n_significant == 1 else "are"
    return Step(
        why=f"{n} of {number_text(len(found.scores), 'sphere')} {verb} told from luck.",
        label="When is the information there?",
        page="Timecourse",
    )


def _take_lag(seen: Seen) -> Step | None:
    if seen.lags is None or SAMPLES[seen.spec.samples].is_beta:
        return None
    best = _best_lag(seen.lags)
    if best == seen.spec.lag:
        return None
    return Step(
        why=f"The score is highest at a lag of {best:g} s.",
        label=f"Take {best:g} s to all pages, marked as chosen by its score",
        changes={"lag": best},
        settings={"chosen_lag": f"{best:g}"},
    )


def _best_lag(lags: "ScoreCurve") -> float:
    return float(lags.at(lags.best)["seconds"])


_SCORES = ("Home", "Decode", "Validate")
_JUDGED = (*_SCORES, "Choices", "Pairs", "Searchlight", "Timecourse", "Group")
RULES: dict[Callable[[Seen], Step | None], tuple[str, ...]] = {
    _remedy: _JUDGED,
    _take_whole_runs: ("Timecourse",),
    _scale: ("Data", *_JUDGED),
    _detrend: ("Data", *_SCORES),
    _scale_within_runs: _SCORES,
    _take_all_blocks: _SCORES,
    _take_harder_pair: _SCORES,
    _look_again: (*_SCORES, "Timecourse"),
    _compare_with_brain: ("Validate",),
    _decode: ("Data", "Your data", "Learn"),
    _ask_for_trust: ("Home", "Decode"),
    _take_lag: ("Timecourse",),
    _search: ("Decode", "Validate", "Timecourse"),
    _correct: ("Searchlight",),
    _widen: ("Searchlight",),
    _ask_when: ("Searchlight",),
}
"""Each rule with the pages, by their names in the navigation, that it speaks on; gravest first."""
