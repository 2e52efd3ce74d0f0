"""Weights and activation patterns on the brain, each with what it may be read for."""

from functools import partial
from math import isfinite

import streamlit as st

from decoding.analyses import truth, weights
from decoding.analyses.weights import to_image
from decoding.estimators import ESTIMATORS
from decoding.output.colours import ThemeName
from decoding.output.downloads import credited_image, header_table
from decoding.output.text.readings import MAP_USES, reading_chosen_voxels, reading_likeness
from decoding.output.text.wording import ground_text
from decoding.results import WeightMaps
from decoding.setting import Setting
from pages.components.controls import choose_setting
from pages.components.display import (
    Format,
    file_stem,
    metric_row,
    show_brain,
    show_image_file,
    show_metric,
    show_pictures,
    table_height,
    words_of_picture,
)
from pages.components.first_look import let_brain_draw
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import address_of

NOUNS = {"weights": "weights", "pattern": "pattern values"}
PAIR = Setting(name="pair", default="", label="Pair of categories")
TITLES = {"weights": "Weights", "pattern": "Activation pattern"}


def show_maps(view: View, pinned: View | None) -> None:
    """Show weights and activation pattern, side by side or each beside the pinned one's."""
    if say_no_map(view):
        return
    maps = result_for(weights.ANALYSIS, view)
    pair = _choose_pair(maps)
    if pinned and pinned.spec != view.spec and ESTIMATORS[pinned.spec.estimator].has_weights:
        _show_beside_pinned(view, maps, pair, pinned)
    else:
        _show_both(view, maps, pair)
    _show_planted(view, pair)
    _show_header(view, maps)
    from decoding.output.brain.view import legend_map  # numbers are on screen before

    legend = f"{legend_map(maps, maps.weights, pair=pair)} Weights have no unit."
    show_pictures(
        f"Weights on the {ground_text(view.subject)}",
        partial(_weights_picture, maps, pair, view, words_of_picture(view, legend)),
        f"{file_stem(view.spec)}_weights",
    )


def show_both_maps(view: View) -> None:
    """Show the first pair's weights beside its activation pattern, and what was planted."""
    _show_both(view, result_for(weights.ANALYSIS, view), 0)
    _show_planted(view, 0)


def _show_both(view: View, maps: WeightMaps, pair: int) -> None:
    for column, what in zip(st.columns(2, gap="large"), MAP_USES, strict=True):
        with column:
            st.subheader(TITLES[what], anchor=False)
            _show_map(view, maps, what, pair)


def _show_beside_pinned(view: View, maps: WeightMaps, pair: int, pinned: View) -> None:
    """Show each map beside the pinned result's, on one colour scale."""
    names = maps.pairs[pair]
    other = result_for(weights.ANALYSIS, pinned)
    theirs = other.pairs.index(names) if names in other.pairs else 0
    for what in MAP_USES:
        limit = max(maps.largest(what, pair), other.largest(what, theirs))
        left, right = st.columns(2, gap="large")
        with left:
            st.subheader(TITLES[what], anchor=False)
            _show_map(view, maps, what, pair, limit)
        with right:
            st.subheader(f"{TITLES[what]}, pinned", anchor=False)
            _show_brain(pinned, other, what, theirs, limit)
            say_small(
                "The same map: it is fitted to all samples, so the scheme takes no part in it."
                if maps.spec == other.spec
                else "On the colour scale of the map beside it."
            )


def _show_planted(view: View, pair: int) -> None:
    if view.subject.truth is not None:
        with section():
            _show_truth(view, pair)


