"""What is late, on a server so busy that a run's end is lost on its way to the browser."""

import pytest
from visitor import START, Visitor, app_server, whole_link

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BUSY = """
from streamlit.runtime.app_session import AppSession, ForwardMsg

create = AppSession._create_script_finished_message

def cut(self, status, *others):
    early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
    whole = status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    return create(self, early if whole else status, *others)

AppSession._create_script_finished_message = cut
"""
"""Streamlit does so with the end of a part's run that it has not sent when the next run begins.

The browser then keeps what was there before and was not drawn again.
"""


PAGES = ("", "decode", "validate", "pairs", "choices")


def test_pages_are_whole_where_the_ends_of_runs_are_lost(browser, tmp_path, monkeypatch):
    """They have no bar of progress left, and the same words as when all is there at once."""
    (tmp_path / "sitecustomize.py").write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with app_server(tmp_path, tmp_path / "log.txt") as address:
        visitor = Visitor(browser.new_page(), address)
        for name in PAGES:
            visitor.open_whole(whole_link(name, START))
            late = visitor.page.locator("body").inner_text()
            visitor.open_whole(whole_link(name, START))
            assert visitor.page.locator("body").inner_text() == late, name
        visitor.page.close()
