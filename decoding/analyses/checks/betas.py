"""Whether the betas of a linear model can be told apart."""

from decoding.analyses.checks.design import Design, Finding
from decoding.datasets.notes import KEEP_NAMED
from decoding.samples.kinds import SAMPLES
from decoding.samples.trials import unmodelled_text

COLLINEAR = 0.95
"""From this correlation of two regressors on, their betas cannot be told apart."""


def collinear_regressors(design: Design) -> Finding:
    """Look for regressors that are missing or almost alike, where samples are betas."""
    kind = design.spec.samples
    if not SAMPLES[kind].is_beta:
        return "moot", "Volumes and block means need no regressor."
    from decoding.analyses.checks.regressors import most_alike  # brings nilearn.glm

    found, told = most_alike(design.subject, kind), ""
    if unmodelled := unmodelled_text(design.subject):
        told = f"{unmodelled} {KEEP_NAMED} "
    if found is None:
        return "warn" if told else "moot", f"{told}No run has two regressors to compare."
    names = f"{found.first} and {found.second} of run {found.run}"
    alike = f"The regressors {names} correlate {found.r:.3f}"
    if found.r < COLLINEAR:
        return "warn" if told else "pass", (
            f"{told}The model tells all regressors apart. {alike}, more than any others."
        )
    return "warn", (
        f"{told}{alike} once drift is taken out, so the model cannot tell them apart. A response "
        "to one is shared out between their betas. Set aside trials that mark another's onset, or "
        "merge trials that follow each other at once."
    )
