"""Who is let in: as many visitors as the operator allows, others as soon as somebody leaves."""

from types import SimpleNamespace

import pytest
import streamlit as st
from makers import ROOT
from streamlit.testing.v1 import AppTest

from pages.components import admission
from pages.components.admission import _is_inside


@pytest.fixture
def tabs(monkeypatch):
    """Return the open tabs of a server that takes two; `tabs.now` asks."""
    tabs = SimpleNamespace(open=set(), now="a")
    runtime = SimpleNamespace(is_active_session=lambda tab: tab in tabs.open)
    monkeypatch.setenv("VOXELSCOPE_SESSIONS", "2")
    monkeypatch.setattr(admission, "_INSIDE", set())
    monkeypatch.setattr(admission, "exists", lambda: True)
    monkeypatch.setattr(admission, "get_instance", lambda: runtime)
    monkeypatch.setattr(
        admission, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id=tabs.now)
    )
    return tabs


def test_no_more_are_let_in_than_may_be(tabs):
    """Who is inside stays inside; one more waits until a tab is closed."""

    def ask(tab):
        tabs.now = tab
        tabs.open.add(tab)
        return _is_inside()

    assert [ask(tab) for tab in "abcab"] == [True, True, False, True, True]
    tabs.open.remove("a")
    assert ask("c")
    assert not ask("a")


def test_a_page_of_one_too_many_says_so_and_nothing_else(tabs, monkeypatch):
    """It computes nothing and draws no choice; when there is room, the page comes by itself."""
    tabs.open.update("abc")
    monkeypatch.setattr(admission, "_INSIDE", {"b", "c"})
    monkeypatch.setenv("VOXELSCOPE_FETCH", "nowhere")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["dataset"] = "simulated"
    at.run()
    assert not at.exception and not at.error and not at.selectbox and not at.metric
    (said,) = at.info
    assert said.value.startswith("It is full here: 2 tabs are open")
    tabs.open.remove("b")
    at.run()
    assert not at.exception and not at.error and at.metric
    assert not [button for button in at.button if button.label.startswith("Fetch")]
    assert any("fetches no recordings" in caption.value for caption in at.caption)
    st.cache_resource.clear()
