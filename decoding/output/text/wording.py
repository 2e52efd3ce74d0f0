"""Sentences that several pages share: what a score is compared with, and what a p-value counts."""

from decoding.cross_validation import CV_SCHEMES
from decoding.null import Null
from decoding.numbers import points_text, score_text

NO_COMPARISON = "chance is no comparison here"
AUC_PARTS = 0.1
"""From this difference to accuracy on, it is said what the area under ROC is."""


def leaks(cv: str) -> bool:
    """Tell whether a scheme is wrong on purpose: its scores may not be read against chance."""
    return CV_SCHEMES[cv].leaks


def compared_text(score: float, chance: float, cv: str, null_mean: float | None = None) -> str:
    """Say how far a score lies from chance; under a leaky scheme, from relabelled data.

    Parameters
    ----------
    score, chance : float
    cv : str
        A name in ``CV_SCHEMES``.
    null_mean : float, optional
        The mean score of relabelled data; None as long as nobody has computed it.
    """
    if not leaks(cv):
        return f"{points_text(score - chance)} from chance, {score_text(chance)}"
    if null_mean is None:
        return NO_COMPARISON
    return (
        f"{points_text(score - null_mean)} from relabelled {score_text(null_mean)}; {NO_COMPARISON}"
    )


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
