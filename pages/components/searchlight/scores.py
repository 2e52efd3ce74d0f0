"""A searchlight's numbers, what they may be read for, and which spheres are drawn."""

import streamlit as st

from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight import peaks
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.numbers import count_text, duration_text, number_text, score_text
from decoding.output.text.wording import (
    chance_for,
    chance_text,
    kind_text,
    p_rule_text,
    smallest_text,
)
from decoding.setting import Setting, read_number
from pages.components.aloud import tell
from pages.components.checks import show_score
from pages.components.controls import choose_setting
from pages.components.display import metric_row, show_metric
from pages.components.offer import may_start, start
from pages.components.searchlight.search import CORRECTED, Corrected, Search
from pages.components.section import section
from pages.components.service import (
    Ticket,
    Unfinished,
    View,
    result_for,
    seconds_for,
    ticket_for,
)
from pages.components.terms import say, say_small
from pages.components.url_state import draw_anew, get_setting, set_setting

RULES = {
    "fwe": "family-wise p of 0.05 or less",
    "fdr": "false discovery rate of 0.05 or less",
    "score": "a score chosen by hand, without a test",
}
KEEP = Setting(
    name="keep", default="fwe", label="rule for spheres", control="Draw spheres with",
    words=RULES.__getitem__,
)  # fmt: skip
LEAST = Setting[float | None](
    name="least",
    default=None,
    label="Least score",
    parse=read_number,
    write=lambda least: f"{least:g}",
)


def corrected_result(search: Search) -> SearchlightResult | None:
    """Return the corrected map if it was asked for and is done, else None; it is started."""
    if not search.corrected or not _may_start(search):
        return None
    try:
        return result_for(searchlight.ANALYSIS, search.view, search.null_options)
    except (Unfinished, DecodingError):
        return None  # `show_correction` says how far it is, or what is wrong


def _may_start(search: Search) -> bool:
    return may_start(_ticket(search), _seconds(search))


def _ticket(search: Search) -> Ticket:
    return ticket_for(searchlight.ANALYSIS, search.view, search.null_options)


def _seconds(search: Search) -> float:
    return seconds_for(searchlight.ANALYSIS, search.view, search.null_options)


def show_search_scores(search: Search, result: SearchlightResult) -> None:
    """Show what the map holds, in numbers."""

    def highest(view: View, found: SearchlightResult) -> tuple[str, str]:
        spheres = number_text(len(found.scores), "sphere")
        against = chance_text(chance_for(view.subject, view.spec))
        return score_text(found.scores.max()), f"best of {spheres}, {against}"

    def honest(right: View) -> tuple[str, str]:
        return highest(right, result_for(searchlight.ANALYSIS, right, search.map_options))

    with metric_row("search"):
        tell(f"Highest score {score_text(result.scores.max())}, of {len(result.scores)} spheres.")
        show_score(search.view, "Highest score", *highest(search.view, result), honest)
        show_metric("Spheres", f"{len(result.scores)}", size_words(result))
        _show_significant(result)
        blocks = number_text(result.n_blocks, search.view.subject.each_block)
        design = f"of {blocks}, {number_text(len(result.n_test), 'fold')}"
        show_metric("Samples", f"{result.n_samples}", design)
    n, still = result.n_constant, result.n_without_variance
    constant = f" Spheres in which nothing varies: {n}; their score says nothing." if n else ""
    smoothed = f" Voxels that do not vary within a training category: {still}." if still else ""
    if search.view.spec.select:
        say_small("Each sphere is decoded with all its voxels: none are chosen here.")
    say_small(
        f"In this searchlight {ESTIMATORS[result.spec.estimator].label} decodes from the sphere "
        f"around each voxel, of radius {result.radius:g} mm. It took {result.seconds:.1f} s. "
        "Mask and classifier are the search's own: the other pages keep theirs."
        f"{constant}{smoothed}"
    )


def size_words(result: SearchlightResult) -> str:
    """Return how many voxels a sphere has, or that it has no more than its centre."""
    least, most = result.sizes.min(), result.sizes.max()
    if most == 1:
        return f"each sphere is one voxel: {result.radius:g} mm reach no neighbour"
    return f"{result.sizes.mean():.1f} voxels each ({least} to {most})"


def _show_significant(result: SearchlightResult) -> None:
    number, what, least = "not tested", "not corrected for all spheres yet", result.threshold
    if result.null is not None:
        limit = "none within reach" if least is None else f"a score of {score_text(least)} or more"
        number = f"{result.n_significant}"
        what = f"family-wise p of 0.05 or less: {limit}; {kind_text(result.null)}"
    show_metric("Significant spheres", number, what)


def show_correction(search: Search, found: SearchlightResult) -> None:
    """Say what the map may be read for; offer, follow or describe the correction."""
    if (null := found.null) is not None:
        say_small(
            f"We shuffled the labels {number_text(null.n_relabellings, 'time')} "
            f"({kind_text(null)}) and kept the best of all {len(found.scores)} spheres each time. "
            f"Whole {search.view.subject.each_block}s changed labels within their run, which can "
            f"be done in {count_text(null.n_distinct)} ways. The rule is {p_rule_text(null)}; "
            f"{smallest_text(null)}."
        )
        return
    say(
        f"This map is only a description: the best of {len(found.scores)} spheres scores high by "
        "luck alone. Shuffled labels tell how high. They give each sphere a family-wise p and a "
        "false discovery rate."
    )
    if search.corrected and _may_start(search):
        with section():
            result_for(searchlight.ANALYSIS, search.view, search.null_options)
            draw_anew()  # done meanwhile: the page above was drawn without it
    else:
        st.button(
            f"Correct for having looked everywhere: {searchlight.RELABELLINGS} relabellings, "
            f"about {duration_text(_seconds(search))}",
            key="correct",
            on_click=_start_correction,
            args=(search,),
        )


def _start_correction(search: Search) -> None:
    set_setting(CORRECTED, Corrected(text=search.text))
    _ticket(search).come_back()
    start(_ticket(search))


def choose_kept(result: SearchlightResult) -> peaks.Options:
    """Let the visitor choose which spheres are drawn: a rule and, for scores, the least one."""
    rule = "score"
    with st.container(key="kept", horizontal=True, vertical_alignment="bottom"):
        if result.null is not None:
            rule = choose_setting(KEEP, list(RULES), width=330)
        least = _choose_least(result) if rule == "score" else 0.0
    return peaks.Options(found=result, rule=rule, least=least)


def _choose_least(result: SearchlightResult) -> float:
    low, high = peaks.score_span(result)
    asked = get_setting(LEAST)
    least = result.score_reached_by(0.01) if asked is None else asked
    st.session_state["search_least"] = least = round(min(max(least, low), high), 2)
    st.slider(
        "Draw spheres that score at least (opens at the best 1 %)",
        low,
        high,
        key="search_least",
        step=0.01,
        on_change=lambda: set_setting(LEAST, st.session_state["search_least"]),
        width=420,
    )
    return least
