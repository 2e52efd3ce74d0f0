"""The searchlight's page as Streamlit runs it: its numbers are the core's, its job is offered."""

from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from apptest import SPEC, link_of, metric, says
from makers import make_null, make_search

from decoding.analyses.circularity import circularity
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.analysis import DRAWN, Options
from decoding.analyses.searchlight.peaks import Options as Kept
from decoding.analyses.searchlight.peaks import peaks_of, spheres_kept
from decoding.datasets import load_subject
from decoding.datasets.base import Mask
from decoding.grid import Grid
from decoding.relabel import write_draws
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import offer
from pages.components import service as cache
from pages.components.searchlight import peaks as peaks_module
from pages.components.searchlight import scores as search_scores
from pages.components.searchlight import search as search_module

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGE = "pages/searchlight.py"


def core(spec, **options):
    """Return what the core finds with the page's own choice of mask and classifier."""
    spec = replace(spec, mask="brain", estimator="gnb")
    return searchlight.run(load_subject("haxby", spec.subject), spec, Options(**options))


def test_the_map_is_the_cores(open_page):
    """Highest score, spheres and peaks are those of the link's radius in the recorded brain."""
    at = open_page(PAGE, SPEC, radius="8")
    assert not at.exception
    found = core(SPEC, radius=8.0)
    assert metric(at, "Highest score") == f"{found.scores.max():.3f}"
    assert metric(at, "Spheres") == f"{len(found.scores)}"
    assert metric(at, "Significant spheres") == "not tested"
    least = at.slider[0].value
    assert spheres_kept(found, "score", at.slider[0].min).all()
    assert spheres_kept(found, "score", at.slider[0].max).any()
    peaks = peaks_of(found, spheres_kept(found, "score", least))
    (link,) = [one.proto for one in at.get("page_link") if "as the mask" in one.proto.label]
    place = ",".join(f"{round(peaks.iloc[0][axis], 6):g}" for axis in "xyz")
    assert parse_qs(link.query_string)["mask"] == [f"peak:{place},8:bottle,shoe"]
    assert len(at.dataframe[0].value) == len(peaks)
    assert any("drawn" in frame.proto.srcdoc for frame in at.get("iframe"))
    assert says(at, f"only a description: the best of {len(found.scores)} spheres")
    pictures = [one.proto.label for one in at.get("download_button") if "Map on" in one.proto.label]
    assert pictures == ["Map on the mean scan, PNG", "Map on the mean scan, SVG"]


def test_the_link_of_a_command_opens_its_map(open_page):
    """A radius that the page does not offer is taken too, with the command's mask and estimator."""
    spec, options = replace(SPEC, mask="vt", estimator="ridge"), Options(radius=6.5)
    at = open_page(PAGE, spec, **searchlight.ANALYSIS.page_settings(spec, options))
    found = searchlight.run(load_subject("haxby", "1"), spec, options)
    assert metric(at, "Highest score") == f"{found.scores.max():.3f}"
    assert metric(at, "Spheres") == f"{len(found.scores)}"
    assert at.selectbox(key="choose_radius").value == 6.5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"radius": "99"}, "Radius cannot be '99'. The default is shown instead."),
        ({"classifier": "lda"}, "Unknown classifier in each sphere 'lda': Gaussian naive Bayes is"),
        ({"within": "vt2"}, "Unknown place to search 'vt2': recorded brain is shown"),
        ({"radius": "8"}, ""),
        ({"radius": "6.5"}, ""),
    ],
)
def test_a_bad_value_of_the_pages_own_is_said(open_page, query, said):
    """What a link asks of the page's own selectors in vain is named, by the words on screen."""
    at = open_page(PAGE, SPEC, **query)
    assert not at.exception
    told = [
        text.value
        for text in [*at.caption, *at.info]
        if "Unknown" in text.value or "cannot be" in text.value
    ]
    assert len(told) == bool(said)
    assert all(said in text for text in told)
    link = link_of(at)
    kept = {name: [value] for name, value in ({} if said else query).items()}
    assert {name: link[name] for name in query if name in link} == kept


def test_the_sentence_is_the_pages_own(open_page):
    """Mask and classifier stand in the sentence once; a change leaves the other pages' alone."""
    at = open_page(PAGE, SPEC)
    assert not {"choose_mask", "choose_estimator"} & {one.key for one in at.selectbox}
    at = at.selectbox(key="choose_within").select("vt").run()
    vt = replace(SPEC, mask="vt", estimator="gnb")
    found = searchlight.run(load_subject("haxby", "1"), vt, Options())
    assert metric(at, "Spheres") == f"{len(found.scores)}"
    assert link_of(at) == {**spec_to_query(SPEC), "within": ["vt"]}
    at = at.text_input(key="type_region").input("sphere:1,2").run()
    assert says(at, "'sphere:1,2' is no sphere") and link_of(at)["within"] == ["vt"]
    x, y, z = found.grid.centres[0]
    at = at.text_input(key="type_region").input(f"sphere: {x:.9g}, {y:.9g}, {z:.9g}, 12.0").run()
    assert not at.exception and not says(at, "is no sphere")
    (typed,) = link_of(at)["within"]
    assert typed.startswith("sphere:") and typed.endswith(",12")
    assert at.selectbox(key="choose_within").value == typed


