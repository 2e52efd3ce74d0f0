"""What nobody expected: a short id on the page, found again in the log, which holds no names."""

import logging
import re
import threading
import warnings

import pytest
from apptest import unescaped
from visitor import Visitor, app_server

from decoding import __version__
from decoding.datasets.own.dataset import OWN
from decoding.spec import DecodingSpec
from pages.components import faults, notes

SECRET = "Jane Doe.nii.gz"
LOGGED = re.compile(r"It is logged as ([0-9a-f]{6})\.")


def fail(*_):
    """Fail with a name in the message, of an error whose cause has it too."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"{SECRET} broke") from error


@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("whose", ["public", "own"])
def test_a_fault_is_found_again_in_the_log(open_page, monkeypatch, caplog, whose):
    """The rest of the page goes on; the log has id, version, method and place, and no message.

    Of a visitor's own data it has no name either.
    """
    monkeypatch.setattr(notes, "show_notes", fail)
    if whose == "own":
        monkeypatch.setattr(OWN, "name", "haxby")
    at = open_page("pages/data.py", DecodingSpec(subject="1"))
    (told,) = [unescaped(one.value) for one in at.error]
    (logged,) = [one.getMessage() for one in caplog.records if one.name == "voxelscope"]
    assert f"error {LOGGED.search(told)[1]}, version {__version__}" in logged
    assert "'estimator': ['svc']" in logged and "in fail" in logged
    assert logged.index("KeyError") < logged.index("ValueError") and SECRET not in logged
    names = ("'conditions': ['cat', 'face']", "'mask': ['vt']", "'subject': ['1']")
    assert [name in logged for name in names] == 3 * [whose == "public"]
    assert "The matrix that is decoded" in [one.value for one in at.header]
    assert [one for one in at.caption if "keeps no record of you" in one.value]


def test_no_message_of_an_error_or_a_warning_is_logged(monkeypatch, capsys):
    """Whoever logs an error, and whatever warns, the line says where and of what kind."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    make, handler = logging.getLogRecordFactory(), logging.StreamHandler()
    logger = logging.getLogger("somebody")
    logger.addHandler(handler)
    faults.LOG.addHandler(handler)
    try:
        faults.log_no_messages()
        try:
            fail()
        except ValueError:
            logger.exception("it broke")
        ends = threading.Thread(target=fail)
        ends.start()
        ends.join()
    finally:
        logging.setLogRecordFactory(make)
        faults.LOG.removeHandler(handler)
    said = capsys.readouterr().err
    assert said.count("in fail") == 4 and said.count("\nValueError\n") == 2 and SECRET not in said
    warned = warnings.formatwarning(SECRET, UserWarning, "there.py", 7)
    assert "there.py:7: UserWarning" in warned and SECRET not in warned


APP = """
import streamlit as st
from pages.components.section import show_fault
from pages.components.server import prepared

def fail():
    raise ValueError(st.query_params["mask"])

if __name__ == "__main__":
    st.title("A page")
    st.button("break", on_click=fail)
else:
    app = st.App(__file__, lifespan=prepared, on_script_error=show_fault)
"""


@pytest.mark.browser
@pytest.mark.slow
def test_a_fault_outside_every_section_has_its_id_too(browser, tmp_path):
    """What a click breaks is told by an id, and a server's log has no message of it, nor a name."""
    script, log = tmp_path / "broken.py", tmp_path / "log.txt"
    script.write_text(APP)
    with app_server(tmp_path, log, script) as address:
        page = browser.new_page()
        visitor = Visitor(page, address)
        visitor.open(f"/?mask={SECRET}")
        page.get_by_role("button", name="break").click()
        page.get_by_text("Something went wrong").wait_for()
        number = LOGGED.search(page.locator("body").inner_text())[1]
        page.close()
    assert f"error {number}" in log.read_text() and "in fail" in log.read_text()
    assert SECRET not in log.read_text().replace("%20", " ")
