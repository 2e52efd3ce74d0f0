"""Scores, the score of each fold, and the files behind the page."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import streamlit as st

from decoding.analyses import check, decode, weights
from decoding.analyses.choices import analysis as choices
from decoding.analyses.controls import analysis as controls
from decoding.analyses.plan import analysis as plan
from decoding.choices import default_spec
from decoding.cross_validation import CV_SCHEMES
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.null import SCORE_TOLERANCE
from decoding.numbers import counts_text, number_text, score_text
from decoding.output.figures.scores import (
    fold_scores_table,
    plot_fold_scores,
    reading_fold_scores,
    reading_reference,
)
from decoding.output.script.forms import FORMS
from decoding.output.script.program import make_script
from decoding.output.text.remedies import honest_spec
from decoding.output.text.wording import (
    auc_text,
    chance_for,
    chance_text,
    compared_text,
    left_out_text,
    samples_text,
)
from decoding.results import DecodingResult, PermutationResult
from pages.components.categories import in_named_order
from pages.components.checks import (
    is_lag_chosen,
    lag_note,
    say_answer,
    show_accuracy,
    show_score,
)
from pages.components.display import (
    file_stem,
    metric_row,
    show_download,
    show_figure,
    show_metric,
    show_table_file,
)
from pages.components.null import show_p_value
from pages.components.pin import verdict_text
from pages.components.replay import replayed, run_in_link
from pages.components.service import View, ready_result, result_for
from pages.components.terms import say_small
from pages.components.tried import tried
from pages.components.url_state import address_of, public_address_of

EQUAL = 0.0005
"""Scores that look the same with three decimals."""


def show_scores(
    view: View,
    result: DecodingResult,
    test: PermutationResult | None,
    pinned: DecodingResult | None,
) -> None:
    """Show four numbers, each with what it is to be compared with."""
    null = None if test is None else test.null
    compared = compared_text(result, null)
    say_answer(result, null)
    with metric_row("scores"):
        beside = ""
        if pinned is not None and pinned.spec != result.spec:
            verdict = verdict_text(result, pinned)
            beside = f"; pinned {score_text(pinned.accuracy)}: {verdict}"
        show_accuracy(view, result, f"{compared}{beside}")
        show_p_value(view, test)
        _show_second_score(view, result)
        show_metric(
            "Samples",
            f"{result.n_samples}",
            f"{samples_text(result)}, {number_text(result.n_voxels, 'voxel')}",
        )
    for note in _notes(result):
        say_small(note)


def _show_second_score(view: View, result: DecodingResult) -> None:
    chance, auc = chance_text(chance_for(view.subject, result.spec)), result.auc
    if len(result.classes) > 2:
        why = f"{chance}; area under ROC takes two categories"
        show_score(view, "Balanced accuracy", score_text(result.balanced_accuracy), why)
    elif auc is None:
        show_metric("Area under ROC", "none", "some fold lacks a category")
    else:
        averaged = f"mean over {number_text(len(result.fold_scores), 'fold')}, {chance}"
        show_score(view, "Area under ROC", score_text(auc), averaged)


def show_fold_scores(
    view: View,
    result: DecodingResult,
    test: PermutationResult | None = None,
    pinned: DecodingResult | None = None,
) -> None:
    """Show the score of each fold over the band of relabelled scores, beside the pinned ones."""
    null = None if test is None else test.null
    counts = counts_text(result.n_samples, result.n_blocks, view.subject.each_block)
    reading = f"{reading_fold_scores(result, null)} {counts}"
    if null is not None:
        low, high = null.band
        reading += (
            f" The band: 95 % of shuffled labels score {score_text(low)} to {score_text(high)}."
        )
    reading += reading_reference(result, pinned)
    show_figure(
        view,
        "scores",
        lambda theme: plot_fold_scores(result, theme, null=null, reference=pinned),
        reading,
        lambda: fold_scores_table(result),
        depends_on=(null and null.band, None if pinned is None else (pinned.spec, pinned.version)),
    )


def _notes(result: DecodingResult) -> list[str]:
    notes = []
    balanced = result.balanced_accuracy
    if len(result.classes) == 2 and abs(balanced - result.accuracy) > EQUAL:
        notes.append(
            f"Balanced accuracy is {score_text(balanced)}: some categories were tested more often "
            "than others."
        )
    if parted := auc_text(result):
        notes.append(parted)
    if result.majority > result.chance + SCORE_TOLERANCE:
        notes.append(
            f"Always answering the most frequent category scores {score_text(result.majority)}."
        )
    if left_out := left_out_text(result):
        notes.append(left_out)
    if result.n_constant:
        notes.append(
            f"Left at 0: {number_text(result.n_constant, 'voxel')} with a signal that never varies."
        )
    return notes


def show_tutorial_schemes(view: View) -> None:
    """Show the introduction's schemes side by side where its own analysis is selected."""
    spec, usual = view.spec, default_spec()
    schemes = [name for name, scheme in CV_SCHEMES.items() if scheme.trust == "tutorial"]
    schemes.append(usual.cv)
    if spec.cv not in schemes or replace(spec, cv=usual.cv) != usual:
        return
    st.header("The tutorial's ways to split", anchor=False)
    for column, cv in zip(st.columns(len(schemes)), schemes, strict=True):
        other = result_for(decode.ANALYSIS, view.on(cv=cv))
        with column:
            chance = chance_text(chance_for(view.subject, other.spec))
            averaged = f"mean of {number_text(len(other.fold_scores), 'fold')}, {chance}"
            show_metric(CV_SCHEMES[cv].label, score_text(other.accuracy), averaged)
            say_small(CV_SCHEMES[cv].help)


