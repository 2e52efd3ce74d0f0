"""The parts of the page `timecourse` that say when: numbers, lag, course, onsets."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from decoding.analyses.timecourse.analysis import own_shifts
from decoding.analyses.timecourse.block_responses import Options, ResponsesResult, shared_spec
from decoding.analyses.timecourse.result import CHOICE_WARNING, TimecourseResult
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.numbers import counts_text, score_text
from decoding.output import figures
from decoding.output.text.wording import NO_COMPARISON, compared_text, leaks, p_rule_text
from decoding.results import DecodingResult
from decoding.samples.kinds import SAMPLES
from decoding.samples.trials import onset_source, shifts_between
from decoding.spec import DecodingSpec, Request
from pages.components.display import (
    metric_row,
    show_figure,
    show_metric,
    show_reading,
    theme_name,
)
from pages.components.null import p_text
from pages.components.service import ready_result, result_for, subject_for
from pages.components.timecourse.model import chosen_model
from pages.components.url_state import change_spec

SHIFT_COLUMNS = {
    "run": "Run",
    "condition": "Category",
    "onset": "Labels (s)",
    "onset_events": "Events (s)",
    "shift": "Labels begin later by (s)",
}


def say_no_rest(subject: Subject) -> bool:
    """Say why a recording of labelled volumes only has no time course; tell whether it is one."""
    if subject.has_rest:
        return False
    st.info(
        f"This recording of subject {subject.name} holds only the volumes with a label: after a "
        "block's last volume comes another block, not the rest that followed it. Lag, time course "
        "and betas all need the time between blocks, so none is computed here. Choose a recording "
        "of whole runs.",
        icon=":material/timer_off:",
    )
    return True


def _request(spec: DecodingSpec) -> Request:
    """Return the time course that a page shows: the command's own defaults."""
    return Request(analysis="timecourse", spec=spec)


def ready_course(spec: DecodingSpec) -> TimecourseResult | None:
    """Return a spec's time course, or None as long as nobody has computed it."""
    found: TimecourseResult | None = ready_result(_request(spec))
    return found


def show_time_scores(spec: DecodingSpec, found: TimecourseResult | None) -> None:
    """Show four numbers: the score as selected, the best lag, the honest one, and since when."""
    result: DecodingResult = result_for(Request(analysis="decode", spec=spec))
    with metric_row("time"):
        show_metric(
            "Accuracy as selected",
            score_text(result.accuracy),
            f"{SAMPLES[spec.samples].label}, lag {spec.lag:g} s; "
            + (NO_COMPARISON if leaks(spec.cv) else f"chance {score_text(result.chance)}"),
        )
        if found is None:
            for label in ("Best lag", "Lag chosen in training", "Above its null"):
                show_metric(label, "…", "on its way, see below")
            return
        _show_best(found)
        _show_nested(found)
        _show_above(found)


def _show_best(found: TimecourseResult) -> None:
    best = found.lags.at(found.lags.best)
    show_metric(
        "Best lag",
        f"{best['seconds']:g} s",
        f"{score_text(best['accuracy'])}, a selection; p {p_text(best['p_corrected'])} "
        f"counting the choice; {found.n_relabellings} relabellings, smallest within reach "
        f"{p_text(found.smallest_p)}",
    )


def _show_nested(found: TimecourseResult) -> None:
    if found.nested is None:
        show_metric("Lag chosen in training", "none", "a training fold holds a single run")
        return
    show_metric(
        "Lag chosen in training",
        score_text(found.nested.accuracy),
        f"{compared_text(found.nested.accuracy, found.chance, found.spec.cv)}; no selection in it",
    )


def _show_above(found: TimecourseResult) -> None:
    above = figures.seconds_above(found.course)
    many = f"{len(above)} of {len(found.course.steps)} volumes around onset"
    show_metric("Above its null", f"from {above[0]:g} s" if above else "never", many)


def show_course(spec: DecodingSpec, subject: Subject, found: TimecourseResult | None) -> None:
    """Show the mean responses with the model; above them the scores, once they are there."""
    look = responses_for(spec)
    course = None if found is None else found.course
    peaks = figures.reading_peaks(look, t_r=subject.t_r, from_labels=subject.events is None)
    show_figure(
        figures.plot_course(look, theme_name(), course=course, names=subject.conditions),
        f"{figures.reading_course(look, course)} {peaks}",
        lambda: figures.course_table(look, course),
        "timecourse",
        spec,
    )
    model = chosen_model()
    st.caption(
        f"Mean of {look.n_voxels} voxels over {look.n_blocks} blocks, in percent of each voxel's "
        f"mean over its run, with standard errors over blocks; shaded while stimuli were shown. "
        f"The model ({model.hrf_model or 'no convolution'}) is fitted to the mean over categories. "
        + ("The scores come above it when they are computed." if found is None else _band(found))
    )


