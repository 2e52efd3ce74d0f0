"""What stands around every page, and what a new server and a new visitor begin with."""

import subprocess
import sys
import threading
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from makers import ROOT, make_null, result_of_runs
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Mask, MaskOrigin
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.samples.extract import SAMPLES
from decoding.service.job import Job
from decoding.service.jobs import JobRunner
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import first_look, null, page, service, tried, url_state
from pages.components.display import file_stem
from pages.components.frame import PAGES
from pages.components.home.introduction import show_answer
from pages.components.service import View, draw_progress

START = "import sys, app; print(type(app.app).__name__, *{'sklearn', 'plotly'} & {*sys.modules})"
SAY = """
from decoding.datasets import load_subject
from decoding.spec import DecodingSpec
from pages.components.sentence import say_spec

spec = DecodingSpec(
    dataset="simulated", subject="3", conditions=("bottle", "shoe"), cv="shuffled_kfold",
    estimator="ridge", samples="block", lag=5.0,
)
say_spec(spec, load_subject("simulated", "3"), {})
"""


def test_server_loads_the_libraries_at_its_start():
    """`streamlit run app.py` finds the app in it, and importing it imports what takes long."""
    assert discover_asgi_app(ROOT / "app.py").import_string == "app:app"
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert sorted(done.stdout.split()) == ["App", "plotly", "sklearn"], done.stderr


def test_every_page_starts_by_its_name_in_the_navigation():
    """A page file starts the page that the navigation has for it."""
    for entry in PAGES:
        assert f'with start_page("{entry.name}"' in (ROOT / entry.file).read_text(), entry.file


def test_new_visitor_reads_the_selection_until_the_first_numbers_are_drawn(monkeypatch):
    """Words stand where the selectors will be, then a pause, one more after a brain, once."""
    drawn = []
    monkeypatch.setattr(first_look, "time", SimpleNamespace(sleep=drawn.append))
    monkeypatch.setattr(page, "say_spec", lambda spec, *_: drawn.append(spec.mask))
    monkeypatch.setattr(first_look, "FIRST_DRAW_S", 1.5)
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    app.query_params["mask"] = "face"
    for _ in range(2):
        assert not app.run().exception
        assert app.metric
        assert app.selectbox(key="choose_mask").value == "face"
    assert drawn == ["face", first_look.FIRST_DRAW_S, first_look.FIRST_DRAW_S / 2]


def test_what_is_drawn_again_keeps_its_place(monkeypatch):
    """A browser keeps what a page holds when it runs again, whether or not its work was slow."""
    monkeypatch.setattr(service, "PATIENCE_S", 0.0)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["dataset"], at.query_params["mask"] = "simulated", "cat"
    at = at.switch_page("pages/data.py").run()
    runs = [{row: part.type for row, part in at.main.children.items()}]
    runs.append({row: part.type for row, part in at.run().main.children.items()})
    assert runs[0] == runs[1]


def test_words_say_what_the_selectors_show():
    """Each label of a selector is in the words."""
    app = AppTest.from_string(SAY, default_timeout=120).run()
    assert app.markdown[0].value == (
        "Simulated recording subject 3 *in* ventral temporal *decoding* shoe against bottle "
        f"*under* {CV_SCHEMES['shuffled_kfold'].label} (wrong on purpose) "
        f"*with* {ESTIMATORS['ridge'].label} *preparation:* {SAMPLES['block'].label}, lag 5 s"
    )


def test_page_that_fails_has_its_selectors(monkeypatch):
    """What stands around a page is there where its numbers cannot be computed."""

    def fail(*_args, **_options):
        raise DecodingError("nothing to decode")

    monkeypatch.setattr("pages.components.service.result_for", fail)
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    for _ in range(2):
        app.run()
        assert app.error[0].value.startswith("nothing to decode")
        assert app.selectbox(key="choose_mask").value == "vt"


def test_who_waits_reads_the_place_in_line():
    """How many come first and how long they take; the one at work reads what is left."""
    begun, go_on, texts = threading.Event(), threading.Event(), []
    slot = SimpleNamespace(progress=lambda fraction, text: texts.append(text))

    def work(report):
        begun.set()
        assert go_on.wait(30)

    runner = JobRunner()
    jobs = [runner.ask(number, work, seconds=60.0) for number in range(3)]
    assert begun.wait(30)
    for job in jobs:
        draw_progress(job, slot)
    go_on.set()
    runner.close()
    assert texts == [
        "Computing, about 60 s left",
        "1 ahead of you, about 60 s",
        "2 ahead of you, about 2 minutes",
    ]


def test_only_the_scores_of_a_recording_count_for_it(monkeypatch):
    """What was scored of another recording in the session tells nothing of this one."""
    spec = DecodingSpec(dataset="own", subject="mine")
    others = [(replace(spec, subject="other"), ""), (DecodingSpec(), "")]
    monkeypatch.setattr(tried, "session_name", lambda: "")
    monkeypatch.setattr(tried, "_tried_in", lambda session: dict.fromkeys(others))
    own = [(spec, ""), (replace(spec, mask="brain"), "searchlight of 8 mm")]
    monkeypatch.setattr(tried, "_tried_on_uploads", lambda: dict.fromkeys(own))
    assert tried.tried(spec) == own


