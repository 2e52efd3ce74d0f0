"""The parts of the page `validate`."""

from dataclasses import replace

import streamlit as st

from decoding.analyses.check import CheckResult
from decoding.analyses.permute import takes_minutes
from decoding.analyses.schemes import (
    HIDES_A_LEAK,
    TELLING_PAIR,
    SchemesResult,
    all_schemes,
    telling,
)
from decoding.choices import default_spec
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.numbers import counts_text, points_text, score_text
from decoding.output import figures
from decoding.output.text.wording import compared_text
from decoding.results import DecodingResult, PermutationResult
from decoding.settings import conditions_label
from decoding.spec import DecodingSpec, Request, default_of
from pages.components.checks import LOOKS, summary
from pages.components.display import metric_row, show_figure, show_metric, theme_name
from pages.components.null import show_p_value
from pages.components.service import result_for
from pages.components.url_state import get_extra, set_extra, set_spec


def show_verdict(
    result: DecodingResult, test: PermutationResult | None, found: CheckResult
) -> None:
    """Show the score with what speaks for and against it: four numbers."""
    with metric_row("verdict"):
        null_mean = None if test is None else test.null_mean
        show_metric(
            "Accuracy",
            score_text(result.accuracy),
            compared_text(result.accuracy, result.chance, result.spec.cv, null_mean),
        )
        if test is None:
            show_metric("Relabelled blocks score", "…", "relabelling, see below")
        else:
            low, high = test.band
            show_metric(
                "Relabelled blocks score",
                score_text(test.null_mean),
                f"on average; two-sided 95 % interval {score_text(low)} to {score_text(high)}",
            )
        show_p_value(test)
        show_metric("Design checks", LOOKS[found.worst].word, summary(found))


def offer_telling_pair(result: DecodingResult, subject: Subject) -> None:
    """Offer a harder pair where the shared one leaves a leak no room to show."""
    spec = telling(result.spec)
    possible = set(spec.conditions) <= set(subject.conditions)
    if result.accuracy < HIDES_A_LEAK or spec == result.spec or not possible:
        return
    with st.container(key="telling", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"This selection scores {score_text(result.accuracy)}: no scheme can score "
            "higher, so a leak would not show.",
            width="content",
        )
        st.button(f"Show it on {' against '.join(TELLING_PAIR)}", on_click=set_spec, args=(spec,))


def say_first_look(spec: DecodingSpec) -> None:
    """Say why the page opens on another pair than the other pages, and offer theirs."""
    usual = default_spec()
    if spec != telling(usual):
        return
    shared = conditions_label(usual.conditions)
    with st.container(key="first_look", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"This page opens on {' against '.join(TELLING_PAIR)}, scaled within runs: a pair "
            "hard enough for a leak to show. "
            f"The other pages open on {shared}.",
            width="content",
        )
        st.button(f"Show {shared}", key="usual_pair", on_click=set_spec, args=(usual,))


def show_design(subject: Subject, result: DecodingResult) -> None:
    """Show runs by blocks, with one fold drawn over them."""
    n_folds = len(result.fold_scores)
    fold = _choose_fold(n_folds)
    spec = result.spec
    tested = result.folds["runs"].iloc[fold]
    show_figure(
        figures.plot_timeline(
            subject.volumes,
            theme_name(),
            selected=spec.conditions,
            tested=figures.volumes_tested(subject, result, fold),
        ),
        f"{CV_SCHEMES[spec.cv].label}, fold {fold + 1} of {n_folds}: the strip above a block is "
        f"strong where it is tested (run {tested}) and faint where it is learnt from. "
        f"{figures.reading_timeline(subject.volumes, spec.conditions)}",
        lambda: figures.blocks_table(subject.volumes),
        "design",
        spec,
    )


def _choose_fold(n_folds: int) -> int:
    """Let the visitor choose the fold that is drawn, from 0; the link carries it."""
    if n_folds == 1:
        return 0
    asked = get_extra("fold")
    st.session_state["validate_fold"] = (
        int(asked) if asked.isdecimal() and 1 <= int(asked) <= n_folds else 1
    )
    chosen: int = st.slider(
        "Fold drawn over the blocks",
        1,
        n_folds,
        key="validate_fold",
        on_change=lambda: set_extra("fold", str(st.session_state["validate_fold"])),
        width=280,
    )
    return chosen - 1


def show_schemes(spec: DecodingSpec, test: PermutationResult | None) -> SchemesResult:
    """Show the same samples under every scheme, each beside its own null; return them."""
    # The scheme selected does not change what is shown: one computation serves them all.
    shared = replace(spec, cv=default_of("cv"))
    if takes_minutes(spec):
        st.caption(
            f"Shown with {ESTIMATORS['ridge'].label}, which learns thousands of relabellings in "
            f"seconds; {ESTIMATORS[spec.estimator].label} would take an hour for this picture."
        )
        shared, test = replace(shared, estimator="ridge"), None
    found: SchemesResult = result_for(Request(analysis="schemes", spec=shared), early=True)
    if test is not None:
        found = found.with_test(spec.cv, test)
    show_figure(
        figures.plot_schemes(found, theme_name(), current=spec.cv),
        f"{figures.reading_schemes(found)} {_scheme_counts(found)}",
        lambda: figures.schemes_table(found),
        "schemes",
        spec,
    )
    for outcome in found.outcomes:
        if outcome.problem:
            st.caption(f"{outcome.entry.label}: {outcome.problem}")
    return found


def _scheme_counts(found: SchemesResult) -> str:
    tests = [outcome.test for outcome in found.outcomes if outcome.test]
    return counts_text(tests[0].n_samples, tests[0].n_blocks) if tests else ""


def show_explanations(subject: Subject, found: SchemesResult | None) -> None:
    """Explain each scheme in two sentences, then by its null once there is one; wrong ones left."""
    nulls = (
        {}
        if found is None
        else {
            out.scheme: reading_null_of(out.test, found.chance)
            for out in found.outcomes
            if out.test
        }
    )
    wrong, sound = st.columns(2, gap="large")
    for name, scheme in all_schemes().items():
        words = scheme.explanation.format(t_r=subject.t_r)
        with wrong if scheme.leaks else sound:
            st.markdown(f"**{scheme.label}.** {words}{nulls.get(name, '')}")


def reading_null_of(test: PermutationResult, chance: float) -> str:
    """Say what labels that mean nothing score under a scheme, and how far that is from chance."""
    return (
        f" Here labels that mean nothing score {score_text(test.null_mean)} on average, "
        f"{points_text(test.null_mean - chance)} from chance."
    )


def show_plain_word() -> None:
    """Say what a p-value under a leaky scheme is worth, and what is not."""
    st.markdown(
        "**A leaky scheme does not spoil the p-value, it spoils the score.** The relabelled data "
        "leak just as much as the real ones, so a p from relabelled blocks stays valid under every "
        "scheme: it still asks whether these labels score higher than meaningless ones do. What is "
        "wrong is to read the leaky score against 1/K, as if guessing scored that, or to read it "
        "as what the model would score on a new run."
    )
