"""The page Learn: each of its states, on a simulated subject, by the link that names it."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest
import streamlit as st
from apptest import link_of, says, texts
from makers import ROOT
from streamlit.testing.v1 import AppTest

from decoding.analyses import guess
from decoding.analyses.guess import ROUNDS, p_of_guesses, share_reaching
from decoding.datasets import load_subject
from decoding.numbers import p_text, percent_text
from decoding.output.learn.lessons import LESSONS
from decoding.output.learn.steps import STEPS
from decoding.output.text.glossary import GROUPS
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import service as cache
from pages.components.learn import guess as game
from pages.components.learn.state import PARTS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Streamlit's test runner

SPEC = DecodingSpec(dataset="simulated", subject="1", samples="block", standardize="run")


@pytest.fixture
def learn(monkeypatch):
    """Return what opens the page on a lesson, and waits for what it computes."""
    monkeypatch.setattr(cache, "INLINE_S", 60.0)
    monkeypatch.setattr(cache, "EARLY_S", 60.0)
    st.cache_resource.clear()

    def open_at(lesson, **query):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, values in {**spec_to_query(SPEC), "lesson": lesson, **query}.items():
            at.query_params[name] = values
        return at.switch_page("pages/learn.py").run()

    yield open_at
    st.cache_resource.clear()


def test_steps_ask_before_they_show(learn):
    """A question is asked first; guesses are counted; the way on leads from step to step."""
    at = learn("choose")
    assert not at.exception and not at.metric and says(at, "it is called the article.")
    assert at.code[0].value == STEPS["choose"].article
    right = at.radio(key="guess_choose")
    assert right.options == ["108", "216", "1452"]
    right.set_value("216").run()
    assert says(at, "Right.") and says(at, "Guesses right so far: 1 of 1.") and at.metric
    at.pills(key="learn_conditions").set_value(2).run()
    assert link_of(at)["conditions"] == ["face", "house"] and says(at, "Right.")
    at.button(key="go_on").click().run()
    assert link_of(at)["lesson"] == ["fit"] and not at.metric
    at.button(key="show_me").click().run()
    assert says(at, "Guesses right so far: 1 of 1.")
    assert [one.label for one in at.metric] == ["Accuracy on the training itself"]
    at.segmented_control(key="choose_part").set_value("The traps").run()
    assert link_of(at)["lesson"] == [next(iter(LESSONS))] and not at.exception


def test_a_guess_is_judged_by_the_question_it_answered(learn):
    """A control that changes what is asked leaves the judgement, and says the answer of now."""
    at = learn("mask")
    right = at.radio(key="guess_mask").options[1]
    at.radio(key="guess_mask").set_value(right).run()
    assert says(at, f"You said: {right}.") and says(at, "Right.")
    at.pills(key="learn_mask").set_value(1).run()
    n = load_subject("simulated", "1").volumes.shape[0]
    assert says(at, "for what was chosen then") and not at.exception
    assert re.search(rf"the answer is: {n} x \d+\. ", " ".join(texts(at)))
    assert says(at, "Guesses right so far: 1 of 1.")


def test_what_no_test_notices_stands_beside_its_p(learn):
    """The p of a circular mask is not left alone; the maps of weights are drawn in their lesson."""
    at = learn("circular")
    beside = [one.proto.delta for one in at.metric if one.label == "p-value"]
    assert beside[0] == "it cannot notice how the mask was chosen"
    assert beside[1].startswith("with these runs it cannot get smaller")
    at = learn("weights")
    heads = [one.value for one in at.subheader]
    assert heads[-3:] == ["Weights", "Activation pattern", "What was planted"] and not at.exception
    assert says(at, "This lesson has its own subject") and not says(at, "the subject chosen above")


def test_a_lesson_shows_the_numbers_that_it_explains(learn):
    """Every number of a trap's explanation stands above it; a simulated subject can be taken."""
    at = learn("permutations")
    assert not at.exception and not at.error
    (told,) = [text for text in texts(at) if text.startswith("The score of")]
    for element in at.metric:
        assert element.value in told
    assert says(at, "This lesson is about the subject chosen above; no other choice above")
    assert at.selectbox(key="choose_made").value == "" and not says(at, "What next?")
    at.selectbox(key="choose_made").set_value("11").run()
    assert says(at, "what is chosen above does not change it.")
    assert link_of(at)["made"] == ["11"] and says(
        at, "Shown on simulated subject 11, which has no signal."
    )
    assert not at.exception and at.metric


def test_rounds_are_drawn_once_a_visit_and_the_link_carries_them(learn):
    """Two visits play different rounds; no rerun changes them; what a link had wrong stays said."""

    def rounds(at):
        assert not at.exception
        return link_of(at)["rounds"]

    at, other = learn("guess"), learn("guess", mask="moon")
    assert rounds(at) != rounds(other) and any("moon" in one.value for one in other.info)
    drawn = rounds(at)
    assert rounds(at.button(key="answer_cat").click().run()) == rounds(at.run()) == drawn
    assert says(at, "Right so far: you ") and rounds(learn("guess", rounds=drawn[0])) == drawn
    at.segmented_control(key="choose_part").set_value("Glossary").run()
    assert rounds(at.segmented_control(key="choose_part").set_value("Guess").run()) == drawn
    del at.query_params["rounds"]  # as the browser's back button may
    at.run()
    assert "rounds" not in link_of(at) and at.header[0].value == f"Round 2 of {ROUNDS}"
    at = learn("map")
    assert "rounds" not in link_of(at)
    at.segmented_control(key="choose_part").set_value("Guess").run()
    assert link_of(at)["lesson"] == ["guess"] and rounds(at) != drawn