def test_a_sphere_of_one_voxel_is_called_that():
    """A radius that reaches no neighbour is said; a wider one has the sizes."""
    one, more = (SimpleNamespace(sizes=np.array(n), radius=4.0) for n in ([1, 1], [1, 2]))
    assert search_scores.size_words(one) == "each sphere is one voxel: 4 mm reach no neighbour"
    assert search_scores.size_words(more) == "1.5 voxels each (1 to 2)"


def test_a_button_corrects_the_map(open_page, monkeypatch):
    """The correction is offered with its time; once done, threshold and rules are the core's."""
    monkeypatch.setattr(search_module, "RELABELLINGS", 40)
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page(PAGE, SPEC, radius="8")
    (button,) = [button for button in at.button if button.key == "correct"]
    assert "1000 relabellings, about" in button.label
    at = button.click().run()
    found = core(SPEC, radius=8.0, permutations=40)
    assert metric(at, "Significant spheres") == f"{found.n_significant}"
    assert "family-wise" in at.selectbox(key="choose_keep").options[0]
    at = at.selectbox(key="choose_keep").select("fdr").run()
    assert link_of(at)["keep"] == ["fdr"]
    kept = spheres_kept(found, "fdr", 0.0)
    assert len(at.dataframe) == (1 if kept.any() else 0)


def test_every_p_of_the_table_is_written_as_elsewhere(monkeypatch):
    """Peaks have their p as all pages write it: 0.063 for one in sixteen; files name the rule."""
    shown, files = [], []
    monkeypatch.setattr("streamlit.dataframe", lambda table, **looks: shown.append(table))
    monkeypatch.setattr(peaks_module, "show_reading", lambda *_, file: files.append(file))
    peaks = pd.DataFrame(
        {"voxel": [0, 1], "score": [0.9, 0.8], "p_value": [1 / 16, 2 / 4096], "size_mm3": 27.0}
    )
    found = SimpleNamespace(null=make_null([0.5] * 15), grid=SimpleNamespace(caveat=""))
    search = SimpleNamespace(view=None, name="searchlight_8mm")
    for rule in ("fdr", "score"):
        peaks_module.show_table(search, Kept(found=found, rule=rule, least=0.8), peaks)
    assert files == ["searchlight_8mm_peaks_fdr", "searchlight_8mm_peaks_score-0.8"]
    assert shown[0]["p_value"].tolist() == ["0.063", "0.00049"]
    assert peaks["p_value"].tolist() == [1 / 16, 2 / 4096]  # the file's own stay numbers


@pytest.mark.parametrize(
    ("least", "told"), [(None, "none within reach"), (0.875, "a score of 0.875 or more")]
)
def test_a_threshold_is_named_only_where_one_is_within_reach(monkeypatch, least, told):
    """The metric of a corrected map says the score that is needed, or that there is none."""
    shown = []
    monkeypatch.setattr(search_scores, "show_metric", lambda *words: shown.append(words))
    found = SimpleNamespace(null=make_null([0.5] * 15), threshold=least, n_significant=0)
    search_scores._show_significant(found)
    assert shown == [
        ("Significant spheres", "0", f"family-wise p of 0.05 or less: {told}; first look")
    ]


@pytest.mark.parametrize("n", [0, 3])
def test_spheres_in_which_nothing_varies_are_told(monkeypatch, n):
    """The page counts them below its numbers, and is silent where there are none."""
    told, subject = (
        [],
        SimpleNamespace(
            conditions=("cat", "face"),
            masks={"brain": Mask(), "vt": Mask()},
            unusable={},
            each_block="block",
        ),
    )
    monkeypatch.setattr(search_scores, "show_metric", lambda *words: None)
    monkeypatch.setattr(search_scores, "say_small", told.append)
    found = make_search(np.linspace(0.4, 0.8, 20), Grid((5, 4, 1), np.eye(4), np.arange(20)))
    found = replace(found, constant=np.arange(20) < n)
    view = cache.View(spec=found.spec, subject=subject)
    search_scores.show_search_scores(search_module.Search(view=view, radius=4.0), found)
    words = "Spheres in which nothing varies: 3; their score says nothing."
    assert [words in text for text in told] == [n > 0]


