"""Validate shows what else could tell the categories apart, and how large a study must be."""

import json
from dataclasses import replace

import pytest
from apptest import SPEC, link_of, says

from decoding.analyses import permute
from decoding.analyses.controls import analysis as controls
from decoding.analyses.controls.rows import CONTROLS
from decoding.analyses.plan import analysis as plan
from decoding.datasets import load_subject
from pages.components import service as cache

pytestmark = pytest.mark.recordings
QUICK = replace(SPEC, samples="block", estimator="ridge", cv="leave_one_run_out")


def test_validate_shows_controls_and_a_plan(open_page, recordings, monkeypatch):
    """Each row has its sentence as the command has it; a stated study goes into the link."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    at = open_page("pages/validate.py", QUICK)
    subject = load_subject("haxby", "1", recordings / "slice")
    found = controls.run(subject, QUICK, controls.quick_options(subject, QUICK))
    found = found.with_test(permute.run(subject, QUICK, permute.Options()))
    assert [row.control for row in found.rows][:3] == list(CONTROLS)[:3]
    for row in found.rows:
        assert says(at, row.sentence)
    titles = [
        json.loads(one.proto.spec)["layout"]["meta"]["title"] for one in at.get("plotly_chart")
    ]
    assert {"What else could tell the categories apart", "Power before scanning"} <= set(titles)
    assert says(at, "With 5 runs p cannot get smaller than 0.063, however strong the signal.")
    at.selectbox(key="plan_blocks").set_value(2).run()
    assert link_of(at)["plan"] == ["auto_2_auto"]
    assert at.selectbox(key="plan_effect").value is None
    assert plan.read_options("auto_2_auto").blocks == 2
