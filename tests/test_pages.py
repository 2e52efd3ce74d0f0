"""Each page as Streamlit runs it: numbers equal the core's, and what goes wrong is said plainly."""

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from decoding.analyses import data, decode
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import load_subject
from decoding.estimators import ESTIMATORS
from decoding.output.files import csv_text
from decoding.samples import SAMPLES
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import cache
from pages.components.page import PAGES

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

ROOT = Path(__file__).parents[1]
SPEC = DecodingSpec(subject="1", conditions=("bottle", "shoe"), standardize="run", cv="split_half")


@pytest.fixture
def open_page(recordings, monkeypatch):
    """Return what opens a page with a spec, on the recordings of half a slice."""
    monkeypatch.setenv("NILEARN_DATA", str(recordings / "slice"))
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    st.cache_resource.clear()
    st.cache_data.clear()

    def open_at(page, spec=None, **query):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, values in {**(spec_to_query(spec) if spec else {}), **query}.items():
            at.query_params[name] = values
        if page == "app.py":
            return at.run()
        return at.switch_page(page).run()

    return open_at


def metric(at, label):
    """Return the number shown under a label."""
    (found,) = [element.value for element in at.metric if element.label == label]
    return found


def link_of(at):
    """Return the address bar's query, every value a list."""
    return {
        name: values if isinstance(values, list) else [values]
        for name, values in dict(at.query_params).items()
    }


def core(spec):
    """Return what the core says of a spec."""
    return decode.run(load_subject(spec.dataset, spec.subject), spec)


@pytest.mark.parametrize("page", ["app.py", "pages/decode.py"])
@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        replace(SPEC, conditions=(), estimator="gnb"),
        replace(SPEC, samples="block", estimator="ridge", lag=5.0, mask="brain"),
    ],
    ids=["pair", "all", "blocks"],
)
def test_accuracy(open_page, page, spec):
    """The accuracy on the page is the core's, for choices that are no default."""
    at = open_page(page, spec)
    assert not at.exception and not at.error
    assert metric(at, "Accuracy") == f"{core(spec).accuracy:.3f}"


def test_decode_counts(open_page):
    """The page `decode` counts folds, samples, blocks and voxels as the core does."""
    result = core(SPEC)
    at = open_page("pages/decode.py", SPEC)
    assert metric(at, "Folds above chance") == f"{result.n_folds_above_chance} of 2"
    assert metric(at, "Samples") == str(result.n_samples)
    assert metric(at, "Area under ROC") == f"{result.auc:.3f}"
    (samples,) = [element.delta for element in at.metric if element.label == "Samples"]
    assert samples == f"volumes of {result.n_blocks} blocks, {result.n_voxels} voxels"


def test_data_shapes(open_page):
    """The page `data` shows the shapes of the recording, the matrix and the selection."""
    spec = replace(SPEC, mask="brain", conditions=("cat", "chair", "house"))
    measured = data.run(load_subject("haxby", "1"), spec)
    at = open_page("pages/data.py", spec)
    assert not at.exception and not at.error
    assert measured.shape == (1452, 530)
    assert metric(at, "Scan") == "40 x 20 x 1"
    assert metric(at, "Masked matrix") == "1452 x 530"
    assert metric(at, "Selection") == "324 x 530"


def test_tutorial_preset(open_page):
    """Without a link the tutorial's own analysis is shown, under its three schemes."""
    at = open_page("pages/decode.py")
    assert metric(at, "Accuracy") == "0.625"
    assert metric(at, CV_SCHEMES["kfold"].label) == "0.569"
    assert metric(at, CV_SCHEMES["stratified"].label) == "0.694"


@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_selection_on_every_page(open_page, page):
    """Every page has the same selectors, and they show what the link says."""
    at = open_page(page, SPEC)
    assert at.selectbox(key="choose_mask").value == "vt"
    assert at.selectbox(key="choose_cv").value == "split_half"
    assert at.selectbox(key="choose_standardize").value == "run"
    assert at.multiselect(key="choose_conditions").value == ["bottle", "shoe"]
    assert link_of(at) == spec_to_query(SPEC)


