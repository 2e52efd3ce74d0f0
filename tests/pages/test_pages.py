"""Each page as Streamlit runs it: numbers equal the core's, and what goes wrong is said plainly."""

import ast
import io
import re
import shutil
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from apptest import SPEC, link_of, metric, says, texts, unescaped
from makers import ROOT, write_image

from decoding.analyses import ANALYSES, data, decode, replay
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import load_subject
from decoding.errors import FetchError
from decoding.estimators import ESTIMATORS
from decoding.output.downloads import csv_text
from decoding.output.text.replay import reading_replay
from decoding.samples.kinds import SAMPLES
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec, link_to, spec_to_query, spec_to_text
from pages.components import fetch
from pages.components import service as cache
from pages.components.frame import PAGES

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


LEAVE = f"Stop waiting *for: {decode.ANALYSIS.question}*"


@pytest.fixture
def slow_decode(monkeypatch):
    """Make every decode wait for an event, which is returned."""
    release, run = threading.Event(), decode.run

    def waiting(subject, spec, options, report):
        while not release.wait(0.01):
            report(1, 4)
        return run(subject, spec, options, report)

    monkeypatch.setitem(ANALYSES, "decode", replace(decode.ANALYSIS, run=waiting))
    monkeypatch.setattr(cache, "PATIENCE_S", 0.0)
    yield release
    release.set()


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
    """The page `decode` counts samples, blocks and voxels as the core does."""
    result = core(SPEC)
    at = open_page("pages/decode.py", SPEC)
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
    assert metric(at, "Image") == "40 x 20 x 1"
    assert metric(at, "Masked matrix") == "1452 x 530"
    assert metric(at, "Selection") == "324 x 530"


def test_tutorial_preset(open_page):
    """Without a link the tutorial's own analysis is shown, under its three schemes."""
    at = open_page("pages/decode.py")
    assert metric(at, "Accuracy") == "0.625"
    assert metric(at, CV_SCHEMES["kfold"].label) == "0.569"
    assert metric(at, CV_SCHEMES["stratified"].label) == "0.694"


def test_a_run_is_replayed(open_page):
    """The link names the run; its sentence is the core's; betas say what can be replayed."""
    spec = replace(SPEC, conditions=("cat", "face"), cv="kfold")
    at = open_page("app.py", spec, replayed="5")
    subject = load_subject("haxby", "1")
    for run in (5, 7):
        found = replay.run(subject, spec, replay.Options(run=run))
        assert at.selectbox(key="choose_replayed").value == run
        assert link_of(at)["replayed"] == [str(run)]
        assert says(at, reading_replay(found).partition(". ")[0])
        at.selectbox(key="choose_replayed").set_value(7).run()
    at = open_page("pages/decode.py", replace(spec, samples="lss"))
    assert not at.exception and not at.error
    assert any("Choose volumes or block means" in one.value for one in at.info)


@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_selection_on_every_page(open_page, page):
    """Every page has the same selectors, and they show what the link says."""
    at = open_page(page, SPEC)
    field, mask = ("within", "brain") if "searchlight" in page else ("mask", "vt")
    assert at.selectbox(key=f"choose_{field}").value == mask
    assert at.selectbox(key="choose_cv").value == "split_half"
    assert at.selectbox(key="choose_standardize").value == "run"
    if "pairs" in page:  # which compares all of them
        subject = load_subject("haxby", "1")
        assert tuple(at.pills(key="choose_categories").value) == subject.conditions
    else:
        assert at.pills(key="choose_conditions").value == ["bottle", "shoe"]
        assert at.selectbox(key="choose_first").value == "shoe"
        assert "shoe" in at.selectbox(key="choose_second").options
    assert link_of(at) == spec_to_query(SPEC)
    assert_can_be_heard(at)


def assert_can_be_heard(at):
    """Check that no two buttons have one name, and that no level of headings is skipped."""
    labels = [one.label for one in [*at.button, *at.get("download_button")]]
    assert len(labels) == len(set(labels))
    levels = [int(one.tag[1]) for one in at if one.type in ("title", "header", "subheader")]
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_two_categories_stay(open_page):
    """Who takes out one of the last two finds both there; a third joins them and is named.

    Who picks the other's category has the two change places.
    """
    at = open_page("pages/data.py", SPEC)
    at.pills(key="choose_conditions").set_value(["shoe"]).run()
    assert at.pills(key="choose_conditions").value == ["bottle", "shoe"]
    assert link_of(at) == spec_to_query(SPEC)
    at.selectbox(key="choose_first").set_value("bottle").run()
    pickers = [at.selectbox(key=f"choose_{place}").value for place in ("first", "second")]
    assert pickers == ["bottle", "shoe"] == link_of(at)["conditions"]
    at.pills(key="choose_conditions").set_value(["bottle", "cat", "shoe"]).run()
    assert link_of(at)["conditions"] == ["bottle", "cat", "shoe"]
    assert not [picker for picker in at.selectbox if picker.key == "choose_first"]


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
        ({"mask": "vt2"}, "Unknown mask 'vt2' for subject 1. Choose from: ventral temporal"),
        ({"subject": "9"}, "Unknown subject '9'"),
        ({"subject": "5"}, "not on disk"),
        ({"cv": "loo"}, "Unknown cross-validation 'loo'. Choose from: Leave one run out"),
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
    assert any(said in unescaped(info.value) for info in at.info)
    assert not any("<b>" in info.value for info in at.info)
    assert float(metric(at, "Accuracy")) > 0.4


