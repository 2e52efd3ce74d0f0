"""What an analysis is: a question, its own options, and how to answer it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar

import nibabel as nib
import pandas as pd

from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.spec import DecodingSpec, Request

T = TypeVar("T")
OptionsT = TypeVar("OptionsT")
ResultT = TypeVar("ResultT")

ALL_FIELDS = frozenset(one.name for one in fields(DecodingSpec))
"""Every field of a spec."""
QUICK_S = 0.5
"""What most analyses take, in seconds, once the recording is open."""

Content: TypeAlias = nib.Nifti1Image | pd.DataFrame
Tried: TypeAlias = tuple[DecodingSpec, str]
"""A spec that was scored, and in words what the spec does not say; else an empty text."""


def flag(default: T, help: str, *, metavar: str | None = None, kind: type = int) -> T:
    """Return an option of an analysis that is a flag of its command, read as `kind`."""
    return field(default=default, metadata={"type": kind, "metavar": metavar, "help": help})


@dataclass(frozen=True, kw_only=True)
class Output(Generic[ResultT]):
    """A file that a command can write besides what it prints.

    Parameters
    ----------
    flag : str
        Asks for the file and takes its name, e.g. ``"--out"``.
    make : callable
        ``make(subject, result)`` gives an image, or a table to be written as CSV.
    check : callable
        Raises a `DecodingError`, before anything is computed, where a spec has no such file.
    """

    flag: str
    help: str
    make: Callable[[Subject, ResultT], Content]
    is_image: bool = False
    check: Callable[[DecodingSpec], None] = lambda spec: None


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis(Generic[OptionsT, ResultT]):
    """An analysis, as commands and pages know it.

    Parameters
    ----------
    name : str
        Its key in ``ANALYSES``, and its command's name.
    question : str
        What it answers, in one line.
    Options : type
        Its own options, a frozen dataclass with defaults; by default none, the spec says it all.
        Each field of a command's options is a `flag`.
    run : callable
        ``run(subject, spec, options, on_progress)`` gives the result, or raises a `DecodingError`
        if it cannot be computed; ``on_progress`` may raise to stop it. A command's result has
        ``as_json()``, what the command prints with ``--json``.
    reads : frozenset of str
        The fields of a spec that matter to it. Specs that differ in others share one result.
    seconds : callable
        ``seconds(subject, spec, options)``, about how long it takes on two cores.
    tried : callable
        ``tried(result)`` gives the analyses whose scores somebody knows who has seen the result: by
        luck alone the best of many scores higher than one.
    page_settings : callable
        ``page_settings(spec, options)`` gives what its page's own settings say in a link to it.
    command : bool
        Whether it is a subcommand, or only pages ask for it.
    """

    name: str
    question: str
    run: Callable[[Subject, DecodingSpec, OptionsT, Progress | None], ResultT]
    Options: type[Any] = NoneType
    reads: frozenset[str] = ALL_FIELDS
    seconds: Callable[[Subject, DecodingSpec, OptionsT], float] = lambda *_: QUICK_S
    outputs: tuple[Output[ResultT], ...] = ()
    tried: Callable[[ResultT], Iterable[Tried]] = lambda result: ()
    page_settings: Callable[[DecodingSpec, OptionsT], Mapping[str, str]] = lambda *_: {}
    command: bool = False

    @property
    def option_fields(self) -> tuple[Field[Any], ...]:
        """The fields of its options."""
        return fields(self.Options) if is_dataclass(self.Options) else ()

    def request(self, spec: DecodingSpec, options: OptionsT | None = None) -> Request:
        """Return the request that answers for a spec: what is not read is at its default."""
        usual = DecodingSpec()
        unread = {name: getattr(usual, name) for name in ALL_FIELDS - self.reads}
        return Request(
            analysis=self.name,
            spec=replace(spec, **unread),
            options=self.Options() if options is None else options,
        )
