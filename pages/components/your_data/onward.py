"""Where to go with scans that were read: the pages that decode them, the selection taken along."""

import streamlit as st

from pages.components.frame import PAGES
from pages.components.url_state import full_query

ONWARD = ("Decode", "Validate", "Searchlight", "Timecourse", "Pairs", "Choices", "Data")


def show_onward() -> None:
    """List the pages by the question each answers."""
    pages = {page.name: page for page in PAGES}
    with st.container(key="next"):
        for name in ONWARD:
            page = pages[name]
            st.page_link(page.file, label=page.question, query_params=full_query())
