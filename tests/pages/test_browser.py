"""The app in a real browser: links, history, widgets, results and brains, compared each time."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from playwright.sync_api import expect
from visitor import FIELDS, LONG, QUICK, START, Visitor, app_server

from decoding.analyses import decode, weights
from decoding.cli.main import main
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import DATASETS, load_subject
from decoding.estimators import ESTIMATORS
from decoding.output.colours import THEMES
from decoding.output.downloads import credited_image, nifti_bytes
from decoding.spec import link_to, spec_to_query, spec_to_text

pytestmark = pytest.mark.browser

MASKS = {
    "vt": "ventral temporal",
    "brain": "recorded brain",
    "house": "house-responsive (localizer)",
}


def core(spec):
    """Return what the core says of a spec."""
    return decode.run(load_subject(spec.dataset, spec.subject), spec)


def assert_shown(visitor, page, spec, **extra):
    """Compare the address bar, the selectors and the score with a spec and the core."""
    assert visitor.path == f"/{page}"
    assert visitor.query == {**spec_to_query(spec), **extra}
    shown = visitor.widgets
    assert shown["dataset"] == DATASETS[spec.dataset].label
    assert shown["subject"] == f"subject {spec.subject}"
    assert shown["mask"] == MASKS[spec.mask]
    assert shown["estimator"] == ESTIMATORS[spec.estimator].label
    assert shown["cv"].startswith(CV_SCHEMES[spec.cv].label)
    assert tuple(sorted(shown["conditions"])) == spec.conditions
    if page == "data":
        n_voxels = core(replace(spec, samples="volume")).n_voxels
        assert visitor.metric("Masked matrix") == f"1452 x {n_voxels}"
    else:
        assert visitor.metric("Accuracy") == f"{core(spec).accuracy:.3f}"


def test_cold_deep_link(browser, own_cache, tmp_path):
    """The first visitor of a cold server sees exactly what the link says."""
    spec = replace(
        START, conditions=("shoe", "bottle"), cv="split_half", estimator="ridge", samples="block",
        standardize="run",
    )  # fmt: skip
    with app_server(tmp_path, tmp_path / "log.txt") as address:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        visitor = Visitor(context.new_page(), address)
        visitor.open(link_to("decode", spec))
        assert_shown(visitor, "decode", spec)
        assert visitor.widgets["preparation"] == "block means, scaled within runs"
        context.close()


@pytest.mark.slow
def test_choices_on_each_page(visitor):
    """A choice changed on each page is there on the others, and after a reload."""
    visitor.open("/")
    assert_shown(visitor, "", START)
    visitor.choose("estimator", "ridge")
    spec = replace(START, estimator="ridge")
    assert_shown(visitor, "", spec)
    visitor.go("Data")
    assert_shown(visitor, "data", spec)
    visitor.choose("mask", "house-responsive (localizer)")
    spec = replace(spec, mask="house")
    assert_shown(visitor, "data", spec)
    visitor.go("Decode")
    assert_shown(visitor, "decode", spec)
    visitor.click_category("house")
    spec = replace(spec, conditions=("cat", "face", "house"))
    assert_shown(visitor, "decode", spec)
    expect(visitor.page.locator(".st-key-fail_mask")).to_contain_text("Circular")
    visitor.choose("cv", "Leave two runs out")
    spec = replace(spec, cv="leave_two_runs_out")
    visitor.go("Home")
    assert_shown(visitor, "", spec)
    visitor.page.reload()
    visitor.settle()
    assert_shown(visitor, "", spec)
    visitor.page.get_by_role("button", name="As in the tutorial").click()
    visitor.page.wait_for_timeout(100)
    visitor.settle()
    assert_shown(visitor, "", START)


@pytest.mark.slow
def test_history_step_by_step(visitor):
    """Back undoes one choice or page at a time, forward does it again."""
    steps = [("decode", START)]
    visitor.open(link_to("decode", START))
    visitor.choose("mask", "house-responsive (localizer)")
    steps.append(("decode", replace(START, mask="house")))
    visitor.go("Data")
    steps.append(("data", steps[-1][1]))
    visitor.choose("subject", "subject 2")
    steps.append(("data", replace(steps[-1][1], subject="2")))
    for page, spec in steps[-2::-1]:
        visitor.back()
        assert_shown(visitor, page, spec)
    for page, spec in steps[1:]:
        visitor.forward()
        assert_shown(visitor, page, spec)


def test_a_pair_is_named_in_the_order_it_was_chosen(visitor):
    """A picker changes its own category only; a swap changes words only, and Back undoes it."""
    spec = replace(QUICK, conditions=("face", "house"))
    visitor.open(link_to("decode", QUICK))
    visitor.choose("second", "house")
    assert_shown(visitor, "decode", spec, first=["face"])
    assert visitor.widgets["conditions"] == ["face", "house"]
    visitor.page.get_by_role("button", name="swap", exact=True).click()
    visitor.settle()
    assert_shown(visitor, "decode", spec)
    assert visitor.widgets["conditions"] == ["house", "face"]
    visitor.back()
    assert visitor.widgets["conditions"] == ["face", "house"]


@pytest.mark.slow
def test_all_categories_are_named(visitor):
    """Three and more are named in full; the list stays open while they are clicked."""
    visitor.open(link_to("decode", START))
    visitor.page.locator(".st-key-categories button").first.click()
    everything = visitor.page.get_by_test_id("stPopoverBody")
    for name in ("house", "shoe", "cat"):
        everything.get_by_role("button", name=name, exact=True).click()
        visitor.page.wait_for_timeout(100)
        visitor.settle()
    assert visitor.page.locator(".st-key-categories p").first.inner_text() == (
        "among 3: face, house, shoe"
    )
    assert_shown(visitor, "decode", replace(START, conditions=("face", "house", "shoe")))


def test_preparation_is_two_tabs_from_its_button(visitor):
    """Opened by the keyboard, the popover has it; Escape gives it back to the button."""
    visitor.open(link_to("decode", QUICK))
    button = visitor.page.locator(".st-key-preparation button").first
    button.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_timeout(500)
    reached = []
    for _ in range(2):
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate("document.activeElement.ariaLabel"))
    assert "A sample is" in reached
    visitor.page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_an_option_says_what_it_is(visitor):
    """Below each option of an open selector stands the help of its registry, on screen."""
    visitor.open(link_to("decode", QUICK))
    for field, registry in {"estimator": ESTIMATORS, "cv": CV_SCHEMES}.items():
        visitor.page.get_by_role("combobox", name=FIELDS[field], exact=True).click()
        visitor.page.get_by_role("option").first.wait_for()
        said = visitor.page.get_by_role("option").evaluate_all(
            "all => all.map(option => JSON.parse(getComputedStyle(option, '::after').content))"
        )
        assert said == [entry.help for entry in registry.values()]
        visitor.page.keyboard.press("Escape")


def test_preparation(visitor):
    """What is changed in the popover is said on its button, is in the link, and is computed."""
    visitor.open("/decode?estimator=ridge")
    visitor.page.locator(".st-key-preparation button").first.click()
    visitor.page.get_by_role("combobox", name="A sample is").click()
    visitor.page.get_by_role("option", name="block means").click()
    visitor.settle()
    visitor.page.get_by_text("Remove a linear trend within each run").click()
    visitor.settle()
    assert_shown(visitor, "decode", replace(QUICK, detrend=True))
    assert visitor.widgets["preparation"] == "block means, detrended"
    visitor.back()
    assert_shown(visitor, "decode", QUICK)


def test_wrong_address(visitor):
    """What does not exist is named with what does, and the nearest default is shown."""
    visitor.open("/decode?subject=77&mask=vt2&estimator=svmm&conditions=cat&lag=3")
    assert_shown(visitor, "decode", START)
    (said,) = visitor.warnings
    for word in ("'77'", "'vt2'", "'svmm'", "2.5 or 5", "house"):
        assert word in said


def test_an_address_without_a_page_says_so(visitor):
    """Where there is no page of that name Home opens, and a box says why."""
    visitor.open("/nosuchpage")
    visitor.page.get_by_text("Page not found").wait_for()
    assert visitor.page.locator("h1").inner_text() == "What was this brain looking at?"


def test_copy_link(visitor):
    """The button copies the full address."""
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.open("/decode?estimator=ridge")
    visitor.page.get_by_role("button", name="Copy link").click()
    visitor.page.get_by_role("button", name="Link copied").wait_for()
    expected = visitor.address + link_to("decode", replace(START, estimator="ridge"))
    for _ in range(100):
        visitor.page.wait_for_timeout(100)
        if (copied := visitor.page.evaluate("navigator.clipboard.readText()")) == expected:
            break
    assert copied == expected


def test_brain_follows_the_pair(visitor):
    """The brain's canvas is drawn, and its colours change with the categories."""
    visitor.open(link_to("decode", QUICK))
    first = visitor.brain_colours("Brain view of the weights")
    assert first[0] > 200
    visitor.open(link_to("decode", replace(QUICK, conditions=("face", "house"))))
    second = visitor.brain_colours("Brain view of the weights")
    assert second[0] > 200
    assert first[1] != second[1]


