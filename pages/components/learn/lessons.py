"""The traps: a question, the scores that answer it, and the real page on the same choices."""

from functools import partial
from typing import Any

import streamlit as st

from decoding.analyses import permute
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.simulated.parameters import KNOBS
from decoding.numbers import number_text, p_text, score_text
from decoding.output.learn.explanations import Found
from decoding.output.learn.lessons import LESSONS, Lesson
from decoding.output.learn.published import ARTICLE, areas_table
from decoding.output.text.wording import decoded_text, smallest_text, unnoticed_text
from decoding.results import PermutationResult
from decoding.setting import Setting
from decoding.spec import DecodingSpec, differing_fields, spec_to_query
from pages.components.controls import choose_setting
from pages.components.display import metric_row, show_metric, table_height
from pages.components.fixed import change_link
from pages.components.frame import page_called
from pages.components.late import Late
from pages.components.learn.state import show_way_on
from pages.components.maps import show_both_maps
from pages.components.section import section
from pages.components.service import View, view_of
from pages.components.teach import HIDE, LOCK
from pages.components.terms import say, say_small
from pages.components.together import Together
from pages.components.url_state import SESSION, get_extra, session_name

MADE = Setting(name="made", default="", label="Subject of this lesson")
"""The simulated subject of `KNOBS` that lessons take; empty: the one on screen, or their own."""
OF_MASKS = ("circular", "size")
"""The lessons beside which the published scores of three masks stand."""


def show_lesson(view: View, name: str) -> None:
    """Show a lesson's question, its scores as they come, what they mean and where to see it."""
    lesson = LESSONS[name]
    st.header(lesson.question, anchor=False)
    place = st.container()
    follows = lesson.subject is None and _is_shown(view, lesson.specs(view.subject, view.spec)[0])
    made = choose_setting(
        MADE,
        ["", *KNOBS],
        width=380,
        words=lambda name: (
            f"simulated, with {KNOBS[name][1]}"
            if name
            else ("the one chosen above" if follows else "the lesson's own")
        ),
    )
    with place:
        specs = lesson.specs(view.subject, view.spec, made)
        _say_choices(follows=follows and not made)
        _show_sides(view, lesson, [*map(view_of, specs)])
    if name in OF_MASKS:
        _show_areas()
    show_way_on(name)


def _show_sides(view: View, lesson: Lesson, sides: list[View]) -> None:
    _say_subject(sides[0])
    lates: list[Late[Any]] = [
        Late(permute.ANALYSIS, own, side.options)
        for own, side in zip(sides, lesson.sides, strict=True)
    ]
    if lesson.more is not None:
        lates.append(Late(lesson.more, sides[0], lesson.options))
    work = Together(lates)
    work.follow(partial(_show_scores, lesson, sides, work), "lesson")
    query = {**spec_to_query(sides[0].spec), SESSION: [session_name()]}
    kept = {one.name: get_extra(one.name) for one in (LOCK, HIDE)}
    query |= {key: [text] for key, text in {**lesson.link, **kept}.items() if text}
    if lesson.maps:
        with section():
            show_both_maps(sides[0])
    with st.container(key="next"):
        fields = differing_fields(view.spec, sides[0].spec)
        page = page_called(lesson.page)
        change_link(page.file, f"Open it on the page {page.name}", fields, query)


def _is_shown(view: View, own: DecodingSpec) -> bool:
    """Tell whether a lesson's subject is the one on screen."""
    return (own.dataset, own.subject) == (view.spec.dataset, view.spec.subject)


def _say_choices(*, follows: bool) -> None:
    """Say what a lesson takes of the selection above it: its subject, or nothing."""
    say_small(
        "This lesson is about the subject chosen above; no other choice above changes it."
        if follows
        else "This lesson has its own subject and choices: what is chosen above does not change it."
    )


def _say_subject(view: View) -> None:
    dataset = "simulated subject" if view.subject.simulated else "subject"
    special = view.spec.dataset == "simulated" and KNOBS.get(view.spec.subject)
    made = f", which has {special[1]}" if special else ""
    decoded = decoded_text(view.spec, view.subject)
    say_small(f"Shown on {dataset} {view.subject.name}{made}. {decoded}")


def _show_scores(lesson: Lesson, sides: list[View], work: Together[Any]) -> None:
    found: list[Any] = [late.result for late in work.lates]
    tests: list[PermutationResult] = found[: len(sides)]
    for number, (side, own, test) in enumerate(zip(lesson.sides, sides, tests, strict=True)):
        st.subheader(side.label, anchor=False)
        leaks = CV_SCHEMES[own.spec.cv].leaks
        with metric_row(f"lesson_{number}"):
            kind = "wrong" if own.is_wrong else "score"
            with st.container(key=f"{kind}_lesson_{number}"):
                against = number_text(test.n_samples, "sample")
                if own.is_wrong:
                    against = "too good: it leaks" if leaks else "too good: circular mask"
                show_metric("Accuracy", score_text(test.observed), against)
            show_metric("Shuffled labels score", score_text(test.null.mean), "on average")
            limit = unnoticed_text(own.subject, own.spec) or smallest_text(test.null)
            show_metric("p-value", p_text(test.p_value), limit)
    more = found[-1] if lesson.more is not None else None
    say(lesson.explain(Found(tests=tests, subject=sides[0].subject, more=more)))


def _show_areas() -> None:
    table = areas_table().reset_index()
    with st.expander("Three masks, as published"):
        st.dataframe(
            table,
            hide_index=True,
            height=table_height(len(table), len(table)),
            alt="Published area under ROC of each category in three masks",
        )
        say_small(ARTICLE.areas_source)
