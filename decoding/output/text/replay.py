"""What a replayed run shows, in sentences."""

from collections.abc import Sequence

import numpy as np

from decoding.analyses.replay import ReplayResult
from decoding.datasets.base import REST
from decoding.numbers import list_text, percent_text

LATEST = 5
"""So many volumes after it was shown a category is looked for: the response is over by then."""
FEW = 3
"""So many categories are named in a sentence, and have lines of their own in a chart."""


def leading_replay(learnt: Sequence[str], shown: Sequence[str], *, has_rest: bool) -> str:
    """Say what a replayed run shows, and what a model that learnt some categories makes of others.

    `shown` are the categories of the recording.
    """
    names = list_text(learnt, "or") if len(learnt) <= FEW else f"one of {len(learnt)} categories"
    whiles = ["something else (pale bars)"] if {*shown} - {*learnt} else []
    whiles += ["nothing"] if has_rest else []
    also = f", also while {list_text(whiles, 'or')} was shown" if whiles else ""
    return (
        "What was shown, and what the activity says: the classifier learnt from the other runs. "
        f"It calls every scan of this one {names}{also}."
    )


def reading_replay(result: ReplayResult) -> str:
    """Say how many scans were named correctly, how much later, and what becomes of rest."""
    few = len(result.classes) <= FEW
    names = list_text(result.classes) if few else f"{len(result.classes)} categories"
    if not result.n_tested:
        return f"This run shows none of {names}; the model names every scan one of them."
    told = (
        f"A model of the other runs named {result.n_right} of {result.n_tested} scans of {names} "
        f"correctly{_delay_words(result)}."
    )
    either = list_text(result.classes, "or") if few else "one of them"
    never = {*result.volumes["shown"]} - {REST, *result.classes}
    when = " and during categories that it never learnt" if never else ""
    rest = f"It names every scan {either}, also at rest{when}."
    if not result.has_rest:
        rest = "Only labelled scans were kept, so the time between blocks is missing here."
        rest += f" Categories that it never learnt are named {either} too." if never else ""
    learnt = " It learnt block means; single scans are noisier." * (result.spec.samples == "block")
    return f"{told} {rest}{learnt}"


def reading_decisions(result: ReplayResult) -> str:
    """Say what a decision is, and how a chart draws it."""
    if len(result.classes) > FEW:
        return "The stronger a row's colour, the higher the decision for that category."
    if result.is_probability:
        return "A line is the probability that the model gives a category."
    if result.undecided is None:
        return "A line is the decision for a category, in the classifier's own units."
    return "Decisions are distances from the boundary (dotted), in the classifier's own units."


def _delay_words(result: ReplayResult) -> str:
    """Say how much later than it was shown a category is decoded best."""
    shares = [result.share_shown(later) for later in range(LATEST + 1)]
    best = int(np.nanargmax(shares)) if np.isfinite(shares).any() else 0
    if not best or not result.has_rest:
        return ""
    return (
        f". What is decoded follows what was shown: {best * result.t_r:g} s later "
        f"{percent_text(shares[best])} of scans agree, at once {percent_text(shares[0])}"
    )
