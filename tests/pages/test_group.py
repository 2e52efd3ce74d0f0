"""The page of a group as Streamlit runs it: its numbers are the core's, of every subject."""

import io
import shutil
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from apptest import SPEC, link_of, metric, says
from makers import design, signal, write_image, write_study

from decoding.analyses import across, group, permute
from decoding.analyses.group import compare_subjects
from decoding.datasets import load_subject
from decoding.numbers import percent_text, score_text
from decoding.output.text.group import answer_text, reading_across
from decoding.spec import DecodingSpec, spec_to_query
from decoding.sweep import read_sweep
from pages.components import offer
from pages.components import service as cache
from pages.components.group import scores

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGE = "pages/group.py"
OWN = DecodingSpec(subject="1", samples="block", estimator="ridge")


@pytest.fixture
def study(tmp_path, monkeypatch, open_page):
    """Return a study of three subjects who share their orders; the third's scan is damaged."""
    conditions, runs = design(n_runs=5)
    first = write_study(tmp_path, conditions=conditions, runs=runs, values=signal(conditions))
    for number in (2, 3):
        shutil.copytree(first, first.with_name(f"subj{number}"))
    other = signal(conditions, seed=5, strength=12.0)
    write_image(first.with_name("subj2") / "bold.nii.gz", other)
    (first.with_name("subj3") / "labels.txt").write_text("nonsense")
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    return tmp_path


def test_every_subject_is_shown_and_the_rest_is_named(study, open_page):
    """Sentence, numbers and table are the core's; who is missing or absent is named; files fit."""
    at = open_page(PAGE, OWN, also="cat~shoe", masks="brain")
    assert not at.exception and not at.error
    options = group.Options(masks=("vt", "brain"), pairs=(("cat", "face"), ("cat", "shoe")))
    tables = [group.run(load_subject("haxby", n), replace(OWN, subject=n), options) for n in "12"]
    rows = compare_subjects(pd.concat(tables, ignore_index=True))
    raw, detrended = rows[0], rows[1]
    assert says(at, answer_text(raw, detrended, comparable=True))
    assert metric(at, "Accuracy") == score_text(raw.scores["accuracy"].mean())
    assert metric(at, "Told from luck") == f"{raw.n_significant} of 2"
    bound = raw.majority.bound
    assert metric(at, "Prevalence, more than") == ("none" if bound is None else percent_text(bound))
    likely = "none" if raw.posterior is None else percent_text(raw.posterior.most_likely)
    assert metric(at, "Prevalence, most likely") == likely
    (shown,) = [one.value for one in at.dataframe if "likely" in one.value]
    assert len(shown) == len(rows) == 8
    assert says(at, "All 2 subjects were shown the same 3 block orders, in the same runs. So what")
    assert says(at, "Not here: subjects 4, 5 and 6. Fetch a subject at the end of the page Data.")
    assert says(at, "Subject 3: ")
    assert says(at, "In 2 subjects no score could be: p cannot get smaller than 0.06")
    assert says(at, "2 subjects can show that more than 17 % of people")
    assert says(at, "Each subject's scans lie in a space of their own")
    assert link_of(at) == {**spec_to_query(OWN), "also": ["cat~shoe"], "masks": ["brain"]}
    at = at.button(key="all_also").click().run()
    assert link_of(at)["also"] == ["cat~shoe~face~shoe"]
    at = at.pills(key="choose_masks").set_value([]).run()
    assert "masks" not in link_of(at)


def test_the_file_is_a_table_of_a_sweep(study, open_page, monkeypatch, tmp_path):
    """What the page offers as Parquet is read by the command `group`."""
    made = {}
    monkeypatch.setattr(
        scores, "show_download", lambda label, make, file: made.update({file: make})
    )
    open_page(PAGE, OWN)
    ((name, make),) = made.items()
    (tmp_path / "F.parquet").write_bytes(make())
    assert name.endswith("_group.parquet")
    rows = compare_subjects(read_sweep(tmp_path / "F.parquet"))
    assert [len(row.scores) for row in rows] == [2, 2]
    assert pd.read_parquet(io.BytesIO(make()))["subject"].tolist() == ["1", "1", "2", "2"]


def test_long_tests_wait_for_a_click(study, open_page, monkeypatch):
    """Scores are there; tests that take long are offered with their time."""
    monkeypatch.setattr(offer, "STARTS_ALONE_S", 0.0)
    at = open_page(PAGE, OWN)
    assert metric(at, "Told from luck") == "…"
    assert "Test every subject, about" in at.button(key="test_group").label
    at = at.button(key="test_group").click().run()
    assert metric(at, "Told from luck").endswith(" of 2")


def test_who_stops_waiting_can_begin_again(study, open_page, monkeypatch):
    """All of the work stops, what is there stays, and all of it starts again."""
    quick = group.make_row

    def slow(*asked, tested, on_progress):
        for step in range(600 if tested else 0):
            time.sleep(0.05)
            on_progress(step, 600)
        return quick(*asked, tested=tested)

    monkeypatch.setattr(group, "make_row", slow)
    monkeypatch.setattr(cache, "EARLY_S", 0.2)
    at = open_page(PAGE, OWN)
    (stop,) = [one for one in at.button if one.label.startswith("Stop waiting")]
    at = stop.click().run()
    assert [one.value for one in at.info] == ["You stopped waiting for this result."]
    (again,) = [one for one in at.button if one.label.startswith("Start again")]
    at = again.click().run()
    assert not at.info and [one for one in at.button if one.label.startswith("Stop waiting")]


def test_in_one_space_the_others_name_what_one_saw(study, open_page, monkeypatch):
    """Where scans share a space the scores across subjects are the core's."""
    monkeypatch.setattr(across, "in_mni_space", lambda subject: True)
    at = open_page(PAGE, OWN)
    assert not at.exception and not at.error
    subjects = [load_subject("haxby", n) for n in "12"]
    rows = [
        across.decode_across(subjects, replace(OWN, detrend=trend), permute.Options())
        for trend in (False, True)
    ]
    assert says(at, reading_across(rows))
    names = [one.label for one in [*at.button, *at.get("download_button")]]
    assert len(names) == len(set(names))
    assert np.isfinite(rows[0].scores["p_value"]).all()


def test_one_subject_is_no_group(open_page, monkeypatch):
    """The one is shown, and that it says nothing of others; a link's unknown names are told."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page(PAGE, replace(SPEC, estimator="ridge"), masks="moon", also="cat~dog")
    assert not at.exception
    assert says(at, "One subject says nothing of other people: a group is two subjects or more.")
    assert says(at, "There is subject 1 only, and none to learn from.")
    told = [one.value for one in at.caption if "cannot be had" in one.value]
    assert len(told) == 2 and "moon" in told[1]
    assert not {"masks", "also"} & set(link_of(at))
