"""A row of a sweep's table: one spec's score and test, as any table of many specs holds them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from decoding.analyses import decode, permute
from decoding.datasets.base import Subject
from decoding.errors import DecodingError
from decoding.null import Null
from decoding.progress import Progress
from decoding.results import plain
from decoding.samples.extract import extract_samples
from decoding.spec import SPEC_FIELDS, DecodingSpec, spec_to_text


def row_key(spec: DecodingSpec, options: permute.Options) -> str:
    """Return what names a row of a table: its spec and the test."""
    drawn = "" if options.permutations is None else str(options.permutations)
    return f"{spec_to_text(spec)}&permutations={drawn}&seed={options.seed}"


def read_test(key: str) -> permute.Options:
    """Return the test in the name of a row; see `row_key`."""
    _, drawn, seed = re.split("&permutations=|&seed=", key)
    return permute.Options(permutations=int(drawn) if drawn else None, seed=int(seed))


def spec_of(row: Mapping[Any, Any]) -> DecodingSpec:
    """Return the spec of a row, as a table gives its fields."""
    return DecodingSpec(**{name: plain(row[name]) for name in SPEC_FIELDS})


def make_row(
    spec: DecodingSpec,
    options: permute.Options,
    find: Callable[[], Subject],
    *,
    tested: bool = True,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the row of a spec; see `decoding.sweep.read_sweep` for its columns.

    Parameters
    ----------
    find : callable
        Returns the subject. A `DecodingError` of it, or of the row, is the row's ``problem``.
    tested : bool
        Whether shuffled labels are scored too; without them p is NaN and the null is empty.
    """
    values = {"key": row_key(spec, options), **spec.as_dict(), "problem": ""}
    try:
        subject = find()
        samples = extract_samples(subject, spec)
        result = decode.decode_subject(subject, spec, samples)
        test = permute.permute_samples(samples, spec, options, on_progress) if tested else None
    except DecodingError as error:
        return {**values, **_NOTHING, "problem": error.one_line}
    return {
        **values,
        "classes": list(result.classes),
        "data_version": subject.version,
        "accuracy": result.accuracy,
        "balanced_accuracy": result.balanced_accuracy,
        "fold_scores": result.fold_scores,
        "chance": result.chance,
        "n_samples": result.n_samples,
        "n_blocks": result.n_blocks,
        "n_voxels": result.n_voxels,
        "circular": result.circular,
        **(_UNTESTED if test is None else columns_of(test.null, test.p_value)),
    }


def columns_of(null: Null, p_value: float) -> dict[str, Any]:
    """Return the columns of a row that a test gives."""
    scores, counts = np.unique(np.round(null.scores, 12), return_counts=True)
    return {
        "p_value": p_value,
        "smallest_p": null.smallest_p,
        "exact": null.exact,
        "null_scores": scores.tolist(),
        "null_counts": counts.tolist(),
    }


_UNTESTED: dict[str, Any] = {
    "p_value": np.nan, "smallest_p": np.nan, "exact": False, "null_scores": [], "null_counts": [],
}  # fmt: skip
_NOTHING: dict[str, Any] = {
    "classes": [], "data_version": "", "accuracy": np.nan, "balanced_accuracy": np.nan,
    "fold_scores": [], "chance": np.nan, "n_samples": 0, "n_blocks": 0, "n_voxels": 0,
    "circular": False, **_UNTESTED,
}  # fmt: skip
