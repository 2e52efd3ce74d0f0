"""Weights and activation patterns on the brain, each with what it may be read for."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from decoding.analyses.truth import TruthResult
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.output.colours import ThemeName
from decoding.results import WeightMaps
from decoding.spec import DecodingSpec, Request
from pages.components.display import (
    Format,
    file_stem,
    metric_row,
    show_brain,
    show_download,
    show_metric,
    show_pictures,
    theme_name,
)
from pages.components.section import section
from pages.components.service import picture_for, result_for, subject_for
from pages.components.url_state import get_extra, set_extra

USES = {
    "weights": "Weights say what the classifier uses. A voxel may carry weight only to cancel "
    "noise that it shares with others, so they do not say where the information lies.",
    "pattern": "The activation pattern (Haufe et al. 2014) says how activity differs between the "
    "categories along the classifier's direction: it estimates where activity goes with the "
    "decision. It has no threshold and no error: small values may be nothing.",
}
NOUNS = {"weights": "weights", "pattern": "pattern values"}
TITLES = {"weights": "Weights", "pattern": "Activation pattern"}


def show_maps(subject: Subject, spec: DecodingSpec, pinned: DecodingSpec | None) -> None:
    """Show weights and activation pattern, side by side or each beside the pinned one's."""
    if say_no_map(spec):
        return
    maps = _maps_of(spec)
    pair = _choose_pair(maps)
    if pinned is None or pinned == spec or not ESTIMATORS[pinned.estimator].has_weights:
        for column, what in zip(st.columns(2, gap="large"), USES, strict=True):
            with column:
                st.subheader(TITLES[what], anchor=False)
                _show_map(subject, maps, what, pair)
    else:
        _show_beside_pinned(subject, maps, pair, _maps_of(pinned))
    if subject.truth is not None:
        with section():
            _show_truth(subject, spec, pair)
    _show_header(subject, maps)
    show_pictures(
        "Weights on the anatomy",
        lambda theme, kind: _weights_picture(subject, maps, pair, theme, kind),
        f"{file_stem(spec)}_weights",
    )


def _show_beside_pinned(subject: Subject, maps: WeightMaps, pair: int, pinned: WeightMaps) -> None:
    """Show each map beside the pinned result's, on one colour scale."""
    names = maps.pairs[pair]
    theirs = pinned.pairs.index(names) if names in pinned.pairs else 0
    pinned_subject = subject_for(pinned.spec)
    for what in USES:
        limit = max(_largest(maps, what, pair), _largest(pinned, what, theirs))
        left, right = st.columns(2, gap="large")
        with left:
            st.subheader(TITLES[what], anchor=False)
            _show_map(subject, maps, what, pair, limit)
        with right:
            st.subheader(f"{TITLES[what]}, pinned", anchor=False)
            _show_brain(pinned_subject, pinned, what, theirs, limit)
            same = maps.spec == replace(pinned.spec, cv=maps.spec.cv)
            st.caption(
                "The same map: it is of a fit on all samples, in which the scheme takes no part."
                if same
                else "On the colour scale of the map beside it."
            )


def _largest(maps: WeightMaps, what: str, pair: int) -> float:
    return float(abs(getattr(maps, what)[pair]).max())


def _show_truth(subject: Subject, spec: DecodingSpec, pair: int) -> None:
    """Show what was planted in a simulated subject, and how far the maps resemble it."""
    from decoding.output.brain import view as brain
    from decoding.output.brain.background import background_image

    request = Request(analysis="truth", spec=spec)
    found: TruthResult = result_for(request)
    theme = theme_name()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What was planted", anchor=False)
        html = picture_for(
            request,
            f"planted {pair}",
            theme,
            lambda: brain.map_html(
                found.maps, found.planted, background_image(subject), theme=theme, pair=pair,
                what="planted differences",
            ),
        )  # fmt: skip
        reading = brain.reading_map(
            found.maps, found.planted, pair=pair, what="planted differences"
        )
        show_brain(html, f"Brain view of the planted difference. {reading}", reading)
        show_download(
            "Planted difference, NIfTI",
            lambda: _nifti(subject, found.maps, found.planted, "planted"),
            f"{file_stem(spec)}_planted.nii.gz",
            "application/gzip",
        )
    with right, st.container(key="truth"):
        with metric_row("truth"):
            for what in USES:
                show_metric(
                    f"{TITLES[what]}, likeness",
                    f"{found.resemblance(what, pair):.2f}",
                    "correlation with what was planted",
                )
        likeness = (found.resemblance(what, pair) for what in USES)
        st.markdown(
            "Only a simulation knows the truth: here each voxel's response to each category was "
            f"planted. {reading_likeness(*likeness)}"
        )


