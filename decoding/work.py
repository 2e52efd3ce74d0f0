"""A request as work that another machine can do: names travel, data do not."""

from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np

from decoding.analyses import ANALYSES
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.progress import Progress
from decoding.spec import Reading, Request


class OtherDataError(Exception):
    """A machine does not have the data that are asked about."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Work:
    """The answer to a request about one version of a subject.

    Pickled, it leaves the subject behind: who does it then opens the subject of that name where
    its own environment says that the recordings lie.

    Parameters
    ----------
    reading : Reading
        How the subject was read.
    version : str
        The subject's.
    subject : Subject or None
        What it is about; None: opened by its name, and refused where its version is another.
    """

    request: Request
    reading: Reading
    version: str
    subject: Subject | None = None

    def __call__(self, on_progress: Progress | None = None) -> Any:  # noqa: ANN401 - the analysis' own
        """Return the result.

        Raises
        ------
        OtherDataError
            If the subject cannot be opened here, or its files are not the same.
        DecodingError
            If the result cannot be computed.
        """
        spec = self.request.spec
        analysis = ANALYSES[self.request.analysis]
        return analysis.run(self.subject or self._open(), spec, self.request.options, on_progress)

    def _open(self) -> Subject:
        spec = self.request.spec
        try:
            subject = load_subject(spec.dataset, spec.subject, reading=self.reading)
        except DecodingError as error:
            raise OtherDataError(error.one_line) from error
        if subject.version != self.version:
            raise OtherDataError(f"subject {subject.name} of {spec.dataset} has other files there")
        return subject

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels; an `OtherDataError` where options hold data, or it is an upload."""
        if _holds_data(self.request.options) or (self.subject and self.subject.owner):
            raise OtherDataError("data do not travel")
        return {**self.__dict__, "subject": None}


def _holds_data(value: object) -> bool:
    """Tell whether options name another subject by its files, or hold an earlier result."""
    if isinstance(value, Subject | np.ndarray):
        return True
    inner = (
        value if isinstance(value, tuple) else vars(value).values() if is_dataclass(value) else ()
    )
    return any(_holds_data(part) for part in inner)
