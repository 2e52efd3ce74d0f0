"""What stands around every page's content: navigation, selection, errors and footer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import streamlit as st

from decoding import __version__
from decoding.datasets import credits_of
from decoding.datasets.base import Subject
from decoding.output.text.next_steps import Seen
from decoding.service.memory import set_modules_aside
from decoding.spec import DecodingSpec
from pages.components.admission import let_in
from pages.components.adopt import adopt_elsewhere
from pages.components.aloud import say_aloud
from pages.components.controls import change_own, choose_spec
from pages.components.cut import carry_cut
from pages.components.first_look import begin_page, draw_later, draw_what_waits, until_opened
from pages.components.frame import PAGES, draw_frame, page_called
from pages.components.late import Late
from pages.components.pin import show_pin
from pages.components.plain import plain
from pages.components.present import is_presenting, present
from pages.components.section import section
from pages.components.sentence import Own, own_fields, say_spec
from pages.components.service import View, subject_for
from pages.components.step import seen_of_score, show_next_step
from pages.components.teach import show_question
from pages.components.terms import forget_marks, say_small
from pages.components.theme import redraw_on_switch, theme_switch
from pages.components.turn import pass_over_left
from pages.components.url_state import Query, draw_anew, full_query, read_address, settle_selection

FOLLOWED = "followed_by_step"
PRIVACY = (
    f"Voxelscope {__version__} keeps no record of you. You need no account: the address of the "
    "page holds what you chose. Scans of your own are deleted when your visit ends. When something "
    "breaks, the server notes where in our code it broke and which method was chosen. It notes "
    "nothing that your files hold, and none of their names."
)
OWN_PAGE = "Your data"
NOTE_PAGES = ("Data", OWN_PAGE)
"""They say themselves which runs were lost."""
PIN_PAGES = ("Decode", "Validate")
"""Where a pin can be set; once it is, every page compares with it above all else."""


@contextmanager
def start_page(
    name: str,
    *,
    first: Callable[[DecodingSpec], DecodingSpec] | None = None,
    numbers_first: bool = False,
    own: Own | None = None,
    seen: Callable[[str, View], Seen | None] = seen_of_score,
) -> Iterator[View]:
    """Draw everything above the content of a page in ``PAGES``, and the footer below; yield a view.

    All that the view selects exists; `first` makes of the default what somebody sees who has chosen
    nothing; `own` are the page's own settings in the sentence; `seen` tells what the page shows, of
    its name and view: the step at its end follows from that. Where numbers come first a new
    visitor reads the selection as words until `let_first_draw`. With selectors in their place a
    browser works half as long again for the first numbers (2.9 s of a processor and not 2.0; 1.6 s
    for a bare page of a number and a chart).
    """
    begun = time.monotonic()
    set_modules_aside()
    forget_marks()
    st.session_state.pop(FOLLOWED, None)
    masthead = draw_frame(name)
    let_in()
    begin_page(numbers_first=numbers_first)
    with section():
        read_address(first)
        asked = full_query()
        with masthead:
            _navigation(asked)
        with until_opened():
            spec, subject, problems = settle_selection(subject_for)
        if full_query() != asked:
            draw_anew()  # the links above are of something that is not there
        view = View(spec=spec, subject=subject)
        own = own or {}
        shown = view.on(**own_fields(own, spec, subject))
        with section():
            show_question()
            say = partial(say_spec, spec, subject, own)
            if is_presenting():
                present(say)
            else:
                draw_later(partial(choose_spec, spec, subject, own), say)
        if problems:
            st.info("\n\n".join(map(plain, problems)), icon=":material/info:")
        with section():
            show_pin(view, offered=name in PIN_PAGES)
        _say_of_recording(name, view)
        with section():
            yield shown
        draw_what_waits()
        late: Late[Any] | None = st.session_state.pop(FOLLOWED, None)

        def draw_step(found: object) -> None:
            show_next_step(seen(name, shown), partial(change_own, own))

        draw_step(None) if late is None else late.show(draw_step)
        _footer(subject)
    pass_over_left(begun)


def _say_of_recording(name: str, view: View) -> None:
    """Say on a page whose scans it shows while others are being read, and what they lack."""
    if name != OWN_PAGE:
        adopt_elsewhere(view)
    if name not in NOTE_PAGES:
        _say_what_lacks(view.subject)


def let_step_follow(late: Late[Any]) -> None:
    """Have the step at the page's end suggested anew once a late result is there."""
    st.session_state[FOLLOWED] = late


def _say_what_lacks(subject: Subject) -> None:
    """Say why a subject cannot be decoded whatever is chosen, and lead to where that is mended."""
    lost = [note.line for note in subject.notes if note.lost] if subject.n_runs < 2 else []
    for line in lost:
        st.warning(plain(line), icon=":material/warning:")
    if lost or len(subject.conditions) < 2:
        label = "To the page Your data, where it can be mended"
        st.page_link(page_called(OWN_PAGE).file, label=label, query_params=full_query())


def _navigation(query: Query) -> None:
    with st.container(key="wordmark", width="content"):
        st.page_link(PAGES[0].file, label="Voxelscope", query_params=query)
    for number, group in enumerate(dict.fromkeys(page.group for page in PAGES)):
        with st.container(key=f"pages_{number}", horizontal=True, width="content"):
            st.caption(group)
            for page in PAGES:
                if page.group == group:
                    st.page_link(page.file, label=page.name, query_params=query)
    draw_later(theme_switch, fits=True)


def _footer(subject: Subject) -> None:
    credit = credits_of(subject)
    with st.container(key="footer"):
        whose = f"{credit.label}, subject {subject.name}. {credit.citation}"
        st.caption(plain(f"{whose} Licence: {credit.licence}."))
        say_small(PRIVACY)
        redraw_on_switch()
        carry_cut(subject)
        say_aloud()
