"""A peak looked into, and the searchlight's files."""

import pandas as pd
import streamlit as st

from decoding.analyses.searchlight.analysis import decode_sphere
from decoding.analyses.searchlight.peaks import spheres_kept
from decoding.analyses.searchlight.result import (
    SearchlightResult,
    p_image,
    score_image,
    thresholded_image,
)
from decoding.datasets.base import Subject
from decoding.numbers import counts_text, place_text, score_text
from decoding.output import figures
from decoding.output.downloads import credited_image, nifti_bytes
from decoding.settings import Setting
from pages.components.controls import choose_setting
from pages.components.display import show_download, show_figure, theme_name
from pages.components.searchlight.controls import Search
from pages.components.searchlight.parts import stem_of
from pages.components.service import subject_for

PEAK = Setting(name="peak", default="", label="Look into the sphere around")


def show_peak(subject: Subject, search: Search, peaks: pd.DataFrame) -> None:
    """Let the visitor choose a peak; show what its sphere took for what."""
    if peaks.empty:
        return
    names = {str(row["voxel"]): sphere_name(row) for _, row in peaks.iterrows()}
    chosen = choose_setting(
        PEAK, list(names), default=next(iter(names)), words=names.__getitem__, width=330,
        comes_and_goes=True,
    )  # fmt: skip
    sphere = decode_sphere(subject, search.spec, search.radius, int(chosen)).result
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            figures.plot_confusion(sphere, theme_name()),
            f"{sphere.n_voxels} voxels. {figures.reading_confusion(sphere)}",
            lambda: figures.confusion_table(sphere),
            "sphere_confusion",
            search.spec,
        )
    with right:
        show_figure(
            figures.plot_fold_scores(sphere, theme_name()),
            f"{figures.reading_fold_scores(sphere)} "
            f"{counts_text(sphere.n_samples, sphere.n_blocks)}",
            lambda: figures.fold_scores_table(sphere),
            "sphere_scores",
            search.spec,
        )
    st.caption(
        "A peak was chosen because it scored high, so its own score is too good: decode it again "
        "on data that had no part in the choice before you report it."
    )


def sphere_name(peak: pd.Series) -> str:
    """Return how the page calls a peak: its place and its score, as the table has them."""
    return f"{place_text(peak[['x', 'y', 'z']])}, score {score_text(peak['score'])}"


def show_search_files(search: Search, result: SearchlightResult, rule: str, least: float) -> None:
    """Offer the maps as NIfTI on the scan's grid."""
    kept, subject = spheres_kept(result, rule, least), subject_for(result.spec)
    files = {
        "Scores": ("score", score_image),
        "Thresholded scores": (
            "thresholded",
            lambda found: thresholded_image(found, kept, "thresholded score"),
        ),
    }
    if result.null is not None:
        files["Family-wise p"] = ("p", p_image)
    with st.container(key="search_files", horizontal=True):
        for label, (name, make) in files.items():
            show_download(
                f"{label}, NIfTI",
                lambda make=make: nifti_bytes(
                    credited_image(make(result), subject, result.spec, "searchlight")
                ),
                f"{stem_of(search)}_{name}.nii.gz",
                "application/gzip",
            )