def test_damaged_recording(open_page, recordings, tmp_path, monkeypatch):
    """A recording that cannot be read is named with its fault; a simulated one is shown."""
    study = tmp_path / "haxby2001"
    shutil.copytree(recordings / "slice" / "haxby2001", study)
    labels = study / "subj1" / "labels.txt"
    labels.write_text("\n".join(labels.read_text().splitlines()[:-1]) + "\n")
    at = open_page("pages/decode.py", SPEC)
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    st.cache_resource.clear()
    at.run()
    assert not at.exception and not at.error
    assert any("1451 rows" in info.value for info in at.info)
    assert at.selectbox(key="choose_dataset").value == "simulated"


def test_mask_on_another_grid(open_page, recordings, tmp_path, monkeypatch):
    """A mask that does not fit is a message with both grids and the remedy."""
    study = tmp_path / "haxby2001"
    shutil.copytree(recordings / "slice" / "haxby2001", study)
    other = recordings / "task-vt" / "haxby2001" / "subj1" / "mask4_vt.nii.gz"
    shutil.copyfile(other, study / "subj1" / "mask4_vt.nii.gz")
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    at = open_page("pages/decode.py")
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    st.cache_resource.clear()
    at.run()
    assert not at.exception
    assert not at.error
    assert "has 40 x 64 x 64 voxels, where the scan has" in at.info[0].value
    assert "Shown instead: recorded brain" in at.info[0].value


def test_impossible_combination(open_page):
    """A combination that cannot be computed is a message with a remedy; the selectors stay."""
    spec = DecodingSpec(dataset="simulated", subject="1", mask="brain", estimator="lda")
    at = open_page("pages/decode.py", spec)
    assert not at.exception
    assert "Choose a smaller mask" in at.error[0].value
    assert at.selectbox(key="choose_estimator").value == "lda"


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
    assert says(at, "Wrong on purpose")


def test_every_sample_kind_can_be_chosen(open_page):
    """The preparation offers what the registry has, t values by a switch below their betas."""
    at = open_page("pages/decode.py", SPEC)
    kinds = [kind for kind in SAMPLES.values() if not kind.is_t]
    assert at.selectbox(key="choose_samples").options == [kind.label for kind in kinds]
    switches = lambda: [one for one in at.toggle if one.key == "switch_samples"]  # noqa: E731
    assert not switches()
    at.selectbox(key="choose_samples").set_value("lsa").run()
    switches()[0].set_value(True).run()
    assert at.query_params["samples"] == "lsa_t" and not at.exception
    at.selectbox(key="choose_samples").set_value("run_beta").run()
    assert at.query_params["samples"] == "run_beta_t" and switches()[0].value
    assert metric(at, "Accuracy") == f"{core(replace(SPEC, samples='run_beta_t')).accuracy:.3f}"


def test_csv_opens_with_its_credit(open_page):
    """A table's CSV names data, licence, version and link, and reads back as the table."""
    table = core(SPEC).folds
    text = csv_text(table, load_subject("haxby", "1"), link_to("decode", SPEC))
    assert "CC BY-SA 3.0" in text and "/decode?v=1&dataset=haxby" in text
    read = pd.read_csv(io.StringIO(text), comment="#", dtype={"runs": str})
    pd.testing.assert_frame_equal(read, table, check_dtype=False)


def test_footer_credits_a_simulated_folder_as_such(open_page, monkeypatch):
    """Where nilearn's data folder holds a simulated subject, the footer says so."""
    made = load_subject("simulated", "1").bold[0].parents[2]
    monkeypatch.setenv("NILEARN_DATA", str(made))
    at = open_page("pages/data.py", DecodingSpec(subject="1"))
    assert at.selectbox(key="choose_dataset").value == "haxby"
    (footer,) = [text.value for text in at.caption if "Licence:" in text.value]
    assert "Simulated by Voxelscope" in footer and "CC0 1.0" in footer
    assert "Haxby" not in footer


