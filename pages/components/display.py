"""How results appear: each figure with its reading and its data, each brain with its words."""

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decoding.output.colours import ThemeName
from decoding.output.downloads import (
    Image,
    credited_image,
    csv_text,
    file_name,
    nifti_bytes,
    picture_words,
)
from decoding.output.figures.chart import CHART_CONFIG, alt_text, title_of
from decoding.settings import SETTINGS, TUTORIAL
from decoding.spec import DecodingSpec, differing_fields
from pages.components.categories import in_named_order
from pages.components.chart_files import chart_files
from pages.components.drawn import figure_for, picture_for
from pages.components.first_look import draw_later
from pages.components.plain import plain
from pages.components.service import View
from pages.components.terms import meanings, say_small
from pages.components.url_state import address_of

IN_EVERY_NAME = ("dataset", "subject", "mask", "conditions", "samples", "estimator", "cv")
"""The fields of a spec that each file's name says."""
Format: TypeAlias = Literal["png", "svg"]
ROW_PX = 35
"""How high a row of a table is, and its head."""
MIME_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}
"""What a browser is told of a file, by the end of its name."""


def theme_name() -> ThemeName:
    """Return the theme that the visitor's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def metric_row(name: str) -> DeltaGenerator:
    """Return a row for metrics that wraps in pairs on a phone."""
    return st.container(key=f"metrics_{name}", horizontal=True)


def show_metric(label: str, value: str, comparison: str) -> None:
    """Show one number with what it is to be compared with."""
    explained = meanings(label, comparison)
    st.metric(
        plain(label), value, plain(comparison), delta_color="off", delta_arrow="off", help=explained
    )


def show_figure(
    view: View,
    name: str,
    draw: Callable[[ThemeName], go.Figure],
    reading: str,
    table: Callable[[], pd.DataFrame],
    *,
    depends_on: Hashable = None,
    on_select: Callable[[], None] | None = None,
    file: str = "",
) -> None:
    """Show a chart, one sentence that reads it, and the chart and its data as files.

    A chart is built once, and kept for all who look at it: building takes longer than the rest of
    a page. So what `draw` returns is never changed, and all that the chart depends on besides view,
    name and theme is in `depends_on`. The name is the chart's on its page and, where `file` says
    no other, in the names of its files; `on_select` takes a point that the visitor chose.
    """
    theme = theme_name()
    what = (view.spec, name, depends_on)
    figure = figure_for(what, view.subject.version, view.owner, theme, lambda: draw(theme))
    st.plotly_chart(
        figure,
        theme=None,
        config=CHART_CONFIG,
        alt=alt_text(figure),
        key=name,
        on_select=on_select or "ignore",
        selection_mode="points",
    )
    show_reading(view, name, reading, table, title_of(figure), file)


def show_reading(
    view: View,
    name: str,
    reading: str,
    table: Callable[[], pd.DataFrame],
    chart: str = "",
    file: str = "",
) -> None:
    """Show the sentence under a figure, its files beside it: of a `chart`, by its title, it too.

    The files' names end in `file`, or in the name.
    """

    def offer() -> None:
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if chart:
                words = words_of_picture(view, reading)
                chart_files(name, chart, words, f"{file_stem(view.spec)}_{file or name}")
            what = chart or name.replace("_", " ")
            show_table_file(view, f"CSV *of {what[0].lower()}{what[1:]}*", table, file or name)

    with st.container(key=f"reading_{name}", horizontal=True, vertical_alignment="center"):
        say_small(reading)
        draw_later(offer, fits=True)


def words_of_picture(view: View, reading: str) -> tuple[str, ...]:
    """Return what stands under a picture in a file, as the page names it; see `picture_words`."""
    named = in_named_order(view.spec.conditions)
    return picture_words(view.subject, view.spec, reading, address_of(view.spec), named)


def place_of_brain(name: str) -> DeltaGenerator:
    """Return a place on the page that is as high as a brain before there is one in it."""
    place = st.container(key=f"brain_{name}")
    place.html('<i class="kept"></i>')  # a browser leaves out what is empty
    return place


def show_brain(
    view: View, what: Hashable, draw: Callable[[ThemeName], str], alt: str, reading: str
) -> None:
    """Show an interactive brain view, drawn once, and one sentence that reads it.

    It is kept for `what`: the request whose result is drawn, and what of it. The view may hold
    nothing that a visitor wrote: it runs with the app's own rights.
    """
    html, space = draw_ahead(view, what, draw), view.subject.version
    html = html.replace("<html", f'<html data-space="{space}"', 1)  # views of a space move together
    st.iframe(html, height="content", alt=f"{alt} {reading}".strip())
    say_small(reading)


def draw_ahead(view: View, what: Hashable, draw: Callable[[ThemeName], str]) -> str:
    """Draw what `show_brain` is to show, and return it: the next to show it need not wait."""
    theme = theme_name()
    return picture_for(what, view.subject.version, view.owner, theme, lambda: draw(theme))


def table_height(n_rows: int, most: int) -> int:
    """Return how many pixels a table takes that ends in a whole row, of `most` in sight."""
    return ROW_PX * (1 + min(n_rows, most)) + 2


def show_table_file(view: View, label: str, table: Callable[[], pd.DataFrame], name: str) -> None:
    """Offer a table as CSV, made when it is asked for."""
    link, file = address_of(view.spec), f"{file_stem(view.spec)}_{name}.csv"
    show_download(label, lambda: csv_text(table(), view.subject, link), file)


def show_image_file(view: View, label: str, image: Callable[[], Image], name: str) -> None:
    """Offer an image as NIfTI, its header saying where it comes from."""
    link, file = address_of(view.spec), f"{file_stem(view.spec)}_{name}.nii.gz"
    show_download(label, lambda: nifti_bytes(credited_image(image(), view.subject, link)), file)


def show_download(label: str, make: Callable[[], str | bytes], file: str) -> None:
    """Show a button that makes a file when it is clicked."""
    st.download_button(
        label,
        make,
        file,
        MIME_TYPES[Path(file).suffix],
        key=f"download_{file}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def show_pictures(label: str, draw: Callable[[ThemeName, Format], bytes], stem: str) -> None:
    """Offer a static figure as PNG and SVG, drawn when it is asked for."""
    theme = theme_name()
    with st.container(key=f"pictures_{stem}", horizontal=True):
        for kind in get_args(Format):
            show_download(f"{label}, {kind.upper()}", partial(draw, theme, kind), f"{stem}.{kind}")


def file_stem(spec: DecodingSpec) -> str:
    """Return the beginning of a file's name: what was decoded, how, and the scheme in short.

    Of the other fields of a spec those are named that are not the tutorial's.
    """
    what, mask = file_name("-".join(spec.conditions) or "all", 36), file_name(spec.mask)
    words = spec.cv.split("_")
    scheme = "".join(word[0] for word in words) if len(words) > 1 else spec.cv
    subject = file_name(f"subj{spec.subject}")
    parts = [spec.dataset, subject, mask, what, spec.samples, spec.estimator]
    others = [name for name in differing_fields(spec, TUTORIAL) if name not in IN_EVERY_NAME]
    more = [f"{name}-{SETTINGS[name].write(getattr(spec, name))}" for name in others]
    return "_".join([*parts, scheme, *more])
