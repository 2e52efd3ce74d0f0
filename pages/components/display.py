"""How results appear: each figure with its reading and its data, each brain with its words."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decoding.output.colours import ThemeName
from decoding.output.downloads import csv_text
from decoding.output.figures import CHART_CONFIG, alt_text
from decoding.spec import DecodingSpec
from pages.components.service import subject_for

Format: TypeAlias = Literal["png", "svg"]
MIME_TYPES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}


def theme_name() -> ThemeName:
    """Return the theme that the visitor's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def metric_row(name: str) -> DeltaGenerator:
    """Return a row for metrics that wraps in pairs on a phone."""
    return st.container(key=f"metrics_{name}", horizontal=True)


def show_metric(label: str, value: str, comparison: str) -> None:
    """Show one number with what it is to be compared with."""
    st.metric(label, value, comparison, delta_color="off", delta_arrow="off")


def show_figure(
    figure: go.Figure,
    reading: str,
    table: Callable[[], pd.DataFrame],
    name: str,
    spec: DecodingSpec,
) -> None:
    """Show a figure, one sentence that reads it, and its data as CSV.

    Parameters
    ----------
    figure : plotly Figure
    reading : str
    table : callable
        Makes the table that the figure draws, when it is asked for.
    name : str
        Of the CSV file, without its ending.
    spec : DecodingSpec
    """
    st.plotly_chart(figure, theme=None, config=CHART_CONFIG, alt=alt_text(figure), key=name)
    show_reading(reading, table, name, spec)


def show_reading(
    reading: str, table: Callable[[], pd.DataFrame], name: str, spec: DecodingSpec
) -> None:
    """Show the sentence under a figure, its data as CSV beside it."""
    subject = subject_for(spec)
    with st.container(key=f"reading_{name}", horizontal=True, vertical_alignment="center"):
        st.caption(reading, width="stretch")
        show_download(
            "CSV",
            lambda: csv_text(table(), subject, spec),
            f"{file_stem(spec)}_{name}.csv",
            "text/csv",
        )


def show_brain(html: str, alt: str, reading: str) -> None:
    """Show an interactive brain view and one sentence that reads it.

    The view may hold nothing that a visitor wrote: it runs with the app's own rights.
    """
    st.iframe(html, height="content", alt=alt)
    st.caption(reading)


def show_download(
    label: str, make: Callable[[], str | bytes], file_name: str, mime: str, *, key: str = ""
) -> None:
    """Show a button that makes a file when it is clicked."""
    st.download_button(
        label,
        make,
        file_name,
        mime,
        key=f"download_{key or file_name}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def show_pictures(label: str, draw: Callable[[ThemeName, Format], bytes], stem: str) -> None:
    """Offer a static figure as PNG and SVG, drawn when it is asked for."""
    theme = theme_name()
    with st.container(key=f"pictures_{stem}", horizontal=True):
        for kind, mime in MIME_TYPES.items():
            show_download(
                f"{label}, {kind.upper()}",
                lambda kind=kind: draw(theme, kind),
                f"{stem}.{kind}",
                mime,
            )


def file_stem(spec: DecodingSpec) -> str:
    """Return the beginning of a file's name: what was decoded."""
    what = "-".join(spec.conditions) or "all"
    return f"{spec.dataset}_subj{spec.subject}_{spec.mask}_{what}"
