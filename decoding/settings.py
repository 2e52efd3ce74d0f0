"""Settings: one record a field of a spec, read by links, flags, controls, pins and the report.

They lie above the registries that know what a value means; the spec, which only writes links, lies
below these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qs

from decoding.cross_validation import CV_SCHEMES, TRUST_WORDS
from decoding.datasets import DATASETS
from decoding.datasets.base import Note, Subject
from decoding.datasets.space import space_words
from decoding.errors import quoted
from decoding.estimators import ESTIMATORS
from decoding.numbers import list_text, read_count
from decoding.regions import FORMS, masks_offered, region_text, region_words
from decoding.samples.confounds import CONFOUNDS, NONE
from decoding.samples.kinds import AS_THEY_ARE, SAMPLES, T_VALUES
from decoding.samples.standardize import STANDARDIZE
from decoding.setting import Labelled, Setting, read_number, read_switch
from decoding.spec import AUTO, LINK_VERSION, RECORDED, DecodingSpec

T = TypeVar("T")
TUTORIAL = DecodingSpec()
MASKS = {
    "vt": ("ventral temporal", "Voxels that answer the categories differently: the tutorial's."),
    "face": ("face-responsive", "The voxels that answer faces more than houses."),
    "house": ("house-responsive", "The voxels that answer houses more than faces."),
    "face_little": ("face-responsive, small", "Fewer of the voxels that answer faces."),
    "house_little": ("house-responsive, small", "Fewer of the voxels that answer houses."),
    "brain": ("recorded brain", "Every voxel of the brain that was recorded."),
}
"""Label and help of the masks that a dataset may hold; any other goes by its own name."""
MAX_LAG_VOLUMES = 6
SELECTED = (0, 10, 30, 100, 300, 1000)
"""How many voxels a page offers to choose; a link can have any number."""


def read_gap(text: str) -> float | None:
    """Read a number of seconds, 0 or more, or ``auto``; a ValueError for anything else."""
    if text.strip() == AUTO:
        return None
    gap = read_number(text)
    if gap < 0:
        raise ValueError(text)
    return gap


def mask_label(name: str) -> str:
    """Return how pages call a mask."""
    return MASKS[name][0] if name in MASKS else region_words(name) or name


def conditions_label(conditions: Sequence[str]) -> str:
    """Return categories as a sentence reads them."""
    if len(conditions) == 2:
        return " against ".join(reversed(conditions))
    return f"among {len(conditions) or 'all'} categories"


def _mask_option(name: str, subject: Subject) -> str:
    """Say what a localizer's mask is: it can be circular."""
    return f"{mask_label(name)}{' (localizer)' if name in subject.localizer_masks else ''}"


def _scheme_option(name: str, subject: Subject) -> str:
    scheme = CV_SCHEMES[name]
    return f"{scheme.label} ({TRUST_WORDS[scheme.trust]})" if scheme.leaks else scheme.label


def _lags(subject: Subject) -> list[float]:
    steps = range(MAX_LAG_VOLUMES + 1) if subject.has_rest else (0,)
    return [step * subject.t_r for step in steps]


def _space_words(space: str) -> str:
    return "as recorded" if space == RECORDED else f"preprocessed, in {space_words(space)}"


def _gap_words(gap: float | None) -> str:
    return "one volume" if gap is None else f"{gap:g} s"


def _datasets_there(subject: Subject) -> list[str]:
    return [name for name, one in DATASETS.items() if name == subject.dataset or one.subjects()]


def _registered(name: str, label: str, registry: Mapping[str, Labelled]) -> Setting[str]:
    """Return the setting whose values are the names in a registry."""
    return Setting(
        name=name,
        default=getattr(TUTORIAL, name),
        label=label,
        registry=registry,
        words=lambda key: registry[key].label,
        choices=lambda subject: list(registry),
        explain=lambda key: registry[key].help,
    )