def test_a_list_told_of_late_does_not_undo_the_part(learn):
    """A browser that tells of a lesson's list with, or after, another part: the part is chosen."""
    at = learn("leakage")
    at.pills(key="choose_lesson").set_value("delay")
    at.segmented_control(key="choose_part").set_value("Glossary").run()
    assert link_of(at)["lesson"] == ["glossary"] and not at.exception


def test_ten_rounds_of_guessing(learn):
    """Nothing on the page tells a round's answer; then both are judged, the visitor exactly."""
    options = guess.Options(seed=5)
    found = guess.run(load_subject("simulated", "1"), SPEC, options)
    at = learn("guess", rounds="5", samples="volume")
    for number in range(ROUNDS):
        assert [one.value for one in at.header] == [f"Round {number + 1} of {ROUNDS}"]
        assert not any(text.startswith(f"Round {number + 1}:") for text in texts(at))
        assert {b.label for b in at.button if b.label.startswith("It was")} == {
            "It was cat", "It was face",
        }  # fmt: skip
        at.button(key=f"answer_{found.rounds['true'][number]}").click().run()
    shown = {one.label: one.value for one in at.metric}
    assert shown["You"] == "10 of 10" and shown["Your p-value"] == p_text(p_of_guesses(10, 2))
    assert shown["The classifier"] == f"{found.n_by_machine} of {ROUNDS}"
    assert says(at, "With 10 rounds and 2 answers you need 9 right for a probability below 0.05.")
    assert says(at, "You reached that.") and says(at, "the mean of its scans")
    few = percent_text(share_reaching(0.7, 2))
    assert says(at, f"who is right 70 % of the time gets 9 or more in {few} of games.")
    assert not says(at, "Right so far")
    at.button(key="another").click().run()
    assert link_of(at)["rounds"] == ["6"] and not at.exception
    at.button(key="play_all").click().run()
    assert len([b for b in at.button if b.label.startswith("It was")]) == 8
    assert says(at, "This chooses the categories on all pages.")
    back = at.button(key="play_few")
    assert back.label == "Play with cat and face"
    back.click().run()
    assert len([b for b in at.button if b.label.startswith("It was")]) == 2


@pytest.mark.parametrize(
    ("said", "machine", "told"),
    [
        ("cat", "cat", "You were right; so was the classifier."),
        ("cat", "shoe", "You were right; the classifier said shoe."),
        ("shoe", "shoe", "You said shoe; so did the classifier."),
        ("shoe", "cat", "You said shoe; the classifier was right."),
        ("shoe", "chair", "You said shoe; the classifier said chair."),
    ],
)
def test_a_rounds_end_is_told(monkeypatch, said, machine, told):
    """Who was right is said in a sentence that fits either being so, and the score so far."""
    heard = []
    monkeypatch.setattr(game, "say", heard.append)
    rounds = pd.DataFrame({"true": ["cat"], "predicted": [machine]})
    game._tell_last(SimpleNamespace(rounds=rounds), [said])
    right = [int(one == "cat") for one in (said, machine)]
    score = "Right so far: you {} of 1, the classifier {}.".format(*right)
    assert heard == [f"Round 1: it was cat. {told} {score}"]


def test_glossary_and_unknown_lessons(learn):
    """Terms stand in groups, or by what is sought; a lesson that there is not is the first."""

    def listed(at):
        bodies = [one.proto.body for one in at.get("html")]
        return [re.findall("<dt>(.+?)</dt>", body) for body in bodies if 'class="glossary"' in body]

    at = learn("glossary", term="p")
    assert listed(at) == [["p"], *map(list, GROUPS.values())]
    at.text_input(key="find_word").set_value("by LUCK ").run()
    assert listed(at) == [["p"], ["family-wise"]]
    at.text_input(key="find_word").set_value("Leakage").run()
    assert listed(at) == [["p"], ["leak"]]
    at.text_input(key="find_word").set_value("encoder").run()
    assert ["encoding"] in listed(at) and says(at, "Nothing here holds 'encoder'")
    at.text_input(key="find_word").set_value("<zebra>").run()
    assert listed(at) == [["p"]] and "&lt;zebra&gt;" in at.info[0].value and not at.exception
    at = learn("nothing")
    assert any("Lesson cannot be" in one.value for one in at.info) and not at.exception
    names = [name for part in PARTS.values() for name in part]
    assert len(names) == len(set(names)) == len(STEPS) + len(LESSONS) + 2


def test_nothing_on_the_page_changes_what_a_link_fixes(learn):
    """Selectors, the game's button and the way to another selection are shut, and say by whom."""
    at = learn("choose", lock="conditions")
    at.button(key="show_me").click().run()
    assert at.pills(key="learn_conditions").disabled
    assert says(at, "Whoever made this link fixed: categories.")
    at = learn("guess", hide="conditions")
    assert at.button(key="play_all").disabled
    for lock, shut in (("conditions", True), ("subject~mask", False)):
        at = learn("permutations", lock=lock)
        (way,) = [one.proto for one in at.get("page_link") if one.proto.label.startswith("Open it")]
        assert way.disabled is shut and f"lock={lock}" in way.query_string.replace("%7E", "~")
        assert says(at, "Whoever made this link fixed") is shut


def test_what_is_not_drawn_is_not_set(open_page):
    """A game has no list of lessons: a browser that still has one would seem to choose from it."""
    at = open_page("pages/learn.py", lesson="leakage")
    assert at.session_state["choose_lesson"] == "leakage"
    at = open_page("pages/learn.py", lesson="guess")
    assert "choose_lesson" not in at.session_state
