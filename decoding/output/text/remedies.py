"""What makes a wrong score honest, as steps that somebody can take."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from decoding.analyses.circularity import circularity, is_circular
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import Subject
from decoding.output.states import is_wrong
from decoding.output.text.wording import chance_for, compared_text
from decoding.results import DecodingResult
from decoding.settings import SETTINGS, mask_label
from decoding.spec import DecodingSpec, differing_fields


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: why, what its link says, and what it changes.

    Parameters
    ----------
    changes : mapping
        Fields of the spec.
    settings : mapping of str to str
        Pages' own settings, as a link writes them.
    page : str
        Where it leads, by the name in the navigation; empty: it stays.
    """

    why: str
    label: str
    changes: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    page: str = ""


def remedies(subject: Subject, spec: DecodingSpec) -> dict[str, Step]:
    """Return what makes a wrong score honest, by the field that is wrong; often nothing."""
    found = {"cv": leave_runs_out(subject, spec), "mask": take_honest_mask(subject, spec)}
    return {name: step for name, step in found.items() if step is not None}


def honest_spec(subject: Subject, spec: DecodingSpec) -> DecodingSpec | None:
    """Return a wrong score's spec with its remedies; None where it is right, or nothing helps."""
    right = spec
    for step in remedies(subject, spec).values():
        right = replace(right, **step.changes)  # type: ignore[arg-type]
    if right != spec and chance_for(subject, right) is None:  # its scheme shares runs
        right = replace(right, cv=DecodingSpec().cv)
    still = is_wrong(right, circular=is_circular(subject, right))
    return None if still or right == spec else right


def honest_words(wrong: DecodingSpec, honest: DecodingResult) -> str:
    """Say in what an honest score's spec differs from the wrong one, and what it compares with."""
    names = differing_fields(wrong, honest.spec)
    how = ", ".join(SETTINGS[name].words(getattr(honest.spec, name)) for name in names)
    return f"{how}; {compared_text(honest)}"


def leave_runs_out(subject: Subject, spec: DecodingSpec) -> Step | None:
    """Return the remedy of a leaky scheme."""
    if not CV_SCHEMES[spec.cv].leaks:
        return None
    usual = DecodingSpec().cv
    return Step(
        why="The test has seen its own answers.",
        label=CV_SCHEMES[usual].label,
        changes={"cv": usual},
    )


def take_honest_mask(subject: Subject, spec: DecodingSpec) -> Step | None:
    """Return the remedy of a circular mask, where the subject has a mask that is none."""
    if not is_circular(subject, spec):
        return None
    for mask in subject.masks:
        if circularity(subject, replace(spec, mask=mask))[0] == "pass":
            return Step(
                why="The very responses that are decoded chose the mask.",
                label=f"Decode from the mask {mask_label(mask)}",
                changes={"mask": mask},
            )
    return None
