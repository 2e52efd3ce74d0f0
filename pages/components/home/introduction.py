"""What Home says: the answer, the steps of the introduction, and the other pages."""

import math

import streamlit as st

from decoding.cross_validation import CV_SCHEMES
from decoding.estimators import ESTIMATORS
from decoding.numbers import score_text
from decoding.output.text.readings import spacing_text
from decoding.output.text.wording import NO_COMPARISON, baseline_of
from decoding.results import DecodingResult
from decoding.samples.kinds import SAMPLES
from decoding.settings import SETTINGS, conditions_label
from pages.components.controls import TUTORIAL, TUTORIAL_PAGE
from pages.components.frame import PAGES
from pages.components.service import View
from pages.components.url_state import full_query


def show_answer(result: DecodingResult) -> None:
    """Show the live result as one large number and one sentence."""
    kind = SAMPLES[result.spec.samples].label
    what = conditions_label(result.classes)
    baseline = baseline_of(result, None)
    guessing = f"guessing scores {score_text(baseline[0])}" if baseline else NO_COMPARISON
    with st.container(key="answer", horizontal=True, vertical_alignment="center"):
        st.metric(
            "Accuracy", score_text(result.accuracy), label_visibility="collapsed", width="content"
        )
        st.markdown(
            f"is the share of {kind} rightly decoded, {what}, from {result.n_voxels} voxels; "
            f"{guessing}.  \n{result.n_samples} {kind} of "
            f"{result.n_blocks} blocks were decoded.",
            width="stretch",
        )


def show_steps(view: View, result: DecodingResult) -> None:
    """Show the introduction's six steps with this analysis' own numbers."""
    st.markdown(f"{TUTORIAL} [nilearn's own tutorial]({TUTORIAL_PAGE}) takes the same steps.")
    spec, subject = view.spec, view.subject
    n_volumes = len(subject.volumes)
    mask = SETTINGS["mask"].option_words(spec.mask, subject).capitalize()
    scores = f"{score_text(result.accuracy)} over {len(result.fold_scores)} folds"
    steps = (
        ("Read a 4D scan", f"{n_volumes} volumes, {spacing_text(subject)}.", "Data"),
        ("Mask it", f"{mask}: a matrix of {n_volumes} x {result.n_voxels}.", "Data"),
        ("Select", f"{', '.join(result.classes)}: {result.n_samples} samples.", "Data"),
        ("Fit a classifier", ESTIMATORS[spec.estimator].help, "Decode"),
        ("Cross-validate", f"{CV_SCHEMES[spec.cv].label}: {scores}.", "Decode"),
        ("Map the weights", _map_words(result), "Decode"),
    )
    pages = {page.name: page for page in PAGES}
    with st.container(key="steps"):
        for row in (steps[:3], steps[3:]):
            for column, (number, (title, words, name)) in zip(
                st.columns(3, gap="large"), enumerate(row, 1 + steps.index(row[0])), strict=True
            ):
                with column:
                    st.markdown(f"**{number}. {title}**")
                    st.caption(words)
                    st.page_link(
                        pages[name].file, label=f"See it on {name}", query_params=full_query()
                    )


def _map_words(result: DecodingResult) -> str:
    estimator = ESTIMATORS[result.spec.estimator]
    if estimator.has_weights:
        n_pairs = math.comb(len(result.classes), 2)
        maps = f"for each of {n_pairs} pairs of categories " if n_pairs > 1 else ""
        return f"One weight {maps}in each of {result.n_voxels} voxels, drawn on the brain."
    return f"{estimator.label} has no weight for a voxel; choose a linear one."


def show_next() -> None:
    """List the other pages by the question each answers."""
    with st.container(key="next"):
        for page in PAGES[1:]:
            st.page_link(page.file, label=page.question, query_params=full_query())
