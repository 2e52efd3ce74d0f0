"""Sentences on several subjects: who shows it, what that says of others, what they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from decoding.analyses import permute
from decoding.analyses.group import FEWEST, GroupRow
from decoding.datasets.orders import SharedOrders
from decoding.null import ALPHA
from decoding.numbers import list_text, number_text, p_text, percent_text, score_text
from decoding.output.text.wording import plain_samples
from decoding.settings import conditions_label, mask_label

DETRENDED = "detrended"
RAW = "raw"


def way_text(choices: Mapping[str, Any]) -> str:
    """Name a way to decode by its categories and mask: what a page goes through."""
    return f"{conditions_label(choices['conditions'])}, {mask_label(choices['mask'])}"


def trend_text(choices: Mapping[str, Any]) -> str:
    """Say whether a way to decode takes the trend out."""
    return DETRENDED if choices["detrend"] else RAW


def how_tested(test: permute.Options) -> str:
    """Name how subjects were tested."""
    if test.permutations is None:
        return "the full test" + (f", seed {test.seed}" if test.seed else "")
    return f"{number_text(test.permutations, 'relabelling')}, seed {test.seed}"


def is_tested(row: GroupRow) -> bool:
    """Tell whether every subject with a score has its p."""
    return len(row.scores) > 0 and bool(row.scores["p_value"].notna().all())


def answer_text(
    raw: GroupRow, detrended: GroupRow | None, *, comparable: bool, each: str = "volume"
) -> str:
    """Say plainly in how many subjects it holds, or what they score until that is known."""
    n, what = len(raw.scores), way_text(raw.choices)
    if not n:
        return f"Nobody has a score for {what}."
    if not comparable or not is_tested(raw):
        kind = plain_samples(raw.choices["samples"], each)
        low, high = (percent_text(getattr(raw.scores["accuracy"], end)()) for end in ("min", "max"))
        span = low if low == high else f"{low} to {high}"
        guessing = f" Guessing gets {percent_text(raw.chance)}." if comparable else ""
        several = f"in {number_text(n, 'subject')}" if n > 1 else "in the one subject there is"
        return f"{span} of the {kind} were named correctly {several}: {what}.{guessing}"
    told = f"In {_of(raw)} the score of {what} is told from luck"
    if detrended is not None and is_tested(detrended):
        told = f"{told}; with the trend removed, in {_of(detrended)}"
    return f"{told}. {unreachable_text(raw)}".strip()


def unreachable_text(row: GroupRow) -> str:
    """Say in how many subjects no p of .05 is within reach, and what helps; empty for none."""
    n, out = len(row.scores), row.n_unreachable
    if not out:
        return ""
    who = number_text(out, "subject") if out == n else f"{out} of {n} subjects"
    drawn = row.test.permutations is not None
    least = p_text(float(row.scores["smallest_p"].max()))
    return (
        f"In {who} no score could be: p cannot get smaller than {least} there. More runs "
        f"{'or more relabellings ' if drawn else ''}would help."
    )


def _of(row: GroupRow) -> str:
    n, found = len(row.scores), row.n_significant
    if n == 1:
        return "the one subject there is" if found else "none of one subject"
    return f"all {n} subjects" if found == n else f"{found or 'none'} of {n} subjects"


def orders_text(shared: SharedOrders | None) -> str:
    """Say that subjects share the orders of their blocks, and what no average then does."""
    if shared is None:
        return ""
    return (
        f"{shared.words} So what the order does is in all of them, and no average over subjects "
        "removes it: compare raw with detrended."
    )


def largest_bound(row: GroupRow) -> float:
    """Return the highest bound that a row's subjects can give: by their number, until tested."""
    if row.majority is not None:
        return row.majority.largest_bound
    return float(ALPHA ** (1 / len(row.scores)))


def largest_bound_text(rows: Sequence[GroupRow]) -> str:
    """Say what the highest bound of the largest row is."""
    row = max(rows, key=lambda one: (len(one.scores), largest_bound(one)))
    return (
        f"{number_text(len(row.scores), 'subject')} can show that more than "
        f"{percent_text(largest_bound(row))} of people have the effect, and no more: with more "
        "subjects the bound can rise."
    )


def many_tests_text(rows: Sequence[GroupRow]) -> str:
    """Say that each of several ways to decode is tested by itself; empty for one."""
    if len(rows) == 1:
        return ""
    return (
        f"Nothing here is corrected for looking in {len(rows)} ways: without any effect, luck "
        "alone makes about one way in twenty look like one."
    )


MAJORITY_TEXT = (
    "More than: from the lowest score of all, the prevalence that can be excluded at p .05 "
    "(Allefeld et al. 2016)."
)
POSTERIOR_TEXT = (
    "Most likely: the prevalence that fits how many subjects have a p of .05 or less, with the "
    "interval that holds it with 95 % probability (Ince et al. 2021)."
)


def prevalence_row(row: GroupRow) -> dict[str, str]:
    """Return what a row says of other people, in words, by column."""
    majority, posterior = row.majority, row.posterior
    bound, likely, half = "–", "–", "–"
    if majority is not None:
        bound = "no share" if majority.bound is None else percent_text(majority.bound)
        half = p_text(majority.p_majority)
    if posterior is not None:
        ends = f"{percent_text(posterior.low)} to {percent_text(posterior.high)}"
        likely = f"{percent_text(posterior.most_likely)} ({ends})"
    return {
        "way": way_text(row.choices),
        "trend": trend_text(row.choices),
        "significant": f"{row.n_significant} of {len(row.scores)}" if is_tested(row) else "…",
        "bound": bound,
        "half": half,
        "likely": likely,
    }


def no_prevalence_text(row: GroupRow) -> str:
    """Say why nothing is said of other people; empty where something is, or is on its way."""
    if row.scores.empty:
        return ""
    if len(row.scores) < FEWEST:
        return "One subject says nothing of other people: a group is two subjects or more."
    if row.scores["circular"].any():
        return (
            f"{_begin(row)}: these very responses chose the mask, so the scores say nothing of "
            "other people."
        )
    if is_tested(row) and row.posterior is None:
        return (
            f"{_begin(row)}: not every subject can have a p of {ALPHA:g}, so nothing is said of "
            "which share is most likely."
        )
    return ""


def _begin(row: GroupRow) -> str:
    way = way_text(row.choices)
    return f"{way[0].upper()}{way[1:]}"


def missing_text(missing: Mapping[str, str], absent: Sequence[str], remedy: str) -> str:
    """Name who is not here and why, and what to do about it."""
    parts = [f"Subject {name}: {why}" for name, why in missing.items()]
    if absent:
        who = "subject" if len(absent) == 1 else "subjects"
        parts.insert(0, f"Not here: {who} {list_text(absent)}. {remedy}".strip())
    return " ".join(parts)


def reading_across(rows: Sequence[GroupRow]) -> str:
    """Say in how many subjects the others' classifier does better than luck, of the first plot."""
    first = [row for row in rows if way_text(row.choices) == way_text(rows[0].choices)]
    parts = [
        f"{trend_text(row.choices)} {score_text(float(row.scores['accuracy'].mean()))} on average, "
        f"in {_of(row)} told from luck"
        for row in first
    ]
    n_voxels = int(rows[0].scores["n_voxels"].iloc[0])
    return (
        f"{_begin(rows[0])}, on {number_text(n_voxels, 'voxel')} that the mask has in every "
        f"subject: {'; '.join(parts)}."
    )
