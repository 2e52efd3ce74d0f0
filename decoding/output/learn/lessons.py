"""The traps of decoding: each a question, the specs that show it, and what they scored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from decoding.analyses import permute, truth
from decoding.analyses.controls import analysis as controls
from decoding.analyses.record import Analysis
from decoding.analyses.schemes import TELLING_PAIR
from decoding.datasets.base import Subject
from decoding.null import SCORE_TOLERANCE
from decoding.numbers import number_text, p_text, score_text
from decoding.relabel import write_draws
from decoding.results import PermutationResult
from decoding.spec import DecodingSpec

SIMULATED = ("simulated", "1")
"""Dataset and subject of a lesson that the subject on screen cannot show."""
DRAWS = permute.Options(permutations=199)
"""So many relabellings are quick where every volume is a sample."""
FEW = permute.Options(permutations=9)
TRIES = 20
LATE_S = (0.0, 2.5, 15.0)
QUICK_CONTROLS = controls.Options(permutations=controls.FEWEST, choosing=controls.NO)


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a lesson computed: the test of each side, and the result of what it needs besides."""

    tests: Sequence[PermutationResult]
    more: Any = None

    def score(self, side: int) -> str:
        """Write the score of a side."""
        return score_text(self.tests[side].observed)

    def null(self, side: int) -> str:
        """Write what shuffled labels score on average."""
        return score_text(self.tests[side].null.mean)

    def p(self, side: int) -> str:
        """Write the p of a side."""
        return p_text(self.tests[side].p_value)

    def voxels(self, side: int) -> str:
        """Write on how many voxels a side rests."""
        return number_text(self.tests[side].n_voxels, "voxel")


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
    """

    label: str
    question: str
    sides: tuple[Side, ...]
    explain: Callable[[Found], str]
    page: str
    more: Analysis[Any, Any] | None = None
    options: Any = None
    subject: tuple[str, str] | None = None

    @property
    def link(self) -> dict[str, str]:
        """What the link to its page says besides the first side's spec: its shuffles too."""
        options = self.sides[0].options
        draws = write_draws(options.permutations, options.seed)
        return {"null": draws} if draws else {}

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


def _explain_leak(found: Found) -> str:
    return (
        "Scans of one block are much alike. Shuffled folds put some of them into training and "
        f"others into the test, so the test is no test. They score {found.score(0)}, and even "
        f"shuffled labels score {found.null(0)} there. With whole runs left out the score is "
        f"{found.score(1)}, and shuffled labels score {found.null(1)}. Their p is "
        f"{found.p(0)}, and {found.p(1)} with whole runs left out. Shuffled labels leak as "
        "much, so a small p does not mend a leak."
    )


def _explain_delay(found: Found) -> str:
    early, next_, late = (found.score(side) for side in range(3))
    return (
        "Blood answers a picture some seconds late. Scans where they are labelled score "
        f"{early} (shuffled labels {found.null(0)}, p {found.p(0)}). Scans taken {LATE_S[1]:g} s "
        f"later score {next_}, and {LATE_S[2]:g} s later {late}: by then the response has faded. "
        "Whoever picks the lag with the best score has tried several, and that counts."
    )


def _explain_weights(found: Found) -> str:
    weights, pattern = (found.more.resemblance(what) for what in ("weights", "pattern"))
    return (
        "Only a simulation knows what was planted. There the weights have a correlation of "
        f"{weights:.2f} with it, the activation pattern one of {pattern:.2f}. A classifier also "
        "weighs voxels to cancel noise that they share with others. So weights say what it uses, "
        f"and the pattern says where activity differs. The score of {found.score(0)} (shuffled "
        f"labels {found.null(0)}, p {found.p(0)}) is the same for both."
    )


def _explain_circular(found: Found) -> str:
    return (
        "The first mask was chosen by how its voxels answer faces and houses, in these very runs. "
        f"Its {found.voxels(0)} score {found.score(0)}; the {found.voxels(1)} of the recorded "
        f"brain, which no response chose, score {found.score(1)}. Shuffled labels did not choose "
        f"the mask, so they still score {found.null(0)} there, and p is {found.p(0)}. Neither "
        "number shows that the mask was chosen by what is then decoded."
    )


def _explain_permutations(found: Found) -> str:
    few, full = (test.null for test in found.tests)
    return (
        f"The score of {found.score(0)} is the same on both sides. With {few.n_relabellings} "
        f"shuffles p cannot get smaller than {p_text(few.smallest_p)}, however high the score: "
        f"here it is {found.p(0)}. These runs have {full.n_distinct} distinct relabellings. With "
        f"all of them p is {found.p(1)}, and their mean is {found.null(1)}, not {found.null(0)}. "
        "More shuffles help only as far as there are blocks to shuffle."
    )


