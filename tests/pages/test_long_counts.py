"""Designs with more relabellings than anybody can count go through every command and page."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from makers import REST, ROOT, design, labels_text, signal, write_study
from streamlit.testing.v1 import AppTest

from decoding.analyses import schemes
from decoding.cli.main import main
from decoding.output.report import html, parts
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import service

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def many_categories(folder, n_categories, n_runs):
    """Write a study of so many categories; return them."""
    names = tuple(f"c{number:02d}" for number in range(n_categories))
    conditions, runs = design(n_runs=n_runs, block=2, categories=names, rest=1)
    write_study(folder, values=signal(conditions), conditions=conditions, runs=runs)
    return names


def alternating(folder, recordings):
    """Copy half a slice, with face and cat in turn, each for one volume; return the two."""
    shutil.copytree(recordings / "slice", folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    path = folder / "haxby2001" / "subj1" / "labels.txt"
    runs = pd.read_csv(path, sep=" ")["chunks"].to_numpy()
    names = np.resize(np.array(["face", "cat"]), 121).astype(object)
    names[-1] = REST
    path.write_text(labels_text(np.tile(names, 12), runs))
    return ("cat", "face")


@pytest.fixture(params=["32 in 4 runs", "21 in one run", "one-volume blocks"])
def spec(request, tmp_path, monkeypatch):
    """Return the spec of a design whose count of relabellings has 20 to 420 digits."""
    cv = "leave_one_run_out"
    if request.param == "one-volume blocks":
        conditions = alternating(tmp_path, request.getfixturevalue("recordings"))
    elif request.param == "32 in 4 runs":
        conditions = many_categories(tmp_path, 32, 4)
    else:
        conditions, cv = many_categories(tmp_path, 21, 1), "kfold"
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path))
    return DecodingSpec(
        subject="1", conditions=conditions, standardize="run", estimator="ridge", cv=cv
    )


def no_long_number(text):
    """Return whether no number in a text has more than 20 digits before or without a point."""
    return not re.search(r"(?<![\d.])\d{21,}", text)


@pytest.mark.usefixtures("quick_reports")
def test_every_command_reads_them(spec, capsys, tmp_path, monkeypatch):
    """Decode, check, permute and report end well; no p is 0 and no count unreadable."""
    monkeypatch.setattr(html, "MOST_PAIRS", 1)
    monkeypatch.setattr(parts, "CURVE_S", 0.0)  # many combinations of many samples take minutes
    report = tmp_path / "report.html"
    words = ["--subject", "1", "--standardize", "run", "--estimator", "ridge", "--cv", spec.cv]
    words += ["--conditions", *spec.conditions]

    def run(command, *more):
        assert main([command, *words, *more]) == 0
        out = capsys.readouterr().out
        assert no_long_number(out)
        return out

    run("decode")
    run("permute", "--permutations", "99")
    run("report", "--permutations", "99", "--out", str(report))
    assert no_long_number(re.sub(r'base64,[^"]*', "", report.read_text()))
    test = json.loads(run("permute", "--permutations", "99", "--json"))
    assert test["p_value"] >= test["smallest_p"] >= 0.01
    assert isinstance(test["n_distinct"], int) == (len(spec.conditions) == 21)
    checks = {check["check"]: check for check in json.loads(run("check", "--json"))}
    status, message = checks["relabellings"]["status"], checks["relabellings"]["message"]
    assert status == ("fail" if spec.cv == "kfold" else "pass")
    assert {32: "5.5e-107", 21: "1.00", 2: "less than 1e-300"}[len(spec.conditions)] in message


@pytest.mark.slow
@pytest.mark.parametrize("page", ["decode", "validate"])
def test_pages_show_them(spec, page, monkeypatch):
    """The p-value and the count stand on the page, and nothing fails."""
    for patience in ("INLINE_S", "EARLY_S"):
        monkeypatch.setattr(service, patience, 120.0)
    monkeypatch.setattr(schemes, "RELABELLINGS", 2)
    st.cache_resource.clear()
    st.cache_data.clear()
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at = at.switch_page(f"pages/{page}.py")
    for name, values in spec_to_query(spec).items():
        at.query_params[name] = values
    at.run()
    assert not at.exception
    (p,) = [metric for metric in at.metric if metric.label == "p-value"]
    assert float(p.value) >= 0.001
    assert re.search(r"of \d\.\de\d+ relabellings", p.delta)
    texts = [element.value for element in [*at.markdown, *at.caption]]
    assert no_long_number(" ".join([*texts, p.delta]))
    st.cache_resource.clear()
