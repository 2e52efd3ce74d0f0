"""The report: what it says is what was computed, and its script says it again without us."""

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from html import escape, unescape

import pandas as pd
import pytest
from makers import make_null

from decoding.analyses.choices import analysis as choices
from decoding.analyses.choices.analysis import usual_options
from decoding.analyses.permute import Options
from decoding.analyses.timecourse.result import NestedLag
from decoding.datasets import load_subject
from decoding.numbers import p_text, score_text
from decoding.output.report import parts as report_parts
from decoding.output.report.html import render_report
from decoding.output.report.parts import compute_report
from decoding.output.states import LOOKS
from decoding.output.text.choices import joint_text, moves_text, spread_text
from decoding.output.text.plan import effect_text, reading_plan
from decoding.output.text.readings import reading_chosen_lag
from decoding.spec import Categories, DecodingSpec, link_to

pytestmark = [pytest.mark.recordings, pytest.mark.usefixtures("quick_reports")]


def make_report(recordings, *, permutations, **changes):
    """Return the parts of a report on the slice recording, and its HTML."""
    subject = load_subject("haxby", "1", recordings / "slice")
    defaults = {"subject": "1", "conditions": ("bottle", "shoe"), "samples": "block"}
    spec = DecodingSpec(**{**defaults, "standardize": "run", "estimator": "ridge", **changes})
    parts = compute_report(subject, spec, Options(permutations=permutations, seed=3))
    return parts, render_report(parts)


def shown(html, name):
    """Return the full number behind a cell of the report."""
    return float(re.search(rf'id="{name}" data-value="([^"]+)"', html).group(1))


