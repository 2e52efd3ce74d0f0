"""A sphere around a point: the voxels whose centres lie within a radius of it."""

import inspect
import math
from dataclasses import dataclass

import numpy as np

from decoding.datasets.base import MaskOrigin, Region, Subject
from decoding.errors import SpecError
from decoding.grid import Place
from decoding.kernels.searchlight.spheres import TOLERANCE_MM
from decoding.numbers import list_text, place_text
from decoding.regions.kind import RegionKind
from decoding.spec import write_value

FORM = "sphere:x,y,z,r"
_FOR_EXAMPLE = "Write x, y, z and the radius in mm, for example sphere:-38,-54,-16,8."


@dataclass(frozen=True, kw_only=True)
class Sphere:
    """A point and a radius, in mm."""

    centre: Place
    radius: float


def read_sphere(text: str) -> Sphere:
    """Read ``x,y,z,r`` in mm.

    Raises
    ------
    SpecError
        If these are not four numbers, or the radius is not above 0 mm.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        raise SpecError(f"'sphere:{text}' is no sphere. {_FOR_EXAMPLE}")
    x, y, z, radius = map(_read_mm, parts)
    if radius <= 0:
        raise SpecError(f"A sphere of {radius:g} mm holds nothing. The radius is above 0 mm.")
    return Sphere(centre=(x, y, z), radius=radius)


def _read_mm(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SpecError(f"{text!r} is no number of a sphere. {_FOR_EXAMPLE}")
    return number + 0.0  # -0.0 becomes 0.0


def write_sphere(sphere: Sphere) -> str:
    """Write ``x,y,z,r``, each number as short as it can be."""
    return ",".join(map(write_value, (*sphere.centre, sphere.radius)))


def sphere_words(sphere: Sphere) -> str:
    """Say a sphere as a part of a sentence."""
    return f"sphere of {sphere.radius:g} mm around {place_text(sphere.centre)}"


def sphere_region(sphere: Sphere, subject: Subject | None = None) -> Region:
    """Return the region of a sphere, the same for every subject."""
    centre, radius = sphere.centre, sphere.radius
    function = f"TOLERANCE_MM = {TOLERANCE_MM}\n\n\n{inspect.getsource(within_sphere)}"
    return Region(
        inside=lambda places: within_sphere(places, centre, radius),
        code=f"{function}\n\ninside = within_sphere(places, {centre!r}, {radius!r})",
        possible=_extent,
    )


def within_sphere(
    places: np.ndarray, centre: tuple[float, float, float], radius: float
) -> np.ndarray:
    """Tell which places (n_places, 3) lie within a radius of a centre, all in mm."""
    distances = np.linalg.norm(places - np.array(centre), axis=1)
    return np.asarray(distances <= radius + TOLERANCE_MM)


def _extent(places: np.ndarray) -> str:
    low, high = places.min(axis=0), places.max(axis=0)
    spans = [f"{a:.0f} to {b:.0f} mm in {x}" for x, a, b in zip("xyz", low, high, strict=True)]
    return f"The brain reaches from {list_text(spans)}."


SPHERE = RegionKind(
    label="sphere",
    help="The voxels whose centres lie within r mm of a point.",
    methods="a sphere",
    form=FORM,
    origin=lambda sphere: MaskOrigin(
        chosen="by its place",
        provided="if the place was not taken from these responses, as the peak of a searchlight is",
    ),
    read=read_sphere,
    write=write_sphere,
    words=sphere_words,
    find=sphere_region,
)
