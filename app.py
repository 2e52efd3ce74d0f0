"""Home: a run decoded as it was scanned, one live result, the steps, and where to go next."""

import streamlit as st

from decoding.analyses import decode
from decoding.output.text.replay import leading_replay
from pages.components.checks import show_cautions, show_warnings
from pages.components.decode.scores import show_fold_scores
from pages.components.display import place_of_brain
from pages.components.fetch import offer_fetch
from pages.components.first_look import let_first_draw
from pages.components.home.introduction import show_answer, show_next, show_steps
from pages.components.home.on_its_way import show_on_its_way
from pages.components.maps import show_first_map
from pages.components.page import start_page
from pages.components.replay import place_of_replay, show_replay
from pages.components.section import section, show_fault
from pages.components.server import prepared
from pages.components.service import result_for

if __name__ == "__main__":
    with start_page("Home", numbers_first=True) as view:
        result = result_for(decode.ANALYSIS, view)
        show_answer(view, result)
        shown, has_rest = view.subject.conditions, view.subject.has_rest
        lead = leading_replay(result.classes, shown, has_rest=has_rest)
        film = place_of_replay("" if view.subject.maps else lead)
        show_warnings(view)
        show_cautions(view)
        show_on_its_way(view)
        left, right = st.columns(2, gap="large")
        with left:
            show_fold_scores(view, result)
            let_first_draw()
        with right, place_of_brain("home"), section():
            show_first_map(view)

        show_replay(view, film)
        st.header("The six steps of fMRI decoding", anchor=False)
        show_steps(view, result)
        st.header("The other questions", anchor=False)
        show_next()
        with section():
            offer_fetch()
else:
    # Streamlit imports this file when the server starts, and with it the libraries that take long.
    app = st.App(__file__, lifespan=prepared, on_script_error=show_fault)
