"""Two other looks at the same samples: the mask's mean alone, and the 2001 paper's own analysis."""

from dataclasses import replace

import streamlit as st

from decoding.analyses.mean_signal import CLEARLY, Verdict, compare
from decoding.analyses.split_half import SplitHalfResult
from decoding.datasets.base import Subject
from decoding.numbers import percent_text, score_text
from decoding.output import figures
from decoding.output.text.wording import NO_COMPARISON, leaks
from decoding.results import DecodingResult
from decoding.spec import DecodingSpec, Request, default_of
from pages.components.display import show_figure, show_metric, show_reading, theme_name
from pages.components.section import section
from pages.components.service import figure_for, result_for
from pages.components.url_state import get_extra, set_extra

HALVES, SELECTED = "halves", "selected"
VERDICTS: dict[Verdict, str] = {
    "nothing to explain": "The voxels themselves are not clearly above chance, so there is little "
    "to explain.",
    "below": "It is clearly below all voxels and not clearly above chance. It does not follow that "
    "a pattern is needed: voxels without signal dilute the mean of a mask.",
    "between": "It is clearly below all voxels and clearly above chance. It does not follow that "
    "the rest lies in a pattern: accuracies do not add up, and voxels without signal dilute the "
    "mean of a mask.",
    "enough": "It is clearly above chance and not clearly below all voxels: these runs do not show "
    "that more than the mean is needed.",
    "undecided": "It is neither clearly below all voxels nor clearly above chance: these runs do "
    "not say whether more than the mean is needed.",
    "leaky": "No verdict: this scheme leaks, so neither score may be read against chance.",
}
"""What follows from how the mean's score lies to that of all voxels, and to chance."""


def show_controls(result: DecodingResult, subject: Subject) -> None:
    """Show the paper's own analysis, and the mean signal beside it."""
    left, right = st.columns([3, 2], gap="large")
    with left, section():
        st.subheader("Are patterns alike from run to run?", anchor=False)
        _show_split_half(result.spec, subject.conditions)
    with right, section():
        st.subheader("Does the mean alone decode?", anchor=False)
        _show_mean_signal(result)


def _show_mean_signal(result: DecodingResult) -> None:
    """Show what the mean over the mask decodes on its own."""
    spec = result.spec
    mean: DecodingResult = result_for(Request(analysis="mean_signal", spec=spec))
    show_metric(
        "Accuracy of the mean alone",
        score_text(mean.accuracy),
        f"all {result.n_voxels} voxels {score_text(result.accuracy)}, "
        + (NO_COMPARISON if leaks(spec.cv) else f"chance {score_text(result.chance)}"),
    )
    show_reading(
        reading_mean_signal(result, mean),
        lambda: figures.fold_scores_table(mean),
        "mean_signal",
        spec,
    )


def reading_mean_signal(result: DecodingResult, mean: DecodingResult) -> str:
    """Compare the mean's score with that of all voxels, by how much both vary over runs."""
    found = compare(result, mean)
    scores = (
        f"Each of {result.n_samples} samples is one number, the mean of the mask. The mean alone "
        f"decodes at {score_text(mean.accuracy)}, against {score_text(result.accuracy)} with all "
        f"{result.n_voxels} voxels"
    )
    if found.verdict == "leaky":
        return f"{scores}. {VERDICTS['leaky']}"
    size = score_text(abs(found.difference))
    side = "below" if found.difference < 0 else "above"
    apart = f"{size} {side}" if found.difference else "exactly the same"
    spread = (
        f"over the scores of {found.n_runs} runs that difference has a standard error of "
        f"{score_text(found.standard_error)}"
        if found.n_runs > 1
        else "one run does not say how much that varies"
    )
    return (
        f"{scores}: {apart}; {spread}. "
        f"{VERDICTS[found.verdict]} Clearly means by more than {CLEARLY:g} standard errors: a "
        "yardstick, not a test."
    )


def _show_split_half(spec: DecodingSpec, everything: tuple[str, ...]) -> None:
    """Show the correlations of category patterns between odd and even runs."""
    # Neither estimator nor scheme takes part: one computation serves them all.
    shared = replace(spec, estimator=default_of("estimator"), cv=default_of("cv"))
    if _wants_all(spec, everything):
        shared = replace(shared, conditions=())
    found: SplitHalfResult = result_for(Request(analysis="split_half", spec=shared))
    names, r = list(found.correlations.index), found.correlations.to_numpy()
    theme = theme_name()
    show_figure(
        figure_for(shared, "split_half", theme, lambda: figures.plot_correlations(r, names, theme)),
        f"Haxby et al. (2001) correlated the mean patterns of odd and even runs. "
        f"{figures.reading_correlations(r, names)} Counted along rows and columns as in the paper: "
        f"{percent_text(found.share_identified)}, where chance is 50 %.",
        lambda: figures.matrix_table(r, names).reset_index(names="odd runs"),
        "split_half",
        spec,
    )


def _wants_all(spec: DecodingSpec, everything: tuple[str, ...]) -> bool:
    """Let the visitor choose all categories or the selected ones; the link carries it."""
    if not spec.conditions or len(spec.conditions) == len(everything):
        return True
    st.session_state["decode_halves"] = get_extra(HALVES) != SELECTED
    wanted: bool = st.toggle(
        f"All {len(everything)} categories, as in the paper",
        key="decode_halves",
        on_change=lambda: set_extra(HALVES, "" if st.session_state["decode_halves"] else SELECTED),
    )
    return wanted
