"""One analysis for many specs: every combination of lists, into a Parquet table that grows.

The table is a folder of parts, each written whole or not at all, so that a sweep that was stopped
goes on where it was: rows with a score are not computed again, and their files stay as they are.
Rows without one are tried again, as their cause may be mended.
"""

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from decoding.analyses import permute
from decoding.analyses.rows import make_row, row_key
from decoding.datasets import subject_of
from decoding.errors import DecodingError
from decoding.files import whole_file
from decoding.progress import Progress, report
from decoding.spec import SPEC_FIELDS, DecodingSpec

LOG = logging.getLogger("voxelscope.sweep")
_NO_ROWS = pd.DataFrame({"key": [], "problem": []})
_WRITTEN = "written"
"""Of a row that was tried several times the latest cause counts."""
CHUNK = 8
"""So many rows of one subject are computed and written together."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Rows that are computed together: specs of one subject, where it lies, and the test."""

    specs: tuple[DecodingSpec, ...]
    data_dir: Path | None
    options: permute.Options

    @property
    def name(self) -> str:
        """The name of its part of the table."""
        return (
            f"part-{sha256(' '.join(map(self.key, self.specs)).encode()).hexdigest()[:16]}.parquet"
        )

    def key(self, spec: DecodingSpec) -> str:
        """Return what names a row: its spec and the test."""
        return row_key(spec, self.options)


def expand(lists: Mapping[str, Sequence[Any]]) -> list[DecodingSpec]:
    """Return a spec for every combination of values, by field; a field without a list is usual.

    Combinations that are the same spec, such as a pair named twice, count once.

    Raises
    ------
    DecodingError
        If a list is of no field of the spec.
    """
    unknown = sorted(set(lists) - set(SPEC_FIELDS))
    if unknown:
        raise DecodingError(f"A spec has no {unknown[0]!r}. It has: {', '.join(SPEC_FIELDS)}.")
    rows = product(*lists.values())
    specs = (replace(DecodingSpec(), **dict(zip(lists, row, strict=True))) for row in rows)
    return list(dict.fromkeys(specs))


