"""Before you scan: how small p can get in a study, and how often it finds its effect."""

import streamlit as st

from decoding.analyses.plan import analysis as plan
from decoding.analyses.plan.analysis import Options, PlanResult
from decoding.output.figures.plan import effect_text, plan_table, plot_plan, reading_plan
from decoding.setting import Setting
from pages.components.display import show_figure
from pages.components.late import Late
from pages.components.service import View
from pages.components.terms import say_short, say_small
from pages.components.url_state import get_setting, set_setting

PLAN = Setting(
    name="plan", default=Options(), label="Study planned", parse=plan.read_options,
    write=plan.write_options,
)  # fmt: skip
"""The study that a link plans; what is not stated is as in this recording."""
_KEYS = ("plan_effect", "plan_blocks", "plan_voxels")


def late_plan(view: View) -> Late[PlanResult]:
    """Return the plan of the study that is asked for."""
    return Late(plan.ANALYSIS, view, get_setting(PLAN))


def choose_study() -> None:
    """Let the visitor state an effect, blocks and voxels; what stays empty is as in this recording.

    The link carries them.
    """
    say_short(
        "How many runs would a new study need? Its effect and noise are those of this recording, "
        "or what you state."
    )
    asked = get_setting(PLAN)
    values = (asked.effect, asked.blocks, asked.voxels)
    for key, value in zip(_KEYS, values, strict=True):
        st.session_state[key] = value
    with st.container(key="study", horizontal=True):
        st.number_input(
            "Effect, in standard deviations", 0.0, 10.0, step=0.1, key=_KEYS[0], width=240,
            placeholder="as here", on_change=_take,
        )  # fmt: skip
        st.number_input(
            "Blocks of each category in a run", 1, plan.MOST_BLOCKS, step=1, key=_KEYS[1],
            width=240, placeholder="as here", on_change=_take,
        )  # fmt: skip
        st.number_input(
            "Voxels", 1, 100_000, step=100, key=_KEYS[2], width=240, placeholder="as here",
            on_change=_take,
        )  # fmt: skip


def _take() -> None:
    effect, blocks, voxels = (st.session_state[key] for key in _KEYS)
    set_setting(PLAN, Options(effect=effect, blocks=blocks, voxels=voxels))


def show_plan(view: View, found: PlanResult) -> None:
    """Show the power of studies by their number of runs, and what was simulated."""
    show_figure(
        view,
        "plan",
        lambda theme: plot_plan(found, theme),
        reading_plan(found),
        lambda: plan_table(found),
        depends_on=plan.write_options(get_setting(PLAN)),
    )
    say_small(effect_text(found))
