"""What Home says: what its film shows, the answer, the steps, and the other pages."""

import math
from itertools import groupby

import streamlit as st

from decoding.cross_validation import CV_SCHEMES
from decoding.estimators import ESTIMATORS
from decoding.numbers import number_text, score_text
from decoding.output.text.readings import scans_text, spacing_text
from decoding.output.text.wording import compared_text, samples_text
from decoding.results import DecodingResult
from decoding.settings import SETTINGS
from pages.components.checks import say_answer, show_accuracy
from pages.components.controls import TUTORIAL, TUTORIAL_PAGE
from pages.components.display import metric_row
from pages.components.frame import PAGES, page_called
from pages.components.service import View
from pages.components.terms import say, say_small
from pages.components.url_state import full_query


def show_answer(view: View, result: DecodingResult) -> None:
    """Show the live result as one plain sentence, the exact number beside it."""
    with st.container(key="answer", horizontal=True, vertical_alignment="center"):
        say_answer(result, width="content")
        with metric_row("answer"):
            show_accuracy(view, result, compared_text(result))
    say_small(
        f"{scans_text(view.subject)}{result.n_samples} {samples_text(result)}, each with "
        f"{number_text(result.n_voxels, 'voxel')}."
    )


def show_steps(view: View, result: DecodingResult) -> None:
    """Show the introduction's six steps with this analysis' own numbers."""
    say("", before=f"{TUTORIAL} [nilearn's own tutorial]({TUTORIAL_PAGE}) takes the same steps.")
    spec, subject = view.spec, view.subject
    n_volumes = len(subject.volumes)
    mask = SETTINGS["mask"].option_words(spec.mask, subject).capitalize()
    scores = f"{score_text(result.accuracy)} over {number_text(len(result.fold_scores), 'fold')}"
    steps = (
        ("Read the recording", f"{n_volumes} {subject.each}s, {spacing_text(subject)}.", "Data"),
        ("Mask it", f"{mask}: {n_volumes} {subject.each}s by {result.n_voxels} voxels.", "Data"),
        ("Choose categories", f"{', '.join(result.classes)}: {result.n_samples} samples.", "Data"),
        ("Fit a classifier", ESTIMATORS[spec.estimator].help, "Decode"),
        ("Cross-validate", f"{CV_SCHEMES[spec.cv].label}: {scores}.", "Decode"),
        ("Map the weights", _map_words(result), "Decode"),
    )
    with st.container(key="steps"):
        for row in (steps[:3], steps[3:]):
            for column, (number, (title, words, name)) in zip(
                st.columns(3, gap="large"), enumerate(row, 1 + steps.index(row[0])), strict=True
            ):
                with column:
                    say("", before=f"**{number}. {title}**")
                    say_small(words)
                    st.page_link(
                        page_called(name).file, label=f"See it on {name}", query_params=full_query()
                    )


def _map_words(result: DecodingResult) -> str:
    estimator = ESTIMATORS[result.spec.estimator]
    if estimator.has_weights:
        n_pairs = math.comb(len(result.classes), 2)
        maps = f"for each of {n_pairs} pairs of categories " if n_pairs > 1 else ""
        return f"One weight {maps}in each of {result.n_voxels} voxels, drawn on the brain."
    return f"No map: {estimator.label} has no weights. A linear classifier has."


def show_next() -> None:
    """List the other pages by the question each answers, in the groups of the navigation."""
    groups = groupby(PAGES[1:], key=lambda page: page.group)
    with st.container(key="next"):
        for column, (group, pages) in zip(
            st.columns(len({page.group for page in PAGES}), gap="large"), groups, strict=True
        ):
            with column:
                say("", before=f"**{group}**")
                for page in pages:
                    st.page_link(page.file, label=page.question, query_params=full_query())
