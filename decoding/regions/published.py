"""Places that a study published, in MNI space: each is a sphere of the study's radius.

nilearn ships these tables, so nothing is downloaded. No volume atlas is here: those that a package
ships are under terms that forbid some uses, or ask each user to register.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

import numpy as np

from decoding.datasets.base import MaskOrigin, Region, Subject
from decoding.datasets.space import in_mni_space
from decoding.errors import SpecError
from decoding.regions.kind import RegionKind
from decoding.regions.sphere import Sphere, sphere_region

_NEAR, _SOME = 0.5, 4


def published(
    set_name: str, study: str, table: Callable[[], Mapping[str, Sphere]]
) -> RegionKind[str]:
    """Return the kind of region whose names are those of a study's spheres."""

    def find(name: str, subject: Subject) -> Region:
        _check_space(subject, study)
        spheres = table()
        if name not in spheres:
            close = get_close_matches(name, spheres, _SOME, _NEAR) or [*spheres][:_SOME]
            raise SpecError(
                f"{study} has no region {name!r} among its {len(spheres)}. "
                f"Near to it are: {', '.join(close)}."
            )
        return sphere_region(spheres[name])

    return RegionKind(
        label=study,
        help=f"A sphere around a place that {study} published, in MNI space.",
        methods=f"a sphere around a place that {study} published",
        form=f"{set_name}:REGION",
        origin=lambda name: MaskOrigin(
            chosen=f"by its place, which {study} published, without looking at these responses"
        ),
        read=str.strip,
        write=str,
        words=lambda name: f"region {name} of {study}",
        find=find,
        names=table,
    )


def _check_space(subject: Subject, study: str) -> None:
    if not in_mni_space(subject):
        raise SpecError(
            f"The places of {study} are in MNI space, and neither header nor name of "
            f"{subject.bold[0].name} says that the scan lies there. Take a sphere around a place "
            "in the scan's own space, or scans that were brought into MNI space."
        )


def dosenbach_2010() -> dict[str, Sphere]:
    """Return the 160 spheres of Dosenbach et al. (2010), Science 329:1358, by name and number."""
    from nilearn.datasets import fetch_coords_dosenbach_2010

    found = fetch_coords_dosenbach_2010()
    return _spheres(found.labels, found.rois.to_numpy(), [5.0] * len(found.labels))


def power_2011() -> dict[str, Sphere]:
    """Return the 264 spheres of Power et al. (2011), Neuron 72:665, by number."""
    from nilearn.datasets import fetch_coords_power_2011

    rois = fetch_coords_power_2011().rois
    return _spheres(rois["roi"], rois[["x", "y", "z"]].to_numpy(), [5.0] * len(rois))


def seitzman_2018() -> dict[str, Sphere]:
    """Return the 300 spheres of Seitzman et al. (2020), NeuroImage 206:116290, by row."""
    from nilearn.datasets import fetch_coords_seitzman_2018

    found = fetch_coords_seitzman_2018(ordered_regions=False)
    return _spheres(range(1, len(found.rois) + 1), found.rois.to_numpy(), found.radius)


def _spheres(
    names: Iterable[object], places: np.ndarray, radii: Iterable[float]
) -> dict[str, Sphere]:
    rows = zip(names, np.asarray(places, dtype=float).tolist(), radii, strict=True)
    return {
        str(name): Sphere(centre=(x, y, z), radius=float(radius))
        for name, (x, y, z), radius in rows
    }


PUBLISHED = {
    name: published(name, study, table)
    for name, study, table in (
        ("dosenbach_2010", "Dosenbach et al. (2010)", dosenbach_2010),
        ("power_2011", "Power et al. (2011)", power_2011),
        ("seitzman_2018", "Seitzman et al. (2020)", seitzman_2018),
    )
}
