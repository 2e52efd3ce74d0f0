"""Responses and scores around the onset of a block: chart, table and reading."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from decoding.analyses.timecourse.block_responses import ResponsesResult
from decoding.analyses.timecourse.result import ScoreCurve
from decoding.numbers import p_text
from decoding.output.colours import (
    THEMES,
    CategoryStyle,
    Theme,
    ThemeName,
    category_styles,
    with_alpha,
)
from decoding.output.figures.chart import (
    axis_style,
    band_between,
    chance_lines,
    draw_shapes,
    label_text,
    new_figure,
    score_title,
)
from decoding.output.figures.lags import draw_curve, seconds_above, style_time


def plot_course(
    responses: ResponsesResult,
    theme: ThemeName,
    *,
    course: ScoreCurve | None = None,
    chance: float | None = None,
    wrong: bool = False,
    names: tuple[str, ...] = (),
) -> go.Figure:
    """Draw the score at each volume from onset above the mean responses, on one time axis.

    As long as there is no `course` the responses are drawn alone. Chance is a dotted line where
    scores may be read against it; `wrong` scores are crosses. All categories of the recording are
    in `names`, which keeps their colours apart.
    """
    colours = THEMES[theme]
    conditions = responses.responses["condition"].unique().tolist()
    mean = "mean response of each category around onset, with the model's"
    above = f"Accuracy at each volume from onset, above the {mean}"
    what = mean.capitalize() if course is None else above
    alt = f"{what}. {reading_course(responses, course)}"
    figure = new_figure(
        theme, height=330 if course is None else 570, title="Around the onset of a block", alt=alt
    )
    styles = category_styles(sorted({*names, *conditions}), theme)
    for condition in conditions:
        rows = responses.responses[responses.responses["condition"] == condition]
        figure.add_trace(_response(condition, rows, styles[condition]))
    figure.add_trace(_model(responses, colours))
    shapes = [band_between("x", *responses.shown, with_alpha(colours.muted, 0.12))]
    if course is not None:
        upper = {**axis_style(colours), "domain": [0.54, 1], "anchor": "x", "tickformat": ".2f"}
        figure.update_layout(yaxis={"domain": [0, 0.44]}, yaxis2=upper)
        figure.update_layout(yaxis2_title_text=score_title(chance, "<br>"))
        draw_curve(figure, course, colours, wrong=wrong, yaxis="y2")
        shapes += [{**line, "yref": "y2"} for line in chance_lines("y", chance, colours)]
    draw_shapes(figure, shapes)
    style_time(figure, responses.responses["seconds"], "time from the first labelled volume (s)")
    figure.update_layout(yaxis={"title": {"text": "signal change (%)"}, "nticks": 5})
    return figure


def course_table(responses: ResponsesResult, course: ScoreCurve | None = None) -> pd.DataFrame:
    """Return one row a volume from onset: responses by category, the model, the score's columns."""
    wide = responses.responses.pivot(index="position", columns="condition", values="percent")
    wide = wide.add_suffix(" (%)").rename_axis(columns=None).reset_index(names="volumes")
    seconds = responses.responses.drop_duplicates("position").set_index("position")["seconds"]
    wide.insert(1, "seconds", seconds.loc[wide["volumes"]].to_numpy())
    drawn_at = responses.expected["seconds"]
    wide["model (%)"] = np.interp(wide["seconds"], drawn_at, _fitted(responses))
    if course is None:
        return wide
    return wide.merge(course.table.drop(columns="seconds"), on="volumes", how="left")


def reading_course(responses: ResponsesResult, course: ScoreCurve | None = None) -> str:
    """Say when the response and the model peak, and where the score leaves its band."""
    rows = responses.responses
    top = rows.iloc[int(rows["percent"].argmax())]
    peak = _model_peak(responses)
    text = (
        f"The mean response is highest {top['seconds']:g} s from onset ({top['condition']}, "
        f"{top['percent']:+.2f} %); the model's peak is at {peak:g} s."
    )
    if course is None:
        return text
    above = seconds_above(course)
    if not above:
        return (
            f"{text} No volume scores above the band of shuffled labels; the smallest p within "
            f"reach is {p_text(course.null.smallest_p)}."
        )
    return (
        f"{text} {len(above)} of {len(course.steps)} volumes score above the band of shuffled "
        f"labels, the first {above[0]:g} s and the last {above[-1]:g} s from onset."
    )


def reading_peaks(responses: ResponsesResult, *, t_r: float, from_labels: bool) -> str:
    """Say where model and mean response peak a volume (`t_r` seconds) or more apart, and why.

    It is empty where they lie closer. Onsets `from_labels` may follow the response already.
    """
    slope, _ = _fit_model(responses)
    mean = _mean_response(responses)
    measured = float(mean.index.to_numpy()[mean.argmax()])
    late = _model_peak(responses) - measured
    if abs(late) < t_r - 1e-9 or slope <= 0:
        return ""
    apart = (
        f"The model peaks about {abs(late):.2g} s {'later' if late > 0 else 'earlier'} than the "
        f"mean over categories ({measured:g} s)"
    )
    why = ": labels that already include the delay of the response may make the model late"
    return f"{apart}{why if late > 0 and from_labels else ''}."


def _model_peak(responses: ResponsesResult) -> float:
    """Return when the model is farthest from 0, in seconds from onset."""
    model = responses.expected
    return float(model["seconds"].iloc[int(model["response"].abs().argmax())])


def _mean_response(responses: ResponsesResult) -> pd.Series:
    """Return the response at each second of a volume, averaged over categories, in percent."""
    mean: pd.Series = responses.responses.groupby("seconds")["percent"].mean()
    return mean


def _fit_model(responses: ResponsesResult) -> tuple[float, float]:
    """Return slope and level of the model on the mean response, by least squares."""
    mean, expected = _mean_response(responses), responses.expected
    at_volumes = np.interp(mean.index, expected["seconds"], expected["response"])
    slope, level = np.polyfit(at_volumes, mean.to_numpy(), 1)
    return float(slope), float(level)


def _fitted(responses: ResponsesResult) -> np.ndarray:
    """Return the model response in percent, scaled and moved to the mean response."""
    slope, level = _fit_model(responses)
    return responses.expected["response"].to_numpy() * slope + level


def _response(condition: str, rows: pd.DataFrame, style: CategoryStyle) -> go.Scatter:
    return go.Scatter(
        x=rows["seconds"],
        y=rows["percent"],
        mode="lines+markers",
        name=label_text(condition),
        line={"color": style.colour, "width": 1.8},
        marker={"symbol": style.symbol, "size": 7},
        error_y={"array": rows["sem"].fillna(0), "width": 0, "thickness": 1},
        hovertemplate=f"{label_text(condition)}, %{{x:g}} s: %{{y:+.3f}} %<extra></extra>",
    )


def _model(responses: ResponsesResult, colours: Theme) -> go.Scatter:
    return go.Scatter(
        x=responses.expected["seconds"],
        y=_fitted(responses),
        mode="lines",
        name="model, fitted",
        line={"color": colours.text, "width": 1.5, "dash": "dash"},
        hovertemplate="model, %{x:g} s: %{y:+.3f} %<extra></extra>",
    )
