"""The parts of the page `searchlight`: numbers, the correction, the map, the peaks."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from decoding.analyses.searchlight.engines import expected_seconds
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.numbers import score_text
from decoding.output.text.wording import NO_COMPARISON, leaks, p_rule_text
from decoding.settings import Setting
from pages.components.controls import choose_setting
from pages.components.display import (
    file_stem,
    metric_row,
    show_brain,
    show_download,
    show_metric,
    show_reading,
    theme_name,
)
from pages.components.null import count_text, p_text
from pages.components.searchlight.controls import RELABELLINGS, Search
from pages.components.section import section
from pages.components.service import Unfinished, picture_for, result_for, ticket_for
from pages.components.url_state import get_extra, set_extra

if TYPE_CHECKING:
    from decoding.analyses.searchlight.peaks import TruthMatch

STARTS_ALONE_S = 600.0
"""A link may start work of so many seconds; longer work waits for a click."""
RULES = {
    "fwe": "family-wise p of 0.05 or less",
    "fdr": "false discovery rate of 0.05 or less (alternative)",
    "score": "a score chosen by hand (descriptive)",
}
KEEP = Setting(name="keep", default="fwe", label="Draw spheres with", words=RULES.__getitem__)
CLICKED = "search_clicked"


def corrected_result(search: Search) -> SearchlightResult | None:
    """Return the corrected map if it was asked for and is done, else None; it is started."""
    if not search.corrected or not _may_start(search):
        return None
    try:
        result: SearchlightResult = result_for(search.null_request, early=True)
    except (Unfinished, DecodingError):
        return None  # `show_correction` says how far it is, or what is wrong
    return result


def _may_start(search: Search) -> bool:
    clicked = search in st.session_state.get(CLICKED, ())
    return clicked or ticket_for(search.null_request).job is not None or _is_short(search)


def _is_short(search: Search) -> bool:
    found: SearchlightResult = result_for(search.map_request)
    return expected_seconds(found, RELABELLINGS) < STARTS_ALONE_S


def show_search_scores(result: SearchlightResult) -> None:
    """Show what the map holds, in numbers."""
    with metric_row("search"):
        show_metric(
            "Highest score",
            score_text(result.scores.max()),
            f"best of {len(result.scores)} spheres, "
            + (NO_COMPARISON if leaks(result.spec.cv) else f"chance {score_text(result.chance)}"),
        )
        show_metric(
            "Spheres",
            f"{len(result.scores)}",
            f"{result.sizes.mean():.1f} voxels each ({result.sizes.min()} to {result.sizes.max()})",
        )
        _show_significant(result)
        show_metric(
            "Samples",
            f"{result.n_samples}",
            f"of {result.n_blocks} blocks, {len(result.n_test)} folds",
        )
    n = result.n_left_out
    left_out = f" {n} voxels without variance were left out." if n else ""
    st.caption(
        f"{ESTIMATORS[result.spec.estimator].label} in every sphere, in "
        f"{result.seconds:.1f} s.{left_out}"
    )


def _show_significant(result: SearchlightResult) -> None:
    if result.null is None:
        show_metric("Significant spheres", "unknown", "descriptive: not corrected yet")
        return
    least = result.threshold
    limit = "none within reach" if least is None else f"a score of {score_text(least)} or more"
    show_metric(
        "Significant spheres",
        f"{result.n_significant}",
        f"family-wise p of 0.05 or less: {limit}",
    )


def show_correction(search: Search, found: SearchlightResult) -> None:
    """Say what the map may be read for; offer, follow or describe the correction."""
    if found.null is not None:
        null = found.null
        how = "all" if null.exact else f"{null.n_relabellings} of"
        st.caption(
            f"Corrected for having looked at {len(found.scores)} places: a relabelling ({how} "
            f"{count_text(null.n_distinct)}, whole blocks within runs) reaches a score if its best "
            f"sphere anywhere does. {p_rule_text(exact=null.exact, n_tied=null.n_tied)}. Smallest "
            f"p within reach {p_text(null.smallest_p)}."
        )
        return
    st.info(
        "This map is descriptive. The best of thousands of spheres scores high by luck alone; "
        "only relabelled blocks tell how high.",
        icon=":material/info:",
    )
    if search.corrected and _may_start(search):
        with section():
            result_for(search.null_request, early=True)
            st.rerun()  # done meanwhile: the page above was drawn without it
        return
    st.button(
        f"Correct for having looked everywhere: {RELABELLINGS} relabellings, "
        f"about {_duration(expected_seconds(found, RELABELLINGS))}",
        key="correct",
        on_click=_start_correction,
        args=(search,),
    )


def _start_correction(search: Search) -> None:
    st.session_state[CLICKED] = {*st.session_state.get(CLICKED, ()), search}
    set_extra("corrected", search.text)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.0f} hours"


def choose_kept(result: SearchlightResult) -> tuple[str, float]:
    """Let the visitor choose which spheres are drawn: a rule and, for scores, the least one."""
    rule = "score"
    with st.container(key="kept", horizontal=True, vertical_alignment="bottom"):
        if result.null is not None:
            rule = choose_setting(KEEP, list(RULES), width=330)
        least = _choose_least(result) if rule == "score" else 0.0
    return rule, least


def _choose_least(result: SearchlightResult) -> float:
    from decoding.analyses.searchlight.peaks import score_span

    low, high = score_span(result)
    default = float(pd.Series(result.scores).quantile(0.99))
    try:
        asked = float(get_extra("least"))
    except ValueError:
        asked = default
    least = round(min(max(asked if asked == asked else default, low), high), 2)
    st.session_state["search_least"] = least
    st.slider(
        "Draw spheres that score at least (opens at the best 1 %, descriptive)",
        low,
        high,
        key="search_least",
        step=0.01,
        on_change=lambda: set_extra("least", f"{st.session_state['search_least']:g}"),
        width=420,
    )
    return least


def show_search_map(
    subject: Subject, search: Search, result: SearchlightResult, rule: str, least: float
) -> None:
    """Show the spheres kept on the brain, beside what was planted where that is known."""
    from decoding.analyses.searchlight.peaks import match_truth, spheres_kept

    # Numbers are on screen before this is imported.
    from decoding.output.brain import searchlight as brain_search
    from decoding.output.brain.background import background_image

    theme = theme_name()
    request = search.map_request if result.null is None else search.null_request
    kept = spheres_kept(result, rule, least)
    columns = st.columns(1 if subject.truth is None else 2, gap="large")
    with columns[0]:
        st.subheader("Scores above chance", anchor=False)
        html = picture_for(
            request,
            f"map {rule} {least:g}",
            theme,
            lambda: brain_search.score_html(result, kept, background_image(subject), theme=theme),
        )
        reading = brain_search.reading_scores(result, kept)
        show_brain(html, f"Brain view of the searchlight. {reading}", reading)
    if subject.truth is not None:
        with columns[1]:
            st.subheader("Found of what was planted", anchor=False)
            match = match_truth(subject, result, kept)
            html = picture_for(
                request,
                f"truth {rule} {least:g}",
                theme,
                lambda: brain_search.truth_html(
                    result, match, background_image(subject), theme=theme
                ),
            )
            reading = brain_search.reading_truth(match)
            show_brain(html, f"Brain view of the planted truth. {reading}", reading)
            show_download(
                "Planted and drawn, NIfTI",
                lambda: truth_file(subject, result, match),
                f"{stem_of(search)}_planted.nii.gz",
                "application/gzip",
            )
    _show_surface(subject, search, result, rule, least)


def truth_file(subject: Subject, result: SearchlightResult, match: "TruthMatch") -> bytes:
    """Return what was drawn and planted as NIfTI: 1 drawn only, 2 planted only, 3 both."""
    from decoding.output.brain.searchlight import truth_image
    from decoding.output.downloads import credited_image, nifti_bytes

    image = truth_image(result, match)
    return nifti_bytes(credited_image(image, subject, result.spec, "searchlight"))


def _show_surface(
    subject: Subject, search: Search, result: SearchlightResult, rule: str, least: float
) -> None:
    from decoding.analyses.searchlight.peaks import spheres_kept
    from decoding.output.brain.searchlight import in_template_space, surface_html

    if not in_template_space(subject):
        st.caption(
            "No surface view: these data are in the subject's own space, and a template's cortex "
            "would show them in the wrong places. It appears for data in MNI space."
        )
        return
    request = search.map_request if result.null is None else search.null_request
    kept = spheres_kept(result, rule, least)
    html = picture_for(
        request, f"surface {rule} {least:g}", theme_name(), lambda: surface_html(result, kept)
    )
    show_brain(html, "Surface view of the searchlight", "The same on the template's cortex.")


def show_table(result: SearchlightResult, peaks: pd.DataFrame, search: Search) -> None:
    """Show the peaks: where, how high, how large, how sure."""
    if peaks.empty:
        st.caption("There is no peak to list: no sphere passes the threshold.")
        return
    shown = peaks.drop(columns=["voxel"] if result.null else ["voxel", "p_value"])
    st.dataframe(
        shown,
        hide_index=True,
        height=min(36 * (len(shown) + 1) + 3, 320),
        column_config={
            "cluster": "Cluster",
            "x": st.column_config.NumberColumn("x (mm)", format="%.1f"),
            "y": st.column_config.NumberColumn("y (mm)", format="%.1f"),
            "z": st.column_config.NumberColumn("z (mm)", format="%.1f"),
            "score": st.column_config.NumberColumn("Score", format="%.3f"),
            "p_value": st.column_config.NumberColumn("Corrected p", format="%.4f"),
            "size_mm3": st.column_config.NumberColumn("Size (mm³)", format="%d"),
            "n_spheres": st.column_config.NumberColumn("Spheres", format="%d"),
        },
        alt="Peaks of the searchlight",
    )
    clusters = int(peaks["size_mm3"].notna().sum())
    p = "corrected p is family-wise" if result.null else "no p: the map is descriptive"
    show_reading(
        f"{len(peaks)} peaks in {clusters} clusters; {p}.",
        lambda: peaks,
        "peaks",
        search.spec,
    )


def peaks_for(search: Search, result: SearchlightResult, rule: str, least: float) -> pd.DataFrame:
    """Return the peaks of the spheres kept."""
    from decoding.analyses.searchlight.peaks import peaks_of, spheres_kept

    request = search.map_request if result.null is None else search.null_request
    kept = spheres_kept(result, rule, least)
    table: pd.DataFrame = picture_for(
        request, f"peaks {rule} {least:g}", "", lambda: peaks_of(result, kept)
    )
    return table


def stem_of(search: Search) -> str:
    """Return the beginning of a file's name."""
    return f"{file_stem(search.spec)}_searchlight_{search.spec.estimator}_{search.radius:g}mm"
