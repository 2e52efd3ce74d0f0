"""What `validate` and `decode` say about trust: each number is the core's, each cause is named."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import streamlit as st
from apptest import says, texts
from makers import ROOT
from streamlit.testing.v1 import AppTest

from decoding.analyses import check, decode, mean_signal, permute, schemes, split_half, truth
from decoding.analyses.controls import analysis as controls
from decoding.analyses.paired import paired_difference
from decoding.datasets import load_subject
from decoding.numbers import p_text, percent_text, points_text, score_text
from decoding.output.report import html
from decoding.output.text.readings import reading_mean_signal
from decoding.spec import DecodingSpec, spec_to_query, spec_to_text
from pages.components import page as frame_of_page
from pages.components import service as cache
from pages.components.decode import scores as decode_scores
from pages.components.late import Late
from pages.components.pin import verdict_text

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SPEC = DecodingSpec(
    subject="1", conditions=("bottle", "shoe"), standardize="run", estimator="ridge",
    cv="shuffled_kfold",
)  # fmt: skip


@pytest.fixture
def open_page(recordings, monkeypatch):
    """Return what opens a page with a spec on a recording, and waits for all it computes."""
    monkeypatch.setattr(cache, "INLINE_S", 120.0)
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    monkeypatch.setattr(schemes, "RELABELLINGS", 20)
    st.cache_resource.clear()
    st.cache_data.clear()

    def open_at(page, spec=None, recording="slice", **query):
        monkeypatch.setenv("NILEARN_DATA", str(recordings / recording))
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        at = at.switch_page(page)
        for name, values in {**(spec_to_query(spec) if spec else {}), **query}.items():
            at.query_params[name] = values
        at.run()
        assert not at.exception
        return at

    yield open_at
    st.cache_resource.clear()


def subject_of(spec):
    """Return the subject that a spec names."""
    return load_subject(spec.dataset, spec.subject)


def metric(at, label):
    """Return the number and the comparison shown under a label."""
    (found,) = [element for element in at.metric if element.label == label]
    return found.value, found.delta


def chart(at, trace_name, title=""):
    """Return the chart with a trace of that name, and of a title, as plotly's JSON."""
    figures = [json.loads(element.proto.spec) for element in at.get("plotly_chart")]
    (found,) = [
        figure
        for figure in figures
        if any(trace.get("name") == trace_name for trace in figure["data"])
        and title in figure["layout"]["meta"]["title"]
    ]
    return found


def test_validate_numbers(open_page):
    """Score, null and p are the core's; the checks that fail are told with cause and remedy."""
    test = permute.run(subject_of_slice(open_page), SPEC, permute.Options())
    at = open_page("pages/validate.py", SPEC)
    assert not at.error
    assert metric(at, "Accuracy")[0] == f"{test.observed:.3f}"
    assert metric(at, "Shuffled labels score")[0] == f"{test.null.mean:.3f}"
    assert metric(at, "p-value")[0] == f"{test.p_value:.2g}"
    assert "exact, 4096 relabellings" in metric(at, "p-value")[1]
    assert metric(at, "Accuracy")[1].endswith(
        f"from shuffled labels, {score_text(test.null.mean)}; chance is no comparison here"
    )
    assert says(at, "the true labels and their mirror image are among those that reach it")
    assert says(at, "A low p does not mend this score")
    found = check.run(subject_of(SPEC), SPEC)
    assert found.worst == "fail" and metric(at, "Design checks")[0] == "Failed"
    for one in found.checks:
        assert says(at, one.message)


def subject_of_slice(open_page):
    """Return subject 1 of the half slice, which opening a page makes the one on disk."""
    open_page("app.py")
    return load_subject("haxby", "1")


def test_validate_shows_every_scheme(open_page):
    """Each scheme's mark is its score; the selected scheme's band is that of the full test."""
    at = open_page("pages/validate.py", SPEC)
    figure = chart(at, "95 % of shuffled labels", "every scheme")
    shown = {
        y: x
        for trace in figure["data"][2:]
        for x, y in zip(trace["x"], trace["y"], strict=True)
    }  # fmt: skip
    found = schemes.run(subject_of(SPEC), replace(SPEC, cv="leave_one_run_out"))
    assert shown == {
        row: pytest.approx(outcome.test.observed) for row, outcome in enumerate(found.outcomes)
    }
    row = [outcome.scheme for outcome in found.outcomes].index("shuffled_kfold")
    test = permute.run(subject_of(SPEC), SPEC, permute.Options())
    assert figure["data"][0]["base"][row] == pytest.approx(test.null.band[0])
    verdict = f"With a p of {p_text(test.p_value)} this is hardly luck."
    assert says(at, verdict) == (test.p_value <= 0.05)