@pytest.mark.slow
def test_a_switch_of_the_theme_draws_everything_again(visitor):
    """Charts and brains of an open page take the theme that its visitor switches to, at once."""
    visitor.page.emulate_media(color_scheme="light")
    visitor.open(link_to("decode", START))
    visitor.brain_colours("Brain view of the weights")
    for theme in ("dark", "light"):
        visitor.page.emulate_media(color_scheme=theme)
        colours = {"ground": THEMES[theme].background, "muted": THEMES[theme].muted}
        visitor.page.wait_for_function(_ALL_DRAWN_IN, arg=colours)


_ALL_DRAWN_IN = """({ground, muted}) => {
  const rgb = muted.match(/[0-9A-F]{2}/gi).map((part) => parseInt(part, 16)).join(", ");
  const brains = [...document.querySelectorAll("iframe[srcdoc]")];
  const words = [...document.querySelectorAll(".js-plotly-plot .xtick text")];
  return brains.length > 0 && brains.every((brain) => brain.srcdoc.includes("ground:" + ground))
    && words.length > 0 && words.every((word) => getComputedStyle(word).fill.includes(rgb));
}"""


@pytest.mark.slow
def test_brains_grow_with_the_page(browser, server):
    """On a wide screen a brain fills its column, and what is said of it stands right below."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    visitor = Visitor(context.new_page(), server)
    visitor.open(link_to("decode", START))
    visitor.brain_colours("Brain view of the weights")
    frame = visitor.page.locator("iframe[srcdoc]").first
    canvas = frame.content_frame.locator("canvas").bounding_box()
    assert canvas["width"] > 760
    said = visitor.page.get_by_text("Warm colours favour").first.bounding_box()
    assert 0 < said["y"] - canvas["y"] - canvas["height"] < 90
    context.close()


def test_downloaded_map(visitor, tmp_path):
    """The weight map that is downloaded is the core's, on the scan's grid."""
    spec = replace(START, estimator="logistic", standardize="run")
    visitor.open(link_to("decode", spec))
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="Weights, NIfTI").click()
    path = tmp_path / "weights.nii.gz"
    waiting.value.save_as(path)
    subject = load_subject("simulated", "1")
    maps = weights.run(subject, spec)
    expected = weights.to_image(maps, maps.weights, "weights")
    image = nib.load(path)
    assert image.shape == expected.shape == (*maps.grid.shape, 1)
    assert np.array_equal(image.affine, maps.grid.affine)
    assert np.array_equal(image.get_fdata(), expected.get_fdata())
    link = f"{visitor.address}{link_to('decode', spec)}"
    assert path.read_bytes() == nifti_bytes(credited_image(expected, subject, link))


def test_downloaded_predictions(visitor, tmp_path):
    """The predictions that are downloaded are what the command writes, with the app's address."""
    spec = replace(START, estimator="logistic", standardize="run")
    visitor.open(link_to("decode", spec))
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="Predictions").click()
    assert waiting.value.suggested_filename.endswith(
        "_volume_logistic_loro_standardize-run_predictions.csv"
    )
    path = tmp_path / "predictions.csv"
    waiting.value.save_as(path)
    flags = ["--dataset", "simulated", "--subject", "1", "--estimator", "logistic"]
    flags += ["--standardize", "run", "--conditions", *spec.conditions]
    assert main(["decode", *flags, "--predictions", str(tmp_path / "command.csv")]) == 0
    told = path.read_text()
    assert f", {visitor.address}/decode?v=1&" in told
    assert told.replace(visitor.address, "") == (tmp_path / "command.csv").read_text()


