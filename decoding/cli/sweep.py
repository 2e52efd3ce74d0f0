"""The commands of many specs: ``sweep`` writes a table, ``group`` reads one."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from decoding.analyses import group, permute
from decoding.analyses.across import check_one_space, decode_across
from decoding.analyses.group import FEWEST, GroupRow, compare_subjects
from decoding.cli.arguments import check_categories, progress_bar, read_flag, read_name, read_whole
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import subject_of
from decoding.datasets.orders import SharedOrders, shared_orders
from decoding.errors import DecodingError
from decoding.numbers import list_text, number_text, p_text, score_text
from decoding.output.text.group import (
    how_tested,
    many_tests_text,
    no_prevalence_text,
    orders_text,
    trend_text,
    unreachable_text,
    way_text,
)
from decoding.output.text.wording import chance_text
from decoding.registry import pick
from decoding.relabel import check_number
from decoding.service.threads import n_threads
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec
from decoding.sweep import LOG, expand, read_sweep, sweep

PATIENCE = "20s"
"""So long a scheduler is waited for."""


def add_sweep_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag that takes several values for each field of a spec."""
    lists = parser.add_argument_group("what is decoded, and how: every combination of these lists")
    for setting in SETTINGS.values():
        flag = f"--{setting.name.replace('_', '-')}"
        metavar = setting.metavar or setting.name.upper()
        if setting.many:
            lists.add_argument(
                flag, action="append", nargs="*", type=read_name, metavar=metavar,
                help=f"{setting.help}; again for another set of them",
            )  # fmt: skip
        else:
            lists.add_argument(flag, nargs="+", metavar=metavar, help=setting.help)
    lists.add_argument("--data-dir", type=Path, help="where the recordings lie")
    parser.add_argument("--out", type=Path, required=True, metavar="F.parquet", help="the table")
    parser.add_argument("--permutations", type=read_whole, metavar="N", help="of each test")
    parser.add_argument("--seed", type=read_whole, default=0, help="of the relabellings")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://...; else threads here"
    )


def run_sweep(options: argparse.Namespace) -> None:
    """Compute what the table lacks, and say how many rows there are.

    Raises
    ------
    DecodingError
        If no row has a score.
    """
    check_number(options.permutations, options.seed)
    specs = expand(read_lists(options))
    own = permute.Options(permutations=options.permutations, seed=options.seed)
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    LOG.setLevel(logging.INFO)
    with _executor(options.scheduler) as executor, progress_bar("sweep", "row") as on_progress:
        table = sweep(
            specs, options.out, executor, data_dir=options.data_dir, options=own,
            on_progress=on_progress,
        )  # fmt: skip
    problems = table.loc[table["problem"] != "", "problem"]
    for problem, n in problems.value_counts().items():
        verb = "has" if n == 1 else "have"
        rows = number_text(len(table), "row")
        print(f"{n} of {rows} {verb} no score: {problem}", file=sys.stderr)
    if len(problems) == len(table):
        raise DecodingError(f"{options.out}: no row has a score. Mend the cause, and sweep again.")
    print(f"{options.out}: {number_text(len(table), 'row')}")


def read_lists(options: argparse.Namespace) -> dict[str, list[Any]]:
    """Return the values that the flags give, by field; a name that nothing has is refused."""
    lists: dict[str, list[Any]] = {}
    for name, setting in SETTINGS.items():
        if (given := getattr(options, name)) is None:
            continue
        lists[name] = [read_flag(setting, one) for one in given]
        for value in lists[name]:
            if setting.many:
                check_categories(value)
            elif setting.registry is not None:
                pick(setting.registry, value, setting.label.lower())
    return lists


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor]:
    """Give what computes chunks: threads of this process, or a cluster's workers."""
    if scheduler is None:
        with ThreadPoolExecutor(n_threads()) as threads:
            yield threads
        return
    try:
        from distributed import Client
    except ImportError:
        raise DecodingError(
            "A cluster needs Dask: pip install -r requirements-cluster.txt. Without --scheduler "
            "the rows are computed here."
        ) from None
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise DecodingError(
            f"No Dask scheduler answers at {scheduler} ({error}). Start one here with 'python -m "
            "dask scheduler', and workers with 'python -m dask worker ADDRESS'."
        ) from error
    with client, client.get_executor() as workers:
        yield workers


