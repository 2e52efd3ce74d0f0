"""Problems that the user can act on: each says what is wrong, with its value, and what to do."""

import copyreg
from collections.abc import Iterable
from typing import Any

MOST_LETTERS = 2000
"""No message is longer, whatever was put into a file or an address."""
MOST_QUOTED = 80


class DecodingError(Exception):
    """Anything the user can mend. Shown as it stands; exit status 2 on the command line.

    Parameters
    ----------
    message : str
        What is wrong, with its value, and what is possible.
    remedy : str
        What to type or set, which the command line says as well. Pages leave it out: their
        visitors have no shell.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(_within(message, MOST_LETTERS))
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as it stands, whatever its class is made from: workers send errors back."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    @property
    def one_line(self) -> str:
        """The message and the remedy on one line."""
        return " ".join(f"{self} {self.remedy}".split())


def _within(text: str, most: int) -> str:
    """Return a text with its middle left out where a value in it is endless."""
    return text if len(text) <= most else f"{text[: 2 * most // 3]} ... {text[-most // 3 :]}"


def quoted(value: object) -> str:
    """Return a value as a sentence quotes it: of a long one the beginning."""
    text = str(value)
    return repr(text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}...")


class UnknownChoiceError(DecodingError):
    """A name that is not among the choices.

    Parameters
    ----------
    what, where : str
        The kind of thing, e.g. ``"mask"``, and a qualifier such as ``" for subject 2"``.
    value : object
        What was asked for.
    choices : iterable of str
        What there is.
    """

    def __init__(
        self, what: str, value: object, choices: Iterable[object], where: str = ""
    ) -> None:
        names = [str(choice) for choice in choices]
        between = "; " if any("," in name for name in names) else ", "
        possible = between.join(names) or "nothing is available"
        super().__init__(f"Unknown {what} {quoted(value)}{where}. Choose from: {possible}.")


class SpecError(DecodingError):
    """A combination of settings that cannot be computed."""


class DataError(DecodingError):
    """A recording, mask or labels file that cannot be read as what it should be."""


class CannotWriteError(DataError):
    """A file or folder that cannot be written: there is no right to, or no room."""


class DataMissingError(DecodingError):
    """A recording that is not on disk; the remedy says how to get it."""


class FetchError(DecodingError):
    """A download that did not finish; what arrived is kept, so trying again resumes."""


class LimitError(DecodingError):
    """A limit of the operator's that cannot be read, or that something would go beyond."""


class Cancelled(Exception):  # noqa: N818 - a request, not an error
    """Raised by a progress callback to stop the work that reports to it."""
