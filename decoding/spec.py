"""What is decoded and how: one value that a page, a link, a command and a script share."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

LINK_VERSION = "1"
ALL_CONDITIONS = "all"


@dataclass(frozen=True, kw_only=True)
class DecodingSpec:
    """A decoding, completely described; the defaults are the tutorial's.

    Parameters
    ----------
    dataset : str
        A name in ``DATASETS``.
    subject : str
        A subject's name in that dataset, e.g. ``"2"``.
    mask : str
        A mask of that subject, e.g. ``"vt"``.
    conditions : tuple of str
        Two or more categories, kept sorted; empty means all of the subject's categories.
    samples : str
        What a sample is: a name in ``SAMPLES``.
    standardize : str
        How voxels are standardized: a name in ``STANDARDIZE``.
    detrend : bool
        Whether a linear trend is removed from each voxel within each run.
    lag : float
        Seconds between a volume's label and the volume decoded, a whole number of volumes.
    estimator : str
        A name in ``ESTIMATORS``.
    cv : str
        A cross-validation scheme: a name in ``CV_SCHEMES``.
    """

    dataset: str = "haxby"
    subject: str = "2"
    mask: str = "vt"
    conditions: tuple[str, ...] = ("cat", "face")
    samples: str = "volume"
    standardize: str = "all"
    detrend: bool = False
    lag: float = 0.0
    estimator: str = "svc"
    cv: str = "leave_one_run_out"

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(sorted(set(self.conditions))))
        object.__setattr__(self, "lag", float(self.lag) + 0.0)  # -0.0 becomes 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {**asdict(self), "conditions": list(self.conditions)}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One analysis of one spec with that analysis' own options: the key of caches and jobs."""

    analysis: str
    spec: DecodingSpec
    options: Any = None


def spec_to_query(spec: DecodingSpec) -> dict[str, list[str]]:
    """Return the spec as a complete URL query, every field present."""
    values = spec.as_dict()
    query = {name: [_write(value)] for name, value in values.items()}
    query["conditions"] = list(spec.conditions) or [ALL_CONDITIONS]
    return {"v": [LINK_VERSION], **query}


def link_to(page: str, spec: DecodingSpec, extra: Mapping[str, str] | None = None) -> str:
    """Return the relative and complete link of a page on this spec, ``/decode?v=1&...``."""
    return f"/{page}?{urlencode({**spec_to_query(spec), **(extra or {})}, doseq=True)}"


def spec_from_query(
    query: Mapping[str, Sequence[str]], default: DecodingSpec
) -> tuple[DecodingSpec, list[str]]:
    """Read a query; what is absent or malformed keeps `default`.

    Whether the names exist is not asked here: see `decoding.choices`.

    Returns
    -------
    spec : DecodingSpec
    problems : list of str
        One plain sentence for each value that could not be read.
    """
    problems = []
    version = (list(query.get("v", [])) or [LINK_VERSION])[-1]
    if version != LINK_VERSION:
        problems.append(
            f"This link is of version {version!r}; this app writes version {LINK_VERSION}. "
            "What it understands of the link is shown."
        )
    changes: dict[str, Any] = {}
    for field in fields(DecodingSpec):
        values = [value for value in query.get(field.name, []) if value.strip()]
        if not values:
            continue
        try:
            changes[field.name] = _READERS.get(field.name, _last)(values)
        except ValueError:
            problems.append(
                f"{_SAID[field.name]}, not {values[-1]!r}; "
                f"{_write(getattr(default, field.name))} is used instead."
            )
    return replace(default, **changes), problems


def spec_to_text(spec: DecodingSpec) -> str:
    """Return a spec as one short text, e.g. for a link's own value: what is no default."""
    query, usual = spec_to_query(spec), spec_to_query(DecodingSpec())
    told = {name: values for name, values in query.items() if values != usual[name]}
    return urlencode({"v": [LINK_VERSION], **told}, doseq=True)


def spec_from_text(text: str) -> tuple[DecodingSpec, list[str]]:
    """Read a spec from the text that `spec_to_text` made; see `spec_from_query`."""
    return spec_from_query(parse_qs(text), DecodingSpec())


def differing_fields(spec: DecodingSpec, other: DecodingSpec) -> list[str]:
    """Return the names of the fields in which two specs differ, in their order."""
    names = [field.name for field in fields(DecodingSpec)]
    return [name for name in names if getattr(spec, name) != getattr(other, name)]


def default_of(field_name: str) -> Any:  # noqa: ANN401 - a field's own type
    """Return the tutorial's value of a field."""
    (field,) = (field for field in fields(DecodingSpec) if field.name == field_name)
    assert field.default is not MISSING
    return field.default


def _write(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return str(value)


def _last(values: Sequence[str]) -> str:
    return values[-1].strip()


def _read_conditions(values: Sequence[str]) -> tuple[str, ...]:
    return () if list(values) == [ALL_CONDITIONS] else tuple(value.strip() for value in values)


def _read_switch(values: Sequence[str]) -> bool:
    answer = _last(values)
    if answer not in ("yes", "no"):
        raise ValueError(answer)
    return answer == "yes"


def _read_seconds(values: Sequence[str]) -> float:
    seconds = float(_last(values))
    if not math.isfinite(seconds):
        raise ValueError(values)
    return seconds


_SAID = {
    "detrend": "Whether a linear trend is removed within each run must be yes or no",
    "lag": "The lag must be a number of seconds",
}
"""What is asked of the values that can be unreadable."""

_READERS: dict[str, Any] = {
    "conditions": _read_conditions,
    "detrend": _read_switch,
    "lag": _read_seconds,
}