def test_who_is_next_in_line_reads_how_long_it_takes():
    """Where nobody is ahead the words say so, and how long the work itself takes."""
    texts = []
    slot = SimpleNamespace(progress=lambda fraction, text: texts.append(text))
    draw_progress(Job(lambda report: None, clock=lambda: 0.0, seconds=120.0), slot)
    assert texts == ["Next in line, then computing, about 2 minutes"]


def test_files_of_other_analyses_have_other_names():
    """Each field of a spec is in a file's name, the rarer ones where they are unusual."""
    specs = [
        DecodingSpec(cv=cv, estimator=estimator, samples=samples)
        for cv, estimator, samples in product(CV_SCHEMES, ESTIMATORS, SAMPLES)
    ]
    others = {
        "dataset": "simulated", "subject": "1", "mask": "face", "conditions": ("bottle", "shoe"),
        "standardize": "run", "detrend": True, "lag": 5.0, "select": 100, "space": "T1w",
        "confounds": "compcor", "merge_gap": 0.5,
    }  # fmt: skip
    assert {*others, "samples", "estimator", "cv"} == {*SETTINGS}
    specs += [replace(specs[0], **{name: value}) for name, value in others.items()]
    stems = [file_stem(spec) for spec in specs]
    assert len(set(stems)) == len(specs)
    assert max(map(len, stems)) <= 70
    eight = tuple(f"category/{number}" for number in range(31))
    odd = file_stem(replace(specs[0], conditions=eight, mask="response/left", subject="\n"))
    assert len(odd) <= 110 and not set("/\\\n ") & set(odd)
    whole = file_stem(replace(specs[0], **others))
    assert whole.endswith(
        "_standardize-run_detrend-yes_lag-5_select-100_space-T1w_confounds-compcor_merge_gap-0.5"
    )
    assert len(whole) <= 140


def test_a_file_says_the_address_that_shows_it(monkeypatch):
    """Its link is that of the page with its own settings, on the spec of the file.

    The host stands there; a report has no link to one that is the visitor's own machine.
    """
    state = {"selection_spec": DecodingSpec(), "selection_extras": {"radius": "8"}}
    context = SimpleNamespace(url="https://lab.org/searchlight")
    known = SimpleNamespace(session_state=state, context=context)
    monkeypatch.setattr(url_state, "st", known)
    spec = DecodingSpec(mask="brain", estimator="gnb")
    host, _, query = url_state.address_of(spec).partition("?")
    assert host == context.url
    assert parse_qs(query) == {**spec_to_query(spec), "radius": ["8"]}
    assert url_state.public_address_of(spec) == url_state.address_of(spec)
    for mine in (
        "http://localhost:8501/searchlight",
        "http://127.0.0.1/",
        "http://[::1]:8501/",
        "",
    ):
        context.url = mine
        assert url_state.public_address_of(spec) == ""


@pytest.mark.parametrize(
    ("changes", "circular", "told"),
    [
        ({}, False, "Guessing gets 50 %."),
        ({"cv": "stratified"}, False, "Guessing is no comparison"),
        ({}, True, "nothing to compare that with"),
    ],
)
def test_home_says_what_a_score_is_read_against(monkeypatch, changes, circular, told):
    """Home names chance under a scheme by run only, and not in a circular mask."""
    said = []
    monkeypatch.setattr("streamlit.markdown", lambda text, **looks: said.append(text))
    result = result_of_runs([18, 17])
    result = replace(result, spec=replace(result.spec, **changes), circular=circular)
    subject = SimpleNamespace(masks={"vt": Mask()}, unusable={}, maps=False, t_r=2.0)
    show_answer(View(spec=result.spec, subject=subject), result)
    assert told in said[0] and ("50 %" in said[0]) == ("50 %" in told)


def test_a_circular_score_is_not_held_against_luck(monkeypatch):
    """Real labels chose a circular mask and shuffled ones did not: no line of luck is drawn."""
    said = []
    monkeypatch.setattr(null, "say_small", said.append)
    monkeypatch.setattr(null, "tried", lambda spec: ["a", "b"])
    test = SimpleNamespace(null=make_null([0.5] * 99), observed=0.9)
    origin = MaskOrigin(chosen="by a localizer", responses_to=frozenset({"face"}), localizer=True)
    for mask in (Mask(), Mask(origin=origin)):
        subject = SimpleNamespace(masks={"vt": mask}, unusable={}, conditions=("cat", "face"))
        null.show_tried(View(spec=DecodingSpec(), subject=subject), test)
    assert ["is above that 95 % point" in text for text in said] == [True, False]
    assert "these very responses chose the mask" in said[1] and "0.5" not in said[1]
    assert all(text.endswith("When you report one, say how many you tried.") for text in said)
