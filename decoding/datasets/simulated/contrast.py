"""How bright the tissues are on average in an echo-planar scan."""

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.simulated.parameters import Size
from decoding.datasets.simulated.regions import Head

# Brightness of gray and white matter and of fluid, and the noise, as fractions of gray matter.
GRAY, WHITE, FLUID, AIR = 1.0, 0.62, 1.25, 0.05
# Where air beside the brain costs signal: both sides in mm, width in mm, share lost.
LOST = (((0.0, 38.0, -24.0), 11.0, 0.7), ((52.0, -20.0, -28.0), 9.0, 0.5))
# Gray matter's brightness: as recorded in the full size; small numbers make a small demo file.
BRIGHTNESS: dict[Size, float] = {"demo": 300.0, "full": 1500.0}


def mean_scan(head: Head, size: Size) -> NDArray[np.float32]:
    """Return what the scan looks like on average, shape of the grid: tissue, and lost signal.

    Echo-planar images are brightest in fluid, darker in white than in gray matter, shaded by the
    coil, and dark above the sinuses and the ear canals.
    """
    tissue = head.tissue
    fluid = np.clip(tissue.inside - tissue.gray - tissue.white, 0, 1)
    bright = GRAY * tissue.gray + WHITE * tissue.white + FLUID * fluid
    x, y, z = head.grid.positions()
    bright *= 1 + 0.12 * np.sin(y / 60) + 0.1 * (np.abs(x) / 70) ** 2
    for centre, width, loss in LOST:
        apart = (np.abs(x) - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2
        bright *= 1 - loss * np.exp(-apart / (2 * width**2))
    scan = np.where(head.brain, np.maximum(bright, AIR), 0) * BRIGHTNESS[size]
    return scan.astype(np.float32)
