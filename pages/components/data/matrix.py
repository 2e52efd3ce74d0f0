"""The masked matrix: its shapes, single voxels over time, and all of it."""

import streamlit as st

from decoding.analyses.data import Measurement
from decoding.numbers import number_text, read_count
from decoding.output.figures.matrix import plot_masked_matrix, reading_masked_matrix
from decoding.output.figures.series import plot_time_series, reading_time_series, time_series_table
from decoding.output.text.readings import spacing_text
from decoding.output.text.wording import of_blocks_text
from decoding.samples.standardize import STANDARDIZE
from decoding.setting import Setting
from pages.components.display import metric_row, show_figure, show_metric
from pages.components.service import View
from pages.components.terms import say_small
from pages.components.url_state import get_setting, set_setting

MAX_SERIES = 5
FIRST_LOOK_VOLUMES = 121
VOXELS = Setting[tuple[int, ...]](
    name="voxels",
    default=(),
    label="Voxels",
    parse=lambda text: tuple(dict.fromkeys(map(read_count, text.split(".")))),
    write=lambda columns: ".".join(map(str, columns)),
)
"""Columns of the matrix that are drawn over time."""


def _read_ends(text: str) -> tuple[int, int]:
    first, last = map(read_count, text.split("-"))
    return first, last


VOLUMES = Setting[tuple[int, ...]](
    name="volumes",
    default=(),
    label="Volumes",
    parse=_read_ends,
    write=lambda ends: "-".join(map(str, ends)),
)
"""The first and the last volume that are drawn."""


def show_shapes(view: View, measured: Measurement) -> None:
    """Show how the recording becomes the matrix: four shapes."""
    subject = view.subject
    grid, n_volumes, each = measured.grid, len(measured.matrix), subject.each
    with metric_row("shapes"):
        show_metric(
            "Image",
            " x ".join(map(str, grid.shape)),
            "voxels of " + " x ".join(f"{size:.3g}" for size in grid.voxel_size) + " mm",
        )
        show_metric(
            f"{each.capitalize()}s",
            f"{n_volumes}",
            f"{spacing_text(subject)}, {number_text(subject.n_runs, 'run')}",
        )
        show_metric("Masked matrix", _shape(measured.shape), f"{each}s by voxels of the mask")
        show_metric(
            "Selection",
            _shape(measured.selected_shape),
            f"{each}s{of_blocks_text(measured.n_blocks, each)} by voxels",
        )
    if grid.caveat:
        say_small(grid.caveat.strip())


def _shape(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"


def show_series(view: View, measured: Measurement) -> None:
    """Show chosen voxels over a chosen range of volumes, above the categories."""
    volumes, each = view.subject.volumes, view.subject.each
    left, right = st.columns(2, gap="large")
    with left:
        columns = _choose_voxels(measured)
    with right:
        first, last = _choose_volumes(len(volumes), each)
    table = time_series_table(
        measured.matrix[:, columns],
        volumes,
        first=first,
        last=last,
        names=measured.voxel_names(columns),
    )
    standard = STANDARDIZE[view.spec.standardize]
    show_figure(
        view,
        "series",
        lambda theme: plot_time_series(table, volumes, theme, unit=standard.unit, each=each),
        f"{reading_time_series(table, each)} Voxels are standardized {standard.label}.",
        lambda: table,
        depends_on=(tuple(columns), first, last),
    )


def _choose_voxels(measured: Measurement) -> list[int]:
    """Let the visitor choose columns of the matrix; the link carries them."""
    n_shown = measured.matrix.shape[1]
    asked = get_setting(VOXELS)
    chosen = [column for column in asked if column < n_shown] or measured.telling[:2].tolist()
    st.session_state["data_voxels"] = chosen[:MAX_SERIES]
    return (
        st.multiselect(
            "Voxels, by their place in the grid",
            range(n_shown),
            key="data_voxels",
            format_func=lambda column: measured.voxel_names([column])[0],
            max_selections=MAX_SERIES,
            on_change=lambda: set_setting(VOXELS, tuple(st.session_state["data_voxels"])),
            help="At first the two voxels whose means differ most between categories.",
        )
        or chosen
    )


def _choose_volumes(n_volumes: int, each: str) -> tuple[int, int]:
    """Let the visitor choose a range of volumes; the link carries it."""
    asked = get_setting(VOLUMES)
    first, last = asked if len(asked) == 2 else (0, FIRST_LOOK_VOLUMES - 1)
    last = min(last, n_volumes - 1)
    st.session_state["data_volumes"] = (min(first, last), last)
    st.slider(
        f"{each.capitalize()}s",
        0,
        n_volumes - 1,
        key="data_volumes",
        on_change=lambda: set_setting(VOLUMES, st.session_state["data_volumes"]),
    )
    chosen: tuple[int, int] = st.session_state["data_volumes"]
    return chosen


def show_matrix(view: View, measured: Measurement) -> None:
    """Show the matrix of volumes by voxels."""
    volumes, each = view.subject.volumes, view.subject.each
    runs = volumes["run"].to_numpy()
    everything = list(range(measured.matrix.shape[1]))
    reading = reading_masked_matrix(measured.matrix, runs, each)
    if len(everything) < measured.grid.n_voxels:
        reading += f" Of the mask's {measured.grid.n_voxels} voxels evenly spaced ones are drawn."
    show_figure(
        view,
        "matrix",
        lambda theme: plot_masked_matrix(measured.matrix, theme, runs=runs, each=each),
        reading,
        lambda: time_series_table(
            measured.matrix,
            volumes,
            first=0,
            last=len(volumes) - 1,
            names=measured.voxel_names(everything),
        ),
    )
