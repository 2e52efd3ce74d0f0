"""Sentences on pairs of categories: which look alike, and which are told from luck."""

import pandas as pd

from decoding.analyses.pairs.analysis import PairsResult
from decoding.analyses.pairs.cross import CrossResult
from decoding.analyses.pairs.scores import Pair, PairScores
from decoding.null import ALPHA, SCORE_TOLERANCE
from decoding.numbers import number_text, p_text, percent_text
from decoding.output.text.wording import kind_text, luck_text, plain_samples

GUESSING = 0.5
"""The share that guessing gets of two categories."""


def scored_pairs(found: PairScores) -> list[Pair]:
    """Return the pairs that could be decoded, most alike first."""
    scored = [pair for pair in found.pairs if pair.result is not None]
    return sorted(scored, key=_accuracy)


def least_alike(pairs: list[Pair]) -> Pair:
    """Return the scored pair that is told apart best, the first of several."""
    return max(pairs, key=_accuracy)


def alike_text(
    found: PairScores, tested: PairsResult | None = None, *, comparable: bool, each: str = "volume"
) -> str:
    """Say plainly which two categories look most alike, which least, and how many are told apart.

    Guessing is named where scores are `comparable` with it.
    """
    pairs = scored_pairs(found)
    if not pairs:
        return "No two of these categories could be decoded."
    what = plain_samples(found.spec.samples, each)
    lowest, highest = _accuracy(pairs[0]), _accuracy(pairs[-1])
    guessing = f", where guessing gets {percent_text(GUESSING)}" if comparable else ""
    told = ""
    if comparable:
        later = "Shuffled labels will tell how many of the pairs are told from luck."
        told = f" {later if tested is None else told_text(tested)}"
    if highest - lowest <= SCORE_TOLERANCE:
        return (
            f"All {len(pairs)} pairs score the same: {percent_text(lowest)} of the {what} were "
            f"named correctly{guessing}.{told}"
        )
    nearest = (
        f"{_pair_text(pairs[0])} look most alike: {percent_text(lowest)} of their {what} were "
    )
    nearest += f"named correctly{guessing}"
    least = f" Least alike are {_least_alike(pairs)}, at {percent_text(highest)}."
    if comparable and lowest <= GUESSING + SCORE_TOLERANCE:
        nearest = _not_named(pairs, what)
        least = least if highest > GUESSING + SCORE_TOLERANCE else ""
    return f"To this brain {nearest}.{least}{told}"


def _not_named(pairs: list[Pair], what: str) -> str:
    """Say which pairs are named no better than by guessing; their order below it means nothing."""
    guessing, lowest = percent_text(GUESSING), percent_text(_accuracy(pairs[0]))
    n = sum(_accuracy(pair) <= GUESSING + SCORE_TOLERANCE for pair in pairs)
    if n == 1:
        return (
            f"{_pair_text(pairs[0])} look most alike: {lowest} of their {what} were named "
            f"correctly, no better than by guessing, which gets {guessing}"
        )
    return (
        f"{n} of the {len(pairs)} pairs look alike: their {what} were named no better than by "
        f"guessing, which gets {guessing}. The lowest of them, {_pair_text(pairs[0])} at {lowest}, "
        "is not more alike than the others for that"
    )


def _least_alike(pairs: list[Pair]) -> str:
    """Name the pair of the highest score, or the first of several."""
    named, score = _pair_text(least_alike(pairs)), _accuracy(pairs[-1])
    others = sum(score - _accuracy(pair) <= SCORE_TOLERANCE for pair in pairs) - 1
    return f"{named} (and {number_text(others, 'other pair')})" if others else named


def _pair_text(pair: Pair) -> str:
    return " and ".join(pair.conditions)


def _accuracy(pair: Pair) -> float:
    return 0.0 if pair.result is None else pair.result.accuracy


def n_told_apart(tested: PairsResult) -> int:
    """Count the pairs whose corrected p is 0.05 or less."""
    return sum(one.p_corrected is not None and one.p_corrected <= ALPHA for one in tested.pairs)


