"""Volumes, block means, betas and t values of the same categories and runs, with their nulls."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from decoding.analyses import permute
from decoding.analyses.permute import FEW_SAMPLES, permute_samples, seconds_each
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.datasets.base import Subject
from decoding.errors import DataError, SpecError
from decoding.numbers import list_text
from decoding.progress import Progress, part_of
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.kinds import SAMPLES, as_fitted
from decoding.samples.trials import onset_source, subject_trials
from decoding.spec import DecodingSpec

RELABELLINGS = 200
BETAS_S = 0.3
"""About how long a kind of betas takes to fit, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How each null is drawn."""

    permutations: int = RELABELLINGS
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class KindsResult:
    """The same decoding of each kind of sample.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a kind: ``samples`` (its name), ``label``, ``source`` (of its onsets), ``n_runs``,
        ``n_samples``, ``n_blocks``, ``accuracy``, ``null_mean``, ``low`` and ``high`` (between
        which the middle 95 % of relabellings score), ``p_value``.
    notes : tuple of str
        Which kinds are the same numbers, which cannot be had, and what was left out of which.
    """

    spec: DecodingSpec
    table: pd.DataFrame
    notes: tuple[str, ...]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> KindsResult:
    """Decode the spec from every kind of sample that the recording allows.

    Betas take neither the spec's lag nor its detrending: their model holds both. The spec's own
    kind of sample does not matter.
    """
    rows: dict[str, dict[str, Any]] = {}
    alike: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for number, kind in enumerate(SAMPLES):
        tell = part_of(on_progress, number / len(SAMPLES), (number + 1) / len(SAMPLES))
        if twin := next((name for name in rows if _fitted_alike(subject, name, kind)), None):
            rows[kind] = {**rows[twin], "samples": kind, "label": SAMPLES[kind].label}
            alike.setdefault(twin, [SAMPLES[twin].label]).append(SAMPLES[kind].label)
            continue
        chosen = _spec_for(spec, kind)
        try:
            samples = extract_samples(subject, chosen)
        except (SpecError, DataError) as error:
            if not SAMPLES[kind].is_beta:
                raise
            missing.setdefault(str(error), []).append(SAMPLES[kind].label)
            continue
        rows[kind] = _row(subject, chosen, samples, options, tell)
    notes = [
        *(f"{list_text(same)} are the same numbers here." for same in alike.values()),
        *(f"{list_text(labels)}: {error}" for error, labels in missing.items()),
    ]
    if spec.lag or spec.detrend:
        notes.append("Betas take no lag and no detrending: their model holds both.")
    return KindsResult(spec=spec, table=pd.DataFrame(rows.values()), notes=tuple(notes))


def _spec_for(spec: DecodingSpec, kind: str) -> DecodingSpec:
    chosen = replace(spec, samples=kind)
    return replace(chosen, lag=0.0, detrend=False) if SAMPLES[kind].is_beta else chosen


def _fitted_alike(subject: Subject, one: str, other: str) -> bool:
    """Tell whether two kinds of betas are the same numbers: effects or t of the same models."""
    first, second = SAMPLES[one], SAMPLES[other]
    if first.models is None or second.models is None or first.is_t != second.is_t:
        return False
    return all(
        as_fitted(first.models(run)) == as_fitted(second.models(run))
        for _, run in subject_trials(subject).groupby("run", sort=False)
    )


def _row(
    subject: Subject,
    spec: DecodingSpec,
    samples: Samples,
    options: Options,
    on_progress: Progress | None,
) -> dict[str, Any]:
    drawn = permute.Options(permutations=options.permutations, seed=options.seed)
    test = permute_samples(samples, spec, drawn, on_progress)
    low, high = test.null.band
    return {
        "samples": spec.samples,
        "label": SAMPLES[spec.samples].label,
        "source": onset_source(subject),
        "n_runs": len(set(samples.runs.tolist())),
        "n_samples": len(samples.y),
        "n_blocks": samples.n_blocks,
        "accuracy": test.observed,
        "null_mean": test.null.mean,
        "low": low,
        "high": high,
        "p_value": test.p_value,
    }


def _tried(result: KindsResult) -> Iterator[Tried]:
    return ((_spec_for(result.spec, kind), "") for kind in result.table["samples"])


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    betas = sum(kind.is_beta for kind in SAMPLES.values()) * BETAS_S
    return betas + len(SAMPLES) * options.permutations * seconds_each(spec) * FEW_SAMPLES


ANALYSIS = Analysis(
    name="sample_kinds",
    question="Volumes, block means or betas?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"samples"},
    tried=_tried,
    seconds=_seconds,
)