def _explain_tries(found: Found) -> str:
    null, n = found.tests[0].null, TRIES
    return (
        f"One analysis of labels that mean nothing scores {score_text(null.mean)} on average. The "
        f"best of {n} such analyses scores {score_text(null.expected_best(n))}, and up to "
        f"{score_text(null.best_point(n))} in 95 % of cases. So a score of {found.score(0)}, with "
        f"p {found.p(0)} alone, is worth less as the best of {n}. Choices scores all ways at once "
        "and gives the best one a p that counts them."
    )


def _explain_size(found: Found) -> str:
    return (
        f"The {found.voxels(0)} of the recorded brain score {found.score(0)} (shuffled labels "
        f"{found.null(0)}, p {found.p(0)}). The {found.voxels(1)} of the small mask score "
        f"{found.score(1)} (p {found.p(1)}). Voxels that know nothing drown those that do, and a "
        "larger mask can score higher just as well, for its size alone. So masks are compared at "
        "equal size, as Pairs does it."
    )


def _explain_order(found: Found) -> str:
    clock = next(row for row in found.more.rows if row.control == "clock")
    return (
        "The scanner's signal drifts within each run. Where a category mostly comes first, the "
        "drift tells it apart, without any help of the brain. A clock alone scores "
        f"{score_text(clock.test.observed)} on these blocks. The voxels score {found.score(0)}; "
        f"without a straight drift they score {found.score(1)} (p {found.p(1)}). Shuffled labels "
        f"score {found.null(0)}, and p is {found.p(0)}: it may tell the score from luck, and "
        "cannot tell drift from brain. Only an order drawn anew in each run can."
    )


def _explain_below(found: Found) -> str:
    own = next(row for row in found.more.rows if row.control == "category")
    lies = "below" if own.test.observed < own.chance - SCORE_TOLERANCE else "not below"
    return (
        f"The score of {found.score(0)} lies {lies} guessing, which gets {score_text(own.chance)}. "
        f"Shuffled labels score {found.null(0)} on average, and p is {found.p(0)}. In "
        f"{own.opposed.n_opposed} of {number_text(own.opposed.n_folds, 'fold')} the training "
        "differs from the test in the opposite direction. Without information that is common: "
        "what one run has too much of, the others have too little of. Turning the answers round "
        "would be a second try, not a finding."
    )


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
        explain=_explain_leak,
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
        explain=_explain_delay,
        page="Timecourse",
    ),
    "weights": Lesson(
        label="Weights and patterns",
        question="Does a large weight show where the information is?",
        sides=(Side(label="Score", changes={"conditions": ("cat", "face")}),),
        explain=_explain_weights,
        page="Decode",
        more=truth.ANALYSIS,
        subject=SIMULATED,
    ),
    "circular": Lesson(
        label="Circular masks",
        question="May the responses that are decoded choose the mask?",
        sides=(
            Side(
                label="Mask chosen by the responses",
                changes={"conditions": ("face", "house"), "mask": "face"},
            ),
            Side(
                label="Recorded brain",
                changes={"conditions": ("face", "house"), "mask": "brain"},
            ),
        ),
        explain=_explain_circular,
        page="Decode",
    ),
    "permutations": Lesson(
        label="Too few shuffles",
        question="How small can p get?",
        sides=(Side(label="9 shuffles", options=FEW), Side(label="All shuffles")),
        explain=_explain_permutations,
        page="Decode",
    ),
    "tries": Lesson(
        label="Too many tries",
        question="What is the best of many scores worth?",
        sides=(Side(label="One try", changes={"mask": "house"}),),
        explain=_explain_tries,
        page="Choices",
    ),
    "size": Lesson(
        label="Size of the mask",
        question="Do more voxels know more?",
        sides=(
            Side(label="Recorded brain", changes={"mask": "brain"}),
            Side(label="Ventral temporal"),
        ),
        explain=_explain_size,
        page="Pairs",
    ),
    "order": Lesson(
        label="Order and drift",
        question="Could a clock tell the categories apart?",
        sides=(
            Side(label="With drift", changes={"conditions": ("bottle", "face")}),
            Side(label="Detrended", changes={"conditions": ("bottle", "face"), "detrend": True}),
        ),
        explain=_explain_order,
        page="Validate",
        more=controls.ANALYSIS,
        options=QUICK_CONTROLS,
        subject=("simulated", "14"),
    ),
    "below": Lesson(
        label="Below chance",
        question="What does a score below guessing mean?",
        sides=(Side(label="Score", changes={"mask": "brain"}),),
        explain=_explain_below,
        page="Validate",
        more=controls.ANALYSIS,
        options=QUICK_CONTROLS,
        subject=SIMULATED,
    ),
}
"""By the name that a link has for each."""
