"""What should not decode, each row beside its own null: chart, table and reading."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.controls.analysis import ControlsResult, Row
from decoding.null import ALPHA, Null
from decoding.numbers import list_text, number_text, p_text, score_text
from decoding.output.colours import THEMES, ThemeName
from decoding.output.figures.chart import (
    chance_lines,
    draw_shapes,
    faint_grid,
    legend_above,
    new_figure,
    score_mark,
    score_title,
    strike,
)
from decoding.output.figures.null import label_row, null_traces
from decoding.results import PermutationResult

_ROW = 44


def plot_controls(
    result: ControlsResult, theme: ThemeName, *, chance: float | None = None
) -> go.Figure:
    """Draw one row a control that applies: shuffled labels' scores as a band, its own as a mark.

    Chance is a dotted line where whole runs are left out; a wrong score is crossed out.
    """
    colours, drawn = THEMES[theme], scored_rows(result)
    tests = [test for _, test in drawn]
    figure = new_figure(
        theme,
        height=120 + _ROW * len(drawn),
        title="What else could tell the categories apart",
        alt=f"Score of each control beside those of shuffled labels. {reading_controls(result)}",
    )
    figure.add_traces(
        null_traces(
            list(range(len(drawn))),
            [test.null.band for test in tests],
            [test.null.mean for test in tests],
            [number_text(test.null.n_relabellings, "relabelling") for test in tests],
            colours,
        )
    )
    for number, (row, test) in enumerate(drawn):
        figure.add_trace(
            go.Scatter(
                name="real labels",
                showlegend=number == len(drawn) - 1,
                x=[test.observed],
                y=[number],
                mode="markers",
                marker=score_mark(13, row.wrong, colours),
                hovertemplate=f"real labels score %{{x:.3f}}, p = {p_text(test.p_value)}"
                "<extra></extra>",
                cliponaxis=False,
            )
        )
        score = strike(score_text(test.observed), row.wrong)
        label_row(figure, number, row.entry.label, score, colours, row.wrong)
    draw_shapes(figure, chance_lines("x", chance, colours))
    low = min(min(test.null.band[0], test.observed) for test in tests)
    figure.update_layout(
        margin={"r": 60}, barmode="overlay", showlegend=True, legend=legend_above()
    )
    figure.update_yaxes(range=[len(drawn) - 0.5, -0.75], showticklabels=False)
    figure.update_xaxes(
        faint_grid(colours), range=[max(-0.02, low - 0.06), 1.01], title_text=score_title(chance),
        tickformat=".2f", nticks=8,
    )  # fmt: skip
    return figure


def controls_table(result: ControlsResult) -> pd.DataFrame:
    """Return one row a control, as ``controls --json`` has them, with its label."""
    return pd.DataFrame([{"label": row.entry.label, **row.as_json()} for row in result.rows])


def reading_controls(result: ControlsResult) -> str:
    """Say which rows decode, and which scored nothing."""
    stand_ins = [(row, test) for row, test in scored_rows(result) if not row.entry.scores_category]
    found = [_named(row) for row, test in stand_ins if test.p_value <= ALPHA]
    if not found:
        return _not_shown(stand_ins)
    told = f"{list_text(found)} {'tells' if len(found) == 1 else 'tell'} the categories apart"
    return f"{told[0].upper()}{told[1:]}, with a p of {ALPHA:g} or less."


def _not_shown(stand_ins: Sequence[tuple[Row, PermutationResult]]) -> str:
    """Say that stand-ins are not told from luck, which does not show that they tell nothing."""
    if not stand_ins:
        return "No stand-in could be scored here."
    least = p_text(min(test.p_value for _, test in stand_ins))
    if len(stand_ins) == 1:
        label = stand_ins[0][0].entry.label
        return f"{label} is not shown to tell the categories apart (p {least})."
    n = number_text(len(stand_ins), "stand-in")
    return f"None of {n} is shown to tell the categories apart (smallest p {least})."


def scored_rows(result: ControlsResult) -> list[tuple[Row, PermutationResult]]:
    """Return the rows that apply, each with its test."""
    return [(row, row.test) for row in result.rows if row.test is not None]


def _named(row: Row) -> str:
    return f"{row.entry.label[0].lower()}{row.entry.label[1:]}"


def draws_text(nulls: Sequence[Null]) -> str:
    """Say on how many relabellings the p of each row rests, and how small it can get by them."""
    kinds = [(null.n_relabellings, null.smallest_p) for null in nulls]
    first, *others = [
        f"{number_text(n, 'relabelling')} (p cannot get smaller than {p_text(p)})"
        for n, p in dict.fromkeys(kinds)
    ]
    if not others:
        return f"Every row rests on {first}."
    n_alike = kinds.count(kinds[0])
    which = "The first row rests" if n_alike == 1 else f"{n_alike} of {len(kinds)} rows rest"
    return f"{which} on {first}, the others on {list_text(others)}."
