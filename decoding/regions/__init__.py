"""Regions: masks that a text names, so that a link holds them; each is a part of the brain."""

from collections.abc import Callable
from typing import Any

from decoding.datasets.base import BRAIN, Mask, Subject
from decoding.errors import DataError, DecodingError, UnknownChoiceError
from decoding.regions.kind import RegionKind
from decoding.regions.label import LABEL, NEAREST, label_texts
from decoding.regions.peak import PEAK
from decoding.regions.published import PUBLISHED
from decoding.regions.sphere import SPHERE

REGIONS: dict[str, RegionKind[Any]] = {
    "sphere": SPHERE,
    "peak": PEAK,
    "label": LABEL,
    **PUBLISHED,
}
"""By what stands before the colon."""
FORMS = tuple(kind.form for kind in REGIONS.values())


def mask_of(subject: Subject, name: str, called: Callable[[str], str] = str) -> Mask:
    """Return a mask of a subject: one of its own, or a part of its brain that a text names.

    `called` says how the message on an unknown one calls those there are.

    Raises
    ------
    DataError
        If it is there but cannot be used.
    UnknownChoiceError
        If there is none of that name.
    DecodingError
        If a region's text cannot be read, or this subject can have no such region.
    """
    if name in subject.unusable:
        at_hand = name in subject.label_images
        instead = f" Or decode label:{name}:1{NEAREST}, where 1 is inside." if at_hand else ""
        raise DataError(f"{subject.unusable[name]}{instead}")
    if name in subject.masks:
        return subject.masks[name]
    if (kind := _kind_of(name)) is None:
        forms = FORMS if ":" in name else ()
        choices = (*map(called, subject.masks), *forms)
        raise UnknownChoiceError("mask", name, choices, f" for subject {subject.name}")
    asked = kind.read(_behind(name))
    region = kind.find(asked, subject)
    return Mask(files=subject.masks[BRAIN].files, origin=kind.origin(asked), region=region)


def masks_offered(subject: Subject) -> list[str]:
    """Return the masks that a subject has, those of its label images among them."""
    return [*subject.masks, *label_texts(subject)]


def has_region(subject: Subject, text: str) -> bool:
    """Tell whether a text names a region that this subject can have."""
    try:
        return mask_of(subject, text).region is not None
    except DecodingError:
        return False


def region_text(text: str) -> str:
    """Return the text of a mask in its one form; what is no region's stays as it is."""
    text = text.strip()
    if (kind := _kind_of(text)) is None:
        return text
    try:
        return f"{text.partition(':')[0]}:{kind.write(kind.read(_behind(text)))}"
    except DecodingError:
        return text


def region_words(text: str) -> str:
    """Return how people read a region's text; empty where it is none's, or cannot be read."""
    if (kind := _kind_of(text)) is None:
        return ""
    try:
        return kind.words(kind.read(_behind(text)))
    except DecodingError:
        return ""


def _kind_of(text: str) -> RegionKind[Any] | None:
    before, colon, _ = text.partition(":")
    return REGIONS.get(before) if colon else None


def _behind(text: str) -> str:
    return text.partition(":")[2]
