"""What the commands share: reading a spec from flags, progress, and files that appear whole."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from decoding.errors import DecodingError, SpecError
from decoding.progress import Progress
from decoding.spec import DecodingSpec, default_of


def add_spec_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one flag for each field of a spec, with the tutorial's defaults."""
    spec = parser.add_argument_group("what is decoded, and how (SPEC)")
    for name, text in _SPEC_HELP.items():
        spec.add_argument(f"--{name}", default=default_of(name), metavar=name.upper(), help=text)
    spec.add_argument(
        "--conditions",
        nargs="*",
        default=list(default_of("conditions")),
        metavar="CATEGORY",
        help="two or more categories; none: all of them",
    )
    spec.add_argument(
        "--detrend",
        nargs="?",
        const="linear",
        default="none",
        metavar="linear",
        help="remove a linear trend within each run",
    )
    spec.add_argument("--lag", default="0", metavar="SECONDS", help="a whole number of volumes")
    spec.add_argument(
        "--data-dir", type=Path, default=None, help="where the recordings lie (default: nilearn's)"
    )


_SPEC_HELP = {
    "dataset": "haxby, simulated or bids",
    "subject": "a number, or a BIDS label",
    "mask": "vt, face, house, face_little, house_little or brain",
    "samples": "volume, block, lsa, lss or run_beta",
    "standardize": "all, run or none",
    "estimator": "svc, svc_tuned, logistic, lda, ridge, gnb, correlation or dummy",
    "cv": "leave_one_run_out, leave_two_runs_out, split_half, kfold, stratified, shuffled_kfold "
    "or resubstitution",
}


def read_spec(options: argparse.Namespace) -> DecodingSpec:
    """Return the spec that the flags give.

    Raises
    ------
    SpecError
        If a flag cannot be read as what it should be.
    """
    if options.detrend not in ("linear", "none"):
        raise SpecError(f"Unknown trend {options.detrend!r}. Choose from: linear, none.")
    if len(options.conditions) == 1:
        raise SpecError(
            f"A decoding needs two categories; {options.conditions[0]} is given. Name another, "
            "or none for all of them."
        )
    return DecodingSpec(
        **{name: getattr(options, name) for name in _SPEC_HELP},
        conditions=tuple(options.conditions),
        detrend=options.detrend == "linear",
        lag=_read_seconds(options.lag),
    )


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not abs(seconds) < float("inf"):
        raise SpecError(f"A lag is a number of seconds, not {text!r}. Give 0, 2.5, 5, ...")
    return seconds


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
