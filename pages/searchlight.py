"""Searchlight: where in the brain the information is."""

from functools import partial

import streamlit as st

from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight import peaks
from pages.components.checks import show_lag_note, show_warnings
from pages.components.controls import change_own
from pages.components.display import place_of_brain
from pages.components.page import start_page
from pages.components.searchlight.map import show_search_files, show_search_map
from pages.components.searchlight.peaks import show_peak, show_table
from pages.components.searchlight.scores import (
    choose_kept,
    corrected_result,
    show_correction,
    show_search_scores,
)
from pages.components.searchlight.search import OWN, search_of, seen_of_search
from pages.components.section import section
from pages.components.service import result_for

with start_page("Searchlight", own=OWN, seen=seen_of_search) as view:
    search = search_of(view)
    show_warnings(search.view, partial(change_own, OWN))
    found = result_for(searchlight.ANALYSIS, search.view, search.map_options)
    result = corrected_result(search) or found
    show_search_scores(search, result)
    show_lag_note(search.view)
    chosen = choose_kept(result)
    maps = place_of_brain("search")
    show_correction(search, result)

    st.header("Where it is highest", anchor=False)
    table = st.container()
    st.header("Take it away", anchor=False)
    files = st.container()
    with section():
        spheres = result_for(peaks.ANALYSIS, search.view, chosen)
        with files:
            show_search_files(search, chosen, spheres)
        with maps:
            show_search_map(search, chosen, spheres)
        with table:
            show_table(search, chosen, spheres.peaks)
            show_peak(search, spheres.peaks)