def test_change_goes_to_the_link(open_page):
    """A changed selector changes the result and, with it, the complete link."""
    at = open_page("pages/decode.py", SPEC)
    at.selectbox(key="choose_estimator").set_value("lda").run()
    spec = replace(SPEC, estimator="lda")
    assert metric(at, "Accuracy") == f"{core(spec).accuracy:.3f}"
    assert link_of(at) == spec_to_query(spec)


@pytest.mark.parametrize("estimator", [n for n, e in ESTIMATORS.items() if not e.has_weights])
def test_no_map_says_why(open_page, estimator):
    """An estimator without weights says so in place of a map."""
    at = open_page("pages/decode.py", replace(SPEC, estimator=estimator))
    assert not at.get("iframe")
    assert any(ESTIMATORS[estimator].label in info.value for info in at.info)


def test_maps_have_words(open_page):
    """Both maps are drawn, each with words that stand for it."""
    at = open_page("pages/decode.py", SPEC)
    titles = [frame.proto.alt for frame in at.get("iframe")]
    assert [title.split(".")[0] for title in titles] == [
        "Brain view of the weights",
        "Brain view of the activation pattern",
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"mask": "vt2"}, "Unknown mask 'vt2'"),
        ({"subject": "9"}, "Unknown subject '9'"),
        ({"subject": "5"}, "not on disk"),
        ({"cv": "loo"}, "Unknown cross-validation scheme 'loo'"),
        ({"conditions": ["dog", "cat", "face"]}, "Unknown category 'dog'"),
        ({"lag": "4"}, "2.5 or 5"),
        ({"lag": "soon"}, "'soon'"),
        ({"v": "9"}, "version '9'"),
        ({"dataset": "<b>x</b>"}, "'<b>x</b>'"),
    ],
)
def test_bad_values(open_page, query, said):
    """What a link asks for in vain is named, and the page shows the nearest default."""
    at = open_page("pages/decode.py", **query)
    assert not at.exception and not at.error
    assert any(said in warning.value for warning in at.warning)
    assert float(metric(at, "Accuracy")) > 0.4


def test_impossible_combination(open_page):
    """A combination that cannot be computed is a message with a remedy; the selectors stay."""
    at = open_page("pages/decode.py", replace(SPEC, lag=295.0))
    assert not at.exception
    assert "Choose a shorter lag" in at.error[0].value
    assert at.selectbox(key="choose_estimator").value == "svc"


def test_bug_is_logged_not_shown(open_page, monkeypatch, caplog):
    """Any other exception is logged under an id; the page shows the id and nothing else."""

    def broken(*arguments):
        raise RuntimeError("secret path /home/somebody")

    monkeypatch.setattr(decode, "decode_samples", broken)
    at = open_page("pages/decode.py", replace(SPEC, estimator="logistic"))
    assert not at.exception
    (message,) = [error.value for error in at.error]
    assert "secret" not in message
    (record,) = [record for record in caplog.records if record.name == "voxelscope"]
    assert record.args[0] in message


def test_wrong_scheme_is_marked(open_page):
    """Schemes that are wrong on purpose say so, in the selector and above the score."""
    at = open_page("pages/decode.py", replace(SPEC, cv="shuffled_kfold"))
    wrong = [name for name, scheme in CV_SCHEMES.items() if scheme.trust == "wrong"]
    options = at.selectbox(key="choose_cv").options
    assert [option for option in options if "wrong on purpose" in option] == [
        f"{CV_SCHEMES[name].label} (wrong on purpose)" for name in wrong
    ]
    assert any("Wrong on purpose" in warning.value for warning in at.warning)


def test_every_sample_kind_can_be_chosen(open_page):
    """The preparation offers what the registry has."""
    at = open_page("pages/decode.py", SPEC)
    assert at.selectbox(key="choose_samples").options == [kind.label for kind in SAMPLES.values()]


def test_csv_opens_with_its_credit(open_page):
    """A table's CSV names data, licence, version and link, and reads back as the table."""
    table = core(SPEC).folds
    text = csv_text(table, SPEC)
    assert "CC BY-SA 3.0" in text and "/decode?v=1&dataset=haxby" in text
    read = pd.read_csv(io.StringIO(text), comment="#", dtype={"runs": str})
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
