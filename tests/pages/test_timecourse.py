"""The time course's page as Streamlit runs it: its numbers are the core's."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from apptest import SPEC, metric, says, texts
from makers import make_null

from decoding.analyses import decode
from decoding.analyses.timecourse import analysis as timecourse
from decoding.analyses.timecourse.result import ScoreCurve
from decoding.datasets import load_subject
from decoding.datasets.base import Mask
from decoding.numbers import p_text
from decoding.output.figures.lags import seconds_above
from decoding.output.text.readings import reading_nested
from decoding.spec import DecodingSpec
from pages.components import service as cache
from pages.components.timecourse import course
from pages.components.timecourse.course import _shaded

pytestmark = [
    pytest.mark.recordings,
    # Streamlit's own test runner calls asyncio in a way that Python 3.14 will not know.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PAGE = "pages/timecourse.py"
RIDGE = replace(SPEC, samples="block", estimator="ridge")


def test_the_numbers_are_the_cores(open_page, monkeypatch):
    """Score, best lag, nested score and the volumes above the band are those of the core."""
    monkeypatch.setattr(cache, "EARLY_S", 120.0)
    options = timecourse.Options(permutations=21, seed=3)
    own = timecourse.ANALYSIS.page_settings(RIDGE, options)  # of a command's link
    at = open_page(PAGE, RIDGE, hrf="spm", **own)
    assert not at.exception and not at.error
    subject = load_subject("haxby", "1")
    found = timecourse.run(subject, RIDGE, options)
    assert says(at, "Of 21 curves of shuffled labels 95 %")
    best = found.lags.at(found.lags.best)
    assert says(at, f"p {p_text(best['p_corrected'])} with the choice among")
    assert metric(at, "Accuracy as selected") == f"{decode.run(subject, RIDGE).accuracy:.3f}"
    assert metric(at, "Best lag") == f"{best['seconds']:g} s"
    nested = "none" if found.nested is None else f"{found.nested.accuracy:.3f}"
    assert metric(at, "Lag chosen in training") == nested
    above = seconds_above(found.course)
    assert metric(at, "Above shuffled labels") == (f"from {above[0]:g} s" if above else "never")
    assert says(at, "LSA betas, LSS betas by category and run betas are the same numbers here")
    # The link chose another response; the betas decoded do not follow it, and that is said.
    names = [one.proto.id for one in at.get("download_button")]
    ends = ("_response_bottle_hrf-spm.nii.gz", "_timecourse_hrf-spm.csv", "_run_beta_hrf-spm.csv")
    assert all(any(name.endswith(end) for name in names) for end in ends)
    fitted = "response glover, drift cosine, high-pass 0.01 Hz"
    assert says(at, f"default model ({fitted})")
    shaded = "Shaded: the volumes with a label, which may begin later than the stimuli: by 1 to 4.5"
    assert says(at, shaded)
    # The lag stays marked where its score is shown, beside the score that has no choice in it.
    at = at.button(key="take_lag").click().run().switch_page("pages/decode.py").run()
    chosen = f"The lag of {best['seconds']:g} s was chosen by its score"
    (warning,) = [text for text in texts(at) if chosen in text]
    assert reading_nested(found.nested) in warning
    numbers = [one.type == "metric" for one in at if one.type == "metric" or chosen in str(one)]
    assert numbers[:4] == [True] * 4  # where they stood before the lag was chosen
    at = at.selectbox(key="choose_lag").set_value(0.0).run()
    assert not says(at, chosen) and not says(at, "was chosen is not known")
    other = next(lag for lag in (2.5, 7.5) if lag != best["seconds"])
    at = at.selectbox(key="choose_lag").set_value(other).run()
    assert not says(at, f"The lag of {other:g} s was chosen")
    assert says(at, f"How the lag of {other:g} s was chosen is not known here.")


@pytest.mark.parametrize(("n", "told"), [(15, "none within reach"), (99, "never")])
def test_no_volume_is_above_a_null_that_is_out_of_reach(monkeypatch, n, told):
    """With few relabellings no p is 0.05: the page does not say that it was never above."""
    shown = {}
    take = lambda label, *words: shown.update({label: words})  # noqa: E731
    monkeypatch.setattr(course, "show_metric", take)
    monkeypatch.setattr(course, "show_score", lambda view, *words: take(*words))
    monkeypatch.setattr(course, "result_for", lambda *_: SimpleNamespace(accuracy=0.5))
    monkeypatch.setattr(course, "tell_score", lambda result: None)
    null = make_null(np.full((n, 3), 0.5))
    curve = ScoreCurve(
        steps=np.arange(3), t_r=2.5, scores=np.full(3, 0.5), null=null, n_samples=np.full(3, 24)
    )
    found = SimpleNamespace(lags=curve, course=curve, nested=None)
    subject = SimpleNamespace(conditions=("cat", "face"), masks={"vt": Mask()}, unusable={})
    course.show_time_scores(cache.View(spec=DecodingSpec(), subject=subject), found)
    assert "; first look, " in shown["Best lag"][1]
    assert shown["Above shuffled labels"] == (told, "0 of 3 volumes around onset")
    assert shown["Lag chosen in training"] == ("none", "some training fold holds a single run")


@pytest.mark.parametrize("events", [{}, {1: "events.tsv"}])
def test_what_is_shaded_is_told(events):
    """The shading is called stimuli only where events say when they were shown."""
    told = _shaded(SimpleNamespace(events=events))
    assert ("1 to 4.5 s" in told) == (not events)
    assert (told == "while stimuli were shown, by their events") == bool(events)


def test_labelled_volumes_alone_have_no_time_course(open_page, recordings, monkeypatch):
    """A recording without rest says so in place of every figure."""
    monkeypatch.setenv("NILEARN_DATA", str(recordings / "task-vt"))
    at = open_page(PAGE, SPEC, samples="volume")
    assert not at.exception and not at.error
    assert any("only its labelled volumes were kept" in info.value for info in at.info)
    assert len(at.metric) == 0