def reading_likeness(weights: float, pattern: float) -> str:
    """Say which of two maps is more like what was planted, by the correlations shown."""
    shown = {"weights are": f"{weights:.2f}", "pattern is": f"{pattern:.2f}"}
    if "nan" in shown.values():
        return "A map that is the same in all voxels has no likeness to anything."
    if len(set(shown.values())) == 1:
        return f"Weights and pattern are equally like it, {weights:.2f}."
    more, less = sorted(shown, key=lambda name: -float(shown[name]))
    return (
        f"In this recording the {more} more like it than the {less} ({shown[more]} against "
        f"{shown[less]})."
    )


def show_weight_map(subject: Subject, spec: DecodingSpec) -> None:
    """Show the weights of the first pair alone, or why there are none."""
    if not say_no_map(spec):
        _show_map(subject, _maps_of(spec), "weights", 0)


def say_no_map(spec: DecodingSpec) -> bool:
    """Say why an estimator has no weight map; tell whether it has none."""
    estimator = ESTIMATORS[spec.estimator]
    if not estimator.has_weights:
        able = "; ".join(other.label for other in ESTIMATORS.values() if other.has_weights)
        st.info(
            f"{estimator.label} has no single weight per voxel, so there is no map to draw. "
            f"{estimator.help} With a map: {able}.",
            icon=":material/info:",
        )
    return not estimator.has_weights


def _maps_of(spec: DecodingSpec) -> WeightMaps:
    maps: WeightMaps = result_for(Request(analysis="weights", spec=spec))
    return maps


def _choose_pair(maps: WeightMaps) -> int:
    """Let the visitor choose one of several pairs of categories; the link carries it."""
    names = [" against ".join(reversed(pair)) for pair in maps.pairs]
    if len(names) == 1:
        return 0
    asked = get_extra("pair")
    st.session_state["decode_pair"] = asked if asked in names else names[0]
    chosen = st.selectbox(
        "Pair of categories",
        names,
        key="decode_pair",
        on_change=lambda: set_extra("pair", st.session_state["decode_pair"]),
        width=280,
    )
    return names.index(chosen)


def _show_map(
    subject: Subject, maps: WeightMaps, what: str, pair: int, limit: float | None = None
) -> None:
    _show_brain(subject, maps, what, pair, limit)
    st.caption(f"{USES[what]} The file holds all values.")
    show_download(
        f"{TITLES[what]}, NIfTI",
        lambda: _nifti(subject, maps, getattr(maps, what), what),
        f"{file_stem(maps.spec)}_{what}.nii.gz",
        "application/gzip",
    )


def _show_brain(
    subject: Subject, maps: WeightMaps, what: str, pair: int, limit: float | None
) -> None:
    from decoding.output.brain import view as brain  # numbers are on screen before this is imported
    from decoding.output.brain.background import background_image

    theme, values = theme_name(), getattr(maps, what)
    html = picture_for(
        Request(analysis="weights", spec=maps.spec),
        f"{what} {pair} {limit}",
        theme,
        lambda: brain.map_html(
            maps, values, background_image(subject), theme=theme, pair=pair, what=NOUNS[what],
            limit=limit,
        ),
    )  # fmt: skip
    reading = brain.reading_map(maps, values, pair=pair, what=NOUNS[what])
    show_brain(html, f"Brain view of the {TITLES[what].lower()}. {reading}", reading)


def _nifti(subject: Subject, maps: WeightMaps, values: Any, what: str) -> bytes:  # noqa: ANN401
    from decoding.analyses.weights import to_image
    from decoding.output.downloads import credited_image, nifti_bytes

    return nifti_bytes(credited_image(to_image(maps, values, what), subject, maps.spec))


def _show_header(subject: Subject, maps: WeightMaps) -> None:
    from decoding.analyses.weights import to_image
    from decoding.output.downloads import credited_image, header_table

    with st.expander("The NIfTI header of the weight image"):
        image = credited_image(to_image(maps, maps.weights, "weights"), subject, maps.spec)
        table: pd.DataFrame = header_table(image)
        st.caption(
            f"Shape {image.shape}: the scan's grid, and one volume for each pair of categories."
        )
        st.dataframe(table, hide_index=True, height=320, alt="The fields of the NIfTI header")


def _weights_picture(
    subject: Subject, maps: WeightMaps, pair: int, theme: ThemeName, kind: Format
) -> bytes:
    from decoding.output import static
    from decoding.output.brain import view as brain

    return static.weights_picture(
        maps.grid.image(maps.weights[pair]),
        static.static_background(subject),
        theme=theme,
        threshold=brain.hidden_below(maps.weights[pair]),
        format=kind,
    )
