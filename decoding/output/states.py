"""How the state of a finding looks: one icon, word and colour each, on pages and in the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from decoding.cross_validation import CV_SCHEMES
from decoding.spec import DecodingSpec

State: TypeAlias = Literal["fail", "warn", "note", "pass", "moot"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a state appears; the colour is by the name that markdown on pages has for it.

    `ink` is the colour of a report, on white paper.
    """

    icon: str
    word: str
    colour: str
    ink: str


LOOKS: Mapping[State, Look] = {
    "fail": Look(icon=":material/cancel:", word="Failed", colour="red", ink="#a8330a"),
    "warn": Look(icon=":material/warning:", word="Warning", colour="orange", ink="#8a6100"),
    "note": Look(icon=":material/info:", word="Note", colour="gray", ink="#5b6468"),
    "pass": Look(icon=":material/check_circle:", word="Passed", colour="green", ink="#0b6e6e"),
    "moot": Look(icon=":material/remove:", word="Not applicable", colour="gray", ink="#5b6468"),
}
"""The gravest first."""


def lag_state(*, chosen: bool) -> State:
    """Return how a lag looks: one `chosen` by its score makes scores too good; else who knows."""
    return "warn" if chosen else "note"


def is_wrong(spec: DecodingSpec, *, circular: bool) -> bool:
    """Tell whether a score is leaky or circular: it looks wrong wherever it is shown."""
    return CV_SCHEMES[spec.cv].leaks or circular