def test_a_link_shows_what_it_says(open_page, monkeypatch):
    """Who came by a link does not have the first look's own pair."""
    monkeypatch.setattr(cache, "EARLY_S", 0.0)
    at = open_page("pages/validate.py", estimator="ridge")
    assert at.pills(key="choose_conditions").value == ["cat", "face"]
    assert not says(at, "hard enough for a leak to show")


def test_first_look_leads_to_the_usual_pair(open_page, monkeypatch):
    """Who has chosen nothing sees the pair that shows a leak; a click leads to the usual one."""
    monkeypatch.setattr(cache, "EARLY_S", 0.0)
    monkeypatch.setattr(cache, "INLINE_S", 1.0)  # no scheme is waited for
    at = open_page("pages/validate.py")
    assert at.pills(key="choose_conditions").value == ["bottle", "shoe"]
    assert says(at, "hard enough for a leak to show")
    at.button(key="usual_pair").click().run()
    assert at.pills(key="choose_conditions").value == ["cat", "face"]
    assert at.selectbox(key="choose_standardize").value == "all"
    assert not says(at, "hard enough for a leak to show")


@pytest.mark.parametrize("page", ["decode", "validate", "searchlight", "timecourse"])
def test_a_wrong_scheme_is_marked_on_every_page(open_page, monkeypatch, page):
    """Wherever a score under a scheme that is wrong on purpose is shown, it is called that.

    The step at the page's end waits for what comes late on the page, and is then drawn again.
    """
    monkeypatch.setattr(cache, "EARLY_S", 0.0)
    within, steps, show = [], [], Late.show

    def show_within(late, draw):
        within.append(late)
        try:
            show(late, draw)
        finally:
            within.pop()

    monkeypatch.setattr(Late, "show", show_within)
    monkeypatch.setattr(frame_of_page, "show_next_step", lambda *_: steps.append(len(within)))
    at = open_page(f"pages/{page}.py", replace(SPEC, cv="resubstitution"))
    assert says(at, "says nothing about new runs")
    at.button(key="fix_cv").click().run()
    assert at.selectbox(key="choose_cv").value == "leave_one_run_out"
    assert not says(at, "says nothing about new runs")
    assert set(steps) == {0 if page == "searchlight" else 1}


def test_area_says_what_it_is_the_mean_of(open_page, monkeypatch):
    """The area under ROC is told to be the mean over folds, beside its chance."""
    monkeypatch.setattr(cache, "EARLY_S", 0.0)
    at = open_page("pages/decode.py", replace(SPEC, cv="split_half"))
    assert metric(at, "Area under ROC")[1] == "mean over 2 folds, chance 0.500"
    at = open_page("pages/decode.py", SPEC)
    assert metric(at, "Area under ROC")[1].endswith("folds, chance is no comparison here")


def test_one_score_is_written_one_way(open_page, monkeypatch):
    """The accuracy stands with the same three decimals in metric, reading and picture.

    The page's report has the honest one as well; a notebook is offered beside it.
    """
    files = {}
    keep = lambda label, make, name, **_: files.update({label: make})  # noqa: E731
    monkeypatch.setattr(decode_scores, "show_download", keep)
    monkeypatch.setattr(html, "render_report", lambda parts: parts)
    at = open_page("pages/decode.py", SPEC)
    accuracy = score_text(decode.run(subject_of(SPEC), SPEC).accuracy)
    assert metric(at, "Accuracy")[0] == accuracy
    assert says(at, f"the mean is {accuracy} against ")
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    notes = [note["text"] for note in figure["layout"]["annotations"]]
    assert f"<s>mean {accuracy}</s>" in notes
    honest = decode.run(subject_of(SPEC), replace(SPEC, cv="leave_one_run_out"))
    assert metric(at, "Honest accuracy")[0] == score_text(honest.accuracy)
    assert "p_value" not in files["Script"]()
    assert says(at, "The script inside the report redoes the shuffled labels too, and prints p.")
    assert "".join(json.loads(files["Notebook"]())["cells"][1]["source"]) == "data_dir = './data'"
    assert files["Report"]().honest.accuracy == honest.accuracy


def test_perfect_score_offers_a_harder_pair(open_page, monkeypatch):
    """Where every scheme scores 1.00 one button takes the pair on which a leak shows."""
    monkeypatch.setattr(cache, "EARLY_S", 0.0)
    easy = replace(SPEC, conditions=("face", "house"), cv="leave_one_run_out")
    at = open_page("pages/validate.py", easy, "task-vt")
    (button,) = [one for one in at.button if one.label == "Show it on bottle against shoe"]
    button.click().run()
    assert at.pills(key="choose_conditions").value == ["bottle", "shoe"]
    assert not [one for one in at.button if one.label == "Show it on bottle against shoe"]


