"""What an analysis is: a question, its own options, and how to answer it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar

import nibabel as nib
import pandas as pd

from decoding import __version__
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.progress import Progress
from decoding.spec import SPEC_FIELDS, DecodingSpec, Request, link_to

T = TypeVar("T")
OptionsT = TypeVar("OptionsT")
ResultT = TypeVar("ResultT")

ALL_FIELDS = frozenset(SPEC_FIELDS)
"""Every field of a spec."""
YES, NO = "yes", "no"
"""How an option says whether something is done."""
QUICK_S = 0.5
"""What most analyses take, in seconds, once the recording is open."""

Content: TypeAlias = nib.Nifti1Image | pd.DataFrame
Tried: TypeAlias = tuple[DecodingSpec, str]
"""A spec that was scored, and in words what the spec does not say; else an empty text."""


def flag(
    default: T, help: str, *, metavar: str | tuple[str, ...] | None = None, kind: type = int
) -> T:
    """Return an option of an analysis that is a flag of its command, read as `kind`.

    One that takes several values, a tuple, has as many words in its `metavar`.
    """
    return field(default=default, metadata={"type": kind, "metavar": metavar, "help": help})


def check_answer(answer: str, what: str) -> None:
    """Refuse an option, of which `what` says whether, that is neither yes nor no: a `SpecError`."""
    if answer not in (YES, NO):
        raise SpecError(f"Whether {what} must be {YES} or {NO}, not {answer!r}.")


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


def rows_file(help: str) -> Output[Any]:
    """Return the file of what ``as_json()`` lists, one row an entry."""
    return Output(
        flag="--out", help=help, make=lambda subject, result: pd.DataFrame(result.as_json())
    )


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
        ``as_json()``: a list, or an object without its head.
    reads : frozenset of str
        The fields of a spec that matter to it. Specs that differ in others share one result.
    seconds : callable
        ``seconds(subject, spec, options)``, about how long it takes on two cores.
    tried : callable
        ``tried(result)`` gives the analyses whose scores somebody knows who has seen the result: by
        luck alone the best of many scores higher than one.
    page : str
        The page that shows it, as links name it; empty: the one of its own name.
    page_settings : callable
        ``page_settings(spec, options)`` gives what its page's own settings say in a link to it.
    lists : tuple of str
        Fields of a spec of which its command takes several values; its options have them too.
    of_rows : callable or None
        ``of_rows(table)`` gives options and result of each curve that a sweep's rows hold, nothing
        computed; its command has ``--table``, and its results a ``spec``.
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
    page: str = ""
    page_settings: Callable[[DecodingSpec, OptionsT], Mapping[str, str]] = lambda *_: {}
    lists: tuple[str, ...] = ()
    of_rows: Callable[[pd.DataFrame], list[tuple[OptionsT, Any]]] | None = None
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

    def link(self, spec: DecodingSpec, options: OptionsT) -> str:
        """Return the link of the page that shows it, relative and complete."""
        return link_to(self.page or self.name, spec, self.page_settings(spec, options))

    def as_json(  # what JSON holds has any type
        self,
        subject: Subject,
        spec: DecodingSpec,
        options: OptionsT,
        result: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Return what its command prints with ``--json``: objects begin with the same head."""
        values = result.as_json()
        if not isinstance(values, dict):
            return values
        classes = spec.conditions or subject.conditions
        head = {
            "spec": spec.as_dict(),
            "version": __version__,
            "data_version": subject.version,
            "classes": list(classes),
            "chance": 1 / len(classes),
        }
        return {**head, **values, "link": self.link(spec, options)}
