"""What every kind of region says of itself: a part of the recorded brain that a text names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from decoding.datasets.base import MaskOrigin, Region, Subject
from decoding.registry import Choice

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RegionKind(Choice, Generic[T]):
    """One way to name a region: what it asks for is of type T.

    Parameters
    ----------
    form : str
        How its text is written, e.g. ``sphere:x,y,z,r``.
    origin : callable
        How a region was chosen.
    read : callable
        What the text behind the colon asks for; a `DecodingError` says what is wrong with it.
    write : callable
        That text in its one form, so that two texts of one region are one spec.
    words : callable
        How people read it.
    find : callable
        The region of a subject; a `DecodingError` where the subject can have none.
    names : callable
        What can stand behind the colon, where that can be listed for every subject; else nothing.
    """

    form: str
    origin: Callable[[T], MaskOrigin]
    read: Callable[[str], T]
    write: Callable[[T], str]
    words: Callable[[T], str]
    find: Callable[[T, Subject], Region]
    names: Callable[[], Iterable[str]] = tuple
