"""The peaks of a searchlight: where they are, and each one looked into."""

import pandas as pd
import streamlit as st

from decoding.analyses.searchlight import sphere
from decoding.analyses.searchlight.peaks import Options
from decoding.numbers import counts_text, number_text, p_text, place_text, score_text
from decoding.output.figures.confusion import confusion_table, plot_confusion, reading_confusion
from decoding.output.figures.scores import fold_scores_table, plot_fold_scores, reading_fold_scores
from decoding.output.text.readings import reading_peak_table
from decoding.regions.peak import peak_text
from decoding.setting import Setting
from pages.components.controls import choose_setting
from pages.components.display import show_figure, show_reading, table_height
from pages.components.fixed import change_link
from pages.components.searchlight.search import Search
from pages.components.service import result_for
from pages.components.terms import say_small
from pages.components.url_state import full_query

IN_SIGHT = 10
"""So many peaks are in sight; the table rolls to the others."""
PEAK = Setting(
    name="peak", default="", label="sphere looked into", control="Look into the sphere around"
)


def show_table(search: Search, chosen: Options, peaks: pd.DataFrame) -> None:
    """Show the peaks of the spheres chosen: where, how high, how large, how sure."""
    found = chosen.found
    if peaks.empty:
        say_small("No sphere passes the threshold, so there is no peak to list.")
        return
    shown = peaks.drop(columns=["voxel"] if found.null else ["voxel", "p_value"])
    if found.null:
        shown["p_value"] = shown["p_value"].map(p_text)
    st.dataframe(
        shown,
        hide_index=True,
        height=table_height(len(shown), IN_SIGHT),
        column_config={
            "cluster": "Cluster",
            "x": st.column_config.NumberColumn("x (mm)", format="%.1f"),
            "y": st.column_config.NumberColumn("y (mm)", format="%.1f"),
            "z": st.column_config.NumberColumn("z (mm)", format="%.1f"),
            "score": st.column_config.NumberColumn("Score", format="%.3f"),
            "p_value": "Corrected p",
            "size_mm3": st.column_config.NumberColumn("Size (mm³)", format="%d"),
            "n_spheres": st.column_config.NumberColumn("Spheres", format="%d"),
        },
        alt="Peaks of the searchlight",
    )
    reading, file = reading_peak_table(peaks, found), f"{search.name}_peaks_{chosen.rule_text}"
    show_reading(search.view, "peaks", reading, lambda: peaks, file=file)


def show_peak(search: Search, peaks: pd.DataFrame) -> None:
    """Let the visitor choose a peak; show what its sphere took for what."""
    if peaks.empty:
        return
    names = {str(row["voxel"]): sphere_name(row) for _, row in peaks.iterrows()}
    chosen = choose_setting(
        PEAK, list(names), default=next(iter(names)), words=names.__getitem__, width=330,
        comes_and_goes=True,
    )  # fmt: skip
    options = sphere.Options(radius=search.radius, centre=int(chosen))
    found = result_for(sphere.ANALYSIS, search.view, options)
    counts = counts_text(found.n_samples, found.n_blocks, search.view.subject.each_block)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What it took for what", anchor=False)
        show_figure(
            search.view,
            "sphere_confusion",
            lambda theme: plot_confusion(found, theme),
            f"{number_text(found.n_voxels, 'voxel')}. {reading_confusion(found)}",
            lambda: confusion_table(found),
            depends_on=options,
            file=f"{search.name}_voxel{chosen}_confusion",
        )
    with right:
        st.subheader("Its score in each fold", anchor=False)
        show_figure(
            search.view,
            "sphere_scores",
            lambda theme: plot_fold_scores(found, theme),
            f"{reading_fold_scores(found)} {counts}",
            lambda: fold_scores_table(found),
            depends_on=options,
            file=f"{search.name}_voxel{chosen}_scores",
        )
    say_small(
        "A peak was chosen because it scored high, so its own score is too good. Before you "
        "report it, decode it again on data that had no part in the choice."
    )
    x, y, z = peaks.loc[peaks["voxel"] == int(chosen), ["x", "y", "z"]].to_numpy()[0].tolist()
    mask = peak_text((x, y, z), search.radius, found.classes)
    query = {**full_query(), "mask": [mask]}
    change_link("pages/decode.py", "Take this sphere as the mask", ["mask"], query)


def sphere_name(peak: pd.Series) -> str:
    """Return how the page calls a peak: its place and its score, as the table has them."""
    return f"{place_text(peak[['x', 'y', 'z']])}, score {score_text(peak['score'])}"
