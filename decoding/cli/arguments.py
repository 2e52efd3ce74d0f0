"""What the commands share: reading a spec from flags, and progress."""

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from decoding.analyses import ANALYSES
from decoding.analyses.notes import notes_of
from decoding.choices import give_way
from decoding.datasets import subject_of
from decoding.datasets.base import Subject
from decoding.errors import DecodingError, SpecError, UnknownChoiceError
from decoding.numbers import list_text
from decoding.progress import Progress
from decoding.setting import Setting, read_number
from decoding.settings import SETTINGS, flag_text
from decoding.spec import DecodingSpec

Number = TypeVar("Number", int, float)
_VALUE = "\0"
"""Stands before a name that begins with a dash; no argument of a process can hold it."""


def as_values(arguments: Sequence[str]) -> list[str]:
    """Mark the names behind a flag that takes several where they begin with a dash.

    argparse takes these for flags, whatever stands before them.
    """
    many = [f"--{setting.name}" for setting in SETTINGS.values() if setting.many]
    commands = [one for one in ANALYSES.values() if one.command]
    many += [f"--{option.name}" for one in commands for option in one.option_fields
             if isinstance(option.default, tuple) and option.name not in one.lists]  # fmt: skip
    marked, is_value = [], False
    for text in arguments:
        if text.startswith("--"):
            is_value = any(flag.startswith(text) for flag in many)
        dashed = is_value and text.startswith("-") and not text.startswith("--") and text != "-h"
        marked.append(f"{_VALUE}{text}" if dashed else text)
    return marked


def add_spec_arguments(parser: argparse.ArgumentParser, lists: Collection[str] = ()) -> None:
    """Add one flag for each field of a spec; None is one that was not given.

    Fields in `lists` take several values.
    """
    spec = parser.add_argument_group("what is decoded, and how (SPEC)")
    for setting in SETTINGS.values():
        _add_flag(spec, setting, several=setting.name in lists)
    spec.add_argument(
        "--data-dir", type=Path, default=None, help="where the recordings lie (default: nilearn's)"
    )


def _add_flag(group: argparse._ArgumentGroup, setting: Setting[Any], *, several: bool) -> None:
    flag, names = f"--{setting.name.replace('_', '-')}", list(setting.registry or ())
    text = setting.help or f"{list_text(names, 'or')}"
    metavar = setting.metavar or setting.name.upper()
    if setting.many:
        group.add_argument(
            flag,
            nargs="*",
            type=READERS[str],
            metavar=metavar,
            help=text,
        )
    elif several:
        if isinstance(setting.default, bool):
            metavar = "|".join(setting.switch)
        group.add_argument(flag, nargs="+", metavar=metavar, help=f"{text}; one or several")
    elif isinstance(setting.default, bool):
        on = setting.switch[1]
        group.add_argument(flag, nargs="?", const=on, metavar=on, help=text)
    else:
        group.add_argument(flag, metavar=metavar, help=text)


def read_spec(options: argparse.Namespace) -> DecodingSpec:
    """Return the spec that the flags give, with the tutorial's defaults."""
    given = {name: getattr(options, name) for name in SETTINGS}
    values = {
        name: read_flag(SETTINGS[name], value) for name, value in given.items() if value is not None
    }
    check_categories(values.get("conditions", ()))
    return DecodingSpec(**values)


def open_subject(options: argparse.Namespace, spec: DecodingSpec) -> tuple[DecodingSpec, Subject]:
    """Return the subject, and the spec with its own mask and categories where no flag names any."""
    subject = subject_of(spec, options.data_dir)
    unasked = {name for name in SETTINGS if getattr(options, name) is None}
    return give_way(spec, subject, unasked), subject


def check_categories(names: Sequence[str]) -> None:
    """Refuse a single category."""
    if len(names) == 1:
        raise SpecError(
            f"A decoding needs two categories; {names[0]} is given. Name another, or none for all "
            "of them."
        )


def read_flag(setting: Setting[Any], given: Any) -> Any:  # noqa: ANN401 - a field's own type
    """Return the value of a field that was given to its flag.

    Raises
    ------
    UnknownChoiceError
        If a switch is given neither of its two values.
    SpecError
        If the value is none that the setting takes.
    """
    if setting.many:
        return tuple(map(setting.parse, given))
    if isinstance(setting.default, bool):
        off, on = setting.switch
        if given not in setting.switch:
            raise UnknownChoiceError(setting.label, given, (on, off))
        return given == on
    try:
        return setting.parse(given)
    except ValueError:
        raise SpecError(
            f"{setting.must}, not {given!r}. The default is {setting.write(setting.default)}."
        ) from None


def say_notes(subject: Subject, spec: DecodingSpec) -> None:
    """Say on standard error what reading a subject left out, merged or assumed."""
    for note in notes_of(subject, spec):
        print(f"Note: {note.line} {flag_text(note)}".rstrip(), file=sys.stderr)


def _reader(parse: Callable[[str], Number], what: str, example: str) -> Callable[[str], Number]:
    """Return what reads a number from a flag; what is none is said in plain words."""

    def read(text: str) -> Number:
        try:
            return parse(text)
        except ValueError:
            problem = f"{text!r} is no {what}; write it in digits, as {example}"
            raise argparse.ArgumentTypeError(problem) from None

    return read


def read_name(name: str) -> str:
    """Return a name as it was typed; see `as_values`."""
    return name.removeprefix(_VALUE)


read_whole = _reader(int, "whole number", "1000")
read_any = _reader(read_number, "number", "5.6")
READERS: dict[type, Callable[[str], Any]] = {
    int: read_whole,
    float: read_any,
    str: read_name,
}
"""What reads an option of an analysis, by its type."""


def check_ending(path: Path, what: str, endings: tuple[str, ...]) -> None:
    """Refuse a file's name that does not end as such a file's should."""
    if not path.name.endswith(endings):
        raise DecodingError(
            f"{path.name} is no name for {what}. End it with {list_text(endings, 'or')}."
        )


@contextmanager
def progress_bar(what: str, unit: str = "it") -> Iterator[Progress]:
    """Give a callback that draws (done, total) on standard error."""
    with tqdm(desc=what, unit=unit, leave=False, disable=None, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            if bar.total != total:
                bar.reset(total)
            bar.update(done - bar.n)

        yield show
