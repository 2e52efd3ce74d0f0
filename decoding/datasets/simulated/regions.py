"""Where categories are told apart: ventral temporal cortex and early visual cortex."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.simulated.anatomy import (
    SCAN_GRIDS,
    ScanGrid,
    Tissue,
    brain_mask,
    make_tissue,
    to_template,
)
from decoding.datasets.simulated.parameters import Size, anatomy_stream

Mask = NDArray[np.bool_]

# Voxels of the ventral temporal mask on the full grid; in the demo the same volume. Subjects 2 and
# 4 to 6 have those of Haxby's subjects.
VT_VOXELS = (756, 464, 407, 675, 522, 448)
# Shares of the ventral temporal mask.
FACE_SHARE, HOUSE_SHARE, LITTLE_SHARE = 0.14, 0.20, 0.5
PATCH_MM3 = 1500.0

# Positions in the template (MNI) in mm; x counts from the midline, both hemispheres have one.
VT_CENTRE, VT_RADII = (34.0, -54.0, -15.0), (15.0, 27.0, 9.0)
FACE_CENTRE, HOUSE_CENTRE = (40.0, -52.0, -18.0), (27.0, -48.0, -12.0)
EARLY_CENTRE, EARLY_RADIUS = (9.0, -88.0, 2.0), 15.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """A subject's brain on the grid of the scan, each mask with the grid's shape.

    ``brain`` is the same for all subjects. ``masks`` are those of a study by their names.
    ``face_patch``, ``house_patch`` and ``early`` are where faces, houses and pictures in general
    are planted to stand out.
    """

    grid: ScanGrid
    tissue: Tissue
    brain: Mask
    masks: dict[str, Mask]
    face_patch: Mask
    house_patch: Mask
    early: Mask


@lru_cache(maxsize=2)
def make_head(subject: int, size: Size) -> Head:
    """Return the brain and the regions of a subject."""
    grid = SCAN_GRIDS[size]
    brain = brain_mask(size)
    tissue = make_tissue(grid, subject, split=2)
    place = to_template(grid.positions(), subject)
    gray = np.where(brain, tissue.gray, 0)
    volume = grid.voxel_volume

    vt_far = _ellipsoid(place, VT_CENTRE, VT_RADII) + 2 * np.clip(0.35 - gray, 0, None)
    if subject <= len(VT_VOXELS):
        n_full = VT_VOXELS[subject - 1]
    else:
        n_full = int(anatomy_stream(subject, "vt voxels").integers(307, 757))
    n_vt = round(n_full * SCAN_GRIDS["full"].voxel_volume / volume)
    vt = _nearest(vt_far, brain & (gray > 0.1), n_vt)
    n_patch = round(PATCH_MM3 / volume)
    face_far, house_far = (_ellipsoid(place, at) for at in (FACE_CENTRE, HOUSE_CENTRE))
    face_patch = _each_side(face_far, vt, place, n_patch)
    house_patch = _each_side(house_far, vt & ~face_patch, place, n_patch)
    early = brain & (_ellipsoid(place, EARLY_CENTRE) < EARLY_RADIUS) & (gray > 0.3) & ~vt
    return Head(
        grid=grid,
        tissue=tissue,
        brain=brain,
        masks={"vt": vt, **_localized(subject, vt, face_far, house_far)},
        face_patch=face_patch,
        house_patch=house_patch,
        early=early,
    )


def _localized(
    subject: int, vt: Mask, face_far: NDArray[np.float32], house_far: NDArray[np.float32]
) -> dict[str, Mask]:
    """Return the masks that a localizer would find: near a patch, with a ragged edge."""
    rng = anatomy_stream(subject, "localizer")
    ragged = rng.normal(0, 1.5, vt.shape).astype(np.float32)
    n_vt = int(vt.sum())
    n_face, n_house = (max(12, round(share * n_vt)) for share in (FACE_SHARE, HOUSE_SHARE))
    face = _nearest(face_far + ragged, vt, n_face)
    house = _nearest(house_far + ragged, vt & ~face, n_house)
    return {
        "face": face,
        "house": house,
        "face_little": _nearest(face_far + ragged, face, round(LITTLE_SHARE * n_face)),
        "house_little": _nearest(house_far + ragged, house, round(LITTLE_SHARE * n_house)),
    }


def _ellipsoid(
    place: NDArray[np.float32],
    centre: tuple[float, ...],
    radii: tuple[float, ...] = (1.0, 1.0, 1.0),
) -> NDArray[np.float32]:
    """Return the distance, in radii or mm, from the nearer of a place and its mirror image."""
    scaled = [(np.abs(p) if i == 0 else p) - centre[i] for i, p in enumerate(place)]
    squares = [(part / radius) ** 2 for part, radius in zip(scaled, radii, strict=True)]
    return np.asarray(np.sqrt(np.sum(squares, axis=0)), dtype=np.float32)


def _each_side(
    distance: NDArray[np.float32], among: Mask, place: NDArray[np.float32], n_voxels: int
) -> Mask:
    left = place[0] < 0
    return _nearest(distance, among & left, n_voxels) | _nearest(distance, among & ~left, n_voxels)


def _nearest(distance: NDArray[np.floating], among: Mask, n_voxels: int) -> Mask:
    """Return the `n_voxels` voxels of a mask with the smallest distance."""
    chosen = np.zeros(among.size, dtype=bool)
    order = np.argsort(np.where(among, distance, np.inf).ravel(), kind="stable")
    chosen[order[: min(n_voxels, int(among.sum()))]] = True
    return chosen.reshape(among.shape)
