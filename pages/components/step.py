"""The end of each page: one step that the result suggests, else the next page."""

from collections.abc import Callable

import streamlit as st

from decoding.analyses import check, decode, permute
from decoding.analyses.record import Analysis, OptionsT, ResultT
from decoding.output.text.next_steps import Seen, next_step
from decoding.output.text.remedies import Step
from pages.components.asked_null import asked_null
from pages.components.fixed import change_button
from pages.components.frame import PAGES, page_called
from pages.components.plain import plain
from pages.components.service import View, ticket_for
from pages.components.terms import say
from pages.components.url_state import full_query, set_extras


def show_next_step(seen: Seen | None, take: Callable[..., None]) -> None:
    """Suggest one step, as a link that takes it; nothing is computed for it.

    `take` changes fields of the page's own selection. What is seen is None where the page itself
    waits for a step: then none is suggested.
    """
    if seen is None:
        return
    step = next_step(seen) or _next_page(seen.page)
    with st.container(
        key="next_step", horizontal=True, vertical_alignment="center", width="content"
    ):
        say(step.why, width="content", before="**What next?** ")
        if step.page:
            file = page_called(step.page).file
            st.page_link(file, label=plain(step.label), query_params=full_query())
        else:
            change_button(
                plain(step.label), step.changes, key="take_step", on_click=_take, args=(step, take)
            )


def _next_page(name: str) -> Step:
    names = [page.name for page in PAGES]
    page = PAGES[(names.index(name) + 1) % len(PAGES)]
    return Step(why="", label=page.question, page=page.name)


def _take(step: Step, take: Callable[..., None]) -> None:
    set_extras(step.settings)
    take(**step.changes)


def seen_of_selection(name: str, view: View) -> Seen:
    """Return what a step follows from on a page of many scores: the selection alone."""
    return Seen(page=name, subject=view.subject, spec=view.spec)


def seen_of_score(name: str, view: View) -> Seen:
    """Return what is known of a page's score."""
    test = known(permute.ANALYSIS, view, asked_null(view.spec))
    return Seen(
        page=name,
        subject=view.subject,
        spec=view.spec,
        result=known(decode.ANALYSIS, view),
        checks=known(check.ANALYSIS, view),
        null=None if test is None else test.null,
    )


def known(
    analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
) -> ResultT | None:
    """Return a result that somebody has asked for; it is not counted as looked at here."""
    job = ticket_for(analysis, view, options).job
    return None if job is None or job.state != "done" else job.result()