def test_long_work_leaves_the_page_usable(open_page, slow_decode, monkeypatch):
    """The page shows how far each score is, and says which one waits; once done it shows it."""
    monkeypatch.setattr(cache, "INLINE_S", 0.0)
    pinned = spec_to_text(replace(SPEC, estimator="ridge"))
    at = open_page("app.py", SPEC, pin=pinned)
    assert not at.exception and not at.error
    waits = [button.label for button in at.button if "Stop waiting" in button.label]
    ridge = SETTINGS["estimator"].departure_words("ridge")
    assert sorted(waits) == [LEAVE, f"{LEAVE[:-1]}, {ridge}*"]
    assert at.selectbox(key="choose_mask").value == "vt"
    slow_decode.set()
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    at.run()
    assert metric(at, "Accuracy") == f"{core(SPEC).accuracy:.3f}"


def test_who_stops_waiting_is_shown_nothing_until_asking_again(open_page, slow_decode, monkeypatch):
    """Who stops waiting is shown no result until asking again; another visitor's work begins."""
    monkeypatch.setattr(cache, "INLINE_S", 0.0)
    at = open_page("pages/decode.py", SPEC)
    (leave,) = [button for button in at.button if button.label == LEAVE]
    leave.click().run()
    at.run()
    other = open_page("pages/decode.py", SPEC)
    assert [button.label for button in other.button].count(LEAVE) == 1
    (again,) = [button for button in at.button if button.label.startswith("Start again *on: Can")]
    assert not at.metric
    slow_decode.set()
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    again.click().run()
    assert metric(at, "Accuracy") == f"{core(SPEC).accuracy:.3f}"


def test_fetch_at_one_click(open_page, recordings, tmp_path, monkeypatch):
    """The button says the size; the subject that comes is selected."""
    released = threading.Event()

    def arrives(name, *, on_progress):
        while not released.wait(0.01):
            on_progress(150_000_000, 300_000_000)
        source = recordings / "slice" / "haxby2001"
        shutil.copytree(source / "subj1", tmp_path / "haxby2001" / f"subj{name}")

    monkeypatch.setattr(fetch, "fetch_haxby_subject", arrives)
    at = open_page("app.py", DecodingSpec(dataset="simulated", subject="1"))
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    at.run()
    (button,) = [button for button in at.button if button.label.startswith("Fetch")]
    assert button.label == "Fetch subject 2 (about 300 MB)"
    button.click().run()
    assert [button.label for button in at.button].count("Stop waiting *for: subject 2*") == 1
    released.set()
    fetch._ticket("2").job.wait(60)
    at.run()
    assert not at.exception and not at.error
    assert at.selectbox(key="choose_dataset").value == "haxby"
    assert at.selectbox(key="choose_subject").value == "2"
    assert metric(at, "Accuracy") == "0.625"


def test_failed_fetch_says_what_to_do(open_page, tmp_path, monkeypatch):
    """A server that is away is a message on the page, which otherwise stays as it was."""

    def fails(name, *, on_progress):
        raise FetchError("The server is away. Try again later.")

    monkeypatch.setattr(fetch, "fetch_haxby_subject", fails)
    at = open_page("app.py", DecodingSpec(dataset="simulated", subject="1"))
    at.button(key="fetch_start").click().run()
    if not at.error:
        at.run()
    assert [error.value for error in at.error] == ["The server is away. Try again later."]
    assert at.metric


def test_pages_compute_nothing():
    """Pages and what they share import nothing that computes, and no page is long."""
    for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        computing = imported_roots(path) & {"sklearn", "scipy", "nibabel", "nilearn", "numpy"}
        assert not computing, path
        if path.parent in (ROOT / "pages", ROOT):
            assert len(path.read_text().splitlines()) <= 60, path


def imported_roots(path):
    """Return the packages that a file imports when it runs: not those for types alone."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in for_types]
    plain = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | named}


def test_own_images_are_no_series_in_time(open_page, monkeypatch, tmp_path):
    """A bare link takes what the folder has, without a word; nothing there speaks of time."""
    values = np.random.default_rng(0).standard_normal((4, 4, 3, 16)).astype(np.float32)
    write_image(tmp_path / "betas.nii.gz", values)
    rows = [f"{label}\tses-{run}" for run in (1, 2, 10, 4) for label in "xxyy"]
    (tmp_path / "images.tsv").write_text("\n".join(["label\trun", *rows]))
    monkeypatch.setenv("VOXELSCOPE_IMAGES", str(tmp_path))
    at = open_page("pages/data.py", dataset="images")
    assert not at.exception and not at.info
    assert link_of(at)["conditions"] == ["x", "y"]
    assert metric(at, "Images") == "16"
    assert "Voxels over images" in [header.value for header in at.header]
    assert not [text for text in texts(at) if re.search(r"volume|over time|\d s\b", text)]
