"""What many combinations of choices say together, in sentences."""

from collections.abc import Sequence

import numpy as np

from decoding.analyses.choices.result import ChoicesResult
from decoding.analyses.choices.universe import CHOICES, choice_words
from decoding.numbers import list_text, number_text, p_text, percent_text, points_text, score_text
from decoding.output.text.wording import smallest_text
from decoding.spec import DecodingSpec

NAMES = {
    "standardize": "scaling",
    "detrend": "the trend",
    "samples": "the kind of sample",
    "lag": "the lag",
    "select": "choosing voxels",
    "mask": "the mask",
    "estimator": "the classifier",
}
"""How a sentence calls each choice."""
SHORT: dict[tuple[str, object], str] = {
    ("standardize", "all"): "over all",
    ("standardize", "run"): "by run",
    ("standardize", "none"): "unscaled",
    ("detrend", False): "",
    ("samples", "block"): "blocks",
    ("select", 0): "",
    ("lag", 0.0): "",
    ("estimator", "logistic"): "logistic",
    ("estimator", "gnb"): "naive Bayes",
}
"""Values that a narrow list calls by less than their words."""


def words_of(spec: DecodingSpec, names: Sequence[str] = CHOICES) -> str:
    """Return a combination in words, by some of its choices."""
    return ", ".join(choice_words(name, getattr(spec, name)) for name in names)


def short_words(spec: DecodingSpec, names: Sequence[str] = CHOICES) -> str:
    """Return a combination in as few words as a line of a narrow list holds; what is usual goes."""
    found = [SHORT.get((name, getattr(spec, name))) for name in names]
    told = [
        choice_words(name, getattr(spec, name)) if short is None else short
        for name, short in zip(names, found, strict=True)
    ]
    return ", ".join(words for words in told if words)


def spread_text(result: ChoicesResult) -> str:
    """Say from where to where the scores run."""
    scores = result.accuracies
    low, middle, high = (score_text(score) for score in np.quantile(scores, (0, 0.5, 1)))
    n = len(scores)
    if result.to_come:
        return f"{n} of {n + result.to_come} combinations so far, from {low} to {high}."
    if n == 1:
        return f"There is one combination, and it scores {low}."
    if low == high:
        return f"All {n} sound ways to decode score {low}."
    return f"{n} sound ways to decode score from {low} to {high}, half of them {middle} or more."


def moves_text(result: ChoicesResult) -> str:
    """Say which choice moves the score most, and which least; empty where none is varied."""
    moves = sorted(result.moves.items(), key=lambda item: -item[1])
    if not moves:
        return ""
    (most, points), (least, few) = moves[0], moves[-1]
    told = f"With all else equal, {NAMES[most]} moves the score by {_points(points)} on average"
    if most == least:
        return f"{told}."
    return f"{told}, {NAMES[least]} by {_points(few)}."


def _points(difference: float) -> str:
    return points_text(difference).removeprefix("+")


def standing_text(result: ChoicesResult, spec: DecodingSpec, own: str = "Yours") -> str:
    """Say where the combination of a spec, called `own`, stands among all."""
    place = result.place_of(spec)
    if place is None and result.to_come:
        return f"{own} is still to come."
    if place is None:
        return f"{own} is not among them: tick its choices to add it."
    lower = int(np.sum(result.accuracies < result.accuracies[place] - 1e-9))
    return (
        f"{own} scores {score_text(result.accuracies[place])}; {lower} of the "
        f"{len(result.accuracies)} score lower."
    )


def left_out_text(result: ChoicesResult) -> str:
    """Say which combinations cannot be, and how many; empty where all can."""
    return " ".join(
        f"{number_text(n, 'combination')} left out: {why}" for why, n in result.left_out.items()
    )


def joint_text(result: ChoicesResult, block: str = "block") -> str:
    """Say what shuffled labels make of the best, of the median, and of how many stand out.

    What a `block` is called says the subject: `Subject.each_block`.
    """
    joint = result.joint
    if joint is None:
        return "None of these classifiers has a fast way to score shuffled labels."
    found = joint.statistics
    n, runs = len(result.joined), joint.each.n_relabellings
    median, best = found["median"], found["best"]
    alone = "No p of 0.05 is within reach, so that no combination can stand out by itself."
    if share := found.get("share"):
        alone = (
            f"{percent_text(share[0])} score above what 95 % of their own shuffled labels get "
            f"(p {p_text(share[1])})."
        )
    taken = "the one combination" if n == 1 else f"{n} combinations"
    if n < len(result.combinations):
        taken = f"{n} of the {len(result.combinations)} combinations"
    shuffled = f"in all {runs} ways" if joint.each.exact else number_text(runs, "time")
    return (
        f"We shuffled the labels {block} by {block} {shuffled} and scored {taken} "
        f"each time. The best scores {score_text(best[0])} (p {p_text(best[1])}). We kept the best "
        f"of shuffled labels each time too, so this p allows for having picked it; "
        f"{smallest_text(joint.each)}. The median is {score_text(median[0])} "
        f"(p {p_text(median[1])}). {alone}"
    )


def alone_text(result: ChoicesResult, spec: DecodingSpec, own: str = "Yours") -> str:
    """Say what the combination of a spec, called `own`, is worth alone; empty where it has no p."""
    place = result.place_of(spec)
    if place is None or len(result.combinations) == 1 or np.isnan(result.p_values[place]):
        return ""
    p = p_text(result.p_values[place])
    return f"{own} has a p of {p} by itself, which holds only if no other was tried."


def joined_text(result: ChoicesResult) -> str:
    """Say which combinations take no part in the joint null; empty where all do."""
    taken = set(result.joined)
    others = [one.spec for place, one in enumerate(result.combinations) if place not in taken]
    if not others:
        return ""
    names = {choice_words("estimator", one.estimator) for one in others if not one.select}
    slow = [*sorted(names), *(["choosing voxels"] if any(one.select for one in others) else [])]
    return f"Without a band: {list_text(slow)}, which would have to be fitted anew each time."


def curve_words(result: ChoicesResult, spec: DecodingSpec, block: str = "block") -> str:
    """Say all that a report says of the combinations, its own among them; see `joint_text`."""
    own = "The one reported here"
    told = (
        spread_text(result), standing_text(result, spec, own), moves_text(result),
        joint_text(result, block), alone_text(result, spec, own), joined_text(result),
        left_out_text(result),
    )  # fmt: skip
    return " ".join(filter(None, told))


def reading_curve(result: ChoicesResult, own: int | None) -> str:
    """Say what the lowest and the highest are."""
    low, high = (result.combinations[result.order[end]] for end in (0, -1))
    told = (
        []
        if not result.varied
        else [
            f"{what}: {score_text(one.accuracy)}, {words_of(one.spec, result.varied)}."
            for what, one in (("Lowest", low), ("Highest", high))
        ]
    )
    return " ".join([*told, "" if own is None else "Yours is ringed."]).strip()