def _show_truth(view: View, pair: int) -> None:
    """Show what was planted in a simulated subject, and how far the maps resemble it."""
    from decoding.output.brain import view as brain
    from decoding.output.brain.background import background_image

    found = result_for(truth.ANALYSIS, view)
    maps, planted, what = found.maps, found.planted, "planted differences"
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What was planted", anchor=False)
        show_brain(
            view,
            (truth.ANALYSIS.request(view.spec), pair),
            lambda theme: brain.map_html(
                maps, planted, background_image(view.subject), theme=theme, pair=pair, what=what
            ),
            "Brain view of the planted difference.",
            brain.reading_map(maps, planted, pair=pair, what=what),
        )
        image = partial(to_image, maps, planted, "planted")
        show_image_file(view, "Planted difference, NIfTI", image, "planted")
    with right, st.container(key="truth"):
        likeness = {name: found.resemblance(name, pair) for name in MAP_USES}
        with metric_row("truth"):
            for name, r in likeness.items():
                label = f"{TITLES[name]}, similarity"
                value = f"{r:.2f}" if isfinite(r) else "none"
                show_metric(label, value, "correlation with what was planted")
        say(
            "Only a simulation knows the truth: each voxel's response to each category was chosen, "
            f"or planted, when this recording was made. {reading_likeness(*likeness.values())}"
        )


def show_first_map(view: View, what: str = "weights") -> None:
    """Show the first pair's weights or its activation pattern alone, or why there are none."""
    if not say_no_map(view):
        _show_map(view, result_for(weights.ANALYSIS, view), what, 0)


def say_no_map(view: View) -> bool:
    """Say why an estimator has no weight map; tell whether it has none."""
    estimator = ESTIMATORS[view.spec.estimator]
    if not estimator.has_weights:
        able = "; ".join(other.label for other in ESTIMATORS.values() if other.has_weights)
        st.info(
            f"{estimator.label} has no weight for each voxel, so there is no map to draw. "
            f"{estimator.help} With a map: {able}.",
            icon=":material/info:",
        )
    return not estimator.has_weights


def _choose_pair(maps: WeightMaps) -> int:
    """Let the visitor choose one of several pairs of categories; the link carries it."""
    names = [" against ".join(reversed(pair)) for pair in maps.pairs]
    if len(names) == 1:
        return 0
    chosen = choose_setting(PAIR, names, width=280, default=names[0], comes_and_goes=True)
    return names.index(chosen)


def _show_map(
    view: View, maps: WeightMaps, what: str, pair: int, limit: float | None = None
) -> None:
    _show_brain(view, maps, what, pair, limit)
    let_brain_draw()
    chosen = reading_chosen_voxels(maps)
    say_small(" ".join(f"{MAP_USES[what]} {chosen} The NIfTI file holds all values.".split()))
    image = partial(to_image, maps, maps.values(what), what)
    show_image_file(view, f"{TITLES[what]}, NIfTI", image, what)


def _show_brain(view: View, maps: WeightMaps, what: str, pair: int, limit: float | None) -> None:
    from decoding.output.brain import view as brain  # numbers are on screen before this is imported
    from decoding.output.brain.background import background_image

    values, noun, ground = maps.values(what), NOUNS[what], partial(background_image, view.subject)
    show_brain(
        view,
        (weights.ANALYSIS.request(view.spec), what, pair, limit),
        lambda theme: brain.map_html(
            maps, values, ground(), theme=theme, pair=pair, what=noun, limit=limit
        ),
        f"Brain view of the {TITLES[what].lower()}.",
        brain.reading_map(maps, values, pair=pair, what=noun),
    )


def _show_header(view: View, maps: WeightMaps) -> None:
    with st.expander("The NIfTI header of the weight image"):
        image = to_image(maps, maps.weights, "weights")
        table = header_table(credited_image(image, view.subject, address_of(view.spec)))
        say_small(
            f"Shape {image.shape}: the scan's grid, and one volume for each pair of categories."
        )
        st.dataframe(
            table,
            hide_index=True,
            height=table_height(len(table), 8),
            alt="The fields of the NIfTI header",
        )


def _weights_picture(
    maps: WeightMaps,
    pair: int,
    view: View,
    words: tuple[str, ...],
    theme: ThemeName,
    kind: Format,
) -> bytes:
    from decoding.output import static
    from decoding.output.brain import view as brain

    return static.values_picture(
        maps.grid.image(maps.weights[pair]),
        static.static_background(view.subject),
        theme=theme,
        threshold=brain.hidden_below(maps.weights[pair]),
        title="Weights of the classifier",
        unit="weight",
        words=words,
        format=kind,
    )
