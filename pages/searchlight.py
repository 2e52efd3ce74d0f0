"""Searchlight: where in the brain the information is."""

import streamlit as st

from pages.components.decode.scores import show_scheme_note
from pages.components.page import start_page
from pages.components.searchlight.controls import choose_search
from pages.components.searchlight.parts import (
    choose_kept,
    corrected_result,
    peaks_for,
    show_correction,
    show_search_map,
    show_search_scores,
    show_table,
)
from pages.components.searchlight.peak import show_peak, show_search_files
from pages.components.section import section
from pages.components.service import result_for

with start_page("Searchlight") as (spec, subject):
    search = choose_search(spec, subject)
    show_scheme_note(spec)
    found = result_for(search.map_request)
    result = corrected_result(search) or found
    show_search_scores(result)
    show_correction(search, result)
    rule, least = choose_kept(result)

    maps = st.container(key="brain_search")
    st.header("Where it is highest", anchor=False)
    peaks = st.container()
    st.header("Take it away", anchor=False)
    show_search_files(search, result, rule, least)
    with maps, section():
        show_search_map(subject, search, result, rule, least)
    with peaks, section():
        table = peaks_for(search, result, rule, least)
        show_table(result, table, search)
        show_peak(subject, search, table)
