"""Plain text in markdown: what a name holds is shown as it is, and never taken for a mark."""

import re
from html import escape

_MARKS = re.compile(
    r"[\\`*\[\]$~]"  # code, emphasis, links, formulas, strikes
    r"|(?<!\w)_|_(?!\w)"
    r"|:(?=[A-Za-z+_-]|\d+:)"  # :red[...], :material/..., :smile:
    r"|^(?:#(?=#*(\s|$))|[+-](?=\s|$|-))"  # headings, lists, rules
    r"|(?<=^\d)[.)]|(?<=^\d\d)[.)]"
)
_CODES = re.compile(r":(?=[\w+/-]+:)")
"""Icons and emoji, which no backslash keeps from being drawn."""
JOINER = "\u2060"
"""A sign that nobody sees: with it a code is none."""


def plain(text: str) -> str:
    """Return a text as markdown that reads like it, in a label, a heading or a message.

    Line breaks are spaces.
    """
    return mark_free(" ".join(text.split()))


def mark_free(text: str) -> str:
    """Return a part of a text so that nothing in it is taken for markdown or HTML."""
    return _MARKS.sub(r"\\\g<0>", escape(_CODES.sub(f":{JOINER}", text), quote=False))
