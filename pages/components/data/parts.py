"""The parts of the page `data`."""

import streamlit as st

from decoding.analyses.data import Measurement
from decoding.datasets.base import Subject
from decoding.output import figures
from decoding.output.colours import ThemeName
from decoding.output.downloads import mask_file, mean_scan_file, subject_zip
from decoding.samples.standardize import STANDARDIZE
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec, Request
from pages.components.display import (
    Format,
    file_stem,
    metric_row,
    show_brain,
    show_download,
    show_figure,
    show_metric,
    show_pictures,
    theme_name,
)
from pages.components.fetch import offer_fetch
from pages.components.service import picture_for
from pages.components.url_state import get_extra, set_extra

MAX_SERIES = 5
FIRST_LOOK_VOLUMES = 121


def show_shapes(measured: Measurement, subject: Subject) -> None:
    """Show how the recording becomes the matrix: four shapes."""
    grid, n_volumes = measured.grid, len(measured.matrix)
    with metric_row("shapes"):
        show_metric(
            "Scan",
            " x ".join(map(str, grid.shape)),
            "voxels of " + " x ".join(f"{size:.3g}" for size in grid.voxel_size) + " mm",
        )
        show_metric(
            "Volumes", f"{n_volumes}", f"one every {subject.t_r:g} s, {subject.n_runs} runs"
        )
        show_metric("Masked matrix", _shape(measured.shape), "volumes by voxels of the mask")
        show_metric(
            "Selection",
            _shape(measured.selected_shape),
            f"volumes of {measured.n_blocks} blocks by voxels",
        )


