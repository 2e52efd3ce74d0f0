"""Fixtures of the pages' tests."""

import pytest
import streamlit as st
from makers import ROOT
from streamlit.testing.v1 import AppTest

from decoding.analyses.plan import power
from decoding.spec import spec_to_query
from pages.components import opening
from pages.components import service as cache


@pytest.fixture(autouse=True)
def few_studies(monkeypatch):
    """Plan with few simulated studies: the number of runs is not what pages are tested for."""
    monkeypatch.setattr(power, "SIMULATIONS", 10)
    monkeypatch.setattr(power, "FEW_SIMULATIONS", 10)


@pytest.fixture
def open_page(recordings, monkeypatch):
    """Return what opens a page with a spec, on the recordings of half a slice."""
    monkeypatch.setenv("NILEARN_DATA", str(recordings / "slice"))
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    monkeypatch.setattr(opening, "EARLY_S", 120.0)
    st.cache_resource.clear()
    st.cache_data.clear()

    def open_at(page, spec=None, **query):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, values in {**(spec_to_query(spec) if spec else {}), **query}.items():
            at.query_params[name] = values
        if page == "app.py":
            return at.run()
        return at.switch_page(page).run()

    yield open_at
    for queue in cache.queues().values():
        queue.close()  # what a page has begun would compute on under the next test
    st.cache_resource.clear()
