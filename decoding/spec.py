"""What is decoded and how: one value that a page, a link, a command and a script share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode

LINK_VERSION = "1"
ALL, AUTO = "all", "auto"
"""How a link says a tuple that is empty because everything is meant."""
RECORDED = "recorded"
"""The space of scans that nothing was done to."""


@dataclass(frozen=True, kw_only=True)
class Categories:
    """What counts as a category, where that is not what the files say.

    Parameters
    ----------
    column : str
        The column of events, or of a table of images, that names the type of a trial.
    names : tuple of (str, str)
        Types as they are written, and what each is called: several by one name are one category,
        and what is called nothing is left out.
    run : str
        The column of a table of images that says their run; empty: the one that is called so.
    """

    column: str = "trial_type"
    names: tuple[tuple[str, str], ...] = ()
    run: str = ""

    def called(self, kind: str) -> str:
        """Return what a type is called, empty where it is left out."""
        return dict(self.names).get(kind, kind)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The types that are left out, as they are written."""
        return tuple(kind for kind, called in self.names if not called)


AS_WRITTEN = Categories()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a folder is read that can be read in several ways.

    Parameters
    ----------
    space : str
        "recorded" for the scans as they were recorded; else the space that a pipeline such as
        fMRIPrep brought them into, with their resolution where names give it, e.g. "T1w" or
        "MNI152NLin2009cAsym_res-2".
    merge_gap : float or None
        Rows of events of one type that lie no further apart, in s, are one trial; None: no further
        than a repetition time.
    categories : Categories
        What counts as a category; a type is renamed before anything is made of its rows, as if
        the files said so.
    """

    space: str = RECORDED
    merge_gap: float | None = None
    categories: Categories = AS_WRITTEN


AS_RECORDED = Reading()


@dataclass(frozen=True, kw_only=True)
class DecodingSpec:
    """A decoding, completely described; the defaults are the tutorial's.

    Parameters
    ----------
    dataset, samples, standardize, estimator, cv, confounds : str
        Names in ``DATASETS``, ``SAMPLES``, ``STANDARDIZE``, ``ESTIMATORS``, ``CV_SCHEMES`` and
        ``CONFOUNDS``.
    subject, mask : str
        A subject's name in that dataset, and a mask of that subject.
    conditions : tuple of str
        Two or more categories, kept sorted; empty means all of the subject's categories.
    detrend : bool
        Whether a linear trend is removed from each voxel within each run.
    lag : float
        Seconds between a volume's label and the volume decoded, a whole number of volumes.
    select : int
        How many voxels are chosen inside each training fold; 0 for all of the mask.
    space : str
    merge_gap : float or None
        See `Reading`.
    """

    dataset: str = "haxby"
    subject: str = "2"
    mask: str = "vt"
    conditions: tuple[str, ...] = ("cat", "face")
    samples: str = "volume"
    standardize: str = "all"
    detrend: bool = False
    lag: float = 0.0
    select: int = 0
    estimator: str = "svc"
    cv: str = "leave_one_run_out"
    space: str = RECORDED
    confounds: str = "none"
    merge_gap: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(sorted(set(self.conditions))))
        object.__setattr__(self, "lag", float(self.lag) + 0.0)  # -0.0 becomes 0.0

    @property
    def reading(self) -> Reading:
        """How the subject is read."""
        return Reading(space=self.space, merge_gap=self.merge_gap)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        values = asdict(self)
        return {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}


SPEC_FIELDS = tuple(field.name for field in fields(DecodingSpec))
"""The names of a spec's fields, in their order."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One analysis of one spec with that analysis' own options: the key of caches and jobs."""

    analysis: str
    spec: DecodingSpec
    options: Any = None


def spec_to_query(spec: DecodingSpec) -> dict[str, list[str]]:
    """Return the spec as a complete URL query, every field present."""
    texts = {field.name: _texts(getattr(spec, field.name)) for field in fields(spec)}
    return {"v": [LINK_VERSION], **texts}


def link_to(page: str, spec: DecodingSpec, extra: Mapping[str, str] | None = None) -> str:
    """Return the relative and complete link of a page on this spec, ``/decode?v=1&...``."""
    return f"/{page}?{urlencode({**spec_to_query(spec), **(extra or {})}, doseq=True)}"


def spec_to_text(spec: DecodingSpec) -> str:
    """Return a spec as one short text, e.g. for a link's own value: what is no default."""
    query, usual = spec_to_query(spec), spec_to_query(DecodingSpec())
    unusual = {name: texts for name, texts in query.items() if texts != usual[name]}
    return urlencode({"v": [LINK_VERSION], **unusual}, doseq=True)


def differing_fields(spec: DecodingSpec, other: DecodingSpec) -> list[str]:
    """Return the names of the fields in which two specs differ, in their order."""
    return [name for name in SPEC_FIELDS if getattr(spec, name) != getattr(other, name)]


def write_value(value: object) -> str:
    """Return one value as a link says it: yes or no, a number as short as it can be, a text.

    None, for what follows from the recording, is ``auto``.
    """
    if value is None:
        return AUTO
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return str(value)


def _texts(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [write_value(item) for item in value] or [ALL]
    return [write_value(value)]
