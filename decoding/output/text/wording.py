"""Sentences that several pages share: what a score is compared with, and what a p-value counts."""

from collections.abc import Sequence

from decoding.analyses.circularity import circularity, is_circular
from decoding.cross_validation import CV_SCHEMES, CvScheme
from decoding.datasets.base import VOLUME, Subject, worded
from decoding.null import ALPHA, Null
from decoding.numbers import list_text, number_text, p_text, percent_text, points_text, score_text
from decoding.relabel import full_number
from decoding.results import DecodingResult
from decoding.samples.confounds import NONE
from decoding.samples.kinds import SAMPLES
from decoding.settings import SETTINGS, conditions_label
from decoding.spec import DecodingSpec

SENTENCE = ("dataset", "subject", "mask", "conditions", "cv", "estimator")
"""The settings that stand in a page's sentence; all others are how samples are prepared."""
NO_COMPARISON = "chance is no comparison here"
FIRST_LOOK = "first look"
MOST_NAMES = 3
"""With more categories than one more than these, they are counted and not named."""
AUC_PARTS = 0.1
"""From this difference to accuracy on, it is said what the area under ROC is."""


def chance_for(subject: Subject, spec: DecodingSpec) -> float | None:
    """Return chance, 1/K, where a spec's scores may be read against it, else None.

    They may where whole runs are left out, in a mask that responses to the categories did not
    choose.
    """
    n_classes = len(spec.conditions or subject.conditions)
    comparable = CV_SCHEMES[spec.cv].by_run and not is_circular(subject, spec)
    return 1.0 / n_classes if comparable else None


def chance_text(chance: float | None) -> str:
    """Name chance where scores may be read against it, from `chance_for`."""
    return NO_COMPARISON if chance is None else f"chance {score_text(chance)}"


def compared_text(result: DecodingResult, null: Null | None = None) -> str:
    """Say how far a result lies from what it is to be read against; see `baseline_of`."""
    baseline = baseline_of(result, null)
    if baseline is None:
        return f"circular mask: {NO_COMPARISON}" if result.circular else NO_COMPARISON
    score, name = baseline
    points = points_text(result.accuracy - score)
    if name == "chance":
        return f"{points} from chance, {score_text(score)}"
    return f"{points} from {name}, {score_text(score)}; {NO_COMPARISON}"


def preparation_text(spec: DecodingSpec, subject: Subject) -> str:
    """Say how samples are prepared: their kind, then every departure from the tutorial's way."""
    departures = [
        setting.departure_words(value)
        for name, setting in SETTINGS.items()
        if name not in (*SENTENCE, "samples") and (value := getattr(spec, name)) != setting.default
    ]
    return ", ".join([SETTINGS["samples"].option_words(spec.samples, subject), *departures])


def decoded_text(spec: DecodingSpec, subject: Subject, named: Sequence[str] = ()) -> str:
    """Say in a line what was decoded and how, the categories in the order they are `named` in."""
    what = conditions_label(named[::-1] or spec.conditions)
    mask, cv, estimator = (SETTINGS[f].words(getattr(spec, f)) for f in ("mask", "cv", "estimator"))
    return f"Decoded: {what}, {mask}, {preparation_text(spec, subject)}. {cv}, {estimator}."


def baseline_of(result: DecodingResult, null: Null | None) -> tuple[float, str] | None:
    """Return the score that a result is read against, and its name.

    Chance where whole runs are left out; else the mean score of shuffled labels, None as long as
    nobody has computed it. None in a circular mask: real labels chose it, shuffled ones did not.
    """
    if result.circular:
        return None
    if CV_SCHEMES[result.spec.cv].by_run:
        return result.chance, "chance"
    return None if null is None else (null.mean, "shuffled labels")


def wrongs(subject: Subject, spec: DecodingSpec) -> dict[str, str]:
    """Say what makes a score wrong, by the field of the spec that does; often nothing."""
    found, scheme = {}, CV_SCHEMES[spec.cv]
    if scheme.leaks:
        found["cv"] = f"{scheme.help} This score says nothing about new runs."
    if is_circular(subject, spec):
        found["mask"] = f"Circular. {circularity(subject, spec)[1]}"
    return found


def answer_text(result: DecodingResult, null: Null | None = None, named: Sequence[str] = ()) -> str:
    """Say plainly how much was named correctly, and what that is to be read against.

    Categories stand in the order in which they are `named`, if they are.
    """
    what = plain_samples(result.spec.samples, result.each)
    *names, last = named or result.classes[::-1]
    among = f"{', '.join(names)} or {last}"
    if len(names) > MOST_NAMES:
        among = f"among {len(result.classes)} categories"
    score = f"{percent_text(result.accuracy)} of the {what} were named correctly, {among}."
    return f"{score} {_plain_comparison(result, null)}"