def test_another_choice_drops_the_correction(open_page, monkeypatch):
    """A correction belongs to the search that it was asked for; another radius has none."""
    monkeypatch.setattr(search_module, "RELABELLINGS", 20)
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page(PAGE, SPEC, radius="8")
    at = next(button for button in at.button if button.key == "correct").click().run()
    assert metric(at, "Significant spheres") != "not tested"
    at = at.selectbox(key="choose_radius").select(4.0).run()
    assert metric(at, "Significant spheres") == "not tested"


def test_long_work_waits_for_a_click(open_page, monkeypatch):
    """A link does not start what takes hours: the time is said first, and one click starts it."""
    monkeypatch.setattr(search_module, "RELABELLINGS", 20)
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    monkeypatch.setattr(offer, "STARTS_ALONE_S", 0.0)
    spec = replace(SPEC, mask="brain", estimator="gnb")
    search = search_module.Search(view=cache.view_of(spec), radius=8.0)
    of_a_link = f"{search.text}{DRAWN}{write_draws(30, 1)}"
    at = open_page(PAGE, SPEC, radius="8", corrected=of_a_link)
    assert metric(at, "Significant spheres") == "not tested"
    at = at.button(key="correct").click().run()
    assert metric(at, "Significant spheres") != "not tested"


def test_only_the_mask_that_is_searched_is_called_circular(open_page):
    """The banner says the check's own sentence of the page's mask, not of the one chosen above."""
    spec = DecodingSpec(dataset="simulated", subject="1", mask="face")
    status, message = circularity(load_subject("simulated", "1"), replace(spec, mask="face"))
    assert status == "fail"
    pages = {within: open_page(PAGE, spec, within=within) for within in ("vt", "face")}
    assert not says(pages["vt"], "Circular. ") and says(pages["face"], f"Circular. {message}")
    headings = {within: at.header[0].value for within, at in pages.items()}
    assert headings == {"vt": "Scores above chance", "face": "~~Scores~~ :red[wrong]"}
    at = pages["face"].button(key="fix_mask").click().run()
    assert at.selectbox(key="choose_within").value == "vt" and not says(at, "Circular. ")
    assert link_of(at)["mask"] == ["face"]


@pytest.mark.parametrize(
    ("cv", "heading"), [("split_half", "Scores above chance"), ("kfold", "Scores")]
)
def test_scores_are_drawn_against_chance_only_where_it_is_a_comparison(open_page, cv, heading):
    """Where runs are shared the map shows scores, as the metric above it says."""
    at = open_page(PAGE, replace(SPEC, cv=cv), radius="4")
    assert at.header[0].value == heading
    assert says(at, "in points above chance (0.500)") == (heading != "Scores")
    assert says(at, "by its score (chance is no comparison here)") == (heading == "Scores")


def test_the_link_of_a_corrected_map_draws_the_same(open_page, monkeypatch):
    """Number and seed of a command's relabellings are in its link, and so is the whole search."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    spec, options = replace(SPEC, mask="vt", estimator="gnb"), Options(permutations=19, seed=5)
    at = open_page(PAGE, spec, **searchlight.ANALYSIS.page_settings(spec, options))
    found = searchlight.run(load_subject("haxby", "1"), spec, options)
    assert metric(at, "Significant spheres") == f"{found.n_significant}"
    assert says(at, "We shuffled the labels 19 times")
    bad = {"corrected": f"{searchlight.search_text(spec, Options())}&drawn=1000000_0"}
    at = open_page(PAGE, spec, within="vt", **bad)
    assert metric(at, "Significant spheres") == "not tested"


def test_bad_settings_in_the_link_fall_back(open_page):
    """A radius, classifier or threshold that cannot be is the default's."""
    at = open_page(PAGE, SPEC, radius="wide", classifier="magic", least="nan", peak="x")
    assert not at.exception
    assert not at.error
    assert metric(at, "Highest score") == f"{core(SPEC).scores.max():.3f}"


def test_the_selections_scheme_may_be_refused(open_page, monkeypatch):
    """A scheme whose folds follow the labels maps, and says why it cannot be corrected."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page(PAGE, replace(SPEC, cv="stratified"), radius="4")
    assert metric(at, "Significant spheres") == "not tested"
    at = next(button for button in at.button if button.key == "correct").click().run()
    assert any("the labels make the folds" in error.value for error in at.error)


def test_a_region_is_a_place_to_search(monkeypatch):
    """A command's link may search a sphere; the page offers it beside the subject's masks."""
    subject = load_subject("simulated", "1")
    sphere = "sphere:20,-50,-16,12"
    for asked, told in ((sphere, [sphere]), ("sphere:1,2", []), ("", [])):
        monkeypatch.setattr(search_module, "get_extra", lambda name, asked=asked: asked)
        assert search_module.WITHIN.choices(subject) == [*subject.masks, *told]
