"""Closed choices: a dict from a name to one record of all there is to say and do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from decoding.errors import UnknownChoiceError
from decoding.numbers import list_text

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What every entry of a registry says of itself; each registry adds what it does.

    Parameters
    ----------
    label : str
        How it is called on a page.
    help : str
        One sentence for somebody who meets it for the first time.
    methods : str
        How a paper's methods section names it: a part of a sentence of the report.
    """

    label: str
    help: str
    methods: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """What an entry is in the exported program.

    Parameters
    ----------
    imports : tuple of str
        The lines that import what it needs.
    setup : str
        Definitions that it needs besides.
    """

    expression: str
    imports: tuple[str, ...] = ()
    setup: str = ""


def offer(field: str, registry: Mapping[str, Choice], able: Iterable[str]) -> tuple[str, str]:
    """Return what an error offers in place of a field's value: in words, and its `remedy`.

    Words are the labels of the entries called `able`; the remedy is what a command line takes.
    """
    names = list(able)
    words = list_text((registry[name].label for name in names), "or")
    return words, f"Type --{field} {'|'.join(names)}."


def pick(registry: Mapping[str, T], name: str, what: str = "choice") -> T:
    """Return the entry called `name`; an `UnknownChoiceError` names those there are."""
    if name not in registry:
        raise UnknownChoiceError(what, name, registry)
    return registry[name]