@pytest.mark.parametrize("permutations", [12, pytest.param(None, marks=pytest.mark.slow)])
def test_attached_script_finds_the_numbers_again(recordings, tmp_path, permutations):
    """The script in the HTML, run where our package is not, prints the report's own numbers."""
    _, html = make_report(recordings, permutations=permutations)
    attached = re.search(r'href="data:text/x-python;base64,([^"]+)"', html).group(1)
    program = tmp_path / "analysis.py"
    program.write_bytes(base64.b64decode(attached))
    isolated = [sys.executable, "-I"]
    without_us = subprocess.run(
        [*isolated, "-c", "import decoding"], cwd=tmp_path, capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in without_us.stderr
    done = subprocess.run(
        [*isolated, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    folds = [float(x) for x in re.findall(r'class="fold_score" data-value="([^"]+)"', html)]
    assert folds == answer["fold_scores"]
    assert shown(html, "null_mean") == pytest.approx(answer["null_mean"], abs=1e-12)
    assert shown(html, "p_value") == pytest.approx(answer["p_value"], abs=1e-12)
    assert (tmp_path / "weights.nii.gz").is_file()


def test_report_shows_what_was_computed(recordings):
    """Score, checks, null and methods in the HTML are those of the analyses."""
    parts, html = make_report(recordings, permutations=20)
    assert shown(html, "accuracy") == parts.result.accuracy
    assert f"p = {parts.test.p_value:.2g}" in html
    assert "20 relabellings drawn at random (seed 3), a first look" in html
    assert f"smallest p within reach {p_text(parts.test.null.smallest_p)}" in html
    text = unescape(html)
    assert all(check.message in text for check in parts.checks.checks)
    assert html.count("<img") == 2
    assert f"{parts.replayed.n_right} of {parts.replayed.n_tested} scans of bottle and shoe" in text
    assert "It learnt block means" in text
    assert all(f"{row.numbers} {row.sentence}" in text for row in parts.others.rows)
    assert f"{parts.result.n_samples} samples of {parts.result.n_blocks} blocks" in html
    own = usual_options(parts.result.spec, 20, 3)
    assert own.estimator == ("ridge", "correlation")
    curve = choices.run(parts.subject, parts.result.spec, own)
    told = unescape(re.search(r'id="curve">([^<]*)', html).group(1))
    assert joint_text(curve) in told and spread_text(curve) in told and moves_text(curve) in told
    assert re.findall(r"<tr><td>(\d+)</td><td>[\d.]+</td><td>\d+ %", html) == [
        str(n) for n in parts.planned.rows
    ]
    assert reading_plan(parts.planned) in text and effect_text(parts.planned) in text
    later = unescape(render_report(replace(parts, curve=None, planned=None)))
    assert "The page Choices and the command choices show them." in later
    assert "Before you scan" not in later


def test_a_report_leaves_out_what_takes_minutes(recordings, monkeypatch):
    """Combinations that take long are not computed, nor those under a scheme that leaks."""
    monkeypatch.setattr(report_parts, "CURVE_S", 0.0)
    parts, html = make_report(recordings, permutations=5)
    assert parts.curve is None and "The page Choices and the command" in html
    monkeypatch.setattr(report_parts, "CURVE_S", 30.0)
    parts, _ = make_report(recordings, permutations=5, cv="shuffled_kfold")
    assert parts.curve is None


def test_the_report_says_what_its_score_is_worth(recordings):
    """Title and methods tell scheme, p, failed checks, order, tries, and what is not known."""
    parts, html = make_report(recordings, permutations=5, cv="resubstitution", samples="volume")
    title, text = re.search("<h1>(.*)</h1>", html).group(1), unescape(html)
    p = p_text(parts.test.p_value)
    assert (
        f"under training = testing (wrong on purpose), p {p} (first look); design check fails: "
        in title
    )
    assert f"<s>{score_text(parts.result.accuracy, 4)}</s>" in html and "Crosses: folds" in html
    assert 'id="answer"><s>' in html
    assert shown(html, "honest") == parts.honest.accuracy < parts.result.accuracy
    methods = re.search('id="methods">(.*)</p>', text).group(1)
    for one in parts.checks.checks:
        told = one.status in ("warn", "fail") or one.check == "order_within_runs"
        assert (one.message.partition(". ")[0].rstrip(".") in methods) == told
    assert "Circular mask (warning): The mask 'ventral temporal' was chosen" in methods
    assert "what was done to the recording before is not known" in methods
    assert "How many other analyses were tried is not known here" in methods
    lag = replace(parts.result.spec, lag=5.0)
    known = replace(
        parts,
        tried=[(parts.result.spec, ""), (lag, "the curve around onset")],
        named=("bottle", "shoe"),
    )
    text = unescape(render_report(known))
    assert "bottle against shoe: accuracy" in text and "named correctly, bottle or shoe" in text
    assert "2 analyses of this recording were scored in the same session, this one among" in text
    assert "<li>lag 5 s; the curve around onset</li>" in text


def test_a_chosen_lag_is_told_in_the_report(recordings):
    """Beside the score and in the methods stands that the lag was chosen, with its nested score."""
    parts, html = make_report(recordings, permutations=5, lag=5.0)
    assert "chosen by its score" not in html
    unknown = "How the lag of 5 s was chosen is not known here."
    assert html.count(unknown) == 3 and html.count(f'<p class="note">{unknown}') == 2
    assert all(f".{state} {{ color: {look.ink} }}" in html for state, look in LOOKS.items())
    folds = pd.DataFrame({"seconds": [5.0, 2.5], "accuracy": [0.5, 0.625]})
    note = reading_chosen_lag(5.0, NestedLag(folds=folds), known=True)
    told = unescape(render_report(replace(parts, lag_note=note, lag_chosen=True)))
    assert "0.563" in note
    assert told.count(f'<p class="warn">{note}</p>') == 2  # in the summary, and at the score
    assert note in re.search('id="methods">(.*)</p>', told).group(1)


def test_no_distance_is_said_in_a_circular_mask(recordings):
    """Where the categories chose the mask the report neither says nor draws a comparison."""
    parts, html = make_report(recordings, permutations=5)
    assert "Dotted: chance 0.500." in html and "points from chance" in html
    assert "<s>" not in html and 'id="honest"' not in html
    circular = render_report(replace(parts, result=replace(parts.result, circular=True)))
    assert "Dotted" not in circular and "points from" not in circular
    assert "circular mask: chance is no comparison here" in circular and "<s>" in circular
    assert "chance is no comparison, as responses to these categories chose the mask" in circular


def test_no_threshold_is_told_where_no_p_reaches_it(recordings):
    """With too few relabellings the report has no score to beat in picture or legend."""
    parts, few = make_report(recordings, permutations=5)
    null = make_null(parts.test.null.scores.tolist() * 10)
    enough = render_report(replace(parts, test=replace(parts.test, null=null)))
    for html, named in ((few, False), (enough, True)):
        assert ("Dashed: a score above it has a p of 0.05 or less." in html) == named
        assert ("No p of 0.05 is within reach." in html) == (not named)


def test_every_p_of_the_report_is_rounded_as_the_house_does(recordings):
    """One in sixteen is 0.063 in the title, in the table and in the methods."""
    parts, _ = make_report(recordings, permutations=5)
    sixteenth = replace(parts.test, null=make_null([0.0] * 15), observed=0.9)
    html = render_report(replace(parts, test=sixteenth))
    assert sixteenth.p_value == 1 / 16
    assert html.count("0.063") >= 5 and "0.062" not in html.replace("0.0625", "")


def test_report_loads_nothing_from_elsewhere(recordings):
    """No source, style or script of the report lies outside it."""
    _, html = make_report(recordings, permutations=5)
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html) == []
    assert "<script" not in html


def test_the_link_is_one_only_where_the_address_is_known(recordings):
    """Without an address the report says what to do; with one the link opens the analysis."""
    parts, html = make_report(recordings, permutations=5, cv="split_half")
    link = link_to("decode", parts.result.spec, {"null": "5_3"})  # as many, of the same seed
    assert f"under your server&#39;s address: {escape(link)}" in html.replace("'", "&#39;")
    known = render_report(replace(parts, address=f"https://example.org/lab{link}"))
    assert f'<a href="https://example.org/lab{escape(link)}">' in known


def test_the_report_names_codes_by_their_labels(recordings):
    """Mask and scheme stand there as pages call them, with their codes; the last line is told."""
    parts, html = make_report(recordings, permutations=5)
    assert "<td>ventral temporal (vt)</td>" in html
    assert "<td>Leave one run out (leave_one_run_out)</td>" in html
    assert "the score of each fold, the null's mean and p" in parts.script


def test_no_maps_are_explained(recordings):
    """An estimator without weights says so in place of the maps."""
    _, html = make_report(recordings, permutations=5, estimator="gnb")
    assert "No map is drawn: Gaussian naive Bayes has no weights." in html
    assert "<img" not in html


def test_a_simulated_subject_is_reported_as_such():
    """Credit, methods and script of a folder that we simulated, read as Haxby's, say so."""
    study = load_subject("simulated", "1").bold[0].parents[2]
    subject = load_subject("haxby", "1", study)
    spec = DecodingSpec(subject="1", samples="block", estimator="ridge")
    text = unescape(render_report(compute_report(subject, spec, Options(permutations=5))))
    head, rest = text.split('id="methods"')
    methods, script = rest.split('id="script"')
    assert "Simulated by Voxelscope" in head
    assert "Licence: CC0 1.0." in head
    assert "The recording was simulated by Voxelscope, subject 1" in methods
    assert "Simulated by Voxelscope" in script
    assert "Haxby et al" not in text
    parts = compute_report(subject, spec, Options(permutations=5))
    named = Categories(column="kind", names=(("cat one", "cat"), ("cat two", "cat"), ("key", "")))
    mine = replace(subject, dataset="own", name="my scan", simulated=False, categories=named)
    text = unescape(render_report(replace(parts, subject=mine)))
    assert "The recording was uploaded to Voxelscope under the name 'my scan' (" in text
    told = "column 'kind'. 'cat one' and 'cat two' were called 'cat'. 'key' was left out."
    assert told in text and "no regressor for" not in text
