"""One file, one analysis: a subject, a spec and options in, a result out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from decoding.analyses import check, decode, permute
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.timecourse import analysis as timecourse
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.spec import DecodingSpec


class Result(Protocol):
    """What every analysis returns: tables, and their summary as JSON types."""

    def as_json(self) -> Any:  # noqa: ANN401 - an object or a list, as commands.md has it
        """Return what the command prints with ``--json``."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A registered analysis.

    Parameters
    ----------
    help : str
        The question it answers, in one line.
    Options : type
        Its own options, a frozen dataclass; each field becomes a flag of its command.
    run : callable
        ``run(subject, spec, options, on_progress) -> Result``.
    """

    help: str
    Options: type
    run: Callable[[Subject, DecodingSpec, Any, Progress | None], Result]


ANALYSES: dict[str, Analysis] = {
    "decode": Analysis(
        help="Can we read the category from the activity?",
        Options=decode.Options,
        run=decode.run,
    ),
    "permute": Analysis(
        help="Would labels that mean nothing score as high?",
        Options=permute.Options,
        run=permute.run,
    ),
    "check": Analysis(
        help="Is the design sound enough for a score to mean something?",
        Options=check.Options,
        run=check.run,
    ),
    "searchlight": Analysis(
        help="Where is the information?",
        Options=searchlight.Options,
        run=searchlight.run,
    ),
    "timecourse": Analysis(
        help="When is the information there?",
        Options=timecourse.Options,
        run=timecourse.run,
    ),
}
