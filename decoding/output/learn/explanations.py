"""What each trap's scores show, in a few sentences with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from decoding.datasets.base import Subject
from decoding.datasets.layout import PLANTED
from decoding.null import SCORE_TOLERANCE
from decoding.numbers import number_text, p_text, score_text
from decoding.results import PermutationResult

TRIES = 20
LATE_S = (0.0, 2.5, 15.0)
"""Seconds after their label at which scans are decoded."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a lesson computed: the test of each side, and the result of what it needs besides.

    The subject is that of the first side.
    """

    tests: Sequence[PermutationResult]
    subject: Subject
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


def explain_leak(found: Found) -> str:
    """Say what shuffled folds share with the training."""
    return (
        "Scans of one block are almost copies. Shuffled folds put some of them into training and "
        "others into the test. A test scan is then recognised by the other scans of its block, so "
        f"the test is no test: shuffled folds score {found.score(0)}. Shuffled labels are "
        "something else: the folds stay, and the blocks swap labels. All scans of a block still "
        "have one label, so even labels that mean nothing are recognised, and score "
        f"{found.null(0)} there. With whole runs left out the score is {found.score(1)}, and "
        f"shuffled labels score {found.null(1)}. With shuffled folds p is {found.p(0)}; with whole "
        f"runs left out it is {found.p(1)}. The first p compares two scores that leak alike: it "
        "does not tell what new scans would score."
    )


def explain_delay(found: Found) -> str:
    """Say how late the blood answers."""
    early, next_, late = (found.score(side) for side in range(3))
    return (
        "Blood answers a picture some seconds late. Scans taken while it was shown score "
        f"{early} (shuffled labels {found.null(0)}, p {found.p(0)}). Scans taken {LATE_S[1]:g} s "
        f"later score {next_}, and {LATE_S[2]:g} s later {late}: by then the response has faded. "
        "Whoever picks the lag with the best score has tried several, and that counts."
    )


def explain_weights(found: Found) -> str:
    """Say which of two maps is more like what was planted."""
    weights, pattern = (found.more.resemblance(what) for what in ("weights", "pattern"))
    (first, second), score = found.more.maps.pairs[0], found.score(0)
    planted = (
        f"In this simulation it is known how much more each voxel was made to respond to {second} "
        f"than to {first}."
    )
    maps = "That, or a map, is the same in all voxels here, so there is no correlation."
    if isfinite(weights) and isfinite(pattern):
        maps = (
            f"The correlation of the weights with that is {weights:.2f}, and of the activation "
            f"pattern {pattern:.2f}."
        )
    return (
        f"{planted} {maps} A classifier also weighs voxels to cancel noise that they share with "
        "others. So weights say what it uses, and the pattern, which is worked out from the "
        f"weights and the scans, says where activity differs. The score of {score} (shuffled "
        f"labels {found.null(0)}, p {found.p(0)}) is the same for both."
    )


def explain_circular(found: Found) -> str:
    """Say what a mask does that the responses themselves chose."""
    origin = found.subject.masks["face"].origin
    assert origin is not None, "how masks of this layout were chosen is known"
    why = (
        "An honest choice cannot know that place."
        if origin == PLANTED
        else "Some voxels answer them differently by luck alone, and such a choice finds those."
    )
    return (
        f"The first mask was chosen {origin.chosen}. {why} Its "
        f"{found.voxels(0)} score {found.score(0)}. The {found.voxels(1)} of ventral "
        f"temporal cortex, which anatomy chose, score {found.score(1)} (p {found.p(1)}). "
        f"Shuffled labels did not choose the mask, so they still score {found.null(0)} there, "
        f"and p is {found.p(0)}. The test cannot notice how the mask was chosen. Responses may "
        "choose a mask, called a localizer, where they are of other runs than those that are "
        "decoded."
    )


def explain_permutations(found: Found) -> str:
    """Say how small p can get with few and with all shuffles."""
    few, full = (test.null for test in found.tests)
    return (
        f"The score of {found.score(0)} is the same on both sides. With {few.n_relabellings} "
        f"shuffles p cannot get smaller than {p_text(few.smallest_p)}, however high the score: "
        f"here it is {found.p(0)}. These runs have {full.n_distinct} distinct relabellings. With "
        f"all of them p is {found.p(1)}, and they score {found.null(1)} on average, not "
        f"{found.null(0)}. "
        "More shuffles help only as far as there are blocks to shuffle."
    )


def explain_tries(found: Found) -> str:
    """Say what luck makes of the best of many scores."""
    null, n = found.tests[0].null, TRIES
    return (
        f"One analysis of labels that mean nothing scores {score_text(null.mean)} on average. The "
        f"best of {n} such analyses scores {score_text(null.expected_best(n))}, and up to "
        f"{score_text(null.best_point(n))} in 95 % of cases. So a score of {found.score(0)}, with "
        f"p {found.p(0)} alone, is worth less as the best of {n}. Choices scores all ways at once "
        "and gives the best one a p that counts them all: where that one is small, the best is "
        "hardly luck, even so."
    )


def explain_size(found: Found) -> str:
    """Say what more voxels add."""
    if found.tests[0].n_voxels == found.tests[1].n_voxels:
        return (
            f"Of this brain no more was recorded than the {found.voxels(1)} of the small mask, so "
            f"both score {found.score(0)} (shuffled labels {found.null(0)}, p {found.p(0)}). Take "
            "a simulated subject below to see what more voxels do."
        )
    return (
        f"The {found.voxels(0)} of the recorded brain score {found.score(0)} (shuffled labels "
        f"{found.null(0)}, p {found.p(0)}). The {found.voxels(1)} of the small mask score "
        f"{found.score(1)} (p {found.p(1)}). Voxels that know nothing drown those that do, and a "
        "larger mask can score higher just as well, for its size alone. So masks are compared at "
        "equal size, as Pairs does it."
    )


def explain_order(found: Found) -> str:
    """Say what a clock scores where blocks keep their order."""
    clock = next(row for row in found.more.rows if row.control == "clock")
    return (
        "The scanner's signal drifts within each run. Where a category mostly comes first, the "
        "drift tells it apart, without any help of the brain. A clock alone scores "
        f"{score_text(clock.test.observed)} on these blocks. The voxels score {found.score(0)}; "
        f"without a straight drift they score {found.score(1)} (p {found.p(1)}). Shuffled labels "
        f"score {found.null(0)}, and p is {found.p(0)}: it can tell a score from luck, but "
        "not drift from brain. Only an order drawn anew in each run can."
    )


def explain_below(found: Found) -> str:
    """Say why a score lies below guessing."""
    own = next(row for row in found.more.rows if row.control == "category")
    below = own.test.observed < own.chance - SCORE_TOLERANCE
    lies = "lies" if below else "does not lie"
    return (
        f"The score of {found.score(0)} {lies} below guessing, which gets "
        f"{score_text(own.chance)}. "
        f"Shuffled labels score {found.null(0)} on average, and p is {found.p(0)}. In "
        f"{own.opposed.n_opposed} of {number_text(own.opposed.n_folds, 'fold')} the run that is "
        "left out contradicts the others. On the whole, voxels that were more active for one "
        "category in training are less active for it in the test, so the classifier has learnt "
        "the wrong way round. Without information that is common: what one run has too much of, "
        "the others have too little of. Turning the answers round would be a second try, not a "
        "finding."
    )