def plain_samples(kind: str, each: str) -> str:
    """Return what a plain sentence calls samples of a kind: scans, where `each` is a volume."""
    return worded(SAMPLES[kind].label, "scan" if each == VOLUME else each)


def scheme_text(scheme: CvScheme, subject: Subject) -> str:
    """Say what a scheme does with a subject's samples, and what follows for its score."""
    if subject.maps and scheme.of_images:
        return scheme.of_images
    return scheme.explanation.format(t_r=subject.t_r)


def samples_text(result: DecodingResult) -> str:
    """Say what the samples of a result are, and of how many blocks; see `of_blocks_text`."""
    what = worded(SAMPLES[result.spec.samples].label, result.each)
    return f"{what}{of_blocks_text(result.n_blocks, result.each)}"


def of_blocks_text(n_blocks: int, each: str) -> str:
    """Say of how many blocks volumes are; nothing of images, each of which is one by itself."""
    return f" of {number_text(n_blocks, 'block')}" if each == VOLUME else ""


def _plain_comparison(result: DecodingResult, null: Null | None) -> str:
    baseline = baseline_of(result, null)
    if result.circular:
        return "These very responses chose the mask, so there is nothing to compare that with."
    if baseline is None:
        return "Guessing is no comparison: some runs are in training and in test."
    who = "Guessing gets" if baseline[1] == "chance" else "Shuffled labels get"
    return f"{who} {percent_text(baseline[0])}."


def identified_text(subject: Subject, spec: DecodingSpec, share: float) -> str:
    """Say how often halves of a category were the more alike, and what to read that against."""
    against = NO_COMPARISON if is_circular(subject, spec) else "where chance is 50 %"
    return f"Counted along rows and columns as in the paper: {percent_text(share)}, {against}."


def ground_text(subject: Subject) -> str:
    """Say what a subject's maps are drawn on."""
    return "mean scan" if subject.anatomy is None else "anatomy"


def smallest_text(null: Null) -> str:
    """Say how small p can get, and what keeps it from getting smaller: the runs or the draws."""
    limit = "these runs" if null.exact else number_text(null.n_relabellings, "relabelling")
    return f"with {limit} it cannot get smaller than {p_text(null.smallest_p)}"


def unnoticed_text(subject: Subject, spec: DecodingSpec) -> str:
    """Say what makes a score too good without a test of shuffled labels noticing; else nothing."""
    if CV_SCHEMES[spec.cv].leaks:
        return "it cannot notice the leak: both scores leak"
    if is_circular(subject, spec):
        return "it cannot notice how the mask was chosen"
    return ""


def luck_text(p_value: float, *, sound: bool = True) -> str:
    """Say what a p-value tells, without its limits, which stand where the null is shown.

    That a score is no luck says nothing of what was told apart where the design is not `sound`.
    """
    if p_value > ALPHA:
        return f"With a p of {p_text(p_value)} this may be luck."
    told = f"With a p of {p_text(p_value)} this is hardly luck"
    if sound:
        return f"{told}."
    return f"{told}. But a design check failed: it may be the design that was read, not the brain."


def kind_text(null: Null) -> str:
    """Say what kind of test a p-value comes from; one of few relabellings is a first look."""
    if null.exact:
        return "exact"
    return "sampled" if null.n_relabellings >= full_number(null.n_distinct) else FIRST_LOOK


def p_rule_text(null: Null) -> str:
    """Say what a p-value counts."""
    if not null.exact:
        return "p = (1 + number that reach it) / (1 + number drawn)"
    mirror = {1: "", 2: " and their mirror image"}.get(null.n_tied, " and their renamings")
    return f"p = number that reach it / all; the true labels{mirror} are among those that reach it"


def left_out_text(result: DecodingResult) -> str:
    """Say how many labelled volumes are no part of any sample, and why; empty where all are."""
    if not result.n_dropped:
        return ""
    reasons = {
        "go with the confounds": result.spec.confounds != NONE,
        "would lie past the edge of a run at this lag": bool(result.spec.lag),
    }
    why = list_text((reason for reason, holds in reasons.items() if holds), "or")
    return f"Left out: {number_text(result.n_dropped, 'volume')} that {why}."


def auc_text(result: DecodingResult) -> str:
    """Say why area under ROC and accuracy part, where they do, and what helps; else nothing."""
    if result.auc is None or result.auc - result.accuracy <= AUC_PARTS:
        return ""
    leaning = next(iter(result.one_sided), None)
    if leaning is None:
        return (
            "The classifier ranks samples better than it names them: in some folds its border "
            "between the categories lies off the middle."
        )
    helps = "" if result.spec.standardize == "run" else " Scale within runs."
    return (
        "In some runs the classifier leans to one category ({}: all {} called {}); its ranking is "
        "still good.{}"
    ).format(*leaning, helps)
