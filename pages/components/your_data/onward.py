"""Where to go with scans that were read: the pages that decode them, the selection taken along."""

import streamlit as st

from pages.components.frame import page_called
from pages.components.url_state import full_query

ONWARD = ("Decode", "Validate", "Searchlight", "Timecourse", "Pairs", "Choices", "Data")


def show_onward() -> None:
    """List the pages by the question each answers."""
    with st.container(key="next"):
        for name in ONWARD:
            page = page_called(name)
            st.page_link(page.file, label=page.question, query_params=full_query())
