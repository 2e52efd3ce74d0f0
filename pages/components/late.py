"""Results that may come late: the page keeps their places, and they fill them when they come."""

from collections.abc import Callable
from typing import Any, Generic

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from decoding.analyses.record import Analysis, OptionsT, ResultT
from pages.components.jobs import TICK_S, draw_job, is_under_way, offer_again
from pages.components.section import section
from pages.components.service import Unfinished, View, ready_result, result_for, ticket_for


class Late(Generic[ResultT]):
    """A result, and what a page draws of it: without it first where it takes long.

    The page draws what depends on it with `show`, which keeps the place, and the last of it with
    `follow`, which starts the work and tells there how far it is. When the work is done its
    follower, a fragment, draws the kept places anew. The page is not run again, so that nothing
    moves under a reader's eyes and no widget loses its state.

    Parameters
    ----------
    analysis : Analysis
    view : View
    options : optional
    """

    def __init__(
        self,
        analysis: Analysis[OptionsT, ResultT],
        view: View,
        options: OptionsT | None = None,
    ) -> None:
        self.result = ready_result(analysis, view, options)
        self.ticket = ticket_for(analysis, view, options)
        self.is_over = self.result is not None
        self._ask: Callable[[], ResultT] = lambda: result_for(analysis, view, options)
        self._places: list[tuple[DeltaGenerator, Callable[[ResultT | None], None]]] = []

    def show(self, draw: Callable[[ResultT | None], None]) -> None:
        """Draw something with the result, or without it as long as there is none."""
        place = st.empty()
        self._places.append((place, draw))
        _draw(place, draw, self.result)

    def follow(self, draw: Callable[[ResultT], None]) -> None:
        """Draw what needs the result, or how far it is."""
        self.show(lambda result: None if result is None else draw(result))
        if self.is_over:
            return
        with section():
            try:
                self._ask()
            except Unfinished:
                _follow(self)
            else:
                st.rerun()  # it came while the page was being drawn without it

    def fill(self, result: ResultT) -> None:
        """Draw all places with the result."""
        self.result = result
        for place, draw in self._places:
            _draw(place, draw, result)


def _draw(
    place: DeltaGenerator, draw: Callable[[ResultT | None], None], result: ResultT | None
) -> None:
    with place.container(), section():
        draw(result)


@st.fragment(run_every=TICK_S)
def _follow(late: Late[Any]) -> None:
    """Look how far the work is; fill the places once it is done."""
    if late.is_over:
        st.rerun()  # a widget was used that was drawn here: it changes the page
    if is_under_way(late.ticket):
        draw_job(late.ticket)
        return
    late.is_over = True
    _stop_clock()
    job = late.ticket.job
    if job is None or job.state == "cancelled":
        offer_again(late.ticket)
        return
    with section():
        late.fill(job.result())


def _stop_clock() -> None:
    """Have the browser no longer run this fragment every second.

    Streamlit says so itself where a fragment goes with the one around it, but has no function for
    a fragment that has done its work.
    """
    context = get_script_run_ctx()
    if context is not None and (name := ThreadState.get().fragment_id):
        message = ForwardMsg()
        message.stop_auto_rerun.fragment_ids.append(name)
        context.enqueue(message)
