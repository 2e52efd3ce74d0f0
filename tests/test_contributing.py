"""CONTRIBUTING: every path that it names exists, and every registry lies where it says."""

import importlib
import re

import pytest
from makers import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| to add")
]
REGISTRIES = [
    (name, path)
    for _, where in ROWS
    for name, path in re.findall(r"`([A-Z_]+)` (?:in|of) `([^`]+)`", where)
]


PATHS = sorted(set(re.findall(r"(?<![\w./])[a-z_]+(?:/[a-z_]+)*(?:/|\.py)", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path):
    """A path named in CONTRIBUTING is there."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), REGISTRIES)
def test_every_registry_is_where_it_says(name, path):
    """A registry named in the table is a collection with entries, in the file named beside it."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert len(getattr(importlib.import_module(module), name)) > 0


def test_the_table_names_registries():
    """The table is found, and most of its rows name a registry."""
    assert len(ROWS) == 15
    assert len(REGISTRIES) >= 7
