"""Colours keep their contrast, their category and their company of a shape and a code."""

import tomllib

import pytest
from makers import ROOT

from decoding.datasets.simulated.parameters import CATEGORIES
from decoding.output.colours import THEMES, category_styles, contrast, ink_on, mix

UNKNOWN = ("dog", "tool", "place", "word", "body", "flower", "car", "limb")


def test_contrast_is_that_of_wcag():
    """Black on white is 21, a colour on itself 1, and #767676 on white the known 4.54."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_every_category_stands_out(theme):
    """Haxby's and unknown categories' colours reach 3:1 against the background."""
    ground = THEMES[theme].background
    for name, style in category_styles((*CATEGORIES, *UNKNOWN), theme).items():
        assert contrast(style.colour, ground) >= 3, name


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read(theme):
    """Text, muted text and the accent reach 4.5:1 on page and panel."""
    colours = THEMES[theme]
    for ground in (colours.background, colours.secondary):
        for ink in (colours.text, colours.muted, colours.primary):
            assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_codes_can_be_read_in_their_blocks(theme):
    """The code's ink reaches 4.5:1 on the category's colour."""
    for style in category_styles((*CATEGORIES, *UNKNOWN), theme).values():
        assert contrast(ink_on(style.colour), style.colour) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("names", [CATEGORIES, UNKNOWN, ("face", "faces", "fairy", "fair", "fa")])
def test_colour_never_speaks_alone(theme, names):
    """Categories of one recording differ in colour, in shape and in code."""
    styles = category_styles(names, theme).values()
    for field in ("colour", "symbol", "code"):
        assert len({getattr(style, field) for style in styles}) == len(names), field


def test_codes_do_not_run_out():
    """Names without a letter, or all alike, still have a code each."""
    styles = category_styles(["", "a", "aa", "aaa", "1", "é", "<b>"], "light")
    assert len({style.code for style in styles.values()}) == 7


def test_a_category_looks_the_same_in_every_selection():
    """Which others are chosen, and in which order, changes neither a known nor a lone one."""
    alone = category_styles(["face"], "dark")["face"]
    assert category_styles(["tool", "house", "face"], "dark")["face"] == alone
    assert category_styles(["dog"], "light") == category_styles(["dog"], "light")
    assert category_styles(UNKNOWN, "light") == category_styles(UNKNOWN[::-1], "light")


def test_tokens_are_those_of_the_pages():
    """The charts' tokens equal the theme in .streamlit/config.toml."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    keys = {
        "background": "backgroundColor",
        "secondary": "secondaryBackgroundColor",
        "text": "textColor",
        "border": "borderColor",
        "primary": "primaryColor",
    }
    for theme, colours in THEMES.items():
        for token, key in keys.items():
            assert getattr(colours, token) == config[theme][key]


def test_mix_goes_from_one_to_the_other():
    """Mixing keeps both ends and meets in the middle."""
    assert mix("#000000", "#FF8040", 0) == "#000000"
    assert mix("#000000", "#FF8040", 1) == "#FF8040"
    assert mix("#000000", "#FE8040", 0.5) == "#7F4020"