def show_downloads(view: View, result: DecodingResult, test: PermutationResult | None) -> None:
    """Offer everything behind the page as files; the report needs the test, which comes later."""
    stem = file_stem(view.spec)
    with st.container(key="downloads", horizontal=True):
        show_table_file(view, "Scores", lambda: result.folds, "folds")
        show_table_file(view, "Predictions", lambda: result.predictions, "predictions")
        for ending, form in FORMS.items():
            program = partial(
                make_script,
                view.subject,
                view.spec,
                "./data",
                replayed=run_in_link(view),
                link=address_of(view.spec),
                form=form,
            )
            show_download(form.label, program, f"{stem}.{ending}")
        if test is not None:
            found = result_for(check.ANALYSIS, view)
            has_maps = ESTIMATORS[view.spec.estimator].has_weights
            maps = result_for(weights.ANALYSIS, view) if has_maps else None
            address = public_address_of(view.spec)
            seen, note, chosen = tried(view.spec), lag_note(view), is_lag_chosen(view)
            honest, named = _honest_result(view), in_named_order(result.classes)
            watched = replayed(view)
            others = ready_result(
                controls.ANALYSIS, view, controls.quick_options(view.subject, view.spec)
            )

            curve = ready_result(choices.ANALYSIS, view, choices.usual_options(view.spec))
            planned = ready_result(plan.ANALYSIS, view, plan.Options())

            def report() -> str:
                from decoding.output.report.html import render_report
                from decoding.output.report.parts import ReportParts

                parts = ReportParts(
                    subject=view.subject, result=result, test=test, checks=found, maps=maps,
                    data_dir="./data", address=address, tried=seen, lag_note=note,
                    lag_chosen=chosen, honest=honest, named=named, replayed=watched,
                    others=others, curve=curve, planned=planned,
                )  # fmt: skip
                return render_report(parts)

            show_download("Report", report, f"{stem}_report.html")
        else:
            waits = "Report: its permutation test still runs"
            st.button(waits, disabled=True, type="tertiary", icon=":material/download:")
    say_small(
        "Script and notebook print the score of each fold. The script inside the report redoes the "
        "shuffled labels too, and prints p."
    )


def _honest_result(view: View) -> DecodingResult | None:
    """Return the same decoding without what is wrong with it; see `ReportParts`."""
    honest: DecodingResult | None = None
    if (right := honest_spec(view.subject, view.spec)) is not None:
        with suppress(DecodingError):  # too few runs for it
            honest = result_for(decode.ANALYSIS, replace(view, spec=right))
    return honest
