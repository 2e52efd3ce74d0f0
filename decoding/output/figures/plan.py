"""How often a study would find its effect, by its number of runs: chart, table and reading."""

import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.plan.analysis import PlanResult
from decoding.null import ALPHA
from decoding.numbers import count_text, number_text, p_text, percent_text, score_text
from decoding.output.colours import THEMES, ThemeName, mix
from decoding.output.figures.chart import (
    band_between,
    draw_shapes,
    faint_grid,
    line_at,
    new_figure,
)

USUAL = 0.8
"""The power that studies are commonly planned for."""


def plot_plan(result: PlanResult, theme: ThemeName) -> go.Figure:
    """Draw the power against the number of runs, and where p cannot get to 0.05 at all."""
    colours, rows = THEMES[theme], result.rows
    alt = f"Power of the exact block test against the number of runs. {reading_plan(result)}"
    figure = new_figure(theme, height=300, title="Power before scanning", alt=alt)
    figure.add_trace(
        go.Scatter(
            x=list(rows),
            y=[row.power for row in rows.values()],
            mode="lines+markers",
            line={"color": colours.primary, "width": 2},
            marker={"size": 9, "color": colours.primary},
            customdata=[
                [count_text(row.n_distinct), p_text(row.smallest_p)] for row in rows.values()
            ],
            hovertemplate="%{x} runs: found in %{y:.0%} of studies<br>%{customdata[0]} "
            "relabellings, p no smaller than %{customdata[1]}<extra></extra>",
            cliponaxis=False,
        )
    )
    low, high = min(rows) - 0.5, max(rows) + 0.5
    shapes = [line_at("y", USUAL, colours.muted, width=1.5, dash="dot")]
    walled = [n for n, row in rows.items() if row.smallest_p > ALPHA]
    if walled:
        shapes.append(
            band_between("x", low, max(walled) + 0.5, mix(colours.background, colours.muted, 0.25))
        )
        figure.add_annotation(
            text="no signal passes", x=low, y=1, yref="paper", xanchor="left", yanchor="bottom",
            showarrow=False, font={"size": 13, "color": colours.muted},
        )  # fmt: skip
    draw_shapes(figure, shapes)
    figure.update_layout(margin={"t": 28})
    figure.update_xaxes(
        range=[low, high], tickvals=list(rows), title_text="runs (dotted: found in 80 % of studies)"
    )
    figure.update_yaxes(
        faint_grid(colours), range=[-0.03, 1.03], tickformat=".0%", title_text="power", nticks=6
    )
    return figure


def plan_table(result: PlanResult) -> pd.DataFrame:
    """Return one row a number of runs, as ``plan --json`` has them."""
    return pd.DataFrame(result.as_json())


def reading_plan(result: PlanResult) -> str:
    """Say which number of runs is enough, and with how many no signal can pass."""
    rows = result.rows
    walled = [n for n, row in rows.items() if row.smallest_p > ALPHA]
    enough = next((n for n, row in rows.items() if row.power >= USUAL), None)
    told = []
    if walled:
        most = max(walled)
        told.append(
            f"With {number_text(most, 'run')} p cannot get smaller than "
            f"{p_text(rows[most].smallest_p)}, however strong the signal."
        )
    if enough is None:
        told.append(
            f"None of these studies finds the effect in {percent_text(USUAL)} of cases; with "
            f"{number_text(max(rows), 'run')} it is {percent_text(rows[max(rows)].power)}."
        )
    else:
        told.append(
            f"A study of {number_text(enough, 'run')} finds the effect in "
            f"{percent_text(rows[enough].power)} of cases."
        )
    return " ".join(told)


def effect_text(result: PlanResult) -> str:
    """Say what was simulated, and where the effect comes from."""
    effect = result.effect
    study = (
        f"Simulated: {number_text(effect.blocks, 'block')} of each category in a run, "
        f"{number_text(effect.n_voxels, 'voxel')} whose noise has about "
        f"{number_text(effect.directions, 'independent direction')}, categories "
        f"{effect.size:.2f} standard deviations apart in each."
    )
    if result.is_stated:
        return f"{study} That effect was stated, not measured."
    measured = (
        "The effect is the one with which simulated studies of as many runs as here, "
        f"{result.own_runs}, score what this recording does: {score_text(result.score)} (ridge, "
        "one sample a block, each run left out once). Noise does not add to it, but one recording "
        "says little about how large it is."
    )
    if result.circular:
        measured += " These responses chose the mask, so it is too large."
    return f"{study} {measured}"
