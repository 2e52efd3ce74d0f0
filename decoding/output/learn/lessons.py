"""The traps of decoding: each a question, the specs that show it, and what they scored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from decoding.analyses import permute, truth
from decoding.analyses.choices.analysis import TICKS
from decoding.analyses.choices.universe import write_tick
from decoding.analyses.controls import analysis as controls
from decoding.analyses.record import NO, Analysis
from decoding.analyses.schemes import TELLING_PAIR
from decoding.datasets.base import Subject
from decoding.output.learn.explanations import (
    LATE_S,
    Found,
    explain_below,
    explain_circular,
    explain_delay,
    explain_leak,
    explain_order,
    explain_permutations,
    explain_size,
    explain_tries,
    explain_weights,
)
from decoding.relabel import write_draws
from decoding.setting import write_names
from decoding.spec import DecodingSpec

SIMULATED = ("simulated", "1")
"""Dataset and subject of a lesson that the subject on screen cannot show."""
DRAWS = permute.Options(permutations=199)
"""So many relabellings are quick where every volume is a sample."""
FEW = permute.Options(permutations=9)
FEW_CHOICES = {"samples": ("block",), "estimator": ("svc", "ridge", "gnb")}
"""Of these each way to decode takes part in the null of all ways, and soon."""
QUICK_CONTROLS = controls.Options(permutations=controls.FEWEST, choosing=NO)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the scores that a lesson sets side by side.

    Parameters
    ----------
    changes : mapping
        Fields of the spec that differ from block means of the harder pair, scaled within runs.
    options : permute.Options
        Of its permutation test.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    options: permute.Options = field(default_factory=permute.Options)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A trap.

    Parameters
    ----------
    sides : tuple of Side
        The first is what the page opens.
    explain : callable
        What the scores show, in a few sentences with their numbers.
    page : str
        Where it leads, by the name in the navigation.
    more : Analysis or None
        Another analysis of the first side that it explains; `options` are its options.
    subject : (str, str) or None
        The dataset and the subject that show it; None: the one on screen, where it can.
    maps : bool
        Whether the maps of the first side are shown, and what was planted.
    opens : mapping
        Settings of its page, as a link writes them, with which the numbers of the lesson come soon.
    """

    label: str
    question: str
    sides: tuple[Side, ...]
    explain: Callable[[Found], str]
    page: str
    more: Analysis[Any, Any] | None = None
    options: Any = None
    subject: tuple[str, str] | None = None
    maps: bool = False
    opens: Mapping[str, str] = field(default_factory=dict)

    @property
    def link(self) -> dict[str, str]:
        """What the link to its page says besides the first side's spec: its shuffles too."""
        options = self.sides[0].options
        draws = write_draws(options.permutations, options.seed)
        return {**self.opens, **({"null": draws} if draws else {})}

    def specs(self, subject: Subject, shown: DecodingSpec, made: str = "") -> list[DecodingSpec]:
        """Return the spec of each side, on the subject of the spec that is `shown` if it fits.

        A simulated subject is taken in its place where one is named by what it is `made` of.
        """
        own = replace(DecodingSpec(), dataset=shown.dataset, subject=shown.subject)
        own = replace(own, space=shown.space, merge_gap=shown.merge_gap)
        specs = [_spec_of(side, own) for side in self.sides]
        if not made and self.subject is None and all(_fits(spec, subject) for spec in specs):
            return specs
        dataset, name = ("simulated", made) if made else self.subject or SIMULATED
        there = DecodingSpec(dataset=dataset, subject=name)
        return [_spec_of(side, there) for side in self.sides]


def _spec_of(side: Side, subject: DecodingSpec) -> DecodingSpec:
    usual = replace(subject, conditions=TELLING_PAIR, standardize="run", samples="block")
    return replace(usual, **side.changes)


def _fits(spec: DecodingSpec, subject: Subject) -> bool:
    in_time = not spec.lag or (subject.has_rest and spec.lag % subject.t_r == 0)
    there = spec.mask in subject.masks and set(spec.conditions) <= set(subject.conditions)
    return bool(in_time and there and not subject.maps)


LESSONS: dict[str, Lesson] = {
    "leakage": Lesson(
        label="Leakage",
        question="Why is a score with shuffled folds too good?",
        sides=(
            Side(
                label="Shuffled folds",
                changes={"cv": "shuffled_kfold", "samples": "volume"},
                options=DRAWS,
            ),
            Side(label="Whole runs left out", changes={"samples": "volume"}, options=DRAWS),
        ),
        explain=explain_leak,
        page="Validate",
    ),
    "delay": Lesson(
        label="The late response",
        question="When does the blood answer?",
        sides=tuple(
            Side(
                label=f"{seconds:g} s after the label",
                changes={"lag": seconds, "samples": "volume"},
                options=DRAWS,
            )
            for seconds in LATE_S
        ),
        explain=explain_delay,
        page="Timecourse",
    ),
    "weights": Lesson(
        label="Weights and patterns",
        question="Does a large weight show where the information is?",
        sides=(Side(label="Score", changes={"conditions": ("cat", "face")}),),
        explain=explain_weights,
        page="Decode",
        more=truth.ANALYSIS,
        maps=True,
        subject=SIMULATED,
    ),
    "circular": Lesson(
        label="Circular masks",
        question="May the responses that are decoded choose the mask?",
        sides=(
            Side(
                label="Face-responsive mask",
                changes={"conditions": ("face", "house"), "mask": "face"},
            ),
            Side(label="Mask chosen by anatomy", changes={"conditions": ("face", "house")}),
        ),
        explain=explain_circular,
        page="Decode",
        subject=("simulated", "15"),
    ),
    "permutations": Lesson(
        label="Too few shuffles",
        question="How small can p get?",
        sides=(Side(label="9 shuffles", options=FEW), Side(label="All shuffles")),
        explain=explain_permutations,
        page="Decode",
    ),
    "tries": Lesson(
        label="Too many tries",
        question="What is the best of many scores worth?",
        sides=(Side(label="One try", changes={"mask": "house"}),),
        explain=explain_tries,
        page="Choices",
        opens={f"{TICKS}{name}": write_tick(name, values) for name, values in FEW_CHOICES.items()},
    ),
    "size": Lesson(
        label="Size of the mask",
        question="Do more voxels know more?",
        sides=(
            Side(label="Recorded brain", changes={"mask": "brain"}),
            Side(label="Ventral temporal"),
        ),
        explain=explain_size,
        page="Pairs",
        opens={"categories": write_names((*TELLING_PAIR, "face"))},
    ),
    "order": Lesson(
        label="Order and drift",
        question="Could a clock tell the categories apart?",
        sides=(
            Side(label="With drift", changes={"conditions": ("bottle", "face")}),
            Side(label="Detrended", changes={"conditions": ("bottle", "face"), "detrend": True}),
        ),
        explain=explain_order,
        page="Validate",
        more=controls.ANALYSIS,
        options=QUICK_CONTROLS,
        subject=("simulated", "14"),
    ),
    "below": Lesson(
        label="Below chance",
        question="What does a score below guessing mean?",
        sides=(Side(label="Score", changes={"mask": "brain"}),),
        explain=explain_below,
        page="Validate",
        more=controls.ANALYSIS,
        options=QUICK_CONTROLS,
        subject=SIMULATED,
    ),
}
"""By the name that a link has for each."""
