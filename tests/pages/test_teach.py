"""Links for a class and for a room: they ask, lock, hide and present, and say what they cannot."""

import pytest
from apptest import link_of, unescaped
from makers import ROOT
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest
from visitor import START

from decoding.spec import link_to
from pages.components.frame import PAGES
from pages.components.teach import MOST_LETTERS

ASKED = "Why is *this* too good? <b>https://example.org</b>"
CLASS = {"lock": "mask~cv~conditions", "hide": "estimator~preparation", "question": ASKED}


def open_data(**query):
    """Open the page that computes least."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {"dataset": "simulated", "subject": "1", **query}.items():
        at.query_params[name] = value
    return at.switch_page("pages/data.py").run()


def keys(at):
    """Return the keys of what can be chosen or clicked."""
    return {one.key for one in [*at.selectbox, *at.button]}


def test_a_link_asks_locks_and_hides():
    """What is locked is words, what is hidden is gone, all else is open, the link stays whole."""
    at = open_data(**CLASS)
    assert not at.exception and not at.info
    assert [text.value for text in at.text] == [ASKED]
    assert {"choose_dataset", "choose_subject", "teach", "present"} <= keys(at)
    assert not {"choose_mask", "choose_cv", "choose_estimator", "preset"} & keys(at)
    said = [one.value for one in at.markdown]
    assert {"ventral temporal", "face against cat", "Leave one run out"} <= set(said)
    assert "*with*" not in said and "*preparation:*" not in said
    assert {name: link_of(at)[name] for name in CLASS} == {k: [v] for k, v in CLASS.items()}


def test_a_class_link_is_made_in_its_dialog():
    """What somebody fills in is in the address, and the page is as they asked."""
    at = open_data()
    at = at.button(key="teach").click().run()
    at.text_input(key="class_question").set_value(ASKED)
    at.button_group(key="class_lock").set_value(["mask"])
    at.button(key="class_link").click()
    at = at.run()
    assert not at.exception
    assert link_of(at)["question"] == [ASKED] and link_of(at)["lock"] == ["mask"]
    assert "hide" not in link_of(at) and "choose_mask" not in keys(at)
    assert [text.value for text in at.text] == [ASKED]


def test_a_link_that_presents_has_words_and_a_way_out():
    """Nothing can be chosen until the presentation ends."""
    at = open_data(present="1", hide="estimator")
    assert not at.exception
    assert not {"choose_dataset", "teach", "present"} & keys(at)
    assert any(one.value.startswith("Simulated recording subject 1 *in*") for one in at.markdown)
    at = at.button(key="end_presenting").click().run()
    assert "present" not in link_of(at) and "choose_dataset" in keys(at)
    assert "choose_estimator" not in keys(at)


def test_a_class_link_that_cannot_be_is_told():
    """Unknown choices, too long a question and a strange presentation leave the link."""
    long = "w" * (MOST_LETTERS + 1)
    at = open_data(lock="mask~moon", question=long, present="yes")
    assert not at.exception and not at.text
    told = unescaped(at.info[0].value)
    assert "What a link locks must be among dataset, subject, mask," in told
    assert f"A question must have at most {MOST_LETTERS} letters, not 'www" in told
    assert "A link that presents must have 1 for that, not 'yes'." in told
    assert not {"lock", "question", "present"} & set(link_of(at))
    assert "choose_mask" in keys(at)


@pytest.mark.slow
@pytest.mark.browser
def test_arrow_keys_go_from_figure_to_figure_and_escape_leaves(visitor):
    """Each figure takes the keyboard in view, the title before the first; back presents again."""
    visitor.open(link_to("data", START))
    page = visitor.page
    page.get_by_role("button", name="Present", exact=True).click()
    page.wait_for_function("location.search.includes('present=1')")
    visitor.settle()
    expect(page.get_by_role("combobox")).to_have_count(0)
    seen = []
    for key in ("ArrowRight", "PageDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        at = page.locator(":focus")
        expect(at).to_be_in_viewport()
        seen.append(at.evaluate("at => [at.tagName, Math.round(at.getBoundingClientRect().y)]"))
    main, chart = page.get_by_test_id("stMain"), page.locator(".js-plotly-plot").first
    assert chart.evaluate("chart => chart.getBoundingClientRect().right <= innerWidth")
    assert seen[-1][0] == "H1" and "H1" not in [name for name, _ in seen[:3]]
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('present')")
    expect(page.get_by_role("combobox").first).to_be_visible()
    visitor.back()
    expect(page.get_by_role("button", name="End")).to_be_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_arrow_keys_go_through_a_lesson_from_part_to_part(visitor):
    """Where no figure is, each heading takes the keyboard in its turn."""
    visitor.open(link_to("learn", START, {"lesson": "permutations", "present": "1"}))
    page = visitor.page
    headings = page.get_by_role("heading", name="All shuffles")
    headings.wait_for()
    visitor.settle()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(headings).to_be_focused()
    expect(page.get_by_text("Part 3 of 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('lesson=tries')")
    expect(page.locator(".st-key-lesson h2").first).to_be_focused()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_the_next_step_begins_at_its_top_and_arrows_answer_nothing(visitor, width):
    """The next step's question takes the keyboard in view; in a presentation only Space answers."""
    visitor.page.set_viewport_size({"width": width, "height": 800})
    visitor.open(link_to("learn", START, {"lesson": "read"}))
    page = visitor.page
    page.get_by_role("button", name="Show me").click()
    visitor.settle()
    page.get_by_role("button", name="Go on: 2. Mask").click()
    question = page.get_by_role("heading", name="Only the mask's voxels are kept.")
    expect(question).to_be_focused()
    visitor.settle()
    expect(question).to_be_in_viewport(ratio=1)
    visitor.open(link_to("learn", START, {"lesson": "mask", "present": "1"}))
    answers = page.get_by_role("radio")
    answers.first.focus()
    page.keyboard.press("ArrowDown")
    expect(answers.nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(question).to_be_focused()
    visitor.settle()
    assert not page.get_by_text("You said").count()
    answers.nth(1).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("You said")).to_be_visible()


