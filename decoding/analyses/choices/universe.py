"""Every sound combination of some choices."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from math import prod
from typing import Any

from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.errors import DecodingError, SpecError
from decoding.estimators import ESTIMATORS
from decoding.recording.voxels import open_voxels
from decoding.regions import mask_of
from decoding.registry import offer, pick
from decoding.samples.extract import check_betas, check_order
from decoding.samples.kinds import AS_THEY_ARE, SAMPLES
from decoding.samples.standardize import UNSCALED
from decoding.samples.volumes import select_volumes
from decoding.setting import read_names, write_names
from decoding.settings import SETTINGS, mask_label
from decoding.spec import DecodingSpec

CHOICES = ("standardize", "detrend", "samples", "lag", "select", "mask", "estimator")
"""The fields of a spec whose values are combined, in the order of the curve's rows."""
USUAL: dict[str, tuple[Any, ...]] = {
    "standardize": ("all", "run", "none"),
    "detrend": (False, True),
    "samples": ("volume", "block"),
    "estimator": ("svc", "logistic", "ridge", "gnb"),
}
"""What is combined where nothing is asked for; of the others it is a spec's own value."""
MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Universe:
    """Combinations of choices.

    Parameters
    ----------
    values : mapping of str to tuple
        By field of `CHOICES`, the values that some combination has.
    specs : tuple of DecodingSpec
        The combinations that can be.
    left_out : mapping of str to int
        Why others cannot be, one sentence each, and how many.
    """

    values: Mapping[str, tuple[Any, ...]]
    specs: tuple[DecodingSpec, ...]
    left_out: Mapping[str, int]


def ticked(spec: DecodingSpec, asked: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return the values that are combined: those asked for, else the usual ones and the own one."""
    return {
        name: tuple(dict.fromkeys(asked.get(name) or (*USUAL.get(name, ()), getattr(spec, name))))
        for name in CHOICES
    }


def make_universe(
    subject: Subject, spec: DecodingSpec, values: Mapping[str, Sequence[Any]]
) -> Universe:
    """Combine values by field with what else a spec says.

    Raises
    ------
    DecodingError
        If the scheme leaks or does not leave out whole runs, a value is unknown, or there are more
        than 1,000 combinations, or none.
    """
    if not CV_SCHEMES[spec.cv].by_run:
        right = (name for name, scheme in CV_SCHEMES.items() if scheme.by_run)
        able, remedy = offer("cv", CV_SCHEMES, right)
        raise SpecError(
            f"Choices are compared by scores of runs that were left out, and "
            f"{CV_SCHEMES[spec.cv].label.lower()} leaves none out. Choose {able}.",
            remedy=remedy,
        )
    values = values_for(subject, values)
    count(values)
    for name in CHOICES:
        if (registry := SETTINGS[name].registry) is not None:
            for value in values[name]:
                pick(registry, value, SETTINGS[name].label)
    for mask in values["mask"]:
        mask_of(subject, mask, mask_label)
    specs, left_out, reason = [], Counter[str](), cache(partial(_why_no_samples, subject))
    all_anyway = partial(_why_same, subject, values)
    for combined in product(*(values[name] for name in CHOICES)):
        own = replace(spec, **dict(zip(CHOICES, combined, strict=True)))
        sampled = replace(spec, samples=own.samples, lag=own.lag, detrend=own.detrend)
        if problem := _why_slow(own) or all_anyway(own) or reason(sampled):
            left_out[problem] += 1
        else:
            specs.append(own)
    if not specs:
        raise SpecError(f"No combination can be computed. {' '.join(left_out)}")
    there = {name: {getattr(own, name) for own in specs} for name in CHOICES}
    kept = {name: tuple(one for one in values[name] if one in there[name]) for name in CHOICES}
    return Universe(values=kept, specs=tuple(specs), left_out=dict(left_out))


def values_for(subject: Subject, values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return those of some values that say something of a subject.

    An image is its own block mean and has no trend; what is asked for alone stays, to be refused.
    """
    if not subject.maps:
        return {**values}
    kinds = (AS_THEY_ARE if kind == "block" else kind for kind in values["samples"])
    trends = [detrend for detrend in values["detrend"] if not detrend] or values["detrend"]
    return {**values, "samples": tuple(dict.fromkeys(kinds)), "detrend": tuple(trends)}


def count(values: Mapping[str, Sequence[Any]]) -> int:
    """Return how many combinations there are; a `SpecError` where these are too many."""
    number = prod(len(values[name]) for name in CHOICES)
    if number > MOST:
        raise SpecError(f"There are {number} combinations, and {MOST} at most are computed.")
    return number


def _why_slow(spec: DecodingSpec) -> str:
    """Say why a classifier cannot be fitted to these voxels in time; empty where it can."""
    estimator = ESTIMATORS[spec.estimator]
    if spec.standardize != UNSCALED or not estimator.needs_scale:
        return ""
    label = f"{estimator.label[0].upper()}{estimator.label[1:]}"
    return f"{label} hardly converges on voxels that are not scaled."


def _why_same(subject: Subject, values: Mapping[str, Sequence[Any]], spec: DecodingSpec) -> str:
    """Say why choosing voxels is here what decoding all of them is; empty where it is not."""
    if 0 not in values["select"] or not spec.select:
        return ""
    total = len(open_voxels(subject).mask_rows(spec.mask))
    if spec.select < total:
        return ""
    return f"The best {spec.select} of {total} voxels are all of them, which is there already."


def _why_no_samples(subject: Subject, spec: DecodingSpec) -> str:
    """Say in one sentence why a spec has no samples; empty where it has."""
    try:
        check_betas(spec)
        check_order(subject, spec)
        if not SAMPLES[spec.samples].is_beta:
            select_volumes(subject, spec)
        elif not subject.has_rest:
            raise SpecError(f"{SAMPLES[spec.samples].label} need the time between blocks.")
    except DecodingError as error:
        return f"{str(error).partition('. ')[0].rstrip('.')}."
    return ""


def write_tick(name: str, values: Sequence[Any]) -> str:
    """Return how a link says which values of a field are combined; empty for none."""
    return write_names([SETTINGS[name].write(value) for value in values])


def read_tick(name: str, text: str) -> tuple[Any, ...]:
    """Read the values of a field that `write_tick` wrote; a ValueError where one cannot be."""
    registry = SETTINGS[name].registry
    values = tuple(SETTINGS[name].read([one]) for one in read_names(text))
    if registry is not None and not set(values) <= set(registry):
        raise ValueError(text)
    return values


def choice_words(name: str, value: object) -> str:
    """Return how a row of the curve calls a value."""
    return ROW_WORDS.get(name, SETTINGS[name].words)(value)


ROW_WORDS: dict[str, Callable[[Any], str]] = {
    "select": lambda n: f"best {n}" if n else "all voxels",
    "detrend": lambda removed: "detrended" if removed else "not detrended",
    "standardize": lambda way: (
        "not scaled" if way == UNSCALED else f"scaled {SETTINGS['standardize'].words(way)}"
    ),
}
"""By field, how a row calls a value where the setting's own words would not stand by themselves."""