@pytest.mark.parametrize("conditions", [("bottle", "shoe"), ("bottle", "cat", "shoe")])
def test_decode_p_value(open_page, conditions):
    """The p-value is the core's and says whether it is exact or sampled."""
    spec = replace(SPEC, conditions=conditions, cv="split_half")
    at = open_page("pages/decode.py", spec)
    test = permute.run(subject_of(spec), spec, permute.Options())
    value, comparison = metric(at, "p-value")
    assert value == (f"{test.p_value:.2g}" if test.p_value < 0.1 else f"{test.p_value:.2f}")
    assert comparison.startswith("exact" if len(conditions) == 2 else "sampled, 1000 of")
    assert says(at, "The band: 95 % of shuffled labels score ")
    labels = [element.proto.label for element in at.get("download_button")]
    assert labels[-1] == "Report"
    assert says(at, "Design checks:")


def test_the_link_of_a_command_opens_its_test(open_page):
    """A number of relabellings and their seed are the link's; too many are not begun."""
    options = permute.Options(permutations=30, seed=4)
    at = open_page("pages/decode.py", SPEC, **permute.ANALYSIS.page_settings(SPEC, options))
    test = permute.run(subject_of(SPEC), SPEC, options)
    value, comparison = metric(at, "p-value")
    assert value == p_text(test.p_value) and "30 of 4096 relabellings" in comparison
    _, usual = metric(open_page("pages/decode.py", SPEC, null="1000000_0"), "p-value")
    assert "1000000" not in usual


def test_the_next_step_is_that_of_the_test_on_the_page(open_page):
    """It names the p of the link's test, though the full one is known by then."""
    spec = DecodingSpec(dataset="simulated", subject="1")
    options = permute.Options(permutations=30, seed=4)
    for settings in ({}, permute.ANALYSIS.page_settings(spec, options)):
        at = open_page("pages/decode.py", spec, **settings)
        assert says(at, f"With a p of {metric(at, 'p-value')[0]} this is hardly luck.")


def test_decode_controls(open_page):
    """The mean signal's score and the share identified by halves are the core's."""
    spec = replace(SPEC, cv="leave_one_run_out")
    at = open_page("pages/decode.py", spec)
    mean = mean_signal.run(subject_of(spec), spec)
    assert metric(at, "Accuracy of the mean alone")[0] == f"{mean.accuracy:.3f}"
    halves = split_half.run(subject_of(spec), replace(spec, conditions=()))
    assert says(at, f"{percent_text(halves.share_identified)}, where chance is 50 %")
    assert says(at, reading_mean_signal(decode.run(subject_of(spec), spec), mean))


def test_blocks_behind_a_cell(open_page):
    """A link that names a cell of the confusion matrix opens the blocks behind it."""
    at = open_page("pages/decode.py", SPEC, cell="shoe~bottle")
    expected = decode.run(subject_of(SPEC), SPEC).cell("shoe", "bottle")
    (shown,) = [frame.value for frame in at.dataframe if "samples tested" in frame.value]
    assert len(expected) > 0
    assert shown.to_numpy().tolist() == expected.to_numpy().tolist()
    assert at.selectbox(key="confusion_cell").value == ("shoe", "bottle")


def test_tries_are_counted(open_page):
    """The second analysis of a session is held against the best of two."""
    at = open_page("pages/decode.py", replace(SPEC, cv="split_half"))
    assert says(at, "This is the first analysis")
    at.selectbox(key="choose_cv").set_value("leave_one_run_out").run()
    spec = replace(SPEC, cv="leave_one_run_out")
    test = permute.run(subject_of(spec), spec, permute.Options())
    assert says(at, f"the best of 2 would still score {score_text(test.null.expected_best(2))}")
    place = "above" if test.observed > test.null.best_point(2) else "not above"
    assert says(at, f"up to {score_text(test.null.best_point(2))} in 95 %")
    assert says(at, f"is {place} that 95 % point")


def test_every_score_counts_and_a_reload_forgets_none(open_page):
    """Each scheme and control on Validate is one more; whoever reloads has still seen all."""
    at = open_page("pages/validate.py", SPEC)
    subject = subject_of(SPEC)
    options = controls.quick_options(subject, SPEC)
    seen = {*schemes.ANALYSIS.tried(schemes.run(subject, SPEC))}
    n = len(seen.union(controls.ANALYSIS.tried(controls.run(subject, SPEC, options))))
    at.selectbox(key="choose_samples").set_value("block").run()
    link = {name: values for name, values in at.query_params.items() if name != "fold"}
    for reloaded in (link, {**link, "session": "another"}):
        at = open_page("pages/decode.py", **reloaded)
        counted = says(at, f"{2 * n} analyses of this recording were scored in this session")
        assert counted == (reloaded is link)


