"""The same samples under every scheme, each beside its own null: chart, table and reading."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.schemes import Outcome, SchemesResult
from decoding.cross_validation import TRUST_WORDS, Trust
from decoding.null import Null
from decoding.numbers import number_text, p_text, score_text
from decoding.output.colours import THEMES, Theme, ThemeName
from decoding.output.figures.chart import (
    chance_lines,
    draw_shapes,
    faint_grid,
    legend_above,
    new_figure,
    score_title,
    strike,
)
from decoding.output.figures.null import label_row, null_traces
from decoding.results import PermutationResult

_ROW = 52
_SYMBOLS: dict[Trust, str] = {"right": "circle", "tutorial": "diamond", "wrong": "x-thin-open"}


def plot_schemes(
    result: SchemesResult, theme: ThemeName, *, current: str = "", circular: bool = False
) -> go.Figure:
    """Draw one row a scheme: shuffled labels' scores as a band, that of the real ones as a mark.

    The name of the `current` scheme, the selected one, is bold. Chance is a dotted line, by which
    one sees which scheme leaks; not in a `circular` mask, where every score is wrong.
    """
    colours = THEMES[theme]
    drawn = [(row, out.test, out.trust) for row, out in enumerate(result.outcomes) if out.test]
    scores = "; ".join(
        f"{out.entry.label} {score_text(out.test.observed)} against "
        f"{score_text(out.test.null.mean)}"
        for out in result.outcomes
        if out.test
    )
    alt = (
        "Score of each scheme against the mean score of shuffled labels: "
        f"{scores}. {reading_schemes(result)}"
    )
    figure = new_figure(
        theme,
        height=120 + _ROW * len(result.outcomes),
        title="The same samples under every scheme",
        alt=alt,
    )
    nulls = [test.null for _, test, _ in drawn]
    figure.add_traces(
        null_traces(
            [row for row, _, _ in drawn],
            [null.band for null in nulls],
            [null.mean for null in nulls],
            [number_text(null.n_relabellings, "relabelling") for null in nulls],
            colours,
        )
    )
    # Their rows name the trust of a scheme; the legend needs one mark of the three.
    for trust, symbol in _SYMBOLS.items():
        rows = [(row, test) for row, test, own in drawn if own == trust]
        wrong = circular or trust == "wrong"
        figure.add_trace(_observed(rows, trust, symbol, colours, wrong=wrong))
    chance = None if circular else result.chance
    draw_shapes(figure, chance_lines("x", chance, colours))
    for row, outcome in enumerate(result.outcomes):
        _label_row(figure, row, outcome, colours, outcome.scheme == current, circular)
    _style_axes(figure, result, chance, colours)
    return figure


def schemes_table(result: SchemesResult) -> pd.DataFrame:
    """Return one row a scheme: its trust, observed score, null and p; ``problem`` where none."""
    return pd.DataFrame([_table_row(outcome) for outcome in result.outcomes])


def reading_schemes(result: SchemesResult) -> str:
    """Say how far shuffled labels score above chance under the most leaky scheme."""
    tests = {out.scheme: out.test for out in result.outcomes if out.test}
    right, leaky = tests.get("leave_one_run_out"), tests.get("shuffled_kfold")
    if right is None or leaky is None:
        return "Each score is to be read against the band of its own row."
    return (
        f"Shuffled labels score {score_text(leaky.null.mean)} under shuffled folds"
        f"{_why_below(leaky.null, result.chance)} and {score_text(right.null.mean)} with one run "
        "left out, where guessing scores "
        f"{score_text(result.chance)}. The real labels score {score_text(leaky.observed)} and "
        f"{score_text(right.observed)}."
    )


def _why_below(null: Null, chance: float) -> str:
    """Say why shuffled labels score below chance, where their mean does by more than its error."""
    if null.mean >= chance - 3 * null.sd / np.sqrt(null.n_relabellings):
        return ""
    return (
        " (below guessing, as each tested sample leaves more of the other category of its run in "
        "training, which draws the answer there)"
    )


def _table_row(outcome: Outcome) -> dict[str, Any]:
    test = outcome.test
    row: dict[str, Any] = {"scheme": outcome.scheme, "trust": outcome.trust}
    if test is not None:
        row |= {
            "observed": test.observed,
            "null_mean": test.null.mean,
            "null_low": test.null.band[0],
            "null_high": test.null.band[1],
            "p_value": test.p_value,
            "n_relabellings": test.null.n_relabellings,
        }
    return {**row, "problem": outcome.problem}


def _observed(
    tests: list[tuple[int, PermutationResult]],
    trust: Trust,
    symbol: str,
    colours: Theme,
    *,
    wrong: bool,
) -> go.Scatter:
    colour = colours.warm if wrong else colours.primary
    edge = {"width": 3, "color": colour} if wrong else {"width": 1.5, "color": colours.background}
    return go.Scatter(
        name="real labels",
        showlegend=trust == "right",
        x=[test.observed for _, test in tests],
        y=[row for row, _ in tests],
        mode="markers",
        marker={"symbol": symbol, "size": 11 if wrong else 13, "color": colour, "line": edge},
        customdata=[[p_text(test.p_value)] for _, test in tests],
        hovertemplate="real labels score %{x:.3f}, p = %{customdata[0]}<extra></extra>",
        cliponaxis=False,
    )


def _label_row(
    figure: go.Figure, row: int, outcome: Outcome, colours: Theme, current: bool, circular: bool
) -> None:
    """Write a row's name above its band, and its score at the right edge."""
    name = " · ".join(filter(None, (outcome.entry.label, TRUST_WORDS[outcome.trust])))
    name = f"<b>{name} · selected</b>" if current else name
    wrong = circular or outcome.trust == "wrong"
    score = strike(score_text(outcome.test.observed), wrong) if outcome.test else "none"
    label_row(figure, row, name, score, colours, wrong)


def _style_axes(
    figure: go.Figure, result: SchemesResult, chance: float | None, colours: Theme
) -> None:
    lowest = min((out.test.null.band[0] for out in result.outcomes if out.test), default=0.0)
    low = max(0.0, min(lowest, result.chance) - 0.06)
    figure.update_layout(
        margin={"r": 60}, barmode="overlay", showlegend=True, legend=legend_above()
    )
    figure.update_yaxes(range=[len(result.outcomes) - 0.5, -0.75], showticklabels=False)
    title = score_title(chance)
    figure.update_xaxes(
        faint_grid(colours), range=[low, 1.01], title_text=title, tickformat=".2f", nticks=8
    )
