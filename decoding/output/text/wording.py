"""Sentences that several pages share: what a score is compared with, and what a p-value counts."""

from decoding.analyses.checks import is_circular
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.null import Null
from decoding.numbers import points_text, score_text
from decoding.relabel import full_number
from decoding.results import DecodingResult

NO_COMPARISON = "chance is no comparison here"
FIRST_LOOK = "first look"
AUC_PARTS = 0.1
"""From this difference to accuracy on, it is said what the area under ROC is."""


def chance_text(chance: float, cv: str) -> str:
    """Name chance where scores may be read against it: only where whole runs are left out."""
    return f"chance {score_text(chance)}" if CV_SCHEMES[cv].by_run else NO_COMPARISON


def compared_text(
    score: float, chance: float, cv: str, null_mean: float | None = None, *, circular: bool = False
) -> str:
    """Say how far a score lies from chance; from relabelled data where a run can be on both sides.

    Their mean score is None as long as nobody has computed it. No distance means anything where the
    mask is `circular`: responses to these categories chose it.
    """
    if circular:
        return f"circular mask: {NO_COMPARISON}"
    if CV_SCHEMES[cv].by_run:
        return f"{points_text(score - chance)} from chance, {score_text(chance)}"
    if null_mean is None:
        return NO_COMPARISON
    return (
        f"{points_text(score - null_mean)} from relabelled {score_text(null_mean)}; {NO_COMPARISON}"
    )


def compared_result(subject: Subject, result: DecodingResult, null_mean: float | None) -> str:
    """Say how far a result lies from what it is to be read against; see `compared_text`."""
    circular = is_circular(subject, result.spec.mask, result.classes)
    return compared_text(
        result.accuracy, result.chance, result.spec.cv, null_mean, circular=circular
    )


def baseline_of(result: DecodingResult, null: Null | None) -> tuple[float, str] | None:
    """Return the score that others are read against, and its name.

    Chance where whole runs are left out; else the mean score of relabelled data, None as long as
    nobody has computed it.
    """
    if CV_SCHEMES[result.spec.cv].by_run:
        return result.chance, "chance"
    return None if null is None else (null.mean, "relabelled")


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


def auc_text(accuracy: float, auc: float | None) -> str:
    """Say why the area under ROC and accuracy part, where they do; else nothing."""
    if auc is None or abs(auc - accuracy) <= AUC_PARTS:
        return ""
    return "AUC ranks within each fold and needs no threshold: it can part from accuracy."
