"""What else could tell the categories apart: the same decoding of what should not decode."""

from dataclasses import replace

import streamlit as st

from decoding.analyses.controls import analysis as controls
from decoding.analyses.controls.analysis import ControlsResult, Options, Row, quick_options
from decoding.analyses.controls.rows import CHOSEN
from decoding.analyses.permute import takes_minutes
from decoding.analyses.record import YES
from decoding.cross_validation import CV_SCHEMES
from decoding.numbers import counts_text, duration_text
from decoding.output.figures.controls import (
    controls_table,
    draws_text,
    plot_controls,
    reading_controls,
    scored_rows,
)
from decoding.results import PermutationResult
from decoding.setting import Setting
from pages.components.display import show_figure
from pages.components.late import Late
from pages.components.service import View, seconds_for
from pages.components.terms import say, say_short, say_small
from pages.components.url_state import get_setting, set_setting

CONTROLS = Setting[Options | None](
    name="controls", default=None, label="Controls", parse=controls.read_options,
    write=controls.write_options,
)  # fmt: skip
"""The controls that a link asks for; None: as many as take no time."""


def show_controls(view: View, test: Late[PermutationResult]) -> None:
    """Say what the rows are and what one that decodes is worth; show them once they are there."""
    say_short(
        "Here the same folds, classifier and shuffled labels decode what holds no pattern. A row "
        "that decodes does not show that the score is false. It names what else could carry it."
    )
    rows = _late_controls(view)
    rows.follow(lambda done: _show_rows(view, _with_own(done, test.result)), "controls")


def _late_controls(view: View) -> Late[ControlsResult]:
    """Return all rows; an estimator that takes minutes has a fast one stand in."""
    if takes_minutes(view.spec):
        view = view.on(estimator="ridge", select=0)
    return Late(controls.ANALYSIS, view, _options(view))


def _options(view: View) -> Options:
    return get_setting(CONTROLS) or quick_options(view.subject, view.spec)


def _with_own(found: ControlsResult, test: PermutationResult | None) -> ControlsResult:
    """Return the rows with the page's own test of the score: a page shows one null for it."""
    same = test is not None and test.spec == found.spec
    return found.with_test(test) if test is not None and same else found


def _show_rows(view: View, found: ControlsResult) -> None:
    """Show each row beside its own null, and in a sentence what it means."""
    own = scored_rows(found)[0][1]
    counts = counts_text(own.n_samples, own.n_blocks, view.subject.each_block)
    chance = found.rows[0].chance if CV_SCHEMES[found.spec.cv].by_run else None
    show_figure(
        view,
        "controls",
        lambda theme: plot_controls(found, theme, chance=chance),
        f"{reading_controls(found)} {counts}",
        lambda: controls_table(found),
        depends_on=(found.spec, *(_drawn(row) for row in found.rows)),
    )
    left, right = st.columns(2, gap="large")
    for number, row in enumerate(found.rows):
        with right if number % 2 else left:
            say(f"{row.numbers} {row.sentence}".lstrip(), before=f"**{row.entry.label}.** ")
    _say_draws(view, found)


def _drawn(row: Row) -> int:
    return 0 if row.test is None else row.test.null.n_relabellings


def _say_draws(view: View, found: ControlsResult) -> None:
    """Say how many relabellings the rows rest on, and offer the row that takes long."""
    nulls = [row.test.null for row in found.rows if row.test is not None]
    stands_in = "" if found.spec.estimator == view.spec.estimator else (
        " Here ridge stands in for the classifier, which would take minutes."
    )  # fmt: skip
    say_small(f"{draws_text(nulls)}{stands_in}")
    if any(row.control == CHOSEN for row in found.rows):
        return
    with_it = replace(_options(view), choosing=YES)
    takes = duration_text(seconds_for(controls.ANALYSIS, replace(view, spec=found.spec), with_it))
    st.button(
        f"Choose voxels from the whole brain in training too, in about {takes}",
        key="choose_voxels",
        type="tertiary",
        icon=":material/hourglass_top:",
        on_click=set_setting,
        args=(CONTROLS, with_it),
    )
