"""What a visitor sees first is drawn before the libraries that compute are imported."""

import subprocess
import sys
from pathlib import Path

from pages.components.frame import HEAVY, PAGES

ROOT = Path(__file__).parents[1]
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


def test_frame_comes_before_the_imports_and_its_chart_goes():
    """A new server draws the frame first; its spare chart is gone when the page is whole."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_VISIT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["(False, False) False 1", "(True, True) False 1"], (
        done.stderr
    )


def test_every_page_draws_its_frame_above_all_other_imports():
    """Nothing is imported before the frame, which is named as the navigation names it."""
    for page in PAGES:
        code = (ROOT / page.file).read_text().partition('"""\n')[2]
        first = (
            f'from pages.components.frame import draw_frame\n\nFRAME = draw_frame("{page.name}")'
        )
        assert code.strip().startswith(first), page.file


def test_heavy_module_is_what_pages_import():
    """The module that tells whether all is imported exists, and brings scikit-learn."""
    program = f"import sys, {HEAVY}; print('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
