"""Whether a recording is steady: its carpet, how steady voxels are, and how the head moved."""

import streamlit as st

from decoding.analyses import motion, quality
from decoding.analyses.quality import Quality
from decoding.output.figures.carpet import carpet_table, plot_carpet, reading_carpet
from decoding.output.figures.motion import plot_motion, reading_motion
from decoding.output.figures.steadiness import plot_steadiness, reading_map, reading_steadiness
from pages.components.display import show_brain, show_figure, show_image_file
from pages.components.late import Late
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say


def show_quality(view: View) -> None:
    """Show voxels over time, how steady they are in each run and where, and the head's motion."""
    found = Late(quality.ANALYSIS, view)
    found.follow(lambda result: _show_carpet(view, result), "carpet")
    if view.subject.maps:
        say("These images are no series in time: no signal-to-noise over time, no head motion.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How steady is each run?", anchor=False)
        found.show(lambda result: _show_runs(view, result), "steadiness")
    with right:
        st.subheader("Where is it steady?", anchor=False)
        found.show(lambda result: _show_map(view, result), "tsnr")
    st.subheader("Did the head move with what was shown?", anchor=False)
    with section():
        _show_motion(view)


def _show_carpet(view: View, found: Quality) -> None:
    volumes, each = view.subject.volumes, view.subject.each
    show_figure(
        view,
        "carpet",
        lambda theme: plot_carpet(found, volumes, theme, each=each),
        reading_carpet(found, volumes, each),
        lambda: carpet_table(found, volumes),
    )


def _show_runs(view: View, found: Quality | None) -> None:
    if found is not None:
        show_figure(
            view,
            "steadiness",
            lambda theme: plot_steadiness(found, theme),
            reading_steadiness(found),
            lambda: found.runs,
        )


def _show_map(view: View, found: Quality | None) -> None:
    if found is None:
        return
    from decoding.output.brain.background import background_image
    from decoding.output.brain.view import amount_html  # numbers are on screen before

    what, reading = "Brain view of the temporal signal-to-noise ratio.", reading_map(found)
    show_brain(
        view,
        quality.ANALYSIS.request(view.spec),
        lambda theme: amount_html(
            found.image(), background_image(view.subject), theme=theme, alt=f"{what} {reading}"
        ),
        what,
        reading,
    )
    show_image_file(view, "Temporal signal to noise, NIfTI", found.image, "tsnr")


def _show_motion(view: View) -> None:
    found = result_for(motion.ANALYSIS, view)
    if found.unknown:
        say(reading_motion(found))
        return
    show_figure(
        view,
        "motion",
        lambda theme: plot_motion(found, view.subject.volumes, theme),
        reading_motion(found),
        lambda: found.table,
    )