def n_tested(tested: PairsResult) -> int:
    """Count the pairs that could be tested."""
    return sum(one.test is not None for one in tested.pairs)


def told_text(tested: PairsResult) -> str:
    """Say how many pairs are told from luck."""
    told, n, least = n_told_apart(tested), n_tested(tested), smallest_corrected(tested)
    if n and least > ALPHA:
        return (
            f"None could be told from luck: corrected for {number_text(n, 'test')}, p cannot get "
            f"smaller than {p_text(least)} here."
        )
    if told in (0, n):
        counted = "all pairs are" if told else "no pair is"
    else:
        counted = f"{told} of the {n} pairs {'is' if told == 1 else 'are'}"
    return f"With p corrected for {number_text(n, 'test')}, {counted} told from luck."


def smallest_corrected(tested: PairsResult) -> float:
    """Return the smallest corrected p within reach: Holm multiplies the smallest by their number.

    1 where nothing was tested.
    """
    least = [one.test.null.smallest_p for one in tested.pairs if one.test is not None]
    return min(1.0, len(least) * min(least, default=1.0))


def correction_text(tested: PairsResult) -> str:
    """Say what the corrections mean, and what they cannot show here."""
    n, least = n_tested(tested), smallest_corrected(tested)
    kinds = {kind_text(one.test.null) for one in tested.pairs if one.test is not None}
    limit = f"The corrected p cannot get smaller than {p_text(least)} here."
    if least > ALPHA:
        more = "runs" if kinds == {"exact"} else "relabellings"
        limit = (
            f"With {number_text(n, 'test')} no corrected p of {ALPHA:g} is within reach here: the "
            f"smallest is {p_text(least)}. More {more} or fewer categories would help."
        )
    return (
        f"The corrected p holds for {number_text(n, 'test')} at once: luck brings even one of "
        f"{ALPHA:g} or less in one study of twenty. Each p without it is of one pair by itself "
        f"({', '.join(sorted(kinds))}), and among so many some are small by luck alone. "
        "The false discovery rate is milder: of the pairs at or below it, it is the share that "
        f"luck is expected to bring. {limit}"
    )


def pairs_table(found: PairScores, tested: PairsResult | None = None) -> pd.DataFrame:
    """Return one row a pair, most alike first, what could not be decoded last.

    Its columns: ``first``, ``second``, ``accuracy``, ``p_value``, ``p_corrected`` (Holm), ``p_fdr``
    and ``problem``; p-values are NaN until there are tests.
    """
    tests = {one.pair.conditions: one for one in tested.pairs} if tested else {}
    unscored = [pair for pair in found.pairs if pair.result is None]
    rows = []
    for pair in [*scored_pairs(found), *unscored]:
        one = tests.get(pair.conditions)
        values = {
            "first": pair.conditions[0],
            "second": pair.conditions[1],
            "accuracy": None if pair.result is None else pair.result.accuracy,
            "p_value": one.test.p_value if one and one.test else None,
            "p_corrected": one.p_corrected if one else None,
            "p_fdr": one.p_fdr if one else None,
            "problem": pair.problem,
        }
        rows.append(values)
    numbers = dict.fromkeys(("accuracy", "p_value", "p_corrected", "p_fdr"), float)
    return pd.DataFrame(rows).astype(numbers)


def cross_text(found: CrossResult, *, comparable: bool, each: str = "volume") -> str:
    """Say plainly what a classifier made of a pair that it had not learnt."""
    (a, b), (c, d) = found.train, found.test
    what = plain_samples(found.spec.samples, each)
    told = (
        f"A classifier that learnt {a} against {b} took {c} for {a} and {d} for {b} in "
        f"{percent_text(found.accuracy)} of the {what} of {c} and {d}."
    )
    if not comparable:
        return told
    if found.accuracy < GUESSING - SCORE_TOLERANCE:
        return (
            f"{told} That is below {percent_text(GUESSING)}: more often it was the other way round."
        )
    return f"{told} Guessing gets {percent_text(GUESSING)}. {luck_text(found.p_value)}"
