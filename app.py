"""Home: one live result, the steps of the introduction, and where to go next."""

import streamlit as st

from decoding.output import figures
from decoding.spec import Request
from pages.components.checks import checks_for, show_label
from pages.components.decode.scores import counts_of, show_scheme_note
from pages.components.display import show_figure, theme_name
from pages.components.fetch import offer_fetch
from pages.components.home.parts import show_answer, show_next, show_steps
from pages.components.maps import show_weight_map
from pages.components.null import count_tried
from pages.components.page import let_first_draw, start_page
from pages.components.section import section
from pages.components.server import prepared
from pages.components.service import result_for

if __name__ == "__main__":
    with start_page("Home") as (spec, subject):
        result = result_for(Request(analysis="decode", spec=spec))
        count_tried(spec)
        show_answer(result)
        show_scheme_note(spec)
        with section():
            show_label(checks_for(spec))
        left, right = st.columns(2, gap="large")
        with left:
            show_figure(
                figures.plot_fold_scores(result, theme_name()),
                f"{figures.reading_fold_scores(result)} {counts_of(result)}",
                lambda: figures.fold_scores_table(result),
                "scores",
                spec,
            )
            let_first_draw()
        brain = right.container(key="brain_home")

        st.header("The path of the introduction", anchor=False)
        show_steps(subject, result)
        st.header("Where to go next", anchor=False)
        show_next()
        with section():
            offer_fetch()
        with brain, section():
            show_weight_map(subject, spec)
else:
    # Streamlit imports this file when the server starts, and with it the libraries that take long.
    app = st.App(__file__, lifespan=prepared)
