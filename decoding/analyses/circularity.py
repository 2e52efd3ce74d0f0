"""Whether the responses that are decoded took part in the choice of the mask."""

from typing import Literal

from decoding.datasets.base import MaskOrigin, Subject
from decoding.numbers import list_text
from decoding.spec import DecodingSpec


def is_circular(subject: Subject, spec: DecodingSpec) -> bool:
    """Tell whether responses to decoded categories alone chose the mask; see `circularity`."""
    origin = subject.mask_origins.get(spec.mask)
    return origin is not None and origin.localizer and bool(_decoded(origin, subject, spec))


def _decoded(origin: MaskOrigin, subject: Subject, spec: DecodingSpec) -> list[str]:
    return sorted(origin.responses_to & set(spec.conditions or subject.conditions))


def circularity(subject: Subject, spec: DecodingSpec) -> tuple[Literal["pass", "warn"], str]:
    """Judge whether responses to the decoded categories took part in the choice of the mask.

    Kriegeskorte et al. (2009), Nature Neuroscience 12:535-540.
    """
    mask = spec.mask
    origin = subject.mask_origins.get(mask)
    if origin is None:
        return "warn", (
            f"How the mask '{mask}' was chosen is not known here. If responses to these categories "
            "in these runs chose it, the score is circular: find out before you report it."
        )
    decoded = _decoded(origin, subject, spec)
    if not decoded:
        return "pass", f"The mask '{mask}' was chosen {origin.chosen}: decoding is not circular."
    verdict = (
        f"a score for {list_text(decoded)} in it is circular and can be far too good"
        if origin.localizer
        else "a score in it is mildly circular, a little too good"
    )
    return "warn", (
        f"The mask '{mask}' was chosen {origin.chosen}: {verdict}. Compare with a mask that no "
        "response chose: all of the recorded brain, or an anatomical mask of your own."
    )