def test_pin_and_unpin(open_page):
    """A pinned result stays in the link and beside the next one; unpinned it is gone."""
    first = replace(SPEC, cv="split_half")
    second = replace(first, conditions=("bottle", "house"))
    at = open_page("pages/decode.py", first, first="bottle")
    at.button(key="pin_this").click().run()
    named = f"{spec_to_text(first)}&first=bottle"
    assert at.query_params["pin"] in (named, [named])
    at.selectbox(key="choose_second").set_value("house").run()
    new, old = results = [decode.run(subject_of(spec), spec) for spec in (second, first)]
    verdict, points = verdict_text(*results), points_text(new.accuracy - old.accuracy)
    line = f"result: {verdict}.** Categories bottle against shoe → bottle against house. Accuracy"
    assert says(at, f"{line} {old.accuracy:.3f} → {new.accuracy:.3f}, {points}")
    assert metric(at, "Accuracy")[1].endswith(f"pinned {old.accuracy:.3f}: {verdict}")
    hollow = [trace for trace in chart(at, "reference")["data"] if trace["name"] == "reference"]
    assert len(hollow[0]["y"]) == 2
    titles = [frame.proto.alt.split(".")[0] for frame in at.get("iframe")]
    assert (
        titles == ["Brain view of the weights"] * 2 + ["Brain view of the activation pattern"] * 2
    )
    at.button(key="unpin").click().run()
    assert "pin" not in at.query_params
    assert not says(at, "Against the pinned result")


def test_a_pin_tells_how_sure_the_difference_is_on_every_page(open_page):
    """Schemes that leave out runs are compared run by run, beside any page's own question."""
    first, second = replace(SPEC, cv="split_half"), replace(SPEC, cv="leave_one_run_out")
    at = open_page("pages/decode.py", second, pin=spec_to_text(first))
    results = [decode.run(subject_of(spec), spec) for spec in (second, first)]
    found = paired_difference(*results)
    line = f"the same 12 runs {points_text(found.mean)}, 95 % interval"
    assert says(at, line)
    at = at.switch_page("pages/data.py").run()
    assert says(at, line)


def test_a_leaky_score_is_not_compared(open_page):
    """Beside a score that leaks no difference to the pinned one is told, nor drawn."""
    at = open_page("pages/decode.py", SPEC, pin=spec_to_text(replace(SPEC, cv="split_half")))
    told = "not comparable, as the scheme leaks"
    (line,) = [text for text in texts(at) if "Against the pinned result" in text]
    assert told in line and "points" not in line and "interval" not in line
    assert metric(at, "Accuracy")[1].endswith(told)
    assert "reference" not in str([element.proto.spec for element in at.get("plotly_chart")])


def test_bad_pin_is_said(open_page):
    """A pin that names what is not there is told, and left out; the page is as it was."""
    at = open_page("pages/decode.py", SPEC, pin="v=1&subject=1&mask=vt2")
    assert ["Unknown mask 'vt2'" in told.value for told in at.info] == [True]
    assert not at.error and "pin" not in at.query_params
    score = decode.run(subject_of(SPEC), SPEC).accuracy
    assert metric(at, "Accuracy")[0] == f"{score:.3f}"


def test_truth_on_simulated_subjects(open_page):
    """On a simulated subject both maps are held against what was planted."""
    spec = replace(SPEC, dataset="simulated", conditions=("cat", "house"), cv="leave_one_run_out")
    at = open_page("pages/decode.py", spec)
    found = truth.run(subject_of(spec), spec)
    assert metric(at, "Weights, similarity")[0] == f"{found.resemblance('weights'):.2f}"
    assert metric(at, "Activation pattern, similarity")[0] == f"{found.resemblance('pattern'):.2f}"
    assert isinstance(at.dataframe[0].value, pd.DataFrame)


def test_slow_estimators_get_a_first_look(open_page):
    """Where the full test takes hours the page draws fewer relabellings, says so and offers it."""
    spec = replace(SPEC, estimator="lda", cv="split_half")
    at = open_page("pages/decode.py", spec)
    test = permute.run(subject_of(spec), spec, permute.Options(permutations=permute.FEWER))
    value, comparison = metric(at, "p-value")
    assert value == (f"{test.p_value:.2g}" if test.p_value < 0.1 else f"{test.p_value:.2f}")
    assert comparison == (
        "first look, 99 of 4096 relabellings; with 99 relabellings it cannot get smaller than 0.01"
    )
    label = at.button(key="full_null").label
    assert label == "Make the full test: 4096 relabellings, 41 times as many"
    assert says(at, "p = (1 + number that reach it) / (1 + number drawn)")
