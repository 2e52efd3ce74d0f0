"""A run held out and replayed, on Home and Decode: its film over its chart."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decoding.analyses import replay
from decoding.analyses.replay import ReplayResult
from decoding.datasets.base import REST
from decoding.errors import SpecError
from decoding.numbers import read_count
from decoding.output.colours import category_styles, ink_on
from decoding.output.figures.replay import plot_replay
from decoding.output.text.replay import reading_decisions, reading_replay
from decoding.setting import Setting
from pages.components.controls import choose_setting
from pages.components.display import show_figure, theme_name
from pages.components.film import show_film
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, ready_result, result_for
from pages.components.terms import say
from pages.components.url_state import get_setting

CHART = "replay"
LEFT_OUT = "left out"
RUN = Setting[int](
    name="replayed",
    default=0,
    label="Held-out run",
    parse=read_count,
    words=lambda run: f"run {run}",
)


def place_of_replay(lead: str = "") -> DeltaGenerator:
    """Return a place for a replayed run under its heading, and under a sentence that leads to it.

    It is as high as the film and its chart before they are in it.
    """
    place = st.container(key="late_replay")
    with place:
        st.header("One run, decoded as it was scanned", anchor=False)
        if lead:
            say(lead)
    return place


def show_replay(view: View, place: DeltaGenerator) -> None:
    """Show a run that the model never saw, scan by scan; the link carries which."""
    with place, section():
        runs = _runs(view)
        with st.container(key="film", horizontal=True, vertical_alignment="bottom"):
            run = choose_setting(RUN, runs, default=runs[0], width=130)
            try:
                found = result_for(replay.ANALYSIS, view, replay.Options(run=run))
            except SpecError as reason:
                st.info(plain(str(reason)), icon=":material/videocam_off:")
                return
            _play(view, found)
        show_figure(
            view,
            CHART,
            lambda theme: plot_replay(found, theme, view.subject.conditions),
            f"{reading_replay(found)} {reading_decisions(found)}",
            lambda: found.table,
            depends_on=run,
            file=f"replay_run{run}",
        )


def replayed(view: View) -> ReplayResult | None:
    """Return the run that the page shows, if it is there."""
    runs = _runs(view)
    run = get_setting(replace(RUN, default=runs[0]), runs)
    return ready_result(replay.ANALYSIS, view, replay.Options(run=run))


def run_in_link(view: View) -> int | None:
    """Return the run that was chosen to be replayed, None where none was."""
    return get_setting(replace(RUN, default=None), _runs(view))  # type: ignore[arg-type]


def _runs(view: View) -> list[int]:
    return [int(run) for run in view.subject.volumes["run"].unique()]


def _play(view: View, found: ReplayResult) -> None:
    shown = found.volumes["shown"].tolist()
    decoded = found.volumes["decoded"].fillna(LEFT_OUT).tolist()
    styles = category_styles(view.subject.conditions, theme_name())
    looks = {
        name: {"name": name, "code": look.code, "colour": look.colour, "ink": ink_on(look.colour)}
        for name, look in styles.items()
    }
    looks |= {name: {"name": name, "code": ""} for name in (REST, LEFT_OUT)}
    numbers = {name: number for number, name in enumerate(looks)}
    show_film(
        CHART,
        f"run {found.run}",
        found.t_r,
        list(looks.values()),
        [numbers[name] for name in shown],
        [numbers[name] for name in decoded],
        opens_at=_amid_first(found),
    )


def _amid_first(found: ReplayResult) -> int:
    """Return the volume amid what was shown first of the categories that the model knows, or 0."""
    stretches = found.stretches
    known = stretches[(stretches["row"] == "shown") & stretches["name"].isin(found.classes)]
    return 0 if known.empty else int((known["first"] + known["n_volumes"] // 2).iloc[0])
