"""Whether the responses that are decoded took part in the choice of the mask."""

from typing import Literal

from decoding.datasets.base import MaskOrigin, Subject
from decoding.numbers import list_text
from decoding.regions import mask_of
from decoding.settings import mask_label
from decoding.spec import DecodingSpec


def is_circular(subject: Subject, spec: DecodingSpec) -> bool:
    """Tell whether responses to decoded categories alone chose the mask; see `circularity`."""
    origin = mask_of(subject, spec.mask).origin
    return origin is not None and origin.localizer and bool(_decoded(origin, subject, spec))


def _decoded(origin: MaskOrigin, subject: Subject, spec: DecodingSpec) -> list[str]:
    return sorted(origin.responses_to & set(spec.conditions or subject.conditions))


def circularity(
    subject: Subject, spec: DecodingSpec
) -> tuple[Literal["pass", "warn", "fail"], str]:
    """Judge whether responses to the decoded categories took part in the choice of the mask.

    It fails where nothing else chose the mask, and warns where they took part, or nobody knows.
    Kriegeskorte et al. (2009), Nature Neuroscience 12:535-540.
    """
    mask, origin = mask_label(spec.mask), mask_of(subject, spec.mask).origin
    if origin is None:
        return "warn", (
            f"How the mask '{mask}' was chosen is not known here. If responses to these categories "
            "in these runs chose it, the score is circular. Find out before you report it."
        )
    decoded = _decoded(origin, subject, spec)
    if not decoded:
        provided = f" {origin.provided}" if origin.provided else ""
        return "pass", (
            f"The mask '{mask}' was chosen {origin.chosen}. Decoding is not circular{provided}."
        )
    compare = (
        "Compare with a mask that no response chose: all of the recorded brain, or an anatomical "
        "mask of your own."
    )
    if origin.localizer:
        return "fail", (
            f"The mask '{mask}' is a localizer, chosen {origin.chosen}. A score for "
            f"{list_text(decoded)} in it is circular and can be far too good. {compare}"
        )
    return "warn", (
        f"The mask '{mask}' was chosen {origin.chosen}. A score in it is mildly circular, a little "
        f"too good. {compare}"
    )
