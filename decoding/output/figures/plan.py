"""How often a study would find its effect, by its number of runs: the chart."""

import plotly.graph_objects as go

from decoding.analyses.plan.analysis import PlanResult
from decoding.numbers import count_text, p_text, percent_text
from decoding.output.colours import THEMES, ThemeName, mix
from decoding.output.figures.chart import (
    band_between,
    draw_shapes,
    faint_grid,
    line_at,
    new_figure,
)
from decoding.output.text.plan import USUAL, reading_plan


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
    if (most := result.out_of_reach) is not None:
        grey = mix(colours.background, colours.muted, 0.25)
        shapes.append(band_between("x", low, most + 0.5, grey))
        figure.add_annotation(
            text="no signal passes", x=low, y=1, yref="paper", xanchor="left", yanchor="bottom",
            showarrow=False, font={"size": 13, "color": colours.muted},
        )  # fmt: skip
    draw_shapes(figure, shapes)
    figure.update_layout(margin={"t": 28})
    figure.update_xaxes(
        range=[low, high],
        tickvals=list(rows),
        title_text=f"runs (dotted: found in {percent_text(USUAL)} of studies)",
    )
    figure.update_yaxes(
        faint_grid(colours), range=[-0.03, 1.03], tickformat=".0%", title_text="power", nticks=6
    )
    return figure
