"""Decode: can we read the category from the activity."""

import streamlit as st

from decoding.spec import Request
from pages.components.cache import result_for
from pages.components.page import start_page

with start_page("Decode") as (spec, subject):
    result = result_for(Request(analysis="decode", spec=spec))
    st.metric("Accuracy", f"{result.accuracy:.3f}")