def test_every_page_stands_in_its_group():
    """The navigation has each group once, with the links of all its pages."""
    at = open_data()
    captions = [one.value for one in at.caption]
    groups = list(dict.fromkeys(page.group for page in PAGES))
    assert captions[: len(groups)] == groups
    labels = [link.proto.label for link in at.get("page_link")]
    ordered = [page.name for group in groups for page in PAGES if page.group == group]
    assert labels[: len(PAGES) + 1] == ["Voxelscope", *ordered]


@pytest.mark.parametrize(("fixed", "shut"), [("lock=cv", True), ("lock=mask", False)])
def test_a_remedy_leaves_alone_what_a_link_fixes(fixed, shut):
    """The step that mends a leak cannot be taken where the scheme is locked; else it can."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    name, _, value = fixed.partition("=")
    query = {"dataset": "simulated", "subject": "1", "samples": "block", name: value}
    for key, one in {**query, "cv": "shuffled_kfold"}.items():
        at.query_params[key] = one
    at = at.switch_page("pages/decode.py").run()
    steps = [one for one in at.button if one.key in ("fix_cv", "take_step")]
    assert steps and not at.exception
    assert all(one.disabled is shut for one in steps)
    assert any("Whoever made this link fixed" in one.value for one in at.caption) is shut


def _offer_the_usual_pair(lock):
    from decoding.analyses.schemes import telling
    from decoding.choices import default_spec
    from pages.components.url_state import set_extras
    from pages.components.validate.verdict import say_first_look

    set_extras({"lock": lock})
    say_first_look(telling(default_spec()))


@pytest.mark.parametrize(("lock", "shut"), [("conditions", True), ("mask", False)])
def test_the_usual_pair_is_offered_unless_the_link_fixes_the_pair(lock, shut):
    """Validate opens on a pair of its own; the way back to the others' pair may be shut."""
    at = AppTest.from_function(_offer_the_usual_pair, default_timeout=60, args=(lock,))
    (button,) = at.run().button
    assert not at.exception
    assert button.disabled is shut


def _offer_the_fetched(lock):
    from pages.components.fetch import offer_fetched
    from pages.components.url_state import read_address, set_extras

    read_address()
    set_extras({"lock": lock})
    offer_fetched("2")


@pytest.mark.parametrize(("lock", "shut"), [("subject", True), ("mask", False)])
def test_a_fetched_subject_is_offered_unless_the_link_fixes_whose_scans(lock, shut):
    """It does not take the place of what is locked, and the button says who wants that."""
    at = AppTest.from_function(_offer_the_fetched, default_timeout=60, args=(lock,)).run()
    assert not at.exception
    assert at.button(key="show_2").disabled == shut
    assert bool(at.caption) == shut
