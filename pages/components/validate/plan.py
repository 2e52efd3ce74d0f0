"""Before you scan: how small p can get in a study, and how often it finds its effect."""

import streamlit as st

from decoding.analyses.plan import analysis as plan
from decoding.analyses.plan.analysis import Options, PlanResult
from decoding.output.figures.plan import plot_plan
from decoding.output.text.plan import effect_text, plan_table, reading_plan
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
_STATED: dict[str, tuple[str, tuple[float, ...]]] = {
    "effect": ("Effect, in standard deviations", (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)),
    "blocks": ("Blocks of each category in a run", tuple(range(1, plan.MOST_BLOCKS + 1))),
    "voxels": ("Voxels", (10, 30, 100, 300, 1000, 3000)),
}
"""By its option, how what can be stated is called, and the values that are offered."""


def plan_study(view: View) -> None:
    """Let the visitor state a study; show what it can find once that is there."""
    _choose_study()
    late = Late(plan.ANALYSIS, view, get_setting(PLAN))
    late.follow(lambda done: _show_plan(view, done), "plan")


def _choose_study() -> None:
    """Let the visitor state effect, blocks and voxels; the rest is as in this recording.

    The link carries them.
    """
    say_short(
        "How many runs would a new study need to have enough power? Its effect and noise are those "
        "of this recording, or what you state."
    )
    asked = get_setting(PLAN)
    with st.container(key="study", horizontal=True):
        for name, (label, offered) in _STATED.items():
            chosen = getattr(asked, name)
            st.session_state[f"plan_{name}"] = chosen
            st.selectbox(
                label,
                [None, *sorted({*offered, *([] if chosen is None else [chosen])})],
                key=f"plan_{name}",
                format_func=lambda value: "as here" if value is None else f"{value:g}",
                placeholder="as here",
                on_change=_take,
                width=260,
            )


def _take() -> None:
    set_setting(PLAN, Options(**{name: st.session_state[f"plan_{name}"] for name in _STATED}))


def _show_plan(view: View, found: PlanResult) -> None:
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
