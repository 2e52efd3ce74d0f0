"""Colours of charts and maps: the pages' theme, and one fixed colour, shape and code a category."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zlib import crc32

ThemeName: TypeAlias = Literal["light", "dark"]


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of one theme, as ``.streamlit/config.toml`` has them.

    Background and secondary are of the page and of panels; text is for words and marks, muted for
    what steps back, border for lines that only divide; primary is the one accent, what was
    measured; negative and warm are the ends of a diverging map.
    """

    background: str
    secondary: str
    text: str
    muted: str
    border: str
    primary: str
    negative: str
    warm: str


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        background="#FBFAF7",
        secondary="#F1EFE8",
        text="#1E2326",
        muted="#646B6E",
        border="#DAD6CB",
        primary="#0B6E6E",
        negative="#2166AC",
        warm="#B2442B",
    ),
    "dark": Theme(
        background="#111719",
        secondary="#1A2226",
        text="#E8E6E0",
        muted="#9AA3A5",
        border="#2E383D",
        primary="#4FC3B8",
        negative="#5FA8E6",
        warm="#F0825F",
    ),
}


@dataclass(frozen=True, kw_only=True)
class CategoryStyle:
    """How a category is drawn, the same in every figure.

    The colour has at least 3:1 against the theme's background, the symbol is a plotly marker, the
    code one or two letters that say it without colour.
    """

    colour: str
    symbol: str
    code: str


_KNOWN: dict[str, tuple[str, str, str, str]] = {
    "bottle": ("#009E73", "#009E73", "diamond", "Bo"),
    "cat": ("#B98000", "#C98A00", "triangle-up", "Ca"),
    "chair": ("#4A97CC", "#56A0D3", "square", "Ch"),
    "face": ("#D55E00", "#D55E00", "circle", "Fa"),
    "house": ("#0072B2", "#0F80C1", "pentagon", "Ho"),
    "scissors": ("#C2608F", "#C2608F", "x", "Sc"),
    "scrambledpix": ("#7A7A7A", "#7A7A7A", "cross", "Px"),
    "shoe": ("#7B5EA7", "#866AB2", "hexagon", "Sh"),
}
"""Haxby's eight: colour on light, colour on dark, marker, code.

The two differ where one colour would fall near or under 3:1 against a background.
"""

_SPARE: tuple[tuple[str, str, str], ...] = (
    ("#A33B20", "#E88468", "star"),
    ("#1B7F8C", "#4FB9C6", "triangle-down"),
    ("#6B7A1E", "#B0C04F", "bowtie"),
    ("#8A4B9B", "#C58AD6", "hourglass"),
    ("#3E5FB0", "#8CA6F0", "star-diamond"),
    ("#9A5B2E", "#CF935F", "triangle-left"),
    ("#B03A5B", "#EB7F9E", "triangle-right"),
    ("#2F7D3B", "#6CC27A", "hexagram"),
)
"""For categories of other recordings."""


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours as WCAG 2 defines it, 1 to 21.

    plotly mixes colours but knows no contrast; a library for three lines is no gain.
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on `colour`: always 4.5:1 or more."""
    return max("#000000", "#FFFFFF", key=lambda ink: contrast(ink, colour))


def mix(first: str, second: str, share: float) -> str:
    """Return the colour that lies `share` (0 to 1) of the way from `first` to `second`."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def with_alpha(colour: str, alpha: float) -> str:
    """Return a colour as ``rgba()`` with an opacity of 0 to 1."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


def category_styles(names: Sequence[str], theme: ThemeName) -> dict[str, CategoryStyle]:
    """Return the style of each category.

    Haxby's categories look the same everywhere. Another category's colour follows from its name,
    and steps aside only for one of the same recording that comes before it in the alphabet: give
    all of a subject's categories to keep them apart.
    """
    column = 0 if theme == "light" else 1
    looks = {name: _KNOWN[name] for name in names if name in _KNOWN}
    taken: set[int] = set()
    for name in sorted(set(names) - set(_KNOWN)):
        taken.add(spare := _free_spare(name, taken))
        looks[name] = (*_SPARE[spare], _free_code(name, {code for *_, code in looks.values()}))
    return {
        name: CategoryStyle(colour=looks[name][column], symbol=looks[name][2], code=looks[name][3])
        for name in names
    }


def _free_spare(name: str, taken: set[int]) -> int:
    start = crc32(name.encode()) % len(_SPARE)
    order = [(start + step) % len(_SPARE) for step in range(len(_SPARE))]
    return next((spare for spare in order if spare not in taken), start)


def _free_code(name: str, taken: set[str]) -> str:
    letters = [letter for letter in name if letter.isalnum()] or ["?"]
    first = letters[0].upper()
    tries = [first + other.lower() for other in letters[1:]] + [f"{first}{n}" for n in range(10)]
    return next((code for code in tries if code not in taken), first)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
