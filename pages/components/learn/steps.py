"""The introduction, a step at a time, on the current selection."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from decoding.analyses import data, decode, weights
from decoding.analyses.data import Measurement
from decoding.analyses.schemes import TELLING_PAIR
from decoding.cross_validation import CV_SCHEMES
from decoding.estimators import ESTIMATORS
from decoding.numbers import percent_text
from decoding.output.figures.timeline import blocks_table, plot_timeline, reading_timeline
from decoding.output.learn.lines import ARTICLES, lines_with
from decoding.output.learn.published import ARTICLE, corners_table, folds_table
from decoding.output.learn.steps import STEPS, Facts, Step
from decoding.samples.glm import GlmModel
from decoding.settings import SETTINGS, conditions_label
from pages.components.checks import show_score
from pages.components.controls import TUTORIAL_PAGE
from pages.components.data.matrix import VOLUMES, show_matrix, show_series, show_shapes
from pages.components.data.recording import show_recording
from pages.components.decode.scores import show_fold_scores
from pages.components.display import place_of_brain, show_figure, table_height
from pages.components.fixed import why_fixed
from pages.components.learn.quiz import ask
from pages.components.learn.state import show_way_on
from pages.components.maps import say_no_map, show_first_map
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.timecourse.model import show_response_map
from pages.components.url_state import change_spec, set_setting

T = TypeVar("T")
SERIES = (5, 149)
"""The first and the last volume of the article's picture of three voxels."""
OFFERED = ("svc", "logistic", "ridge", "gnb")
"""Classifiers that are offered to try."""
OF_MODEL = {
    "weights": "Decoding: the weights",
    "pattern": "Between the two: the activation pattern",
}
"""The maps of a linear classifier, as the last step names them."""


def show_step(view: View, name: str) -> None:
    """Show a step: what it does, a question, what is on screen of it, and its lines of code."""
    step = STEPS[name]
    schemes = [*ARTICLE.folds]
    if name == "cross_validate" and view.spec.cv not in schemes:
        view = view.on(cv=ARTICLE.spec.cv)
    say(step.help)
    say("", before=f"{ARTICLE.source} [Nilearn's own tutorial]({TUTORIAL_PAGE}) takes them too.")
    measured = result_for(data.ANALYSIS, view)
    asked = view.on(cv=step.cv) if step.cv else view
    mapped = name == "map" and ESTIMATORS[view.spec.estimator].has_weights
    facts = Facts(
        subject=view.subject,
        measured=measured,
        result=result_for(decode.ANALYSIS, asked),
        maps=result_for(weights.ANALYSIS, view) if mapped else None,
    )
    if (name == "map" and not mapped) or ask(name, step.ask(facts)):
        with section():
            SHOWN[name](asked, facts)
    _show_code(step, view, len(measured.matrix))
    show_way_on(name)


def _show_code(step: Step, view: View, n_volumes: int) -> None:
    st.header("In lines of code", anchor=False)
    _show_article(step, n_volumes)
    lines = "\n\n".join(filter(None, (step.today or step.article, step.beyond)))
    label = ESTIMATORS[view.spec.estimator].label
    if own := lines_with(lines, view.spec.estimator):
        st.subheader(f"The same with {label}", anchor=False)
        st.code(own, language="python", wrap_lines=True)
    elif ARTICLES in lines and view.spec.estimator != ARTICLES:
        say_small(f"These lines are of a linear SVM; what is chosen is {label}.")


def _show_article(step: Step, n_volumes: int) -> None:
    if not step.today:
        st.code(step.article, language="python", wrap_lines=True)
        say_small("The article's lines work today as they stand.")
        if step.beyond:
            st.subheader("Beyond the article: the activation pattern", anchor=False)
            st.code(step.beyond, language="python", wrap_lines=True)
        return
    for column, title, lines in zip(
        st.columns(2, gap="large"),
        ("In the article", "Today"),
        (step.article, step.today),
        strict=True,
    ):
        with column:
            st.subheader(title, anchor=False)
            st.code(lines, language="python", wrap_lines=True)
    say(step.differs(n_volumes))


def _show_read(view: View, facts: Facts) -> None:
    show_shapes(view, facts.measured)
    st.header("Voxels over time", anchor=False)
    first, last = SERIES
    if len(facts.measured.matrix) > last:
        st.button(
            f"Draw volumes {first} to {last}, as the article does",
            key="article_series",
            on_click=set_setting,
            args=(VOLUMES, SERIES),
        )
    show_series(view, facts.measured)
    say_small(
        f"The article draws volumes {first} to {last} and does not say why it leaves out the first "
        f"{first}. A scanner's signal takes some seconds to settle, and nothing is shown yet. They "
        "are left out of the picture only: no volume is left out of the table."
    )


