"""Names of categories that a reader may take for one another, or for no category at all."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from decoding.datasets.base import REST

_MISSING = {"", "na", "nan", "null", "none", "missing", "unknown", "-", "?", "."}
_NOTHING_SHOWN = {
    "rest", "resting", "fix", "fixation", "fixationcross", "baseline", "blank", "iti", "isi",
    "nullevent", "pause", "break",
}  # fmt: skip


def near_alike(names: Iterable[str]) -> list[tuple[tuple[str, ...], str]]:
    """Find names that differ in nothing that a reader sees or means, and names of no category.

    Each find is the names, sorted, and why: the end of the sentence "Categories are named a and b,
    ...". Names that are alike are found once, for the first reason; a single name is found where it
    is a usual word for a missing value or for the time in which nothing was shown.
    """
    all_names = sorted(set(names))
    found: list[tuple[tuple[str, ...], str]] = []
    for key, reason in _LIKENESSES:
        groups: dict[str, list[str]] = {}
        for name in all_names:
            groups.setdefault(key(name), []).append(name)
        for group in groups.values():
            if len(group) > 1 and not any(set(group) <= set(names) for names, _ in found):
                found.append((tuple(group), reason))
    for reads_so, reason in _NO_CATEGORY:
        if group := [name for name in all_names if reads_so(name)]:
            found.append((tuple(group), reason))
    return found


def _spaced(name: str) -> str:
    """Return a name in one form of Unicode, its spaces and line breaks single and inside."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _number(name: str) -> str:
    """Return a number as one text, however it is written; another name as it is."""
    text = _spaced(name)
    return repr(float(text)) if _NUMBER.fullmatch(text) else name


def _joined(name: str) -> str:
    """Return a name's letters and digits alone; a number whole, as its points and signs count."""
    text = _spaced(name)
    return text if _NUMBER.fullmatch(text) else _JOINTS.sub("", text.casefold())


def _nothing_shown(name: str) -> bool:
    return name != REST and _joined(name).rstrip("0123456789") in _NOTHING_SHOWN


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_JOINTS = re.compile(r"[\s_.\-]+")
_LIKENESSES: tuple[tuple[Callable[[str], str], str], ...] = (
    (_spaced, "alike but for spaces or how a letter is stored"),
    (_number, "which are one number"),
    (lambda name: _spaced(name).casefold(), "alike but for capitals"),
    (_joined, "alike but for spaces, points, hyphens or underscores"),
)
_NO_CATEGORY: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: name.strip().replace("/", "").casefold() in _MISSING, "as a missing value is"),
    (_nothing_shown, "as the time is in which nothing was shown"),
)
