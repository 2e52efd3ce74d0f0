"""Pages as Streamlit's own test runner has them: what is on them."""

import importlib
import pkgutil
import re
from html import unescape

import pages.components
from decoding.setting import Setting
from decoding.spec import DecodingSpec
from pages.components.plain import JOINER

SPEC = DecodingSpec(subject="1", conditions=("bottle", "shoe"), standardize="run", cv="split_half")


def metric(at, label):
    """Return the number shown under a label."""
    (found,) = [element.value for element in at.metric if element.label == label]
    return found


def texts(at):
    """Return what a reader reads of each text of a page, without its marks."""
    bodies = [element.value for element in [*at.markdown, *at.caption]]
    return [
        " ".join(unescaped(re.sub(r"<summary>more</summary>|<[^>]+>", "", one)).split())
        for one in bodies
    ]


def unescaped(markdown):
    """Return markdown as it reads where all its marks are escaped."""
    return unescape(re.sub(r"\\([^\w\s]|_)", r"\1", markdown)).replace(JOINER, "")


def says(at, words):
    """Tell whether a page has these words in a text of its own."""
    return any(words in text for text in texts(at))


def link_of(at):
    """Return the address bar's query without the session's name, every value a list."""
    return {
        name: values if isinstance(values, list) else [values]
        for name, values in dict(at.query_params).items()
        if name != "session"
    }


def page_settings():
    """Return every setting that a page has of its own."""
    modules = pkgutil.walk_packages(pages.components.__path__, "pages.components.")
    found = [vars(importlib.import_module(module.name)).values() for module in modules]
    return {one.name: one for values in found for one in values if isinstance(one, Setting)}
