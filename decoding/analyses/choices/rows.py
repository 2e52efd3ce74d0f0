"""The combinations that a sweep scored: curves of its rows, nothing computed."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses.choices.result import ChoicesResult, gather
from decoding.analyses.choices.scores import Combination
from decoding.analyses.choices.universe import CHOICES
from decoding.analyses.group import in_order
from decoding.analyses.rows import read_test, spec_of
from decoding.errors import DecodingError
from decoding.settings import SETTINGS
from decoding.spec import DecodingSpec


def curves_of(table: pd.DataFrame) -> list[ChoicesResult]:
    """Return the combinations of each subject, set of categories and scheme of a sweep's rows.

    Rows that differ in a choice alone, and were tested alike, belong together. Each has a p of its
    own; their relabellings are not shared, so that there is no joint null.

    Parameters
    ----------
    table : DataFrame
        See `decoding.sweep.read_sweep`.

    Raises
    ------
    DecodingError
        If no row has a score.
    """
    usual = DecodingSpec()
    alike: dict[Hashable, list[Mapping[Any, Any]]] = {}
    records = table.sort_values("key", kind="stable").to_dict("records")
    for row in sorted(records, key=lambda row: in_order(row["subject"])):
        shared = replace(spec_of(row), **{name: getattr(usual, name) for name in CHOICES})
        alike.setdefault((shared, read_test(row["key"])), []).append(row)
    found = [_curve(rows) for rows in alike.values() if any(not row["problem"] for row in rows)]
    if not found:
        why = "" if table.empty else f" {table['problem'].iloc[0]}"
        raise DecodingError(f"No row of the table has a score.{why}")
    return found


def _curve(rows: list[Mapping[Any, Any]]) -> ChoicesResult:
    specs = [spec_of(row) for row in rows]
    good = [row for row in rows if not row["problem"]]
    kept, left_out = gather([_combination(row) for row in rows], {})
    return ChoicesResult(
        spec=specs[0],
        values={name: _sorted(name, {getattr(spec, name) for spec in specs}) for name in CHOICES},
        combinations=kept,
        left_out=left_out,
        joint=None,
        n_classes=len(good[0]["classes"]),
        n_blocks=max(int(row["n_blocks"]) for row in good),
        circular=any(row["circular"] for row in good),
    )


def _sorted(name: str, values: set[Any]) -> tuple[Any, ...]:
    registry = SETTINGS[name].registry
    return tuple(sorted(values) if registry is None else (one for one in registry if one in values))


def _combination(row: Mapping[Any, Any]) -> Combination:
    return Combination(
        spec=spec_of(row),
        scores=np.array([row["accuracy"]]),
        n_samples=int(row["n_samples"]),
        n_voxels=int(row["n_voxels"]),
        problem=row["problem"],
        p_value=float(row["p_value"]),
    )