def _shape(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"


def show_series(measured: Measurement, subject: Subject, spec: DecodingSpec) -> None:
    """Show chosen voxels over a chosen range of volumes, above the conditions."""
    left, right = st.columns(2, gap="large")
    with left:
        columns = _choose_voxels(measured)
    with right:
        first, last = _choose_volumes(len(subject.volumes))
    names = measured.voxel_names(columns)
    series = measured.matrix[:, columns]
    unit = STANDARDIZE[spec.standardize].unit
    show_figure(
        figures.plot_time_series(
            series, subject.volumes, theme_name(), first=first, last=last, names=names, unit=unit
        ),
        figures.reading_time_series(series, subject.volumes, first=first, last=last, names=names)
        + f" Standardized {STANDARDIZE[spec.standardize].label}.",
        lambda: figures.time_series_table(
            series, subject.volumes, first=first, last=last, names=names
        ),
        "series",
        spec,
    )


def _choose_voxels(measured: Measurement) -> list[int]:
    """Let the visitor choose columns of the matrix; the link carries them."""
    n_shown = measured.matrix.shape[1]
    asked = [int(text) for text in get_extra("voxels").split(".") if text.isdecimal()]
    chosen = [column for column in asked if column < n_shown] or measured.telling[:2].tolist()
    st.session_state["data_voxels"] = chosen[:MAX_SERIES]
    return (
        st.multiselect(
            "Voxels, by their place in the grid",
            range(n_shown),
            key="data_voxels",
            format_func=lambda column: measured.voxel_names([column])[0],
            max_selections=MAX_SERIES,
            on_change=_take_voxels,
            help="At first: the two whose means differ most between conditions.",
        )
        or chosen
    )


def _take_voxels() -> None:
    set_extra("voxels", ".".join(str(column) for column in st.session_state["data_voxels"]))


def _choose_volumes(n_volumes: int) -> tuple[int, int]:
    """Let the visitor choose a range of volumes; the link carries it."""
    asked = [int(text) for text in get_extra("volumes").split("-") if text.isdecimal()]
    first, last = asked if len(asked) == 2 else (0, FIRST_LOOK_VOLUMES - 1)
    last = min(last, n_volumes - 1)
    st.session_state["data_volumes"] = (min(first, last), last)
    chosen: tuple[int, int] = st.slider(
        "Volumes", 0, n_volumes - 1, key="data_volumes", on_change=_take_volumes
    )
    return chosen


def _take_volumes() -> None:
    first, last = st.session_state["data_volumes"]
    set_extra("volumes", f"{first}-{last}")


def show_matrix(measured: Measurement, subject: Subject, spec: DecodingSpec) -> None:
    """Show the matrix of volumes by voxels."""
    volumes = subject.volumes
    runs = volumes["run"].to_numpy()
    everything = list(range(measured.matrix.shape[1]))
    reading = figures.reading_masked_matrix(measured.matrix, runs)
    if len(everything) < measured.grid.n_voxels:
        reading += f" Of the mask's {measured.grid.n_voxels} voxels, evenly spaced ones are drawn."
    show_figure(
        figures.plot_masked_matrix(measured.matrix, theme_name(), runs=runs),
        reading,
        lambda: figures.time_series_table(
            measured.matrix,
            volumes,
            first=0,
            last=len(volumes) - 1,
            names=measured.voxel_names(everything),
        ),
        "matrix",
        spec,
    )


def show_recording(subject: Subject, spec: DecodingSpec) -> None:
    """Show the mean scan, and the mask where it lies."""
    from decoding.output.brain import background  # numbers are on screen before this is imported
    from decoding.output.brain import view as brain  # numbers are on screen before this is imported

    theme, request = theme_name(), Request(analysis="data", spec=spec)
    anatomy = subject.anatomy is not None
    name = SETTINGS["mask"].option_words(spec.mask, subject)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Mean scan", anchor=False)
        html = picture_for(
            request,
            "mean",
            theme,
            lambda: brain.mean_html(background.mean_scan_image(subject), theme=theme),
        )
        n_volumes = len(subject.volumes)
        show_brain(
            html,
            "Brain view of the mean scan over all volumes.",
            f"The mean of all {n_volumes} volumes: bright where the signal is strong. Click to "
            "move the cut, or use the arrow keys.",
        )
        show_download(
            "Mean scan, NIfTI",
            lambda: mean_scan_file(subject),
            f"{subject.dataset}_subj{subject.name}_mean.nii.gz",
            "application/gzip",
        )
    with right:
        st.subheader(f"Mask: {name}", anchor=False)
        html = picture_for(request, "mask", theme, lambda: mask_view(subject, spec, theme))
        ground = "the anatomy" if anatomy else "the mean scan, as there is no anatomy"
        show_brain(
            html,
            f"Brain view of the mask, {name}, on {ground}.",
            f"The voxels of the mask, {name}, on {ground}; only these are decoded.",
        )
        show_download(
            "Mask, NIfTI",
            lambda: mask_file(subject, spec.mask),
            f"{subject.dataset}_subj{subject.name}_{spec.mask}.nii.gz",
            "application/gzip",
        )
        show_pictures(
            "Mask on the brain",
            lambda theme, kind: mask_picture(subject, spec, theme, kind),
            f"{file_stem(spec)}_mask",
        )


def mask_view(subject: Subject, spec: DecodingSpec, theme: ThemeName) -> str:
    """Draw the mask on the anatomy, or on the mean scan."""
    from decoding.output.brain import background
    from decoding.output.brain import view as brain
    from decoding.recording.voxels import open_voxels

    mask = open_voxels(subject).mask_image(spec.mask)
    name = SETTINGS["mask"].option_words(spec.mask, subject)
    return brain.mask_html(mask, background.background_image(subject), theme=theme, name=name)


def mask_picture(subject: Subject, spec: DecodingSpec, theme: ThemeName, kind: Format) -> bytes:
    """Draw the mask as the article has it."""
    from decoding.output import static
    from decoding.recording.voxels import open_voxels

    mask = open_voxels(subject).mask_image(spec.mask)
    return static.mask_picture(mask, static.static_background(subject), theme=theme, format=kind)


def show_take_away(subject: Subject, spec: DecodingSpec) -> None:
    """Offer a simulated subject as files in nilearn's layout, and a real one to fetch."""
    if subject.simulated:
        show_download(
            "This simulated subject, in nilearn's layout",
            lambda: subject_zip(subject),
            f"{file_stem(spec)}.zip",
            "application/zip",
        )
    offer_fetch()
