"""A recording whose categories are called what markdown, HTML and CSV take for marks."""

import io
import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest
from apptest import says, texts, unescaped
from makers import ODD_NAMES, design, write_study

from decoding.analyses import permute
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.output.report import html
from decoding.output.report.parts import compute_report
from decoding.settings import spec_from_query
from decoding.spec import DecodingSpec, spec_to_query
from pages.components.plain import plain

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.usefixtures("quick_reports"),
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
SPEC = DecodingSpec(subject="1", conditions=ODD_NAMES[1:4], estimator="correlation")
MARK = re.compile(r"(?<!\\)[*$`\[]")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the data folder of a study with these categories."""
    folder = tmp_path_factory.mktemp("odd")
    conditions, runs = design(categories=ODD_NAMES)
    write_study(folder, conditions=conditions, runs=runs)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        *ODD_NAMES,
        "1. a",
        ":material/home:",
        ":+1:",
        "- x",
        "# x",
        "~~x~~",
        ":smile:",
        "&lt;",
        "a\\*b",
        "_x_ y_z",
        "---",
        ":a",
    ],
)
def test_plain_text_has_no_mark_left(text):
    """What markdown marks is escaped, and what is read is the text itself."""
    written = plain(text)
    assert unescaped(written) == text
    assert not MARK.search(written) and "<" not in written
    assert not re.search(r"(?<!\\):(?=[A-Za-z])|^(\d+[.]|[-#]+) ", written)
    assert not re.search(r":[\w+/-]+:", written)  # an icon or emoji, whatever stands before it


def test_ordinary_text_is_left_as_it_is():
    """Signs, addresses, lists of names and numbers read the same in both."""
    for text in ("+12.5 points from chance, 0.500", "https://a.org:8080/x_y", "Runs: 1, 2", "a-b"):
        assert plain(text) == text
    assert plain("two\nlines ") == "two lines"


def test_pages_show_names_as_they_are(open_page, study, monkeypatch):
    """Sentence, answer, checks and pickers show each name, and nothing is a mark of a name's."""
    monkeypatch.setenv("NILEARN_DATA", str(study))
    at = open_page("pages/decode.py", SPEC)
    assert not at.exception and not at.error
    assert says(at, "named correctly, gain_$x$, a*b*c or :red[x].")
    (recall,) = [text for text in texts(at) if text.startswith("Recall: ")]
    assert all(f"{name} 0." in recall or f"{name} 1." in recall for name in SPEC.conditions)
    raw = [text.value for text in [*at.markdown, *at.caption]]
    assert not any(name in text for name in SPEC.conditions for text in raw)
    pills = at.pills(key="choose_conditions")
    assert [unescaped(option) for option in pills.options] == sorted(ODD_NAMES)
    assert pills.value == sorted(SPEC.conditions)
    every = open_page("pages/pairs.py", replace(SPEC, estimator="ridge"), square="a*b*c~tone#1")
    assert not every.exception and not every.error and says(every, "Least alike are ")
    raw = [text.value for text in [*every.markdown, *every.caption]]
    assert not any(name in text for name in ODD_NAMES[1:5] for text in raw)
    pair = open_page("pages/data.py", DecodingSpec(subject="1", conditions=ODD_NAMES[:2]))
    assert not pair.exception and pair.selectbox(key="choose_first").value == "tone#1"


def test_links_files_and_report_keep_names(study, tmp_path, capfd, monkeypatch):
    """A link, the predictions' CSV and the report say the names that the recording says."""
    spec = DecodingSpec(subject="1", conditions=ODD_NAMES, estimator="ridge")
    assert spec_from_query(spec_to_query(spec), DecodingSpec()) == (spec, [])
    file = tmp_path / "p.csv"
    command = ["decode", "--data-dir", str(study), "--subject", "1", "--estimator", "ridge"]
    assert main([*command, "--conditions", *ODD_NAMES, "--predictions", str(file)]) == 0
    read = pd.read_csv(io.StringIO(file.read_text()), comment="#", keep_default_na=False)
    assert set(read["true"].str.removeprefix("'")) == set(ODD_NAMES)
    monkeypatch.setattr(html, "MOST_PAIRS", 1)  # drawn: each has a second of pictures
    parts = compute_report(load_subject("haxby", "1", study), spec, permute.Options(permutations=5))
    report = html.render_report(parts)
    assert "<b>x</b>" not in report and all(name in unescape(report) for name in ODD_NAMES)
