"""The end of each page: one step that the result suggests, else the next page."""

import streamlit as st

from decoding.analyses import check, decode, permute
from decoding.analyses.permute import quick_options
from decoding.analyses.record import Analysis, OptionsT, ResultT
from decoding.output.text.next_steps import Seen, next_step
from pages.components.frame import PAGES
from pages.components.service import View, ticket_for
from pages.components.terms import say
from pages.components.url_state import change_spec, full_query

SHOW_A_SCORE = ("Home", "Decode", "Validate")


def show_next_step(name: str, view: View) -> None:
    """Suggest one step, with one button or link that takes it; nothing is computed for it."""
    step = next_step(_seen(view)) if name in SHOW_A_SCORE else None
    with st.container(
        key="next_step", horizontal=True, vertical_alignment="center", width="content"
    ):
        if step is not None:
            say(f"**What next?** {step.why}", width="content")
            st.button(step.label, key="take_step", on_click=change_spec, kwargs=dict(step.changes))
        else:
            names = [page.name for page in PAGES]
            page = PAGES[(names.index(name) + 1) % len(PAGES)]
            say("**What next?**", width="content")
            st.page_link(page.file, label=page.question, query_params=full_query())


def _seen(view: View) -> Seen:
    test = _known(permute.ANALYSIS, view, permute.Options()) or _known(
        permute.ANALYSIS, view, quick_options(view.spec)
    )
    return Seen(
        subject=view.subject,
        spec=view.spec,
        result=_known(decode.ANALYSIS, view),
        checks=_known(check.ANALYSIS, view),
        null=None if test is None else test.null,
    )


def _known(
    analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
) -> ResultT | None:
    """Return a result that somebody has asked for; it is not counted as looked at here."""
    job = ticket_for(analysis, view, options).job
    return None if job is None or job.state != "done" else job.result()
