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
from pages.components.late import Late, clear_progress, draw_part, set_clock
from pages.components.section import TICK_S, draw_job, is_under_way, offer_again, section
from pages.components.service import Unfinished
from pages.components.url_state import draw_anew


class Together(Generic[ResultT]):
    """Late results that one picture shows: it is drawn with what there is of them; see `Late`.

    All are asked for at once, so that they wait in line together and none is waited for alone. One
    that fails is told where the work is followed, once for all that fail alike; the others go on.
    """

    def __init__(self, lates: Sequence[Late[ResultT]]) -> None:
        self.lates = list(lates)
        self.parts: set[str] = set()
        self._failed: dict[int, str] = {}
        self._seen: list[int] = []
        for late in self.missing:
            with suppress(Unfinished):
                self._try(late, late.start)
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
    def found(self) -> list[ResultT] | None:
        """What there is of the results; None where nothing is."""
        return [found for late in self.lates if (found := late.found) is not None] or None

    def take(self) -> bool:
        """Take the results that came; tell whether there is more to draw than before."""
        jobs = [(late, job) for late in self.missing if (job := late.ticket.job)]
        done = [late for late, job in jobs if job.state == "done"]
        for late in done:
            late.result = late.ask()
        before, self._seen = self._seen, [job.progress.done for _, job in jobs if job.look_in]
        return bool(done) or self._seen != before

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
        if self.missing or self._failed:
            _follow(self)

    def fail(self) -> None:
        """Wait no longer for those that are missing, and tell why they have no result."""
        for late in self.missing:
            self._failed[id(late)] = ""
            with section():
                self._try(late, late.ask)
        for why in dict.fromkeys(filter(None, self._failed.values())):
            with section():
                raise DecodingError(why)

    def _try(self, late: Late[ResultT], ask: Callable[[], ResultT]) -> None:
        try:
            late.result = ask()
        except DecodingError as error:
            self._failed[id(late)] = str(error)

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
        draw_anew()  # it is to be started again
    clear_progress()
    all_of.fail()