def _show_mask(view: View, facts: Facts) -> None:
    subject = view.subject
    masks = list(dict.fromkeys([*subject.masks, view.spec.mask]))
    _choose(
        view,
        "mask",
        "Take another mask",
        masks,
        lambda name: SETTINGS["mask"].option_words(name, subject),
    )
    show_shapes(view, facts.measured)
    if ARTICLE.is_of(subject, view.spec):
        _show_corners(facts.measured)
    else:
        _say_not_published()
    with place_of_brain("learn"):
        show_recording(view)
    st.header("The masked matrix", anchor=False)
    show_matrix(view, facts.measured)


def _show_corners(measured: Measurement) -> None:
    rows, columns = ARTICLE.matrix
    st.header("The article's numbers beside these", anchor=False)
    table = corners_table(measured)
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(len(table), len(table)),
        alt="Corners of the masked matrix, published and here",
    )
    say_small(
        f"The article printed a matrix of {rows} x {columns}; here it is "
        f"{measured.shape[0]} x {measured.shape[1]}."
    )


def _show_choose(view: View, facts: Facts) -> None:
    subject, own = view.subject, view.spec.conditions
    pairs = [ARTICLE.spec.conditions, TELLING_PAIR, ("face", "house")]
    there = [pair for pair in pairs if set(pair) <= set(subject.conditions)]
    options = list(dict.fromkeys([*there, own]))
    _choose(view, "conditions", "Take other categories", options, conditions_label)
    show_shapes(view, facts.measured)
    show_figure(
        view,
        "blocks",
        lambda theme: plot_timeline(subject.volumes, theme, selected=own, each=subject.each),
        reading_timeline(subject.volumes, own, subject.each),
        lambda: blocks_table(subject.volumes),
    )
    if ARTICLE.is_of(subject, view.spec):
        say_small(f"The article kept {ARTICLE.n_selected} volumes.")


def _show_fit(view: View, facts: Facts) -> None:
    names = list(dict.fromkeys([*OFFERED, view.spec.estimator]))
    _choose(
        view, "estimator", "Take another classifier", names, lambda name: ESTIMATORS[name].label
    )
    share = percent_text(facts.result.accuracy)
    show_score(view, "Accuracy on the training itself", share, "no score for new scans")
    say_small(ESTIMATORS[view.spec.estimator].help)


def _show_folds(view: View, facts: Facts) -> None:
    names = [*ARTICLE.folds]
    _choose(view, "cv", "Split otherwise", names, lambda name: CV_SCHEMES[name].label)
    say_small(CV_SCHEMES[view.spec.cv].help)
    show_fold_scores(view, facts.result)
    table = folds_table(facts.result) if ARTICLE.is_of(view.subject, view.spec) else None
    if table is None:
        _say_not_published()
        return
    st.header("The article's scores beside these", anchor=False)
    st.dataframe(
        table.reset_index().assign(fold=range(1, len(table) + 1)),
        hide_index=True,
        height=table_height(len(table), len(table)),
        alt="Score of each fold, published and here",
    )


def _show_map(view: View, facts: Facts) -> None:
    say(
        "Decoding asks which category all voxels together tell, encoding how strongly each voxel "
        "responds to a category. The activation pattern leads from one to the other: it turns "
        "the weights back into where activity differs. So the three maps need not be alike."
    )
    if not say_no_map(view):
        for column, (what, label) in zip(st.columns(2, gap="large"), OF_MODEL.items(), strict=True):
            with column, section():
                st.subheader(label, anchor=False)
                show_first_map(view, what)
    with section():
        st.subheader("Encoding: the response", anchor=False)
        show_response_map(view, GlmModel())
    if facts.maps is not None and ARTICLE.is_of(view.subject, view.spec):
        printed, image = (" x ".join(map(str, one)) for one in (ARTICLE.weights, ARTICLE.image))
        here = " x ".join(map(str, facts.maps.weights.shape))
        say_small(
            f"The article's weights were {printed}, and their image {image}; here the weights are "
            f"{here}."
        )


SHOWN: dict[str, Callable[[View, Facts], None]] = {
    "read": _show_read,
    "mask": _show_mask,
    "choose": _show_choose,
    "fit": _show_fit,
    "cross_validate": _show_folds,
    "map": _show_map,
}
"""What each step shows once its question was answered."""


def _choose(
    view: View, field: str, label: str, options: Sequence[T], words: Callable[[T], str]
) -> None:
    """Let the visitor change a field of the selection, here as in the sentence above."""
    key, why = f"learn_{field}", why_fixed([field])
    st.session_state[key] = options.index(getattr(view.spec, field))
    st.pills(
        label,
        range(len(options)),
        key=key,
        required=True,
        format_func=lambda place: plain(words(options[place])),
        on_change=lambda: change_spec(**{field: options[st.session_state[key]]}),
        disabled=bool(why),
    )
    if why:
        st.caption(plain(why))


def _say_not_published() -> None:
    say_small(
        "The article printed figures of Haxby's subject 2 in its own choices alone, so none stand "
        "beside these."
    )
