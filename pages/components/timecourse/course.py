"""The parts of the page `timecourse` that say when: numbers, lag, course, onsets."""

from dataclasses import replace

import streamlit as st

from decoding.analyses import decode, onset_shifts
from decoding.analyses.record import NO
from decoding.analyses.timecourse import analysis as timecourse
from decoding.analyses.timecourse import block_responses
from decoding.analyses.timecourse.result import CHOICE_WARNING, TimecourseResult
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.null import ALPHA
from decoding.numbers import number_text, p_text, score_text
from decoding.output.figures.course import course_table, plot_course, reading_course, reading_peaks
from decoding.output.figures.lags import (
    plot_generalization,
    plot_lags,
    reading_generalization,
    reading_lags,
    seconds_above,
)
from decoding.output.text.next_steps import Seen
from decoding.output.text.readings import lag_counts_text, reading_nested, reading_shifts
from decoding.output.text.wording import (
    chance_for,
    chance_text,
    kind_text,
    p_rule_text,
    smallest_text,
)
from decoding.samples.kinds import SAMPLES
from decoding.samples.trials import onset_source
from pages.components.checks import (
    CHOSEN_LAG,
    course_options,
    honest_accuracy,
    show_score,
    tell_score,
)
from pages.components.display import (
    metric_row,
    show_figure,
    show_metric,
    show_reading,
    table_height,
)
from pages.components.fixed import change_button
from pages.components.plain import plain
from pages.components.service import View, result_for, subject_for
from pages.components.step import known, seen_of_score
from pages.components.terms import say, say_small
from pages.components.timecourse.model import chosen_model, model_text
from pages.components.url_state import change_spec, set_setting

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
        f"Lag, time course and betas need the time between blocks. Of subject "
        f"{plain(subject.name)} {subject.lacks_time}. So none is computed here. Choose a recording "
        "of whole runs.",
        icon=":material/timer_off:",
    )
    return True


def show_time_scores(view: View, found: TimecourseResult | None) -> None:
    """Show four numbers: the score as selected, the best lag, the honest one, and since when."""
    spec, result = view.spec, result_for(decode.ANALYSIS, view)
    tell_score(result)
    with metric_row("time"):
        show_score(
            view,
            "Accuracy as selected",
            score_text(result.accuracy),
            f"{SAMPLES[spec.samples].label}, lag {spec.lag:g} s; "
            + chance_text(chance_for(view.subject, spec)),
            lambda right: honest_accuracy(spec, right),
        )
        if found is None:
            for label in ("Best lag", "Lag chosen in training", "Above shuffled labels"):
                show_metric(label, "…", "on its way, see below")
            return
        best, null, nested = found.lags.at(found.lags.best), found.lags.null, found.nested
        show_metric(
            "Best lag",
            f"{best['seconds']:g} s",
            f"{score_text(best['accuracy'])}, chosen as the best; p {p_text(best['p_corrected'])} "
            f"counts that choice; {kind_text(null)}, "
            f"{number_text(null.n_relabellings, 'relabelling')}; {smallest_text(null)}",
        )
        chosen, words = "none", "some training fold holds a single run"
        if course_options().nested == NO:
            words = "the link does without it"
        if nested is not None:
            against = chance_text(chance_for(view.subject, spec))
            chosen = score_text(nested.accuracy)
            words = f"each fold's lag chosen by its training samples; {against}"
        show_score(view, "Lag chosen in training", chosen, words)
        above = seconds_above(found.course)
        many = f"{len(above)} of {len(found.course.steps)} volumes around onset"
        never = "never" if null.smallest_p <= ALPHA else "none within reach"
        show_metric("Above shuffled labels", f"from {above[0]:g} s" if above else never, many)


def seen_of_course(name: str, view: View) -> Seen:
    """Return what is known of the score at each lag."""
    found = known(timecourse.ANALYSIS, view, course_options())
    return replace(seen_of_score(name, view), lags=None if found is None else found.lags)


