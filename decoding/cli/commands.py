"""The commands that are no analysis: each with its arguments and what it does."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decoding.analyses import permute
from decoding.analyses.replay import check_run
from decoding.cli import sweep
from decoding.cli.arguments import (
    add_spec_arguments,
    check_ending,
    open_subject,
    progress_bar,
    read_any,
    read_spec,
    read_whole,
    say_notes,
)
from decoding.errors import DecodingError, UnknownChoiceError
from decoding.files import check_writable, whole_file
from decoding.registry import pick
from decoding.relabel import check_number, count_relabellings, find_blocks
from decoding.samples.extract import extract_samples


@dataclass(frozen=True, kw_only=True)
class Command:
    """A subcommand that is no analysis."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def _run_script(options: argparse.Namespace) -> None:
    from decoding.output.script.forms import FORMS
    from decoding.output.script.program import make_script

    form = pick(FORMS, options.format, "format")
    check_number(options.permutations)
    spec, subject = open_subject(options, read_spec(options))
    asked, exact = options.permutations, False
    if asked is not None:
        samples = extract_samples(subject, spec)
        blocks = find_blocks(samples.y, samples.runs, samples.blocks)
        exact = asked >= count_relabellings(blocks)
    if options.replay is not None:
        check_run(subject, options.replay)
    script = make_script(
        subject, spec, n_relabellings=asked, seed=options.seed, exact=exact,
        replayed=options.replay, form=form,
    )  # fmt: skip
    say_notes(subject, spec)
    print(script, end="")


def _add_script_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec_arguments(parser)
    _add_null_arguments(parser, "redo the null as well, with as many relabellings")
    run = "replay this run as well, into replay.csv"
    parser.add_argument("--replay", type=read_whole, metavar="RUN", help=run)
    what = "a script, or a notebook with what each step does between its cells"
    parser.add_argument("--format", default="py", metavar="py|ipynb", help=what)


def _add_null_arguments(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument("--permutations", type=read_whole, metavar="N", help=number)
    parser.add_argument("--seed", type=read_whole, default=0, help="of the relabellings")


def _add_report_arguments(parser: argparse.ArgumentParser) -> None:
    add_spec_arguments(parser)
    option = next(one for one in permute.ANALYSIS.option_fields if one.name == "permutations")
    _add_null_arguments(parser, option.metadata["help"])
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .html file")


def _run_report(options: argparse.Namespace) -> None:
    from decoding.output.report.html import render_report
    from decoding.output.report.parts import compute_report

    check_writable(options.out)
    check_ending(options.out, "a report", (".html", ".htm"))
    spec, subject = open_subject(options, read_spec(options))
    own = permute.Options(permutations=options.permutations, seed=options.seed)
    with progress_bar("report") as on_progress:
        text = render_report(compute_report(subject, spec, own, on_progress))
    with whole_file(options.out) as scratch:
        scratch.write_bytes(text.encode())
    say_notes(subject, spec)
    print(options.out)


def _add_fetch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="haxby")
    parser.add_argument("--subject", required=True, help="1 to 6")
    parser.add_argument("--url", default=None, help="another server with the same layout")
    parser.add_argument("--data-dir", type=Path, default=None, help="default: nilearn's")


def _run_fetch(options: argparse.Namespace) -> None:
    from decoding.datasets.haxby import fetch_haxby_subject

    if options.dataset != "haxby":
        raise UnknownChoiceError("dataset to fetch", options.dataset, ["haxby"])
    with progress_bar(f"subject {options.subject}", unit="B") as on_progress:
        folder = fetch_haxby_subject(
            options.subject, data_dir=options.data_dir, url=options.url, on_progress=on_progress
        )
    print(folder)


def _add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--subjects", type=read_whole, default=1, help="how many subjects")
    parser.add_argument("--size", default="demo", metavar="demo|full", help="full: Haxby's grid")
    parser.add_argument("--seed", type=read_whole, default=0)
    parser.add_argument("--signal", type=read_any, default=1.0, help="0 is pure noise")


def _run_simulate(options: argparse.Namespace) -> None:
    from decoding.datasets.simulated.parameters import SimulationParameters
    from decoding.datasets.simulated.write import simulate_subject

    if options.subjects < 1:
        raise DecodingError(f"{options.subjects} subjects cannot be made. Ask for 1 or more.")
    for subject in range(1, options.subjects + 1):
        parameters = SimulationParameters(
            subject=subject, size=options.size, seed=options.seed, signal=options.signal
        )
        with progress_bar(f"subject {subject}", unit="%") as on_progress:
            simulate_subject(options.out, parameters, on_progress)
    print(options.out)


COMMANDS: dict[str, Command] = {
    "script": Command(
        help="Print a script or notebook in plain nilearn and scikit-learn with the same numbers.",
        add_arguments=_add_script_arguments,
        run=_run_script,
    ),
    "report": Command(
        help="Write a self-contained HTML report: checks, scores, null, maps, methods, script.",
        add_arguments=_add_report_arguments,
        run=_run_report,
    ),
    "sweep": Command(
        help="Decode every combination of lists into a Parquet table; what is there is kept.",
        add_arguments=sweep.add_sweep_arguments,
        run=sweep.run_sweep,
    ),
    "group": Command(
        help="Does it hold for every subject? Read a sweep's table: each subject, and prevalence.",
        add_arguments=sweep.add_group_arguments,
        run=sweep.run_group,
    ),
    "fetch": Command(
        help="Download a subject of Haxby et al. 2001; an interrupted download is resumed.",
        add_arguments=_add_fetch_arguments,
        run=_run_fetch,
    ),
    "simulate": Command(
        help="Make simulated subjects in the layout of Haxby's.",
        add_arguments=_add_simulate_arguments,
        run=_run_simulate,
    ),
}