def sweep(
    specs: Iterable[DecodingSpec],
    out: Path,
    executor: Executor,
    *,
    data_dir: Path | None = None,
    options: permute.Options | None = None,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Compute the rows that a table lacks, and return those of the specs in their order.

    Parameters
    ----------
    out : Path
        The table, a folder; made where there is none.
    executor : Executor
        Where chunks are computed: threads, or the workers of a Dask cluster
        (``Client.get_executor()``). Work that a lost worker held is done again by another.
    options : permute.Options, optional
        The relabellings of each row's test.

    Raises
    ------
    DecodingError
        If `out` cannot be written, or holds something else, such as rows of other recordings. A
        row that cannot be computed is no such error: its cause stands in its ``problem``.
    """
    specs, options = list(dict.fromkeys(specs)), options or permute.Options()
    keys = [row_key(spec, options) for spec in specs]
    there = read_sweep(out) if out.exists() else _NO_ROWS
    done = set(there.loc[there["problem"] == "", "key"])
    missing = [spec for spec, key in zip(specs, keys, strict=True) if key not in done]
    if len(missing) < len(specs):
        _check_recordings(there[there["key"].isin(keys)], specs, out, data_dir)
    report(on_progress, len(specs) - len(missing), len(specs))
    out.mkdir(parents=True, exist_ok=True)
    chunks = _chunks(missing, data_dir, options)
    pending: dict[Future[pd.DataFrame], Chunk] = {}
    try:
        for chunk in chunks:
            pending[executor.submit(compute, chunk)] = chunk
        n_done = len(specs) - len(missing)
        for future in as_completed(pending):
            chunk = pending[future]
            rows = future.result()
            _write_part(out / chunk.name, rows)
            for problem in rows["problem"].drop_duplicates():
                if problem:
                    LOG.warning("no score: %s", problem)
            n_done += len(chunk.specs)
            report(on_progress, n_done, len(specs))
    finally:
        for future in pending:
            future.cancel()
    table = read_sweep(out).set_index("key", drop=False)
    return table.loc[keys].reset_index(drop=True)


def _check_recordings(
    rows: pd.DataFrame, specs: Iterable[DecodingSpec], out: Path, data_dir: Path | None
) -> None:
    """Refuse a table with rows of other recordings of that name than those that are here now."""
    for spec in {_subject_of(spec): spec for spec in specs}.values():
        own = rows[(rows["dataset"] == spec.dataset) & (rows["subject"] == spec.subject)]
        own = own[own["problem"] == ""]
        try:
            if own.empty or subject_of(spec, data_dir).version in set(own["data_version"]):
                continue
        except DecodingError:  # it may be where the workers are
            continue
        raise DecodingError(
            f"{out} holds rows of other recordings of subject {spec.subject} than those that are "
            "here. Delete it, or write to another.",
            remedy="Type another --out.",
        )


def _subject_of(spec: DecodingSpec) -> Hashable:
    """Return what names a subject, and how it is read."""
    return spec.dataset, spec.subject, spec.reading


def _chunks(
    specs: Sequence[DecodingSpec], data_dir: Path | None, options: permute.Options
) -> list[Chunk]:
    """Return the work in its order, each chunk of one subject read in one way."""
    found: dict[Hashable, list[DecodingSpec]] = {}
    for spec in specs:
        found.setdefault(_subject_of(spec), []).append(spec)
    return [
        Chunk(specs=tuple(own[begin : begin + CHUNK]), data_dir=data_dir, options=options)
        for own in found.values()
        for begin in range(0, len(own), CHUNK)
    ]


def compute(chunk: Chunk) -> pd.DataFrame:
    """Return the rows of a chunk; see `read_sweep`."""
    LOG.info("computing %s, %d rows", chunk.name, len(chunk.specs))
    return pd.DataFrame([_row(spec, chunk) for spec in chunk.specs])


def _row(spec: DecodingSpec, chunk: Chunk) -> dict[str, Any]:
    return make_row(spec, chunk.options, lambda: subject_of(spec, chunk.data_dir))


def _write_part(path: Path, rows: pd.DataFrame) -> None:
    with whole_file(path) as scratch:
        rows.to_parquet(scratch, index=False)


def read_sweep(path: Path) -> pd.DataFrame:
    """Return the table of a sweep, one row a spec, in no special order.

    Columns: ``key``, the fields of the spec (``conditions`` a list), ``problem`` (empty where there
    is none), ``classes``, ``data_version``, ``accuracy``, ``balanced_accuracy``, ``fold_scores``,
    ``chance``, ``n_samples``, ``n_blocks``, ``n_voxels``, ``circular``, ``p_value``,
    ``smallest_p``, ``exact``, and the null as its distinct ``null_scores`` with their
    ``null_counts``.

    Raises
    ------
    DecodingError
        If there is no such table, or it is something else.
    """
    parts = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    if not path.exists():
        raise DecodingError(
            f"There is no table {path}.",
            remedy=f"Make one with 'python -m decoding sweep ... --out {path}'.",
        )
    try:
        tables = [
            pd.read_parquet(part).assign(**{_WRITTEN: part.stat().st_mtime_ns}) for part in parts
        ]
    except (OSError, ValueError) as error:
        raise DecodingError(f"{path} cannot be read as a Parquet table: {error}.") from error
    if not tables:
        return _NO_ROWS
    table = pd.concat(tables, ignore_index=True)
    lacking = [name for name in ("key", *SPEC_FIELDS, "problem", "accuracy") if name not in table]
    if lacking:
        raise DecodingError(f"{path} is no table of a sweep: it lacks the column {lacking[0]!r}.")
    bad = table["problem"] != ""
    latest = table[bad].sort_values(_WRITTEN, ascending=False, kind="stable")
    rows = pd.concat([table[~bad], latest]).drop(columns=_WRITTEN)
    return rows.drop_duplicates("key", ignore_index=True)