def show_course(view: View, found: TimecourseResult | None) -> None:
    """Show the mean responses with the model; above them the scores, once they are there."""
    subject, model = view.subject, chosen_model()
    options = block_responses.Options(hrf_model=model.hrf_model)
    look = result_for(block_responses.ANALYSIS, view, options)
    course = None if found is None else found.course
    peaks = reading_peaks(look, t_r=subject.t_r, from_labels=not subject.events)
    show_figure(
        view,
        "timecourse",
        lambda theme: plot_course(
            look,
            theme,
            course=course,
            chance=chance_for(subject, view.spec),
            wrong=view.is_wrong,
            names=subject.conditions,
        ),
        f"{reading_course(look, course)} {peaks}",
        lambda: course_table(look, course),
        depends_on=(options, None if found is None else course_options()),
        file=f"timecourse{model_text()}",
    )
    scores = "The scores come above it when they are computed."
    if found is not None:
        scores = (
            "Accuracy: one volume of each block, trained and tested at the same time from onset. "
            f"Of {number_text(found.course.null.n_relabellings, 'curve')} of shuffled labels 95 % "
            "lie inside the band at every volume."
        )
    say_small(
        f"Responses: the mean of {number_text(look.n_voxels, 'voxel')} over "
        f"{number_text(look.n_blocks, 'block')}, with its standard error. They are in percent of "
        f"each voxel's mean over its run. Shaded: {_shaded(subject)}. "
        f"The model (response {model.hrf_model or 'as the blocks are'}) is fitted to the mean "
        f"over categories. {scores}"
    )


def _shaded(subject: Subject) -> str:
    if subject.events:
        return "while stimuli were shown, by their events"
    return (
        "the volumes with a label, which may begin later than the stimuli: by 1 to 4.5 s in "
        "Haxby et al. 2001"
    )


def show_lags(view: View, found: TimecourseResult) -> None:
    """Show the score against the lag."""
    spec, null = view.spec, found.lags.null
    chance = chance_for(view.subject, spec)
    show_figure(
        view,
        "lags",
        lambda theme: plot_lags(
            found.lags, theme, chance=chance, current=spec.lag, wrong=view.is_wrong
        ),
        f"{reading_lags(found.lags)} {lag_counts_text(found.lags, found.n_blocks)} "
        f"{number_text(null.n_relabellings, 'relabelling')} ({kind_text(null)}), "
        f"{p_rule_text(null)}; "
        f"{smallest_text(null)}.",
        lambda: found.lags.table,
        depends_on=course_options(),
    )
    say_small(CHOICE_WARNING)
    if found.nested is not None:
        nested = found.nested
        show_reading(view, "nested_lag", reading_nested(nested), lambda: nested.folds)
    if found.lag_samples != spec.samples:
        say_small("A beta has no lag of its own, so block means are decoded at each lag instead.")
    elif (best := float(found.lags.at(found.lags.best)["seconds"])) != spec.lag:
        change_button(
            f"Take the lag of {best:g} s to all pages, marked as chosen by its score",
            ["lag"],
            key="take_lag",
            type="tertiary",
            on_click=_take_lag,
            args=(best,),
        )


def _take_lag(seconds: float) -> None:
    set_setting(CHOSEN_LAG, seconds)
    change_spec(lag=seconds)


def show_generalization(view: View, found: TimecourseResult | None) -> None:
    """Show what a model of one time says of another."""
    if found is None:
        say_small("On its way with the lags above.")
        return
    table, t_r = found.generalization_table, found.course.t_r
    chance = chance_for(view.subject, view.spec)
    show_figure(
        view,
        "generalization",
        lambda theme: plot_generalization(table, t_r, theme, chance=chance),
        f"{reading_generalization(table, t_r, chance)} A cell has one volume of each block, "
        f"{number_text(found.n_blocks, 'sample')} at most.",
        lambda: table.rename_axis(columns=None).reset_index(),
    )


def show_onsets(view: View) -> None:
    """Say which source the onsets come from, and how far the other one lies from it."""
    source = onset_source(view.subject)
    say(f"Every score and model on this page takes its blocks from {source}.")
    other = _other_source(view)
    version = "" if other is None else other.version
    options = onset_shifts.Options(other=other, version=version)
    shifts = result_for(onset_shifts.ANALYSIS, view, options)
    if shifts is None:
        say_small(
            "Labels may begin later than the stimuli. How much later cannot be measured here: no "
            "second source of this recording's onsets is on disk."
        )
        return
    st.dataframe(
        shifts.rename(columns=SHIFT_COLUMNS),
        hide_index=True,
        height=table_height(len(shifts), 6),
        alt="Onset of each block in the labels and in the events, and the shift between them",
    )
    show_reading(view, "onset_shifts", reading_shifts(shifts), lambda: shifts)


def _other_source(view: View) -> Subject | None:
    """Return the subject of the same name where onsets are kept the other way, if it is there."""
    try:
        dataset = "haxby" if view.subject.events else "bids"
        return subject_for(replace(view.spec, dataset=dataset))
    except DecodingError:
        return None
