"""The spheres kept, on the brain; beside what was planted where that is known; and the files."""

from functools import partial

import streamlit as st

from decoding.analyses.searchlight.peaks import KeptSpheres, Options, TruthMatch
from decoding.analyses.searchlight.result import (
    SearchlightResult,
    p_image,
    score_image,
    thresholded_image,
)
from decoding.datasets.base import Subject
from decoding.datasets.space import in_mni_space
from decoding.output.colours import ThemeName
from decoding.output.text.wording import chance_for, ground_text
from pages.components.display import (
    Format,
    file_stem,
    show_brain,
    show_image_file,
    show_pictures,
    words_of_picture,
)
from pages.components.searchlight.search import Search
from pages.components.terms import say_small


def show_search_map(search: Search, chosen: Options, spheres: KeptSpheres) -> None:
    """Show the spheres kept on the brain, beside what was planted where that is known."""
    from decoding.output.brain import searchlight as brain  # numbers are on screen before

    result, what = chosen.found, (search.request_of(chosen.found), chosen.rule, chosen.least)
    columns = st.columns(1 if spheres.match is None else 2, gap="large")
    with columns[0]:
        _show_scores(search, result, spheres, what)
    if spheres.match is not None:
        with columns[1]:
            _show_planted(search, result, spheres.match, what)
    if in_mni_space(search.view.subject):
        chance = chance_for(search.view.subject, search.view.spec)
        show_brain(
            search.view,
            ("surface", *what),
            lambda theme: brain.surface_html(result, spheres.kept, chance, theme=theme),
            "Surface view of the searchlight.",
            "The same on the template's cortex.",
        )
    else:
        say_small(
            "No surface view: this scan lies in the subject's own space, and a template's cortex "
            "would show it in the wrong places. Scans in MNI space have one."
        )


def _show_scores(
    search: Search, result: SearchlightResult, spheres: KeptSpheres, what: tuple[object, ...]
) -> None:
    """Show the spheres kept; `what` tells this picture from others of its kind."""
    from decoding.output.brain import searchlight as brain
    from decoding.output.brain.background import background_image

    view, subject = search.view, search.view.subject
    ground, chance = partial(background_image, subject), chance_for(subject, view.spec)
    name = "Scores" if chance is None else "Scores above chance"
    st.header(f"~~{name}~~ :red[wrong]" if view.is_wrong else name, anchor=False)
    reading = brain.reading_scores(result, spheres.kept, chance)
    show_brain(
        view,
        ("map", *what),
        lambda theme: brain.score_html(result, spheres.kept, ground(), theme=theme, chance=chance),
        "Brain view of the searchlight.",
        reading,
    )
    if spheres.kept.any():
        wide = f"Each sphere reaches {search.radius:g} mm from its centre."
        words = words_of_picture(view, f"{reading} {wide}")
        show_pictures(
            f"Map on the {ground_text(subject)}",
            partial(_map_picture, result, spheres, subject, words),
            f"{file_stem(view.spec)}_{search.name}_map",
        )


def _show_planted(
    search: Search, result: SearchlightResult, match: TruthMatch, what: tuple[object, ...]
) -> None:
    """Show what was found of what was planted, and offer it as an image."""
    from decoding.output.brain import searchlight as brain
    from decoding.output.brain.background import background_image

    st.header("What the search found of what was planted", anchor=False)
    show_brain(
        search.view,
        ("truth", *what),
        lambda theme: brain.truth_html(
            result, match, background_image(search.view.subject), theme=theme
        ),
        "Brain view of the planted truth.",
        brain.reading_truth(match),
    )
    image = partial(brain.truth_image, result, match)
    show_image_file(search.view, "Planted and drawn, NIfTI", image, f"{search.name}_planted")


def _map_picture(
    result: SearchlightResult,
    spheres: KeptSpheres,
    subject: Subject,
    words: tuple[str, ...],
    theme: ThemeName,
    kind: Format,
) -> bytes:
    from decoding.output import static
    from decoding.output.brain import searchlight as brain

    chance = chance_for(subject, result.spec)
    return static.values_picture(
        result.grid.image(brain.drawn_scores(result, spheres.kept, chance)),
        static.static_background(subject),
        theme=theme,
        threshold=0.0,
        title="Searchlight: where the information is",
        unit="score" if chance is None else "points above chance",
        words=words,
        format=kind,
        axial=True,
        cut=brain.best_place(result, spheres.kept),
    )


def show_search_files(search: Search, chosen: Options, spheres: KeptSpheres) -> None:
    """Offer the maps as NIfTI on the scan's grid."""
    result = chosen.found
    kept = partial(thresholded_image, result, spheres.kept, "thresholded score")
    files = [("Scores", partial(score_image, result), "score")]
    files.append(("Thresholded scores", kept, f"thresholded_{chosen.rule_text}"))
    if result.null is not None:
        files.append(("Family-wise p", partial(p_image, result), "p"))
    with st.container(key="search_files", horizontal=True):
        for label, make, name in files:
            show_image_file(search.view, f"{label}, NIfTI", make, f"{search.name}_{name}")
