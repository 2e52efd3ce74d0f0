"""A run's design matrix, and kinds of samples beside each other: charts and readings."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.sample_kinds import KindsResult
from decoding.numbers import list_text, p_text, score_text
from decoding.output.colours import THEMES, ThemeName
from decoding.output.figures.chart import (
    chance_lines,
    diverging_scale,
    draw_shapes,
    label_text,
    legend_above,
    new_figure,
    score_mark,
    score_title,
    strike,
)
from decoding.output.figures.null import null_traces

_ROW = 46
_LAST_NAME = 56
"""Pixels beside a design matrix for the name of its last column, which leans to the right."""


def plot_design(design: pd.DataFrame, theme: ThemeName) -> go.Figure:
    """Draw a design matrix, a row a volume and a column a regressor scaled to its largest value.

    It comes from `decoding.samples.glm.design_matrix`; the index is in seconds.
    """
    colours = THEMES[theme]
    values = design.to_numpy(dtype=float)
    largest = np.abs(values).max(axis=0, initial=0.0)
    scaled = values / np.where(largest > 0, largest, 1.0)
    names, places = [label_text(str(name)) for name in design.columns], list(range(design.shape[1]))
    alt = (
        f"Design matrix, a row a volume and a column a regressor. {reading_design(design)} "
        f"Regressors: {', '.join(map(str, design.columns))}."
    )
    figure = new_figure(theme, height=460, title="The design matrix of a run", alt=alt)
    figure.add_trace(
        go.Heatmap(
            z=scaled, x=places, y=design.index.to_numpy(), zmin=-1, zmax=1, xgap=1, showscale=False,
            customdata=np.tile(np.array(names, dtype=object), (len(design), 1)),
            colorscale=diverging_scale(colours),
            hovertemplate="%{customdata} at %{y:g} s: %{z:.2f} of its largest<extra></extra>",
        )
    )  # fmt: skip
    short = [name.split(", block")[0] for name in names]
    figure.update_xaxes(
        tickvals=places, ticktext=short, side="top", tickangle=-45, ticklabeloverflow="allow"
    )
    figure.update_layout(margin={"r": _LAST_NAME})
    figure.update_yaxes(autorange="reversed", title_text="time in the run (s)", nticks=8)
    return figure


def reading_design(design: pd.DataFrame) -> str:
    """Say the design's size, and how alike the two most alike regressors are."""
    values = design.to_numpy(dtype=float)
    moving = values[:, values.std(axis=0) > 0]
    text = f"{design.shape[0]} volumes by {design.shape[1]} regressors"
    if moving.shape[1] < 2:
        return f"{text}."
    r = np.corrcoef(moving.T) - np.eye(moving.shape[1])
    return f"{text}; the two most alike correlate {r.flat[np.abs(r).argmax()]:.2f}."


def plot_kinds(
    result: KindsResult,
    theme: ThemeName,
    *,
    chance: float | None,
    current: str = "",
    wrong: bool = False,
) -> go.Figure:
    """Draw a row a kind of sample: the middle 95 % of its null as a band, its score as a mark.

    The name of the `current` kind, the selected one, is bold. Chance is a dotted line where scores
    may be read against it; `wrong` scores are crossed out.
    """
    colours, table = THEMES[theme], result.table
    scores = "; ".join(
        f"{row['label']} {score_text(row['accuracy'])}, null {score_text(row['null_mean'])}"
        for _, row in table.iterrows()
    )
    alt = f"Score of each kind of sample beside its null: {scores}. {reading_kinds(result)}"
    figure = new_figure(
        theme,
        height=130 + _ROW * len(table),
        title="Kinds of sample, each beside its null",
        alt=alt,
    )
    rows, bands = list(range(len(table))), list(zip(table["low"], table["high"], strict=True))
    means, whose = list(table["null_mean"]), ["shuffled labels"] * len(rows)
    figure.add_traces(null_traces(rows, bands, means, whose, colours))
    figure.add_trace(
        go.Scatter(
            name="real labels",
            y=rows,
            x=table["accuracy"],
            mode="markers+text",
            text=[strike(score_text(score), wrong) for score in table["accuracy"]],
            textposition="top center",
            cliponaxis=False,
            marker=score_mark(12, wrong, colours),
            customdata=table.assign(p=table["p_value"].map(p_text))[["p", "n_samples"]],
            hovertemplate="real labels score %{x:.3f}, p = %{customdata[0]}, from %{customdata[1]} "
            "samples<extra></extra>",
        )
    )
    draw_shapes(figure, chance_lines("x", chance, colours))
    figure.update_layout(showlegend=True, legend=legend_above())
    labels = [
        f"<b>{row['label']}</b>" if row["samples"] == current else row["label"]
        for _, row in table.iterrows()
    ]
    figure.update_xaxes(title_text=score_title(chance), tickformat=".2f", nticks=8)
    figure.update_yaxes(
        tickvals=rows, ticktext=labels, range=[len(labels) - 0.5, -0.5], title_text="kind of sample"
    )
    return figure


def reading_kinds(result: KindsResult) -> str:
    """Say the highest and the lowest score over the kinds, and on how many runs."""
    table = result.table
    order = table["accuracy"].to_numpy().argsort(kind="stable")
    low, high = table.iloc[int(order[0])], table.iloc[int(order[-1])]
    runs = sorted(set(table["n_runs"].tolist()))
    return (
        f"From {score_text(low['accuracy'])} ({low['label']}) to {score_text(high['accuracy'])} "
        f"({high['label']}), each on {list_text(runs, 'or')} runs and beside its own shuffled "
        "labels. Whoever takes the kind that scores highest has chosen by the score."
    )
