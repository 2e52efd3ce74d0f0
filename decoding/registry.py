"""Closed choices: a dict from a name to a labelled maker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from decoding.errors import UnknownChoiceError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Choice(Generic[T]):
    """One entry of a registry.

    Parameters
    ----------
    label : str
        How it is called on a page.
    make : callable
        Makes the thing; each registry says with which arguments.
    help : str
        One sentence for somebody who meets it for the first time.
    """

    label: str
    make: Callable[..., T]
    help: str


def pick(registry: Mapping[str, Choice[T]], name: str, what: str = "choice") -> Choice[T]:
    """Return the entry called `name`.

    Raises
    ------
    UnknownChoiceError
        If there is no such entry; the message lists those there are.
    """
    try:
        return registry[name]
    except KeyError:
        raise UnknownChoiceError(what, name, registry) from None