def _band(found: TimecourseResult) -> str:
    return (
        "Accuracy: one volume of each block, trained and tested at the same time from onset. "
        f"95 % of {found.n_relabellings} relabelled curves lie inside the band at every volume."
    )


def responses_for(spec: DecodingSpec) -> ResponsesResult:
    """Return the mean responses of a spec, with the chosen model's beside them."""
    options = Options(hrf_model=chosen_model().hrf_model)
    shared = shared_spec(spec)
    look: ResponsesResult = result_for(
        Request(analysis="block_responses", spec=shared, options=options)
    )
    return look


def show_lags(spec: DecodingSpec, shown: TimecourseResult | None) -> None:
    """Show the score against the lag, computed now where the page has none yet."""
    found: TimecourseResult = result_for(_request(spec), early=True)
    if shown is None:
        st.rerun()
    show_figure(
        figures.plot_lags(found.lags, theme_name(), chance=found.chance, current=spec.lag),
        f"{figures.reading_lags(found.lags)} {_lag_counts(found)} "
        f"{found.n_relabellings} relabellings, {p_rule_text(exact=False, n_tied=1)}; smallest "
        f"p within reach {p_text(found.smallest_p)}.",
        lambda: found.lags.table,
        "lags",
        spec,
    )
    st.warning(CHOICE_WARNING, icon=":material/rule:")
    if found.nested is not None:
        folds = found.nested.folds
        show_reading(figures.reading_nested(found.nested), lambda: folds, "nested_lag", spec)
    if found.lag_samples != spec.samples:
        st.caption("A beta has no lag of its own: block means are decoded at each lag instead.")
    elif (best := float(found.lags.at(found.lags.best)["seconds"])) != spec.lag:
        st.button(
            f"Select a lag of {best:g} s on all pages",
            key="take_lag",
            type="tertiary",
            on_click=change_spec,
            kwargs={"lag": best},
        )


def _lag_counts(found: TimecourseResult) -> str:
    """Say on how many samples and blocks the lags rest; a late lag may lose some samples."""
    counts = found.lags.table["n_samples"]
    if counts.min() == counts.max():
        return counts_text(int(counts.max()), found.n_blocks)
    return f"{counts.min()} to {counts_text(int(counts.max()), found.n_blocks)}"


def show_generalization(spec: DecodingSpec, found: TimecourseResult | None) -> None:
    """Show what a model of one time says of another."""
    if found is None:
        st.caption("On its way with the lags above.")
        return
    table = found.generalization_table
    t_r = found.course.t_r
    show_figure(
        figures.plot_generalization(table, t_r, theme_name(), chance=found.chance),
        f"{figures.reading_generalization(table, t_r)} A cell has one volume of each block, "
        f"{found.n_blocks} samples at most.",
        lambda: table.rename_axis(columns=None).reset_index(),
        "generalization",
        spec,
    )


def show_onsets(spec: DecodingSpec, subject: Subject) -> None:
    """Say which source the onsets come from, and how far the other one lies from it."""
    source = onset_source(subject)
    st.markdown(f"Every score and model on this page takes its blocks from **{source}**.")
    shifts = _known_shifts(spec, subject)
    if shifts is None:
        st.caption(
            "No second source of this recording's onsets is on disk, so how long after the first "
            "stimulus its labels begin cannot be measured here."
        )
        return
    shown = shifts[list(SHIFT_COLUMNS)]
    st.dataframe(
        shown.rename(columns=SHIFT_COLUMNS),
        hide_index=True,
        height=260,
        alt="Onset of each block in the labels and in the events, and the shift between them",
    )
    show_reading(reading_shifts(shown), lambda: shown, "onset_shifts", spec)


def _known_shifts(spec: DecodingSpec, subject: Subject) -> pd.DataFrame | None:
    """Return the shifts between labels.txt and events.tsv, where both are on disk.

    A folder with events alone has labels of its own making: then it is those that are compared.
    """
    has_events = subject.events is not None
    try:
        other = subject_for(replace(spec, dataset="haxby" if has_events else "bids"))
        labelled, with_events = (other, subject) if has_events else (subject, other)
        if with_events.events is not None:
            shifts = shifts_between(labelled, with_events)
            if shifts is not None:
                return shifts
    except DecodingError:
        pass  # there is no other source, or it is another recording
    return own_shifts(subject)


def reading_shifts(shifts: pd.DataFrame) -> str:
    """Say by how much the labels begin later than the stimuli."""
    known = shifts["shift"].dropna()
    if known.empty:
        return "No block of the labels is among the events."
    return (
        f"In {len(known)} of {len(shifts)} blocks known to both, labels begin {known.min():.1f} to "
        f"{known.max():.1f} s after the first stimulus, {known.median():.1f} s in the middle."
    )
