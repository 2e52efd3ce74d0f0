"""Addresses that no page wrote: what they cannot have is told, and the usual is shown."""

import pytest
from apptest import page_settings, unescaped
from streamlit.testing.v1 import AppTest

from decoding.spec import DecodingSpec, spec_to_query
from pages.components.frame import PAGES


@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_tells_what_its_address_cannot_have(open_page):
    """Thousands of digits are no volume or voxel: the page shows its usual ones, and says so."""
    many = "9" * 4301
    at = open_page(
        "pages/data.py", DecodingSpec(subject="1"), volumes=many, voxels="-1", cut="x", pin="x"
    )
    assert not at.exception and not at.error
    (told,) = [one.value for one in at.info]
    wrong = {"Volumes": many[:80] + "...", "Voxels": "-1", "Cut of the brains": "x"}
    for label, value in wrong.items():
        assert f"{label} cannot be '{value}'. The default is shown instead." in unescaped(told)
    assert "A pinned result must be written as our links write it, not 'x'." in unescaped(told)
    assert at.slider(key="data_volumes").value == (0, 120)
    assert not {"volumes", "voxels", "cut", "pin"} & set(at.query_params)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_no_setting_of_a_page_makes_an_error_of_nonsense(open_page, page):
    """Every setting of every page, given what it cannot be, is told or means nothing: no error."""
    for text, told in {
        "cat~cat": "A pinned result must be written as our links write it, not 'cat~cat'.",
        "v=1&subject=9": "What the link has pinned cannot be: Unknown subject '9'.",
        "v=1&subject=2": "Subject 2 of Haxby et al. 2001 is not on disk.",
        "v=1&subject=1&mask=x": "What the link has pinned cannot be: Unknown mask 'x'",
    }.items():
        at = open_page(page, DecodingSpec(subject="1"), **dict.fromkeys(page_settings(), text))
        assert not at.exception and not at.error, text
        assert told in unescaped(at.info[0].value)


def _choose_while_the_browser_is_behind():
    import streamlit as st

    from decoding.datasets import load_subject
    from pages.components.url_state import (
        change_spec,
        draw_anew,
        full_query,
        is_changed,
        read_address,
        settle_selection,
    )

    def settled():
        return settle_selection(lambda spec: load_subject(spec.dataset, spec.subject))[0]

    read_address()
    spec = settled()
    if "behind" not in st.session_state:
        before = full_query()
        change_spec(estimator="ridge")
        settled()
        st.query_params.from_dict(before)  # a part is drawn before its browser heard of the choice
        st.session_state["behind"] = is_changed()
        draw_anew()
    st.text(spec.estimator)


def test_a_part_drawn_with_the_address_of_before_undoes_no_choice():
    """It asks for no new page, and where it does the choice stays and reaches the address."""
    at = AppTest.from_function(_choose_while_the_browser_is_behind, default_timeout=60)
    for name, values in spec_to_query(DecodingSpec(dataset="simulated", subject="1")).items():
        at.query_params[name] = values
    at.run()
    assert not at.exception
    assert at.session_state["behind"] is False
    assert at.text[0].value == "ridge"
    assert at.query_params["estimator"] == "ridge"
