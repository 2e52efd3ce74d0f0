"""The permutation test as pages show it: its p-value, its null, what many tries do to a score."""

import streamlit as st

from decoding.analyses import permute
from decoding.analyses.circularity import is_circular
from decoding.analyses.permute import takes_minutes
from decoding.estimators import ESTIMATORS
from decoding.null import SCORE_TOLERANCE
from decoding.numbers import count_text, counts_text, number_text, p_text, score_text
from decoding.output.figures.null import null_table, plot_null, reading_null
from decoding.output.text.wording import (
    chance_for,
    kind_text,
    p_rule_text,
    smallest_text,
    unnoticed_text,
)
from decoding.relabel import full_number
from decoding.results import PermutationResult
from pages.components.asked_null import NULL, asked_null
from pages.components.display import show_figure, show_metric
from pages.components.late import Late
from pages.components.service import View
from pages.components.terms import say, say_small
from pages.components.tried import tried
from pages.components.url_state import get_setting, set_setting


def late_test(view: View) -> Late[PermutationResult]:
    """Return the test that a page makes; see `asked_null`."""
    return Late(permute.ANALYSIS, view, asked_null(view.spec))


def show_p_value(view: View, test: PermutationResult | None) -> None:
    """Show the p-value as a metric, or that it is on its way, in as much room."""
    value, told = "…", "on its way: shuffled labels are being scored, see below"
    if test is not None:
        value, null = p_text(test.p_value), test.null
        drawn = "" if null.exact else f"{null.n_relabellings} of "
        counted = f"{drawn}{count_text(null.n_distinct)} relabellings"
        limit = unnoticed_text(view.subject, view.spec) or smallest_text(null)
        told = f"{kind_text(null)}, {counted}; {limit}"
    with st.container(key="p_value"):
        show_metric("p-value", value, told)


def show_null(view: View, test: PermutationResult) -> None:
    """Show the null of a score."""
    say("Do shuffled labels score as high?")
    spec, null, distinct = view.spec, test.null, count_text(test.null.n_distinct)
    block = view.subject.each_block
    how = f"These were drawn from {distinct} distinct relabellings with seed {null.seed}"
    if null.exact:
        how = f"These are all {distinct} distinct relabellings (exact)"
    show_figure(
        view,
        "null",
        lambda theme: plot_null(
            null,
            test.observed,
            theme,
            chance=chance_for(view.subject, spec),
            wrong=view.is_wrong,
        ),
        reading_null(null, test.observed),
        lambda: null_table(null),
        depends_on=(null.n_relabellings, null.exact, null.seed),
    )
    say_small(
        f"We shuffled the labels {block} by {block} within each run and scored again, "
        f"{number_text(null.n_relabellings, 'time')}. Each time the complete cross-validation was "
        f"done. {how}. The rule is {p_rule_text(null)}. "
        f"{counts_text(test.n_samples, test.n_blocks, block)}"
    )
    if takes_minutes(spec) and get_setting(NULL) is None:
        full = full_number(null.n_distinct)
        times = full / null.n_relabellings
        st.button(
            f"Make the full test: {full} relabellings, {times:.0f} times as many",
            key="full_null",
            type="tertiary",
            icon=":material/hourglass_top:",
            on_click=set_setting,
            args=(NULL, permute.Options()),
            help=f"{ESTIMATORS[spec.estimator].label} has to be fitted anew for each relabelling.",
        )


def show_tried(view: View, test: PermutationResult | None) -> None:
    """Say what looking at many analyses does to the best of them, once there is a null."""
    if test is None:
        return
    n_tried = len(tried(view.spec))
    if n_tried == 1:
        say_small(
            "This is the first analysis of this recording in this session. The more you try, the "
            "higher the best of them scores by luck alone. This line will say how high."
        )
        return
    seen = (
        f"{n_tried} analyses of this recording were scored in this session: each pair, scheme, lag "
        "and combination of choices that a page computed counts, looked at or not, and so does a "
        "searchlight."
    )
    if is_circular(view.subject, view.spec):
        say_small(
            f"{seen} What luck makes of the best of them cannot be said here: these very responses "
            "chose the mask, and shuffled labels did not. When you report one, say how many you "
            "tried."
        )
        return
    best, point = test.null.expected_best(n_tried), test.null.best_point(n_tried)
    place = "above" if test.observed > point + SCORE_TOLERANCE else "not above"
    say_small(
        f"{seen} By luck alone the best "
        f"of {n_tried} would still score {score_text(best)} on average (one alone "
        f"{score_text(test.null.mean)}), and up to {score_text(point)} in 95 % of cases. This "
        f"score of {score_text(test.observed)} is {place} that 95 % point. A searchlight's "
        "correction counts its spheres. All are taken to be independent and to have the null of "
        "this one; those of the same scans are not quite. When you report one, say how many you "
        "tried."
    )
