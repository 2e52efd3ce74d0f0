"""What to show first, and what to show when a choice does not exist."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from decoding.datasets import DATASETS, credits_of
from decoding.datasets.base import Subject
from decoding.errors import DataMissingError, DecodingError, UnknownChoiceError
from decoding.regions import mask_of
from decoding.samples.confounds import NONE, confounds_of
from decoding.samples.extract import check_betas, check_order
from decoding.samples.kinds import AS_THEY_ARE, SAMPLES
from decoding.samples.volumes import select_volumes
from decoding.settings import SETTINGS, mask_label
from decoding.spec import RECORDED, DecodingSpec


def default_spec(data_dir: Path | None = None) -> DecodingSpec:
    """Return the tutorial's spec on the first recording there is.

    That is Haxby's subject 2, else the first of Haxby's subjects on disk, else the first simulated
    one.
    """
    haxby = DATASETS["haxby"].subjects(data_dir)
    if not haxby:
        return DecodingSpec(dataset="simulated", subject=DATASETS["simulated"].subjects()[0])
    return DecodingSpec(subject="2" if "2" in haxby else haxby[0])


def settle(
    spec: DecodingSpec,
    default: DecodingSpec,
    load: Callable[[DecodingSpec], Subject],
    unasked: AbstractSet[str] = frozenset(),
) -> tuple[DecodingSpec, Subject, list[str]]:
    """Replace every value that does not exist by the nearest default.

    Parameters
    ----------
    default : DecodingSpec
        A spec that can be computed.
    load : callable
        Returns the subject that a spec names, or raises a `DecodingError`.
    unasked : set of str
        Fields that nobody chose: they give way without a word.

    Returns
    -------
    spec : DecodingSpec
        Everything in it exists for `subject`.
    subject : Subject
    problems : list of str
        One plain sentence or two for each value replaced, in the words of the pages.
    """
    problems: list[str] = []
    spec = _settle_registered(spec, default, problems)
    try:
        subject = load(spec)
    except DecodingError as error:
        absent = DATASETS[spec.dataset].absent if isinstance(error, DataMissingError) else ""
        named = spec.dataset
        spec, subject, instead = _load_nearest(spec, default, load)
        no_such = isinstance(error, UnknownChoiceError) and named == spec.dataset
        if not (no_such and "subject" in unasked):
            problems.append(" ".join(f"{error} {absent} {instead}".split()))
    spec = give_way(spec, subject, unasked)
    return _settle_for_subject(spec, subject, problems), subject, problems


def give_way(spec: DecodingSpec, subject: Subject, unasked: AbstractSet[str]) -> DecodingSpec:
    """Put the subject's own mask and categories in place of defaults that it has not.

    A mask that it has, but that cannot be used, is a fault to be told.
    """
    if spec.space not in subject.spaces:  # a pipeline's folder, or a resolution left unsaid
        spec = replace(spec, space=subject.space)
    if "mask" in unasked and spec.mask not in {*subject.masks, *subject.unusable}:
        spec = replace(spec, mask=next(iter(subject.masks)))
    if "conditions" in unasked and not set(spec.conditions) <= set(subject.conditions):
        spec = replace(spec, conditions=nearest_pair(subject))
    return spec


def _load_nearest(
    spec: DecodingSpec, default: DecodingSpec, load: Callable[[DecodingSpec], Subject]
) -> tuple[DecodingSpec, Subject, str]:
    """Load what a spec names in the space that was recorded, else the default subject."""
    if spec.space != RECORDED:
        spec = replace(spec, space=RECORDED)
        try:
            subject = load(spec)
        except DecodingError:
            pass
        else:
            return spec, subject, f"Shown instead: {SETTINGS['space'].words(subject.space)}."
    for name in DATASETS[spec.dataset].subjects():  # another of this dataset, if one can be read
        try:
            subject = load(replace(spec, subject=name))
        except DecodingError:
            continue
        label = credits_of(subject).label
        return replace(spec, subject=name), subject, f"Subject {name} of {label} is shown instead."
    spec = replace(spec, dataset=default.dataset, subject=default.subject)
    subject = load(spec)
    label = credits_of(subject).label
    return spec, subject, f"Subject {spec.subject} of {label} is shown instead."


def _settle_registered(
    spec: DecodingSpec, default: DecodingSpec, problems: list[str]
) -> DecodingSpec:
    for name, setting in SETTINGS.items():
        value, registry = getattr(spec, name), setting.registry
        if registry is not None and value not in registry:
            fallback = getattr(default, name)
            labels = [choice.label for choice in registry.values()]
            error = UnknownChoiceError(setting.label, value, labels)
            problems.append(f"{error} Shown instead: {registry[fallback].label}.")
            spec = replace(spec, **{name: fallback})
    return spec


def _settle_for_subject(spec: DecodingSpec, subject: Subject, problems: list[str]) -> DecodingSpec:
    where = f" for subject {subject.name}"
    try:
        mask_of(subject, spec.mask, mask_label)
    except DecodingError as error:
        fallback = next(iter(subject.masks))
        problems.append(f"{error} Shown instead: {mask_label(fallback)}.")
        spec = replace(spec, mask=fallback)
    known = tuple(name for name in spec.conditions if name in subject.conditions)
    problems.extend(
        str(UnknownChoiceError("category", name, subject.conditions, where))
        for name in sorted(set(spec.conditions) - set(known))
    )
    if spec.conditions and len(known) < 2 <= len(subject.conditions):
        known = nearest_pair(subject, known)
        problems.append(f"A decoding needs two categories; {' and '.join(known)} are shown.")
    spec = replace(spec, conditions=known if spec.conditions else ())
    try:
        confounds_of(subject, spec.confounds)
    except DecodingError as error:
        problems.append(f"{error} None are removed.")
        spec = replace(spec, confounds=NONE)
    try:
        if spec.lag:
            select_volumes(subject, spec)
    except DecodingError as error:
        problems.append(f"{error} Lag 0 is shown instead.")
        spec = replace(spec, lag=0.0)
    try:
        check_order(subject, spec)
    except DecodingError as error:
        problems.append(f"{error} They are shown without.")
        spec = replace(spec, detrend=False)
    return _settle_betas(spec, subject, problems)


def _settle_betas(spec: DecodingSpec, subject: Subject, problems: list[str]) -> DecodingSpec:
    if not SAMPLES[spec.samples].is_beta:
        return replace(spec, samples=AS_THEY_ARE) if subject.maps else spec
    if subject.maps:
        problems.append(
            f"{SAMPLES[spec.samples].label} are made of scans in time. Of subject {subject.name} "
            f"{subject.lacks_time}. They are decoded as they are."
        )
        return replace(spec, samples=AS_THEY_ARE)
    if not subject.has_rest:
        problems.append(
            f"{SAMPLES[spec.samples].label} need the time between blocks. Of subject "
            f"{subject.name} {subject.lacks_time}. Block means are shown instead."
        )
        return replace(spec, samples="block")
    try:
        check_betas(spec)
    except DecodingError as error:
        problems.append(f"{error} Betas are shown without.")
        spec = replace(spec, lag=0.0, detrend=False)
    return spec


def nearest_pair(subject: Subject, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return two of the subject's categories: `known` ones first, then the tutorial's."""
    wanted = (*known, *DecodingSpec().conditions, *subject.conditions)
    pair = list(dict.fromkeys(name for name in wanted if name in subject.conditions))
    return tuple(sorted(pair[:2]))