SETTINGS: dict[str, Setting[Any]] = {
    setting.name: setting
    for setting in (
        replace(_registered("dataset", "dataset", DATASETS), choices=_datasets_there),
        Setting(
            name="subject",
            default=TUTORIAL.subject,
            label="subject",
            help="a number, or a BIDS label",
            choices=lambda subject: DATASETS[subject.dataset].subjects(),
            option=lambda name, subject: f"subject {name}",
        ),
        Setting(
            name="mask",
            default=TUTORIAL.mask,
            label="mask",
            help=f"{list_text([*MASKS, *FORMS], 'or')}",
            parse=region_text,
            words=mask_label,
            choices=masks_offered,
            option=_mask_option,
            explain=lambda name: MASKS[name][1] if name in MASKS else "",
        ),
        Setting(
            name="conditions",
            default=TUTORIAL.conditions,
            label="categories",
            help="two or more categories; none: all of them",
            words=conditions_label,
            parse=str,  # a name's spaces are its own
            many=True,
            choices=lambda subject: subject.conditions,
            metavar="CATEGORY",
        ),
        replace(
            _registered("samples", "kind of sample", SAMPLES),
            choices=lambda subject: [AS_THEY_ARE] if subject.maps else list(SAMPLES),
            option=lambda kind, subject: subject.worded(SAMPLES[kind].label),
            control="A sample is",
            variant=("As t values: each beta over its standard error", T_VALUES),
        ),
        replace(
            _registered("standardize", "standardization", STANDARDIZE),
            control="Voxels are standardized",
            departure=lambda name: STANDARDIZE[name].short,
        ),
        Setting(
            name="detrend",
            default=TUTORIAL.detrend,
            label="trend",
            help="remove a linear trend within each run",
            parse=read_switch,
            words=lambda removed: "linear, within each run" if removed else "none",
            must="Whether a linear trend is removed within each run must be yes or no",
            choices=lambda subject: (False,) if subject.maps else (False, True),
            control="Remove a linear trend within each run",
            departure=lambda removed: "detrended",
            methods=lambda removed: "A linear trend was removed from each voxel within each run.",
            switch=("none", "linear"),
        ),
        Setting(
            name="lag",
            default=TUTORIAL.lag,
            label="lag",
            help="a whole number of volumes",
            parse=read_number,
            words=lambda seconds: f"{seconds:g} s",
            must="The lag must be a number of seconds",
            choices=_lags,
            option=lambda seconds, subject: (
                f"{seconds:g} s after their label" if seconds else "where they are labelled"
            ),
            control="Lag: volumes are taken",
            methods=lambda lag: f"Volumes {lag:g} s after those labelled were decoded.",
            metavar="SECONDS",
        ),
        Setting(
            name="select",
            default=TUTORIAL.select,
            label="voxels chosen",
            help="N voxels chosen inside each training fold (0: all of the mask)",
            parse=read_count,
            words=lambda n: f"the {n} of highest F, in each training fold" if n else "all",
            must="The number of voxels chosen must be a whole number, 0 or more",
            choices=lambda subject: SELECTED,
            option=lambda n, subject: f"the {n} that differ most" if n else "all of the mask",
            control="Each training fold chooses voxels",
            departure=lambda n: f"best {n} voxels",
            methods=lambda n: (
                f"The {n} voxels of highest F between categories (all, where there were no more) "
                "were chosen on each training set alone."
            ),
            metavar="N",
        ),
        _registered("estimator", "classifier", ESTIMATORS),
        replace(_registered("cv", "cross-validation", CV_SCHEMES), option=_scheme_option),
        Setting(
            name="space",
            default=TUTORIAL.space,
            label="space",
            help=f"{RECORDED}, or one that a pipeline such as fMRIPrep brought the scans into",
            words=_space_words,
            choices=lambda subject: subject.spaces,
            control="Scans are taken",
            departure=lambda space: f"preprocessed in {space_words(space)}",
            methods=lambda space: f"Preprocessed scans were read, in {space_words(space)}.",
        ),
        replace(
            _registered("confounds", "confounds", CONFOUNDS),
            choices=lambda subject: (
                list(CONFOUNDS) if len(subject.confounds) == subject.n_runs else [NONE]
            ),
            control="Confounds removed from each run",
            departure=lambda name: f"cleaned of {CONFOUNDS[name].label}",
            methods=lambda name: f"{CONFOUNDS[name].methods}.",
        ),
        Setting(
            name="merge_gap",
            default=TUTORIAL.merge_gap,
            label="gap within a trial",
            help="rows of events so many seconds apart, or less, are one trial",
            parse=read_gap,
            words=_gap_words,
            must=f"The gap within a trial must be a number of seconds, 0 or more, or {AUTO}",
            choices=lambda subject: [None, 0.0] if subject.events else [None],
            option=lambda gap, subject: (
                f"up to {subject.t_r if gap is None else gap:g} s apart" if gap != 0 else "never"
            ),
            control="Events of one type are one trial",
            methods=lambda gap: (
                f"Events of one type at most {_gap_words(gap)} apart were one trial."
            ),
            metavar="SECONDS",
        ),
    )
}
"""By name, in the order of the spec's fields."""


def flag_text(note: Note) -> str:
    """Return what the command line takes to do what a note says; empty where there is nothing."""
    if note.change is None:
        return ""
    field, value = note.change
    return f"Type --{field.replace('_', '-')} {SETTINGS[field].write(value)}."


def control_text(note: Note, subject: Subject) -> str:
    """Return what to choose on a page to do what a note says; empty where there is nothing."""
    if note.change is None:
        return ""
    setting, value = SETTINGS[note.change[0]], note.change[1]
    return (
        "In the line at the top, under preparation, choose "
        f"'{setting.option_words(value, subject)}' at '{setting.heading}'."
    )


def spec_from_query(
    query: Mapping[str, Sequence[str]], default: DecodingSpec
) -> tuple[DecodingSpec, list[str]]:
    """Read a query; what is absent or malformed keeps `default`, with a sentence on each problem.

    Whether the names exist is not asked here: see `decoding.choices`.
    """
    problems = []
    version = (list(query.get("v", [])) or [LINK_VERSION])[-1]
    if version != LINK_VERSION:
        problems.append(
            f"This link is of version {quoted(version)}, and this app writes version "
            f"{LINK_VERSION}. What it understands of the link is shown."
        )
    changes: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        values = [value for value in query.get(name, []) if value.strip()]
        if not values:
            continue
        try:
            changes[name] = setting.read(values)
        except ValueError:
            kept = setting.write(getattr(default, name))
            problems.append(f"{setting.must}, not {quoted(values[-1])}; {kept} is used instead.")
    return replace(default, **changes), problems


def spec_from_text(text: str) -> tuple[DecodingSpec, list[str]]:
    """Read a spec from the text that `spec_to_text` made; see `spec_from_query`."""
    return spec_from_query(parse_qs(text), TUTORIAL)
