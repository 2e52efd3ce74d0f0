"""What the commands share: reading a spec from flags, progress, and files that appear whole."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from decoding.errors import DecodingError, SpecError, UnknownChoiceError
from decoding.progress import Progress
from decoding.settings import SETTINGS, Setting
from decoding.spec import DecodingSpec


def add_spec_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one flag for each field of a spec, with the tutorial's defaults."""
    spec = parser.add_argument_group("what is decoded, and how (SPEC)")
    for setting in SETTINGS.values():
        _add_flag(spec, setting)
    spec.add_argument(
        "--data-dir", type=Path, default=None, help="where the recordings lie (default: nilearn's)"
    )


def _add_flag(group: argparse._ArgumentGroup, setting: Setting[Any]) -> None:
    flag, names = f"--{setting.name}", list(setting.registry or ())
    text = setting.help or f"{', '.join(names[:-1])} or {names[-1]}"
    metavar = setting.metavar or setting.name.upper()
    if setting.many:
        group.add_argument(
            flag, nargs="*", default=list(setting.default), metavar=metavar, help=text
        )
    elif isinstance(setting.default, bool):
        off, on = setting.switch
        default = on if setting.default else off
        group.add_argument(flag, nargs="?", const=on, default=default, metavar=on, help=text)
    else:
        group.add_argument(flag, default=setting.write(setting.default), metavar=metavar, help=text)


def read_spec(options: argparse.Namespace) -> DecodingSpec:
    """Return the spec that the flags give.

    Raises
    ------
    SpecError
        If a flag cannot be read as what it should be.
    """
    values = {name: _read_flag(one, getattr(options, name)) for name, one in SETTINGS.items()}
    if len(options.conditions) == 1:
        raise SpecError(
            f"A decoding needs two categories; {options.conditions[0]} is given. Name another, "
            "or none for all of them."
        )
    return DecodingSpec(**values)


def _read_flag(setting: Setting[Any], given: Any) -> Any:  # noqa: ANN401 - a field's own type
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


@contextmanager
def progress_bar(what: str, *, unit: str = "it", quiet: bool = False) -> Iterator[Progress]:
    """Give a callback that draws (done, total) on standard error."""
    with tqdm(desc=what, unit=unit, leave=False, disable=quiet or None, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            if bar.total != total:
                bar.reset(total)
            bar.update(done - bar.n)

        yield show


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written before anything is computed for it.

    Raises
    ------
    DecodingError
        If it is a folder, or its folder is not there or cannot be written.
    """
    if path.is_dir():
        raise DecodingError(f"{path} cannot be written (it is a folder). Name a file in it.")
    try:
        # A right to write is only known by writing: a mount or a quota may forbid it too.
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a scratch file that becomes `path` in one step.

    Raises
    ------
    DecodingError
        If the folder cannot be written.
    """
    suffix = "".join(path.suffixes[-2:])
    try:
        handle, name = tempfile.mkstemp(suffix=suffix, prefix=".", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritable(path, error) from error
    scratch = Path(name)
    try:
        write(scratch)
        scratch.chmod(0o644)
        scratch.replace(path)
    except OSError as error:
        raise DecodingError(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        scratch.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> DecodingError:
    return DecodingError(
        f"{path} cannot be written ({error.strerror}). Choose a folder that is there and yours."
    )
