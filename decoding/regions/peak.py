"""A sphere around the peak of a searchlight: the responses that it scored high on chose it."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from decoding.datasets.base import MaskOrigin, Region, Subject
from decoding.errors import SpecError
from decoding.grid import Place
from decoding.numbers import place_text
from decoding.regions.kind import RegionKind
from decoding.regions.sphere import Sphere, read_sphere, sphere_region, write_sphere

FORM = "peak:x,y,z,r:CATEGORY,CATEGORY"


@dataclass(frozen=True, kw_only=True)
class Peak:
    """A sphere, and the categories that a searchlight decoded there."""

    sphere: Sphere
    conditions: tuple[str, ...]


def peak_text(centre: Place, radius: float, conditions: tuple[str, ...]) -> str:
    """Return the mask's text of the sphere around a searchlight's peak, in mm."""
    place = (round(centre[0], 6), round(centre[1], 6), round(centre[2], 6))
    peak = Peak(sphere=Sphere(centre=place, radius=radius), conditions=conditions)
    return f"peak:{write_peak(peak)}"


def read_peak(text: str) -> Peak:
    """Read ``x,y,z,r:CATEGORY,CATEGORY``; commas and colons of names are written as in links.

    Raises
    ------
    SpecError
        If it is no sphere, or names no category.
    """
    sphere, _, names = text.partition(":")
    conditions = tuple(sorted(unquote(name) for name in names.split(",") if name))
    if not conditions:
        raise SpecError(
            f"'peak:{text}' does not say what the searchlight decoded. Write {FORM}; a place that "
            "no response chose is a sphere."
        )
    return Peak(sphere=read_sphere(sphere), conditions=conditions)


def write_peak(peak: Peak) -> str:
    """Write a peak as `read_peak` reads it."""
    names = ",".join(quote(name, safe=" ") for name in peak.conditions)
    return f"{write_sphere(peak.sphere)}:{names}"


def peak_words(peak: Peak) -> str:
    """Say a peak as a part of a sentence."""
    return (
        f"sphere of {peak.sphere.radius:g} mm around the peak at {place_text(peak.sphere.centre)}"
    )


def peak_region(peak: Peak, subject: Subject) -> Region:
    """Return the region of a peak: its sphere."""
    return sphere_region(peak.sphere, subject)


PEAK = RegionKind(
    label="peak of a searchlight",
    help="A sphere where a searchlight on these categories scored high: decoding them is circular.",
    methods="a sphere around the peak of a searchlight on the same responses",
    form=FORM,
    origin=lambda peak: MaskOrigin(
        chosen="as the place where a searchlight on these very responses scored high",
        responses_to=frozenset(peak.conditions),
        localizer=True,
    ),
    read=read_peak,
    write=write_peak,
    words=peak_words,
    find=peak_region,
)
