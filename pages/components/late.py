"""Results that may come late: parts of a page wait for them, and are drawn when they come."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Generic, Protocol, TypeVar

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from decoding.analyses.record import Analysis, OptionsT, ResultT
from pages.components.section import TICK_S, draw_job, is_under_way, offer_again, section
from pages.components.service import Unfinished, View, ready_result, result_for, ticket_for
from pages.components.terms import forget_marks
from pages.components.url_state import draw_anew, is_changed

ShownT = TypeVar("ShownT", covariant=True)
PART_TICK_S = 0.2


class Late(Generic[ResultT]):
    """A result, and what a page draws of it: without it first where it takes long.

    The page draws what depends on it with `show`, and the last of it with `follow`, which starts
    the work and tells there how far it is. Each part is a fragment of its own; when the work is
    done its follower has the browser ask for these parts. The page is not run again, so that
    nothing moves under a reader's eyes and no widget loses its state. When it is, for a choice,
    what was late stands in the same containers: the browser keeps what a reader has opened.
    """

    def __init__(
        self, analysis: Analysis[OptionsT, ResultT], view: View, options: OptionsT | None = None
    ) -> None:
        self.result = ready_result(analysis, view, options)
        self.ticket = ticket_for(analysis, view, options)
        self.parts: set[str] = set()
        self.ask: Callable[[], ResultT] = lambda: result_for(analysis, view, options)
        self.start: Callable[[], ResultT] = lambda: result_for(
            analysis, view, options, patient=False
        )

    @property
    def found(self) -> ResultT | None:
        """The result, or what there is of it while the work goes on; None where nothing is."""
        if self.result is None and (job := self.ticket.job) is not None:
            found: ResultT | None = job.so_far
            return found
        return self.result

    def show(self, draw: Callable[[ResultT | None], None], kept: str = "") -> None:
        """Draw something with the result, or without it as long as there is none.

        The style sheet keeps its height by the name `kept`, if it grows when the result comes.
        """
        with st.container(key=f"late_{kept}") if kept else nullcontext():
            if self.result is None:
                draw_part(self, draw)
            else:
                with st.container(), section():
                    draw(self.result)

    def follow(self, draw: Callable[[ResultT], None], kept: str) -> None:
        """Draw what needs the result, or how far it is, in a `kept` height; see `show`."""
        with st.container(key=f"late_{kept}"):
            self.show(lambda result: None if result is None else draw(result))
            if self.result is not None:
                st.container()  # as a follower has
                return
            with section():
                try:
                    self.ask()
                except Unfinished:
                    _follow(self)
                else:
                    draw_anew()  # it came while the page was being drawn without it


class Parts(Protocol[ShownT]):
    """What a page draws in parts: each is drawn anew with the result, once there is one."""

    parts: set[str]

    @property
    def found(self) -> ShownT | None:
        """The result, or what there is of it; None as long as there is nothing."""


@st.fragment
def draw_part(late: Parts[ShownT], draw: Callable[[ShownT | None], None]) -> None:
    """Draw a part of the page, anew when the browser asks for it."""
    late.parts.add(ThreadState.get().fragment_id or "")
    forget_marks()
    if is_changed():
        draw_anew()  # a widget in it changed what the page shows
    if (found := late.found) is not None:
        set_clock(stop=True)
    with section():
        draw(found)


@st.fragment(run_every=TICK_S)
def _follow(late: Late[ResultT]) -> None:
    """Look how far the work is; have the parts drawn once it is done."""
    if is_under_way(late.ticket):
        draw_job(late.ticket)
        return
    set_clock(stop=True)
    if late.ticket.is_left:
        offer_again(late.ticket)
        return
    if late.ticket.job is None:
        draw_anew()  # it is to be started again
    clear_progress()
    with section():
        late.result = late.ask()
        for part in late.parts:
            set_clock(part)


def clear_progress() -> None:
    """Draw nothing in the place of `draw_job`, which else might stay.

    A busy Streamlit tells a browser that the last run of a follower was cut short, if the next run
    begins before it is sent: then what was not drawn again is kept.
    """
    st.empty()


def set_clock(part: str = "", *, stop: bool = False) -> None:
    """Have the browser ask for a fragment every second, or stop asking for this one.

    Streamlit itself says both to the browser, but has no function for a fragment that begins or
    ends to need it.
    """
    context, message = get_script_run_ctx(), ForwardMsg()
    if context is None:
        return
    if stop:
        message.stop_auto_rerun.fragment_ids.append(ThreadState.get().fragment_id or "")
    else:
        message.auto_rerun.fragment_id, message.auto_rerun.interval = part, PART_TICK_S
    context.enqueue(message)
