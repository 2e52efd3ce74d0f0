"""A setting: one record of what can be set, whatever reads it.

A `Setting` lies above the spec, which only writes links because results carry them: it reads a
value where the spec writes it, and says it in words. A page's own setting is one too; see
`pages.components.url_state`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import unquote

from decoding.datasets.base import Subject
from decoding.spec import ALL, write_value

T = TypeVar("T")


class Labelled(Protocol):
    """An entry of any registry."""

    @property
    def label(self) -> str:
        """How pages call it."""

    @property
    def help(self) -> str:
        """One sentence for somebody who meets it for the first time."""


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """Something that can be set: a field of the spec, or a page's own.

    Parameters
    ----------
    name : str
        In links and, for a field of the spec, as its flag.
    default : object
        The value where nothing is asked for.
    label : str
        How a sentence calls it.
    help : str
        What can be given, as the command line says it.
    parse, write : callable
        Reads one text of a link or a flag, a ValueError where it cannot; and writes it.
    words : callable
        How people read a value.
    many : bool
        Whether the value is a tuple, which a link and a flag give item by item.
    must : str
        What a text has to be, as the beginning of a sentence; empty where any can be read.
    registry : mapping or None
        What the value is a name in.
    choices : callable or None
        What can be chosen for a subject; None where anything can be given.
    option : callable or None
        How a control says a value for a subject; None: by its words.
    explain : callable
        What an option is, in one sentence below its words; empty where they say it all.
    control : str
        What stands above the control; empty: the label.
    variant : (str, mapping)
        What a switch below the control says, and what it makes of values; others have no switch.
    departure, methods : callable or None
        How a list of departures from the tutorial's way says a value, and the sentence of the
        report's methods section on one; None: label and words.
    switch : (str, str)
        Of a setting that is on or off, how its flag says off and on.
    metavar : str
        What stands behind the flag in the command line's help; empty: the name in capitals.
    """

    name: str
    default: T
    label: str
    help: str = ""
    parse: Callable[[str], Any] = str.strip
    write: Callable[[Any], str] = write_value
    words: Callable[[T], str] = write_value
    many: bool = False
    must: str = ""
    registry: Mapping[str, Labelled] | None = None
    choices: Callable[[Subject], Sequence[Any]] | None = None
    option: Callable[[T, Subject], str] | None = None
    explain: Callable[[T], str] = lambda value: ""
    control: str = ""
    variant: tuple[str, Mapping[T, T]] = ("", MappingProxyType({}))
    departure: Callable[[T], str] | None = None
    methods: Callable[[T], str] | None = None
    switch: tuple[str, str] = ("no", "yes")
    metavar: str = ""

    def read(self, texts: Sequence[str]) -> T:
        """Return the value that some texts of a link give: of a single value, the last one."""
        if not self.many:
            return self.parse(texts[-1])  # type: ignore[no-any-return]
        return () if list(texts) == [ALL] else tuple(map(self.parse, texts))  # type: ignore[return-value]

    @property
    def heading(self) -> str:
        """What stands above the control, or is read out of it."""
        return self.control or self.label.capitalize()

    def option_words(self, value: T, subject: Subject) -> str:
        """Return how a control says a value for a subject."""
        return self.words(value) if self.option is None else self.option(value, subject)

    def departure_words(self, value: T) -> str:
        """Return how a list of departures from the tutorial's way says a value."""
        return self.departure(value) if self.departure else f"{self.label} {self.words(value)}"

    def methods_sentence(self, value: T) -> str:
        """Return the sentence of the report's methods section on a value."""
        return self.methods(value) if self.methods else f"The {self.label} was {self.words(value)}."


def read_switch(text: str) -> bool:
    """Read ``yes`` or ``no``; a ValueError for anything else."""
    answer = text.strip()
    if answer not in ("yes", "no"):
        raise ValueError(answer)
    return answer == "yes"


def read_number(text: str) -> float:
    """Read a finite number; a ValueError for anything else."""
    number = float(text.strip())
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def write_names(names: Sequence[str]) -> str:
    """Write several names as one text of a link, ``face~house``."""
    return "~".join(name.replace("%", "%25").replace("~", "%7E") for name in names)


def read_names(text: str) -> tuple[str, ...]:
    """Read the names of `write_names`."""
    return tuple(map(unquote, text.split("~")))


def read_pair(text: str) -> tuple[str, str]:
    """Read two names; a ValueError for fewer or more."""
    first, second = read_names(text)
    return first, second
