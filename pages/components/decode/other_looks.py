"""Two other looks at the same samples: the mask's mean alone, and the 2001 paper's own analysis."""

import streamlit as st

from decoding.analyses import mean_signal, split_half
from decoding.cross_validation import halves_text
from decoding.numbers import score_text
from decoding.output.figures.scores import fold_scores_table
from decoding.output.figures.similarity import plot_correlations, reading_correlations
from decoding.output.text.readings import reading_mean_signal
from decoding.output.text.wording import chance_for, chance_text, identified_text
from decoding.results import DecodingResult
from decoding.setting import Setting
from pages.components.checks import show_score
from pages.components.display import show_figure, show_reading
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.url_state import get_setting, set_setting

HALVES = Setting(
    name="halves", default=True, label="All categories", parse=lambda text: text != "selected",
    write=lambda all_of_them: "" if all_of_them else "selected",
)  # fmt: skip
"""Whether the halves are compared over all categories, or over the selected ones."""


def show_controls(view: View, result: DecodingResult) -> None:
    """Show the paper's own analysis, and the mean signal beside it."""
    st.header("Two other looks at the same samples", anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left, section():
        st.subheader("Are patterns alike from run to run?", anchor=False)
        _show_split_half(view)
    with right, section():
        st.subheader("Does the mean alone decode?", anchor=False)
        _show_mean_signal(view, result)


def _show_mean_signal(view: View, result: DecodingResult) -> None:
    mean = result_for(mean_signal.ANALYSIS, view)
    show_score(
        view,
        "Accuracy of the mean alone",
        score_text(mean.accuracy),
        f"all {result.n_voxels} voxels {score_text(result.accuracy)}, "
        + chance_text(chance_for(view.subject, view.spec))
        + "; its p is on Validate",
    )
    reading = reading_mean_signal(result, mean)
    show_reading(view, "mean_signal", reading, lambda: fold_scores_table(mean))


def _show_split_half(view: View) -> None:
    everything = _wants_all(view)
    compared = view.on(conditions=()) if everything else view
    found = result_for(split_half.ANALYSIS, compared)
    names, r = list(found.correlations.index), found.correlations.to_numpy()
    show_figure(
        view,
        "split_half",
        lambda theme: plot_correlations(r, names, theme, found.halves),
        f"Haxby et al. (2001) correlated the mean patterns of odd and even runs. "
        f"{'' if found.by_number else halves_text(found.runs) + ' '}"
        f"{reading_correlations(r, names)} "
        f"{identified_text(view.subject, compared.spec, found.share_identified)}",
        lambda: found.correlations.reset_index(names=found.halves[0]),
        depends_on=everything,
    )


def _wants_all(view: View) -> bool:
    """Let the visitor choose all categories or the selected ones; the link carries it."""
    everything, selected = view.subject.conditions, view.spec.conditions
    if not selected or len(selected) == len(everything):
        return True
    st.session_state["decode_halves"] = get_setting(HALVES)
    wanted: bool = st.toggle(
        f"All {len(everything)} categories, as in the paper",
        key="decode_halves",
        on_change=lambda: set_setting(HALVES, st.session_state["decode_halves"]),
    )
    return wanted