def test_phone_sees_the_selection(browser, server):
    """On a phone every selector is on the first screen, and nothing sticks out sideways."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visitor = Visitor(context.new_page(), server)
    visitor.open(link_to("decode", LONG))
    assert_selection_fits(visitor, 600)
    context.close()


def assert_selection_fits(visitor, height):
    """Check that the selectors end above `height` and nothing is wider than the screen."""
    for _ in range(40):  # a busy machine may draw the page before its style
        box = visitor.page.locator(".st-key-sentence").bounding_box()
        if box["y"] + box["height"] < height:
            break
        visitor.page.wait_for_timeout(250)
    assert box["y"] + box["height"] < height
    main = "document.querySelector('[data-testid=stMain]')"
    assert visitor.page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 0


@pytest.mark.slow
def test_pin_travels_in_the_link(visitor, browser, server):
    """A pinned result is beside the next one, for whoever is sent the link too, until unpinned."""
    first = replace(START, estimator="ridge")
    second = replace(first, cv="split_half")
    visitor.open(link_to("decode", first))
    visitor.page.get_by_role("button", name="Pin this result").click()
    visitor.page.get_by_text("This is the pinned result").wait_for()
    visitor.choose("cv", CV_SCHEMES["split_half"].label)
    old, new = core(first).accuracy, core(second).accuracy
    line = f"Accuracy {old:.3f} → {new:.3f}, {100 * (new - old):+.1f} points"
    visitor.page.get_by_text(line).wait_for()
    pinned = {**spec_to_query(second), "pin": [spec_to_text(first)]}
    assert visitor.query == pinned
    visitor.go("Data")
    assert visitor.query == pinned
    visitor.go("Decode")
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    colleague = Visitor(context.new_page(), server)
    colleague.open(visitor.page.url.removeprefix(server))
    colleague.page.get_by_text(line).wait_for()
    assert colleague.metric("Accuracy") == f"{new:.3f}"
    colleague.page.get_by_role("button", name="Unpin").click()
    colleague.page.get_by_role("button", name="Pin this result").wait_for()
    colleague.settle()
    assert colleague.query == spec_to_query(second)
    context.close()


def test_blocks_behind_a_square(visitor):
    """A square of the confusion matrix that is clicked opens the blocks behind it."""
    spec = replace(START, estimator="ridge")
    visitor.open(link_to("decode", spec))
    box = visitor.page.locator(".st-key-confusion .nsewdrag").bounding_box()
    visitor.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 3 * box["height"] / 4)
    cell = core(spec).cell("face", "cat")
    reading = visitor.page.get_by_text(f"{cell['decoded_so'].sum()} samples in {len(cell)} blocks")
    reading.wait_for()
    visitor.settle()
    assert visitor.query == {**spec_to_query(spec), "cell": ["face~cat"]}
    expected = f"face taken for cat: {cell['decoded_so'].sum()}"
    assert visitor.page.get_by_label("Cell of the matrix").first.input_value() == expected


def test_a_term_says_what_it_means_to_a_finger(browser, server):
    """A tap on a term, or on a number's question mark, opens its meaning within a phone's width."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    phone = Visitor(context.new_page(), server)
    phone.open(link_to("", START))
    term = phone.page.locator("abbr[data-meaning]").first
    content = "term => getComputedStyle(term, '::after').content"
    assert term.evaluate(content) == "none"
    term.tap()
    assert term.get_attribute("data-meaning") in term.evaluate(content)
    assert phone.page.evaluate("document.documentElement.scrollWidth <= 390")
    phone.page.locator(".st-key-metrics_answer").get_by_test_id("stTooltipIcon").first.tap()
    expect(phone.page.get_by_text("What guessing scores among equal categories")).to_be_visible()
    context.close()