def add_group_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the table and the form of the answer."""
    parser.add_argument("table", type=Path, metavar="F.parquet", help="what 'sweep' wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument(
        "--across",
        action="store_true",
        help="learn from all subjects but one, too: their scans have to be in one space",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="where the recordings lie, for --across and the orders of their blocks",
    )


def run_group(options: argparse.Namespace) -> None:
    """Print one entry for each way to decode."""
    rows = compare_subjects(read_sweep(options.table))
    across = [_across(row, options.data_dir) if options.across else None for row in rows]
    if options.json:
        print(json.dumps([_as_json(*both) for both in zip(rows, across, strict=True)]))
        return
    usual = rows[0].choices
    differing = [name for name in usual if any(row.choices[name] != usual[name] for row in rows)]
    same_test = len({row.test for row in rows}) == 1
    for row, learnt in zip(rows, across, strict=True):
        print(_said(row, differing, "" if same_test else f", {how_tested(row.test)}"))
        if learnt is not None:
            print("\n".join(["  learnt from the other subjects", *_scores_said(learnt)]))
    notes = (many_tests_text(rows), orders_text(_orders(rows, options.data_dir)))
    print("\n".join(filter(None, notes)))


def _specs(row: GroupRow) -> list[DecodingSpec]:
    """Return the spec of each subject with a score."""
    choices = {name: _as_field(value) for name, value in row.choices.items()}
    return [DecodingSpec(subject=name, **choices) for name in row.scores["subject"]]


def _across(row: GroupRow, data_dir: Path | None) -> GroupRow | None:
    """Return what the other subjects' classifier makes of each subject; None of fewer than two."""
    specs = _specs(row)
    if len(specs) < FEWEST:
        return None
    subjects = [subject_of(spec, data_dir) for spec in specs]
    check_one_space(subjects)
    return decode_across(subjects, specs[0], row.test)


def _orders(rows: list[GroupRow], data_dir: Path | None) -> SharedOrders | None:
    """Return the block orders that all subjects share, where the recordings are at hand."""
    trials = {}
    for spec in (spec for row in rows[:1] for spec in _specs(row)):
        with suppress(DecodingError):
            trials[spec.subject] = subject_of(spec, data_dir).trials
    return shared_orders(trials)


def _as_json(row: GroupRow, across: GroupRow | None) -> dict[str, Any]:
    if across is None:
        return row.as_json()
    whole = across.as_json()
    return {**row.as_json(), "across": {name: whole[name] for name in ("subjects", "missing")}}


def _said(row: GroupRow, differing: list[str], test: str) -> str:
    """Return a row in words: what was decoded, what else differs, every subject, other people."""
    others = [name for name in differing if name not in group.VARIED]
    named = [SETTINGS[name].words(_as_field(row.choices[name])) for name in others]
    scheme, n = CV_SCHEMES[row.choices["cv"]], len(row.scores)
    comparable = scheme.by_run and not row.scores["circular"].any()
    chance = chance_text(row.chance if comparable else None) if n else "nobody has a score"
    head = ", ".join([way_text(row.choices), trend_text(row.choices), *named])
    lines = [f"{head}{test}: {chance}"]
    lines += [f"  {scheme.help}"] if scheme.leaks else []
    lines += _scores_said(row)
    lines += [f"  {text}" for text in (no_prevalence_text(row), unreachable_text(row)) if text]
    if row.majority is not None:
        bound = row.majority.bound
        share = (
            "no share of people is shown" if bound is None else f"more than {bound:.2f} of people"
        )
        lines.append(f"  {share} ({n} subjects can show {row.majority.largest_bound:.2f} at most)")
    if row.posterior is not None:
        ends = list_text([f"{row.posterior.low:.2f}", f"{row.posterior.high:.2f}"], "to")
        lines.append(
            f"  {row.n_significant} of {n} with p of .05 or less: most likely "
            f"{row.posterior.most_likely:.2f} of people, 95 % interval {ends}"
        )
    return "\n".join(lines)


def _scores_said(row: GroupRow) -> list[str]:
    return [
        *(
            f"  subject {one['subject']}: {score_text(one['accuracy'])}, p {p_text(one['p_value'])}"
            + (", circular mask" if one["circular"] else "")
            for one in row.scores.to_dict("records")
        ),
        *(f"  subject {name}: {problem}" for name, problem in row.missing.items()),
    ]


def _as_field(value: Any) -> Any:  # noqa: ANN401 - a field's own type
    return tuple(value) if isinstance(value, list) else value
