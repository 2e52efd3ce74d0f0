"""How the state of a finding looks: one icon, word and colour each, on pages and in the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from decoding.cross_validation import CV_SCHEMES
from decoding.spec import DecodingSpec

State: TypeAlias = Literal["fail", "warn", "note", "pass"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a state appears; the colour is by the name that markdown on pages has for it."""

    icon: str
    word: str
    colour: str


LOOKS: Mapping[State, Look] = {
    "fail": Look(icon=":material/cancel:", word="Failed", colour="red"),
    "warn": Look(icon=":material/warning:", word="Warning", colour="orange"),
    "note": Look(icon=":material/info:", word="Note", colour="gray"),
    "pass": Look(icon=":material/check_circle:", word="Passed", colour="green"),
}
"""The gravest first."""


def is_wrong(spec: DecodingSpec, *, circular: bool) -> bool:
    """Tell whether a score is leaky or circular: it looks wrong wherever it is shown."""
    return CV_SCHEMES[spec.cv].leaks or circular
