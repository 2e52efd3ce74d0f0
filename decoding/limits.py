"""What an operator may limit: ``python -m decoding.limits`` prints the table of docs/operating.md.

Each limit is one record and one variable of the environment. What stands at the top of Streamlit's
secrets is in the environment too. A value is read whenever it is needed; `check_limits` reads all
of them, so that a server does not start with one that cannot be read.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from decoding.errors import FetchError, LimitError, quoted

T = TypeVar("T")
MEGABYTE = 1 << 20
ANYWHERE, NOWHERE, NONE = "anywhere", "nowhere", "none"


@dataclass(frozen=True, kw_only=True)
class Limit(Generic[T]):
    """One limit.

    Parameters
    ----------
    name : str
        What is limited.
    variable : str
        Of the environment.
    default : str
        As an operator would write it.
    unit : str
        What the value counts.
    means : str
        What happens at the limit, in a sentence or two.
    parse : callable
        Reads a text, a ValueError where it cannot.
    must : str
        What the text has to be.
    """

    name: str
    variable: str
    default: str
    unit: str
    means: str
    parse: Callable[[str], T]
    must: str

    @property
    def value(self) -> T:
        """What is set, or the default; a `LimitError` where it cannot be read."""
        text = os.environ.get(self.variable, "").strip() or self.default
        try:
            return self.parse(text)
        except ValueError as error:
            raise LimitError(
                f"{self.variable} ({self.name}) is {quoted(text)}. Set it to {self.must}, or not "
                f"at all: then it is {self.default}."
            ) from error


def _count(text: str) -> int:
    """Read a whole number above 0; a ValueError for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text)):
        raise ValueError(text)
    return int(text)


def _megabytes(text: str) -> int:
    """Read megabytes (of 1024 x 1024 bytes, as Streamlit counts an upload's); return bytes."""
    return _count(text) * MEGABYTE


def _simulated(text: str) -> int:
    if (n := _count(text)) > 6:
        raise ValueError(text)
    return n


def _addresses(text: str) -> tuple[str, ...]:
    """Read addresses that a fetch may begin with: ``http`` for anywhere, none for nowhere."""
    if text in (ANYWHERE, NOWHERE):
        return ("http",) if text == ANYWHERE else ()
    addresses = tuple(address.rstrip("/") + "/" for address in text.split())
    if not all(address.startswith(("http://", "https://")) for address in addresses):
        raise ValueError(text)
    return addresses


def _subjects(text: str) -> tuple[str, ...]:
    """Read numbers of subjects, each once."""
    names = () if text == NONE else tuple(dict.fromkeys(text.replace(",", " ").split()))
    if not set(names) <= set("123456"):
        raise ValueError(text)
    return names


def _number(name: str, variable: str, default: int, unit: str, means: str) -> Limit[int]:
    return Limit(
        name=name,
        variable=variable,
        default=f"{default}",
        unit=unit,
        means=means,
        parse=_megabytes if unit == "MB" else _count,
        must="a whole number above 0",
    )


UPLOAD = _number(
    "the size of an upload",
    "VOXELSCOPE_UPLOAD_MB",
    60,
    "MB",
    "A larger file is refused before it is sent.",
)
UPLOADS = _number(
    "the size of all uploads",
    "VOXELSCOPE_UPLOADS_MB",
    100,
    "MB",
    "What all visitors together have uploaded. A file that would go beyond it is refused.",
)
CACHE = _number(
    "the cache on disk",
    "VOXELSCOPE_CACHE_MB",
    10_000,
    "MB",
    "Voxel tables, betas and simulated subjects in `DECODING_CACHE`. Beyond it the least recently "
    "used goes first, but nothing that is in use.",
)
SIMULATED = Limit(
    name="simulated subjects",
    variable="VOXELSCOPE_SIMULATED",
    default="6",
    unit="subjects",
    means="So many are offered, and made when somebody first asks for them.",
    parse=_simulated,
    must="a whole number from 1 to 6",
)
JOBS = _number(
    "computations at once",
    "VOXELSCOPE_JOBS",
    1,
    "a queue",
    "Each of the three queues of longer work (up to 10 s, up to 100 s, and more) computes so many "
    "at once, and that of work within a second four times as many. More wait in line.",
)
VISITOR_JOBS = _number(
    "computations of one visitor",
    "VOXELSCOPE_VISITOR_JOBS",
    24,
    "a queue",
    "So many of one visitor's wait or are at work at once. Those that the visitor no longer looks "
    "at make room; where all are looked at, one more is refused.",
)
SESSIONS = _number(
    "visitors at once",
    "VOXELSCOPE_SESSIONS",
    100,
    "open tabs",
    "One more is shown that it is full, and is let in when somebody leaves.",
)
FETCH = Limit(
    name="where recordings are fetched from",
    variable="VOXELSCOPE_FETCH",
    default=ANYWHERE,
    unit="addresses",
    means=f"`{NOWHERE}`, `{ANYWHERE}`, or addresses with spaces between them: a fetch from one "
    "that begins otherwise is refused. Where a server that is allowed redirects, we follow.",
    parse=_addresses,
    must=f"{ANYWHERE}, {NOWHERE}, or addresses that begin with http:// or https://",
)
AT_START = Limit(
    name="recordings fetched at the start",
    variable="VOXELSCOPE_FETCH_AT_START",
    default=NONE,
    unit="subjects",
    means="These subjects of Haxby et al. (2001), such as `2 1`, are fetched in this order when "
    "the server starts, about 300 MB each, unless they are there. What has arrived is kept, and "
    "the next start goes on from there. Home says how far they are.",
    parse=_subjects,
    must=f"{NONE}, or numbers from 1 to 6 with spaces between them",
)

LIMITS: tuple[Limit[int] | Limit[tuple[str, ...]], ...] = (
    UPLOAD,
    UPLOADS,
    CACHE,
    SIMULATED,
    JOBS,
    VISITOR_JOBS,
    SESSIONS,
    FETCH,
    AT_START,
)


def check_limits() -> None:
    """Read every limit; a `LimitError` names the first that cannot be read."""
    for limit in LIMITS:
        _ = limit.value


def fetch_refusal(address: str) -> str:
    """Return why the operator allows no fetch from an address; empty where it is allowed."""
    if address.startswith(FETCH.value):
        return ""
    if allowed := " or ".join(FETCH.value):
        return f"This server fetches from {allowed} only, and not from {address}."
    return "This server fetches no recordings: whoever runs it has switched that off."


def check_fetch(address: str) -> None:
    """Refuse to fetch from where the operator does not allow it, by a `FetchError` that says so."""
    if refusal := fetch_refusal(address):
        raise FetchError(refusal, remedy=f"{FETCH.variable} says where it may fetch from.")


def limits_table() -> str:
    """Return all limits as a table in Markdown."""
    rows = [
        ("variable", "limits", "default", "counted in", "what happens"),
        ("---", "---", "---:", "---", "---"),
        *(
            (f"`{limit.variable}`", limit.name, limit.default, limit.unit, limit.means)
            for limit in LIMITS
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    sys.stdout.write(limits_table() + "\n")
