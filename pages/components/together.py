"""Several results that a page draws together, each as it comes."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic

import streamlit as st

from decoding.analyses.record import ResultT
from decoding.errors import DecodingError
from pages.components import service
from pages.components.late import Late, draw_part, set_clock
from pages.components.section import TICK_S, draw_job, is_under_way, offer_again, section
from pages.components.service import Unfinished


class Together(Generic[ResultT]):
    """Late results that one picture shows: it is drawn with those there are; see `Late`.

    All are asked for at once, so that they wait in line together and none is waited for alone. One
    that fails is told where the work is followed, and the others go on.
    """

    def __init__(self, lates: Sequence[Late[ResultT]]) -> None:
        self.lates = list(lates)
        self.parts: set[str] = set()
        self._failed: set[int] = set()
        for late in self.missing:
            with suppress(Unfinished, DecodingError):
                late.result = late.start()
        until = time.monotonic() + service.EARLY_S
        for late in self.missing:
            if job := late.ticket.job:
                job.wait(max(0.0, until - time.monotonic()))
        self.take()

    @property
    def missing(self) -> list[Late[ResultT]]:
        """Those that are still to come."""
        return [late for late in self.lates if late.result is None and id(late) not in self._failed]

    @property
    def result(self) -> list[ResultT] | None:
        """The results that are there; None without any."""
        return [late.result for late in self.lates if late.result is not None] or None

    def take(self) -> bool:
        """Take the results that came; tell whether there are any."""
        done = [late for late in self.missing if (job := late.ticket.job) and job.state == "done"]
        for late in done:
            late.result = late.ask()
        return bool(done)

    def show(self, draw: Callable[[], None], kept: str) -> None:
        """Draw something with the results that are there, and again as others come."""
        with st.container(key=f"late_{kept}"):
            if self.missing:
                draw_part(self, lambda found: draw())
            else:
                with st.container(), section():
                    draw()

    def follow(self, draw: Callable[[], None], kept: str) -> None:
        """Show how far the work is; `draw` in its place once it is done.

        The parts are drawn anew as results come.
        """
        self.show(lambda: None if self.missing else draw(), kept)
        if self.missing:
            _follow(self)

    def fail(self, late: Late[ResultT]) -> None:
        """Tell why one has no result, and wait for it no longer."""
        self._failed.add(id(late))
        with section():
            late.result = late.ask()

    def leave(self) -> None:
        """Stop waiting for all of them."""
        for late in self.missing:
            late.ticket.leave()

    def come_back(self) -> None:
        """Wait for all of them again."""
        for late in self.missing:
            late.ticket.come_back()


@st.fragment(run_every=TICK_S)
def _follow(all_of: Together[ResultT]) -> None:
    if all_of.take():
        for part in all_of.parts:
            set_clock(part)
    missing = all_of.missing
    under_way = [late.ticket for late in missing if is_under_way(late.ticket)]
    running = [one for one in under_way if one.job and one.job.state == "running"]
    if under_way:
        draw_job((running or under_way)[0], partial(all_of.leave))
        return
    set_clock(stop=True)
    left = [late.ticket for late in missing if late.ticket.is_left]
    if left:
        offer_again(left[0], all_of.come_back)
        return
    if any(late.ticket.job is None for late in missing):
        st.rerun()  # it is to be started again
    for late in missing:
        all_of.fail(late)
