"""What a visitor sees first is drawn before the libraries that compute are imported."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from makers import ROOT
from streamlit.testing.v1 import AppTest

from decoding.cross_validation import CV_SCHEMES
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.samples.extract import SAMPLES
from pages.components import frame, page
from pages.components.frame import HEAVY, PAGES

FIRST_VISIT = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app.py", default_timeout=120)
import pages.components.frame as frame

seen = []
draw = frame.draw_frame
def draw_and_look(name):
    drawn = draw(name)
    seen.append((frame.HEAVY in sys.modules, "sklearn" in sys.modules, bool(drawn.spare)))
    return drawn
frame.draw_frame = draw_and_look
for _ in range(2):
    app.run()
    charts = [chart.proto.id for chart in app.get("plotly_chart")]
    print(seen.pop()[:2], any("spare" in id for id in charts), len(charts))
"""

WORDS = """
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec
from pages.components.controls import say_spec

spec = DecodingSpec(
    dataset="simulated", subject="3", conditions=("bottle", "shoe"), cv="shuffled_kfold",
    estimator="ridge", samples="block", lag=5.0,
)
say_spec(spec, load_subject("simulated", "3"))
"""


def test_frame_comes_before_the_imports_and_its_chart_goes():
    """A new server draws the frame first; its spare chart is gone when the page is whole."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_VISIT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    expected = ["(False, False) False 1", "(True, True) False 1"]
    assert done.stdout.splitlines() == expected, done.stderr


def test_every_page_draws_its_frame_above_all_other_imports():
    """Nothing is imported before the frame, which is named as the navigation names it."""
    for entry in PAGES:
        code = (ROOT / entry.file).read_text().partition('"""\n')[2]
        lines = [line for line in code.splitlines() if line][:2]
        expected = "from pages.components.frame import draw_frame"
        assert lines == [expected, f'FRAME = draw_frame("{entry.name}")'], entry.file


def test_heavy_module_is_what_pages_import():
    """The module that tells whether all is imported exists, and brings scikit-learn."""
    program = f"import sys, {HEAVY}; print('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"


def test_new_visitor_reads_the_selection_before_the_selectors_come():
    """Words stand where the selectors will be, name the same choices, and go with them."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    app.query_params["conditions"] = ["bottle", "shoe"]
    app.query_params["mask"] = "face"
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "time", SimpleNamespace(sleep=drawn.append))
        patch.setattr(
            page, "say_spec", lambda spec, subject: drawn.append((spec.mask, spec.conditions))
        )
        app.run()
        app.run()
    assert drawn == [("face", ("bottle", "shoe")), frame.FIRST_DRAW_S]
    assert app.selectbox(key="choose_mask").value == "face"
    assert app.multiselect(key="choose_conditions").value == ["bottle", "shoe"]


def test_selectors_come_and_stay_where_there_are_no_numbers(monkeypatch):
    """A first page that fails still gets its selectors, and words are not written again."""
    words = []

    def fail(*_args, **_options):
        raise DecodingError("nothing to decode")

    monkeypatch.setattr(page, "say_spec", lambda *_: words.append(1))
    monkeypatch.setattr("pages.components.service.result_for", fail)
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    for _ in range(2):
        app.run()
        assert app.error[0].value.startswith("nothing to decode")
        assert app.selectbox(key="choose_mask").value == "vt"
    assert words == [1]


def test_words_say_what_the_selectors_show():
    """Each label of a selector is in the words."""
    app = AppTest.from_string(WORDS, default_timeout=120).run()
    assert app.markdown[0].value == (
        f"Simulated recording subject 3 *in* ventral temporal *decoding* shoe against bottle "
        f"*under* {CV_SCHEMES['shuffled_kfold'].label} (wrong on purpose) "
        f"*with* {ESTIMATORS['ridge'].label} *on* {SAMPLES['block'].label}, lag 5 s"
    )
