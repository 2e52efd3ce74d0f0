"""Settings: one record a field of a spec, read by links, flags, controls, pins and the report.

The spec itself writes links, because results carry them, so it lies below the registries that know
what a value means. A `Setting` lies above them: it reads a value where the spec only writes it, and
says it in words. A page's own setting is one too; see `pages.components.url_state`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs

from decoding.cross_validation import CV_SCHEMES, TRUST_WORDS
from decoding.datasets import DATASETS
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.numbers import list_text
from decoding.regions import FORMS, region_text, region_words
from decoding.samples.confounds import CONFOUNDS, NONE
from decoding.samples.kinds import SAMPLES, T_VALUES
from decoding.samples.standardize import STANDARDIZE
from decoding.spec import ALL, AUTO, LINK_VERSION, RECORDED, DecodingSpec, write_value

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


class Labelled(Protocol):
    """An entry of any registry."""

    @property
    def label(self) -> str:
        """How pages call it."""

    @property
    def help(self) -> str:
        """One sentence for somebody who meets it for the first time."""


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """Something that can be set: a field of the spec, or a page's own.

    Parameters
    ----------
    name : str
        In links and, for a field of the spec, as its flag.
    default : object
        The value where nothing is asked for.
    label : str
        How a sentence calls it.
    help : str
        What can be given, as the command line says it.
    parse, write : callable
        Reads one text of a link or a flag, a ValueError where it cannot; and writes it.
    words : callable
        How people read a value.
    many : bool
        Whether the value is a tuple, which a link and a flag give item by item.
    must : str
        What a text has to be, as the beginning of a sentence; empty where any can be read.
    registry : mapping or None
        What the value is a name in.
    choices : callable or None
        What can be chosen for a subject; None where anything can be given.
    option : callable or None
        How a control says a value for a subject; None: by its words.
    explain : callable
        What an option is, in one sentence below its words; empty where they say it all.
    control : str
        What stands above the control; empty: the label.
    variant : (str, mapping)
        What a switch below the control says, and what it makes of values; others have no switch.
    departure, methods : callable or None
        How a list of departures from the tutorial's way says a value, and the sentence of the
        report's methods section on one; None: label and words.
    switch : (str, str)
        Of a setting that is on or off, how its flag says off and on.
    metavar : str
        What stands behind the flag in the command line's help; empty: the name in capitals.
    """

    name: str
    default: T
    label: str
    help: str = ""
    parse: Callable[[str], Any] = str.strip
    write: Callable[[Any], str] = write_value
    words: Callable[[T], str] = write_value
    many: bool = False
    must: str = ""
    registry: Mapping[str, Labelled] | None = None
    choices: Callable[[Subject], Sequence[Any]] | None = None
    option: Callable[[T, Subject], str] | None = None
    explain: Callable[[T], str] = lambda value: ""
    control: str = ""
    variant: tuple[str, Mapping[T, T]] = ("", MappingProxyType({}))
    departure: Callable[[T], str] | None = None
    methods: Callable[[T], str] | None = None
    switch: tuple[str, str] = ("no", "yes")
    metavar: str = ""

    def read(self, texts: Sequence[str]) -> T:
        """Return the value that some texts of a link give: of a single value, the last one."""
        if not self.many:
            return self.parse(texts[-1])  # type: ignore[no-any-return]
        return () if list(texts) == [ALL] else tuple(map(self.parse, texts))  # type: ignore[return-value]

    @property
    def heading(self) -> str:
        """What stands above the control, or is read out of it."""
        return self.control or self.label.capitalize()

    def option_words(self, value: T, subject: Subject) -> str:
        """Return how a control says a value for a subject."""
        return self.words(value) if self.option is None else self.option(value, subject)

    def departure_words(self, value: T) -> str:
        """Return how a list of departures from the tutorial's way says a value."""
        return self.departure(value) if self.departure else f"{self.label} {self.words(value)}"

    def methods_sentence(self, value: T) -> str:
        """Return the sentence of the report's methods section on a value."""
        return self.methods(value) if self.methods else f"The {self.label} was {self.words(value)}."


def read_switch(text: str) -> bool:
    """Read ``yes`` or ``no``; a ValueError for anything else."""
    answer = text.strip()
    if answer not in ("yes", "no"):
        raise ValueError(answer)
    return answer == "yes"


def read_number(text: str) -> float:
    """Read a finite number; a ValueError for anything else."""
    number = float(text.strip())
    if not math.isfinite(number):
        raise ValueError(text)
    return number


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
    return "as recorded" if space == RECORDED else f"preprocessed, in space {space}"


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
            choices=lambda subject: list(subject.masks),
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
            departure=lambda space: f"preprocessed, space {space}",
            methods=lambda space: f"Preprocessed scans were read, in space {space}.",
        ),
        replace(
            _registered("confounds", "confounds", CONFOUNDS),
            choices=lambda subject: list(CONFOUNDS) if subject.confounds else [NONE],
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
            f"This link is of version {version!r}, and this app writes version {LINK_VERSION}. "
            "What it understands of the link is shown."
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
            problems.append(f"{setting.must}, not {values[-1]!r}; {kept} is used instead.")
    return replace(default, **changes), problems


def spec_from_text(text: str) -> tuple[DecodingSpec, list[str]]:
    """Read a spec from the text that `spec_to_text` made; see `spec_from_query`."""
    return spec_from_query(parse_qs(text), TUTORIAL)
