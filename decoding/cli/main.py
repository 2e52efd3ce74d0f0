"""The command line: the same requests and the same numbers as the pages."""

import argparse
import json
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from decoding.analyses import ANALYSES, check, notes
from decoding.analyses.record import Analysis, Content, Output
from decoding.cli.arguments import (
    READERS,
    add_spec_arguments,
    as_values,
    check_ending,
    open_subject,
    progress_bar,
    read_flag,
    read_spec,
    say_notes,
)
from decoding.cli.commands import COMMANDS
from decoding.cli.lines import for_reading, summary
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.errors import Cancelled, DecodingError
from decoding.files import check_writable, whole_file
from decoding.numbers import duration_text, list_text
from decoding.output.downloads import credited_image, csv_text, nifti_bytes
from decoding.output.text.readings import reading_chosen_lag
from decoding.output.text.wording import chance_for, chance_text, kind_text
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec, differing_fields
from decoding.sweep import read_sweep

SAID_FROM_S = 60.0
"""Work of so many seconds says beforehand how long it takes."""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like every other error of ours."""

    def error(self, message: str) -> NoReturn:
        """Print one line and end with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        The exit status: 0; 2 where the user can mend what went wrong (one line on standard error);
        130 where the work was stopped.
    """
    options = make_parser().parse_args(as_values(sys.argv[1:] if arguments is None else arguments))
    try:
        options.act(options)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DecodingError as error:
        print(error.one_line, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Cancelled):
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser: a subcommand for each analysis, then the others."""
    parser = OneLineParser(prog="python -m decoding", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for analysis in (one for one in ANALYSES.values() if one.command):
        question = analysis.question
        command = commands.add_parser(analysis.name, help=question, description=question)
        add_spec_arguments(command, analysis.lists)
        command.add_argument("--json", action="store_true", help="print one JSON object")
        _add_option_arguments(command, analysis)
        if analysis.of_rows is not None:
            text = "read the rows of a table that 'sweep' wrote instead; nothing is computed"
            command.add_argument("--table", type=Path, metavar="F.parquet", help=text)
        for output in analysis.outputs:
            command.add_argument(output.flag, type=Path, metavar="FILE", help=output.help)
        command.set_defaults(act=_analyse, analysis=analysis.name)
    for name, other in COMMANDS.items():
        command = commands.add_parser(name, help=other.help, description=other.help)
        other.add_arguments(command)
        command.set_defaults(act=other.run)
    return parser


def _add_option_arguments(command: argparse.ArgumentParser, analysis: Analysis[Any, Any]) -> None:
    for option in (one for one in analysis.option_fields if one.name not in analysis.lists):
        metavar = option.metadata.get("metavar")
        command.add_argument(
            f"--{option.name.replace('_', '-')}",
            dest=option.name,
            type=READERS[option.metadata["type"]],
            nargs=len(metavar) if isinstance(metavar, tuple) else None,
            default=option.default,
            metavar=metavar,
            help=option.metadata["help"],
        )


def _analyse(options: argparse.Namespace) -> None:
    analysis = ANALYSES[options.analysis]
    if analysis.of_rows is not None and options.table:
        _read_table(options, analysis)
        return
    lists = take_lists(options, analysis.lists)
    given = {option.name: getattr(options, option.name) for option in analysis.option_fields}
    given.update(lists)
    spec = read_spec(options)
    own = analysis.Options(
        **{name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
    )
    outputs = _asked_for(options, spec)
    spec, subject = open_subject(options, spec)
    if (seconds := analysis.seconds(subject, spec, own)) > SAID_FROM_S:
        print(f"This takes about {duration_text(seconds)}.", file=sys.stderr)
    with progress_bar(options.analysis) as on_progress:
        result = analysis.run(subject, spec, own, on_progress)
        link = analysis.link(spec, own)
        for path, output in outputs:
            _write_file(path, output.make(subject, result), subject, link)
        values = analysis.as_json(subject, spec, own, result)
        if isinstance(values, dict):
            values = {**values, **_what_it_is_worth(subject, spec)}
            if (null := getattr(result, "null", None)) is not None:
                values["p_kind"] = kind_text(null)
            if spec.lag and "lag" in analysis.reads:
                values["lag_note"] = reading_chosen_lag(spec.lag, None, known=False)
    if analysis is not notes.ANALYSIS:
        say_notes(subject, spec)
        if unread := set(differing_fields(spec, DecodingSpec())).difference(
            analysis.reads, analysis.lists
        ):
            flags = list_text(f"--{name.replace('_', '-')}" for name in sorted(unread))
            print(f"Note: {analysis.name} does not depend on {flags}.", file=sys.stderr)
    if options.json:
        print(json.dumps(values))
    else:
        print(summary(for_reading(values)))


def _read_table(options: argparse.Namespace, analysis: Analysis[Any, Any]) -> None:
    """Print what a sweep's rows hold, one entry for each result."""
    usual = {one.name: one.default for one in analysis.option_fields if one.name not in SETTINGS}
    usual |= dict.fromkeys(["data_dir", *SETTINGS, *(one.flag[2:] for one in analysis.outputs)])
    if given := [name for name, value in usual.items() if getattr(options, name) != value]:
        flags = list_text(f"--{name.replace('_', '-')}" for name in given)
        raise DecodingError(f"The table says what was decoded, and how. Leave out {flags}.")
    assert analysis.of_rows is not None
    told = []
    for own, result in analysis.of_rows(read_sweep(options.table)):
        right = CV_SCHEMES[result.spec.cv].by_run and not result.circular
        told.append({
            "spec": {n: v for n, v in result.spec.as_dict().items() if n not in analysis.lists},
            "read_against": chance_text(result.chance if right else None),
            **result.as_json(),
            "link": analysis.link(result.spec, own),
        })  # fmt: skip
    if options.json:
        print(json.dumps(told))
    else:
        print("\n\n".join(summary(for_reading(one)) for one in told))


def take_lists(options: argparse.Namespace, lists: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """Return the values of the fields that take several; the first of each becomes the spec's."""
    found = {}
    for name in lists:
        asked = getattr(options, name) or ()
        found[name] = tuple(read_flag(SETTINGS[name], one) for one in asked)
        setattr(options, name, asked[0] if asked else None)
    return found


def _what_it_is_worth(subject: Subject, spec: DecodingSpec) -> dict[str, Any]:
    """Return what scores are read against, in the app's words, and the checks that fail."""
    worth: dict[str, Any] = {"read_against": chance_text(chance_for(subject, spec))}
    with suppress(DecodingError):  # a time course may do what a single decoding refuses
        checks = check.run(subject, spec).checks
        worth["failed_checks"] = [one.title for one in checks if one.status == "fail"]
    return worth


def _asked_for(options: argparse.Namespace, spec: DecodingSpec) -> list[tuple[Path, Output[Any]]]:
    """Return the files asked for; one that cannot be is said before anything is computed."""
    asked = [
        (path, output)
        for output in ANALYSES[options.analysis].outputs
        if (path := getattr(options, output.flag.removeprefix("--")))
    ]
    for path, output in asked:
        if output.is_image:
            check_ending(path, "an image", (".nii.gz", ".nii"))
        check_writable(path)
        output.check(spec)
    return asked


def _write_file(path: Path, content: Content, subject: Subject, link: str) -> None:
    if isinstance(content, pd.DataFrame):
        file = csv_text(content, subject, link).encode()
    else:
        image = credited_image(content, subject, link)
        file = nifti_bytes(image) if path.suffix == ".gz" else image.to_bytes()
    with whole_file(path) as scratch:
        scratch.write_bytes(file)


if __name__ == "__main__":
    sys.exit(main())
