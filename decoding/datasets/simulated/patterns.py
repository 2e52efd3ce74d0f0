"""What each voxel does for each category: the planted truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decoding.datasets.simulated.parameters import CATEGORIES, LEAST, SimulationParameters, stream
from decoding.datasets.simulated.regions import Head

# All amplitudes are in standard deviations of a voxel's noise.
COMMON = 0.9
EARLY_COMMON, EARLY_SCRAMBLED, EARLY_FINE = 1.2, 0.7, 0.5
PATCH_SWING = 0.8
FACE_PATCH = {"face": 4.2, "cat": 0.4}
HOUSE_PATCH = {"house": 3.4, "chair": 0.6}
# Fine patterns over the ventral temporal mask: one shared by each group, one for each category.
# Face and cat share theirs, so that only the face patch tells them apart.
SHARED = {
    ("face", "cat"): 0.60,
    ("bottle", "shoe", "scissors", "chair"): 0.40,
    ("bottle", "shoe", "scissors"): 0.20,
}
OWN = {
    "bottle": 0.17,
    "shoe": 0.20,
    "scissors": 0.30,
    "chair": 0.42,
    "house": 0.60,
    "scrambledpix": 0.55,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Planted:
    """What a recording's voxels do beside noise that knows no region.

    Parameters
    ----------
    patterns : ndarray, shape (n_brain_voxels, 8)
        The response to each category in standard deviations of the voxel's noise; 0 where nothing
        is planted. What the categories have in common is there whatever the signal, their
        differences scale with it.
    swings : ndarray, shape (n_patches, n_brain_voxels)
        Each patch's own map: it also rises and falls as one, which no other voxel can tell.
    """

    patterns: NDArray[np.float32]
    swings: NDArray[np.float32]

    def within(self, voxels: NDArray[np.bool_]) -> "Planted":
        """Return the same for some of the brain's voxels, shape (n_brain_voxels,)."""
        return Planted(patterns=self.patterns[voxels], swings=self.swings[:, voxels])


def draw_planted(parameters: SimulationParameters, head: Head) -> Planted:
    """Draw the response of every brain voxel to every category."""
    patches = _draw_patches(parameters, head)
    distinct = _fine_patterns(parameters, head)
    for patch, amplitudes in zip(patches, (FACE_PATCH, HOUSE_PATCH), strict=True):
        for name, amplitude in amplitudes.items():
            distinct[:, CATEGORIES.index(name)] += np.float32(amplitude) * patch
    patterns = _common(parameters, head)[:, None] + np.float32(parameters.signal) * distinct
    return Planted(patterns=patterns, swings=PATCH_SWING * patches)


def informative(patterns: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which voxels respond to a category unlike to the others: shape (n_voxels, 8)."""
    others = (patterns.sum(axis=1, keepdims=True) - patterns) / (patterns.shape[1] - 1)
    return np.asarray(np.abs(patterns - others) > LEAST)


def _draw_patches(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    rng = stream(parameters, "patches")
    inside = np.stack([head.face_patch[head.brain], head.house_patch[head.brain]])
    return (inside * rng.uniform(0.8, 1.2, inside.shape)).astype(np.float32)


def _common(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    rng = stream(parameters, "common")
    brain = head.brain
    vary = rng.gamma(6.0, 1 / 6.0, int(brain.sum()))
    amplitude = COMMON * head.masks["vt"][brain] + EARLY_COMMON * head.early[brain]
    return np.asarray(vary * amplitude, dtype=np.float32)


def _fine_patterns(parameters: SimulationParameters, head: Head) -> NDArray[np.float32]:
    rng = stream(parameters, "patterns")
    brain = head.brain
    n_voxels = int(brain.sum())
    vt, early = head.masks["vt"][brain], head.early[brain]
    fine = np.zeros((n_voxels, len(CATEGORIES)), dtype=np.float32)
    for group, amplitude in SHARED.items():
        pattern = amplitude * rng.standard_normal(n_voxels) * vt
        fine[:, [CATEGORIES.index(name) for name in group]] += pattern[:, None]
    for name, amplitude in OWN.items():
        fine[:, CATEGORIES.index(name)] += amplitude * rng.standard_normal(n_voxels) * vt
    scrambled = EARLY_SCRAMBLED + EARLY_FINE * rng.standard_normal(n_voxels)
    fine[:, CATEGORIES.index("scrambledpix")] += scrambled * early
    return fine
